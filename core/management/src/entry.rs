//! How a found tool is shown: in full, or in one line that still says how to call it.

use mcpproxy_domain::tool::Variant;
use mcpproxy_index::{first_sentence, signature};
use mcpproxy_upstream::Tool;
use serde::{Serialize, Serializer};
use serde_json::{
    json,
    value::{RawValue, to_raw_value},
};

/// A tool with all that is needed to call it.
#[derive(Debug, Serialize)]
pub struct FullEntry {
    /// `server:tool`.
    pub name: String,
    /// What it does, in its server's words.
    pub description: String,
    /// The JSON Schema of its arguments, verbatim.
    #[serde(rename = "inputSchema")]
    pub input_schema: Box<RawValue>,
    /// How well it fits the question; absent when nobody asked one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score: Option<f64>,
    /// Its server.
    pub server: String,
    /// Its annotations, verbatim.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub annotations: Option<Box<RawValue>>,
    /// Which tool of ours to call it with.
    pub call_with: &'static str,
}

/// A tool in one line.
#[derive(Debug, Serialize)]
pub struct CompactEntry {
    /// `server:tool`.
    pub id: String,
    /// How well it fits the question.
    pub score: f64,
    /// Its parameters.
    pub sig: String,
    /// The first sentence of its description.
    pub desc: String,
    /// Whether the signature leaves something out that only the schema says.
    pub lossy: bool,
}

/// The entries of one answer; all in one form.
#[derive(Debug)]
pub enum Entries {
    /// With schemas.
    Full(Vec<FullEntry>),
    /// In one line each.
    Compact(Vec<CompactEntry>),
}

impl FullEntry {
    pub(crate) fn new(tool: &Tool, score: Option<f32>) -> Self {
        Self {
            name: tool.id.to_string(),
            description: tool.definition.description.clone(),
            input_schema: tool.definition.input_schema.clone().unwrap_or_else(any_object),
            score: score.map(rounded),
            server: tool.id.server.to_string(),
            annotations: tool.definition.annotations.clone(),
            call_with: Variant::suggested(&tool.annotations).tool_name(),
        }
    }
}

impl CompactEntry {
    pub(crate) fn new(tool: &Tool, score: f32) -> Self {
        let signature = signature(tool.definition.input_schema.as_deref().map(RawValue::get));
        Self {
            id: tool.id.to_string(),
            score: rounded(score),
            sig: signature.text,
            desc: first_sentence(&tool.definition.description),
            lossy: signature.lossy,
        }
    }
}

impl Entries {
    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Full(entries) => entries.len(),
            Self::Compact(entries) => entries.len(),
        }
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Serialize for Entries {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Full(entries) => entries.serialize(serializer),
            Self::Compact(entries) => entries.serialize(serializer),
        }
    }
}

/// Four decimals: more would be noise in a model's context.
fn rounded(score: f32) -> f64 {
    (f64::from(score) * 1e4).round() / 1e4
}

/// The schema of a tool that gave none.
fn any_object() -> Box<RawValue> {
    to_raw_value(&json!({ "type": "object", "properties": {} })).unwrap_or_default()
}
