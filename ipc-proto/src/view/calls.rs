//! Calls and the sessions they came from.

use serde::{Deserialize, Serialize};

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum CallStatus {
    /// With a result.
    Success,
    /// With an error, of the server or on the way to it.
    Error,
    /// The gate held it back: the server was not asked.
    Blocked,
    /// A way that this build does not know.
    #[serde(other)]
    Other,
}

/// One call that has ended. Neither arguments nor results are here.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct CallRecord {
    /// Grows with each call of this core.
    pub id: String,
    /// The server.
    pub server_name: String,
    /// The tool, without its server.
    pub tool_name: String,
    /// How it ended.
    pub status: CallStatus,
    /// The stable code where it was refused or failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_message: Option<String>,
    /// How long it took, in milliseconds.
    pub duration_ms: f64,
    /// When it began.
    pub timestamp: String,
    /// `mcp`, `cli`, `api` or `internal`.
    pub source: String,
    /// The door it came through: `read`, `write` or `destructive`.
    pub tool_variant: String,
    /// The client's name for itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_name: Option<String>,
    /// The id of the request that it came with, where that had one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// Size of the arguments, in bytes.
    pub request_bytes: u64,
    /// Size of the answer, in bytes.
    pub response_bytes: u64,
}

/// The sessions of clients.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct SessionList {
    /// The sessions, the last active first.
    pub sessions: Vec<SessionView>,
    /// How many there are.
    pub total: usize,
}

/// One session of one client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct SessionView {
    /// A number of ours, not the id by which the client proves itself.
    pub id: String,
    /// The client's name for itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_name: Option<String>,
    /// Its version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_version: Option<String>,
    /// The revision of the protocol.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protocol_version: Option<String>,
    /// `active` or `closed`.
    pub status: String,
    /// When it began.
    pub start_time: String,
    /// When it was heard last.
    pub last_activity: String,
    /// How many tools it called.
    pub tool_call_count: u64,
}
