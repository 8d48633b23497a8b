//! Shapes that only REST has; all others are the views of `ipc-proto`.

use std::collections::BTreeMap;

use mcpproxy_ipc_proto::view::{CallRecord, HealthView, ServerState, SessionView, Stats, Status};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, value::RawValue};

/// How the core is, with what the contract wants to find in a second place.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub(crate) struct StatusBody {
    #[serde(flatten)]
    pub(crate) status: Status,
    /// The instructions of the settings; empty = the built-in ones.
    pub(crate) default_instructions: String,
    #[serde(rename = "status")]
    pub(crate) inner: InnerStatus,
}

/// The same in the words of the contract.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub(crate) struct InnerStatus {
    pub(crate) running: bool,
    pub(crate) listen_addr: String,
    /// `Starting`, `Ready`, `Stopping` or `Stopped`.
    pub(crate) phase: &'static str,
    pub(crate) message: &'static str,
    pub(crate) upstream_stats: UpstreamStats,
    pub(crate) tools_indexed: usize,
    pub(crate) last_updated: i64,
    pub(crate) process_pid: u32,
}

/// The counts, and each server in short.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub(crate) struct UpstreamStats {
    #[serde(flatten)]
    pub(crate) stats: Stats,
    pub(crate) servers: BTreeMap<String, ShortServer>,
}

/// A server in short.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub(crate) struct ShortServer {
    pub(crate) name: String,
    pub(crate) state: ServerState,
    pub(crate) connected: bool,
    pub(crate) connecting: bool,
    pub(crate) retry_count: u32,
    pub(crate) should_retry: bool,
    pub(crate) tool_count: usize,
    pub(crate) protocol: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) last_error: Option<String>,
}

/// Some sessions.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub(crate) struct Sessions {
    pub(crate) sessions: Vec<SessionView>,
    pub(crate) total: usize,
    pub(crate) limit: usize,
    pub(crate) offset: usize,
}

/// One session.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub(crate) struct OneSession {
    pub(crate) session: SessionView,
}

/// What came of an action that goes on after the answer.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub(crate) struct ServerAction {
    pub(crate) server: String,
    pub(crate) action: String,
    pub(crate) success: bool,
    #[serde(rename = "async", skip_serializing_if = "std::ops::Not::not")]
    pub(crate) goes_on: bool,
}

/// What came of a change of a server.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub(crate) struct Patched {
    pub(crate) message: String,
    /// Always false: the server is started again by itself where that is needed.
    pub(crate) restart_required: bool,
}

/// A server to look at.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub(crate) struct ProbeRequest {
    /// Its entry, as for adding it. A configured server is looked at by its `name` alone.
    #[cfg_attr(test, schema(value_type = Object))]
    pub(crate) entry: Map<String, Value>,
}

/// Approves what was seen.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub(crate) struct Approval {
    /// The mark of what was shown (`fingerprint` of the server); without it, what the server is now.
    pub(crate) fingerprint: Option<String>,
}

/// What is wrong with a server.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub(crate) struct ServerDiagnostics {
    pub(crate) server: String,
    pub(crate) connected: bool,
    pub(crate) status: ServerState,
    pub(crate) health: HealthView,
    /// The longer reason, if it does not work.
    pub(crate) diagnostic: Option<String>,
    pub(crate) error_code: Option<String>,
    pub(crate) catalog_size: usize,
}

/// How many tools say what they do.
#[derive(Debug, Default, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub(crate) struct Coverage {
    pub(crate) total_tools: usize,
    pub(crate) annotated_tools: usize,
    pub(crate) coverage_percent: f64,
    pub(crate) servers: Vec<ServerCoverage>,
}

/// The same of one server.
#[derive(Debug, Default, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub(crate) struct ServerCoverage {
    pub(crate) name: String,
    pub(crate) total_tools: usize,
    pub(crate) annotated_tools: usize,
    pub(crate) coverage_percent: f64,
}

/// A call of a built-in tool.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub(crate) struct ToolCallRequest {
    /// `retrieve_tools`, `describe_tool`, `call_tool_read`, `call_tool_write` or `call_tool_destructive`.
    pub(crate) tool_name: String,
    /// Its arguments. For `call_tool_..`: `name` (`server:tool`), and `args`, an object, or `args_json`, its text.
    #[serde(default)]
    #[cfg_attr(test, schema(value_type = Option<Object>))]
    pub(crate) arguments: Option<Box<RawValue>>,
}

/// One call that has ended, in the words of the contract.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub(crate) struct ToolCall {
    pub(crate) id: String,
    pub(crate) server_id: String,
    pub(crate) server_name: String,
    pub(crate) tool_name: String,
    /// Not kept, so null.
    #[cfg_attr(test, schema(value_type = Option<Object>))]
    pub(crate) arguments: Option<Map<String, Value>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<String>,
    /// In nanoseconds.
    pub(crate) duration: u64,
    pub(crate) timestamp: String,
    pub(crate) config_path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) request_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) mcp_client_name: Option<String>,
    /// `direct`: no code of a model ran.
    pub(crate) execution_type: &'static str,
}

impl ToolCall {
    pub(crate) fn new(record: CallRecord, config_path: &str) -> Self {
        Self {
            id: record.id,
            server_id: record.server_name.clone(),
            server_name: record.server_name,
            tool_name: record.tool_name,
            arguments: None,
            error: record.error_message,
            duration: (record.duration_ms * 1e6) as u64,
            timestamp: record.timestamp,
            config_path: config_path.to_owned(),
            request_id: record.request_id,
            mcp_client_name: record.client_name,
            execution_type: "direct",
        }
    }
}

/// Some calls, the newest first.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub(crate) struct ToolCalls {
    pub(crate) tool_calls: Vec<ToolCall>,
    pub(crate) total: usize,
    pub(crate) limit: usize,
    pub(crate) offset: usize,
}

/// The calls of one server, the newest first.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub(crate) struct ServerToolCalls {
    pub(crate) server_name: String,
    pub(crate) tool_calls: Vec<ToolCall>,
    pub(crate) total: usize,
}

/// One call.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub(crate) struct OneToolCall {
    pub(crate) tool_call: ToolCall,
}

/// Other arguments for a call that was made.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub(crate) struct Replay {
    /// An object.
    #[cfg_attr(test, schema(value_type = Object))]
    pub(crate) arguments: Box<RawValue>,
}

/// What came of calling a tool again.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub(crate) struct Replayed {
    pub(crate) success: bool,
    pub(crate) new_call_id: String,
    pub(crate) new_tool_call: Option<ToolCall>,
    pub(crate) replayed_from: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<String>,
}

/// A text to import.
// it has no `Debug`: there are keys in it
#[derive(Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub(crate) struct ImportRequest {
    /// The text of the settings of another program.
    pub(crate) content: String,
    /// Whose they are; without it, that is found out.
    #[serde(default)]
    pub(crate) format: Option<String>,
    /// Only these servers.
    #[serde(default)]
    pub(crate) server_names: Option<Vec<String>>,
}

/// A file to import.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub(crate) struct ImportPathRequest {
    /// The settings of another program, on the machine of the core: a full path, or one that begins with `~/`.
    pub(crate) path: String,
    /// Whose they are; without it, that is found out.
    #[serde(default)]
    pub(crate) format: Option<String>,
    /// Only these servers.
    #[serde(default)]
    pub(crate) server_names: Option<Vec<String>>,
    /// Other names for some of them.
    #[serde(default)]
    pub(crate) rename: BTreeMap<String, String>,
}

/// Lets a tool through, or holds it back.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub(crate) struct Switch {
    pub(crate) enabled: bool,
}

/// A tool that was let through or held back.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub(crate) struct Switched {
    pub(crate) server_name: String,
    pub(crate) tool_name: String,
    pub(crate) enabled: bool,
}

/// All tools of a server were let through or held back.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub(crate) struct AllSwitched {
    pub(crate) server_name: String,
    pub(crate) enabled: bool,
    /// How many were not so before.
    pub(crate) changed: usize,
}

/// One thing that happened.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub(crate) struct OneActivity {
    pub(crate) activity: mcpproxy_ipc_proto::view::Activity,
}

/// How a client is to be connected.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub(crate) struct ConnectRequest {
    /// The name of the entry; `mcpproxy` unless it is given.
    pub(crate) server_name: Option<String>,
    /// Whether an entry of the name that leads elsewhere is replaced, and the file of a client made that was not found.
    pub(crate) force: bool,
    /// The token of the preview that was seen: another file than that one is not written.
    pub(crate) precondition_token: Option<String>,
}

/// What is taken back.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub(crate) struct UndoRequest {
    /// The name of the entry; `mcpproxy` unless it is given.
    #[serde(default)]
    pub(crate) server_name: Option<String>,
    /// The bare name of the copy that connecting told; empty where there was no file before.
    pub(crate) backup_name: String,
}

/// Which entry is taken out.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub(crate) struct DisconnectRequest {
    /// Its name; `mcpproxy` unless it is given.
    pub(crate) server_name: Option<String>,
}
