//! Tools as they are told (contract: tools, search).

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// What a tool says of itself; a missing hint counts as the worse.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Annotations {
    /// A name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Changes nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_only_hint: Option<bool>,
    /// May destroy data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub destructive_hint: Option<bool>,
    /// Twice is the same as once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idempotent_hint: Option<bool>,
    /// Reaches beyond a closed world.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open_world_hint: Option<bool>,
}

/// Which of the three doors a tool's own hints ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum Hint {
    /// `call_tool_read`
    Read,
    /// `call_tool_write`
    Write,
    /// `call_tool_destructive`
    Destructive,
    /// A door that this build does not know.
    #[serde(other)]
    Other,
}

/// One tool.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ToolView {
    /// Its name, without its server.
    pub name: String,
    /// Its server.
    pub server_name: String,
    /// What it does.
    pub description: String,
    /// Its input schema, verbatim.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(value_type = Option<Object>))]
    pub schema: Option<Box<RawValue>>,
    /// How often it was called.
    #[serde(default)]
    pub usage: u64,
    /// When it was called last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_used: Option<String>,
    /// What it says of itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub annotations: Option<Annotations>,
    /// The door that its hints ask for.
    pub call_with: Hint,
    /// Whether it is switched off.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub disabled: bool,
    /// Whether the settings hold it back; they are what switches it off.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub config_denied: bool,
}

/// The tools of one server.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ServerTools {
    /// Which server.
    pub server_name: String,
    /// Its tools, in its order.
    pub tools: Vec<ToolView>,
    /// How many there are.
    pub count: usize,
}

/// All tools.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ToolList {
    /// The tools, server by server.
    pub tools: Vec<ToolView>,
    /// The counts.
    pub stats: ToolStats,
}

/// The counts of tools.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ToolStats {
    /// Every tool that is known.
    pub total: usize,
    /// Those that may be called.
    pub enabled: usize,
    /// Those that the settings hold back.
    pub disabled: usize,
    /// Those that wait for approval.
    pub pending_approval: usize,
}

/// What a search found, best first.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Found {
    /// The question.
    pub query: String,
    /// The tools.
    pub results: Vec<FoundTool>,
    /// How many there are here.
    pub total: usize,
    /// How long it took, such as `0.4ms`.
    pub took: String,
}

/// One tool that was found.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct FoundTool {
    /// The tool.
    pub tool: ToolView,
    /// How well it fits; only the order of scores in one answer means something.
    pub score: f32,
    /// How many words of the question are in it; left out where that is not known.
    #[serde(default, skip_serializing_if = "is_nothing")]
    pub matches: usize,
    /// Where they are, the heaviest part first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<FoundIn>,
    /// The part of its description where the first of them is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snippet: Option<String>,
}

fn is_nothing(count: &usize) -> bool {
    *count == 0
}

/// A part of a tool that holds words of the question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct FoundIn {
    /// `name`, `server`, `description` or `parameters`.
    pub part: String,
    /// The words, as they were asked.
    pub words: Vec<String>,
}

/// The tools of one server, to be kept or compared.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ToolExport {
    /// Which server.
    pub server_name: String,
    /// Its tools, in its order.
    pub tools: Vec<ExportedTool>,
    /// How many there are.
    pub count: usize,
}

/// One tool as it was listed.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ExportedTool {
    /// Its server.
    pub server_name: String,
    /// Its name, without its server.
    pub tool_name: String,
    /// `approved`: only servers that were approved list tools.
    pub status: String,
    /// SHA-256 of its definition, byte for byte.
    pub hash: String,
    /// What it does.
    pub description: String,
    /// Its input schema, verbatim.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(value_type = Option<Object>))]
    pub schema: Option<Box<RawValue>>,
    /// Whether it may be called.
    pub enabled: bool,
    /// Whether it is switched off.
    pub disabled: bool,
}

/// What a look at a server told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Probe {
    /// The server's name for itself, and its version.
    pub server: String,
    /// The revision of the protocol that was agreed on.
    pub revision: String,
    /// Its tools, in its order.
    pub tools: Vec<ProbedTool>,
}

/// One tool of a server that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ProbedTool {
    /// Its name, without its server.
    pub name: String,
    /// What it does.
    pub description: String,
    /// The door that its hints ask for.
    pub call_with: Hint,
    /// About how many tokens its definition takes in the context of a model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens: Option<usize>,
}
