//! What happened, and how often (contract: activity, token statistics).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Activity {
    /// Grows with what happens.
    pub id: String,
    /// `tool_call` or `policy_decision`.
    #[serde(rename = "type")]
    pub kind: String,
    /// `mcp`, `cli`, `api` or `internal`.
    pub source: String,
    /// The server.
    pub server_name: String,
    /// The tool, without its server.
    pub tool_name: String,
    /// `success`, `error` or `blocked`.
    pub status: String,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_message: Option<String>,
    /// How long it took, in whole milliseconds.
    pub duration_ms: u64,
    /// When it began.
    pub timestamp: String,
    /// The id of the request that it came with, where that had one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// What else is known of it: `code`, `tool_variant`, `client_name`, `request_bytes`, `response_bytes`.
    #[cfg_attr(feature = "schema", schema(value_type = Object))]
    pub metadata: serde_json::Map<String, serde_json::Value>,
    /// Whether something in it looked like a secret. Nothing looks yet, so it is false.
    pub has_sensitive_data: bool,
}

/// Some of what happened, the newest first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ActivityList {
    /// What happened.
    pub activities: Vec<Activity>,
    /// How much fits the question, here or not.
    pub total: usize,
    /// The most that are here.
    pub limit: usize,
    /// How many were passed over.
    pub offset: usize,
}

/// How much happened in a time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ActivitySummary {
    /// The time: `1h`, `24h`, `7d` or `30d`.
    pub period: String,
    /// All calls.
    pub total_count: u64,
    /// Those that ended with a result.
    pub success_count: u64,
    /// Those that ended with an error.
    pub error_count: u64,
    /// Those that the gate held back.
    pub blocked_count: u64,
    /// Those for which there was no room.
    pub rejected_count: u64,
    /// The servers that were called most.
    pub top_servers: Vec<ServerCount>,
    /// The tools that were called most.
    pub top_tools: Vec<ToolCount>,
    /// Where the time begins.
    pub start_time: String,
    /// Where it ends.
    pub end_time: String,
}

/// How often a server was called.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ServerCount {
    /// Which one.
    pub name: String,
    /// How often.
    pub count: u64,
}

/// How often a tool was called.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ToolCount {
    /// Its server.
    pub server: String,
    /// Which one.
    pub tool: String,
    /// How often.
    pub count: u64,
}

/// What tools were used for, and what that cost.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ActivityUsage {
    /// The time: `24h`, `7d` or `all`.
    pub window: String,
    /// When this was counted.
    pub generated_at: String,
    /// How old the counts are, in milliseconds.
    pub freshness_ms: u64,
    /// `bytes`: tokens are estimated from sizes.
    pub token_source: String,
    /// About how many tokens the search spares each model that would else be shown every tool.
    pub tokens_saved: u64,
    /// The same in percent.
    pub tokens_saved_percentage: f64,
    /// The tools, as asked for.
    pub tools: Vec<ToolUsage>,
    /// The tools that are not here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub other: Option<OtherUsage>,
    /// Calls by hour.
    pub timeline: Vec<Bucket>,
}

/// What one tool was used for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ToolUsage {
    /// Its server.
    pub server: String,
    /// Which one.
    pub tool: String,
    /// How often it was called.
    pub calls: u64,
    /// How often that failed.
    pub errors: u64,
    /// The same as a share of the calls.
    pub error_rate: f64,
    /// How often the gate held it back.
    pub blocked: u64,
    /// How often there was no room.
    pub rejected: u64,
    /// Size of all answers, in bytes.
    pub total_resp_bytes: u64,
    /// Size of an answer, in bytes.
    pub avg_resp_bytes: Option<f64>,
    /// Size of all arguments, in bytes.
    pub total_req_bytes: u64,
    /// Size of the arguments of a call, in bytes.
    pub avg_req_bytes: Option<f64>,
    /// How many calls the sizes are of.
    pub sized_calls: u64,
    /// Half of the calls took no longer, in milliseconds.
    pub p50_ms: f64,
    /// 95 of 100 calls took no longer, in milliseconds.
    pub p95_ms: f64,
    /// When it was called last.
    pub last_used: String,
}

/// The tools that were left out, together.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct OtherUsage {
    /// How many there are.
    pub tools_folded: usize,
    /// How often they were called.
    pub calls: u64,
    /// Size of their answers, in bytes.
    pub total_resp_bytes: u64,
}

/// The calls of an hour.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Bucket {
    /// When it begins.
    pub start: String,
    /// How many there were.
    pub calls: u64,
    /// How many of them failed.
    pub errors: u64,
    /// Size of their answers, in bytes.
    pub total_resp_bytes: u64,
}

/// What the search spares: tokens, estimated from the sizes of definitions.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct TokenStats {
    /// All definitions together.
    pub total_server_tool_list_size: u64,
    /// An answer of the search, as large as the settings let it be.
    pub average_query_result_size: u64,
    /// The difference.
    pub saved_tokens: u64,
    /// The same in percent.
    pub saved_tokens_percentage: f64,
    /// The definitions by server.
    pub per_server_tool_list_sizes: BTreeMap<String, u64>,
}
