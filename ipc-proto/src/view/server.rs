//! Servers as they are told (contract: server list).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// All servers, sorted by name.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ServerList {
    /// The servers.
    pub servers: Vec<ServerView>,
    /// The counts.
    pub stats: ServerStats,
}

/// The counts of a fleet.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ServerStats {
    /// Every configured server.
    pub total_servers: usize,
    /// Those that serve calls.
    pub connected_servers: usize,
    /// Those that wait for approval.
    pub quarantined_servers: usize,
    /// The tools that may be called.
    pub total_tools: usize,
    /// Containers of ours.
    pub docker_containers: usize,
}

/// One server.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ServerView {
    /// The same as the name.
    pub id: String,
    /// Its key everywhere.
    pub name: String,
    /// Where it is reached, secrets masked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// `stdio`, `streamable-http` or `sse`.
    pub protocol: String,
    /// The program.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
    /// Its arguments.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub args: Vec<String>,
    /// The folder it starts in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub working_dir: Option<String>,
    /// Its variables, secrets masked.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub env: BTreeMap<String, String>,
    /// Its headers, secrets masked.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// Whether it should run.
    pub enabled: bool,
    /// Whether it waits for approval.
    pub quarantined: bool,
    /// Whether it serves calls.
    pub connected: bool,
    /// Whether it is on its way up.
    pub connecting: bool,
    /// Where its link stands.
    pub status: ServerState,
    /// Why it does not work.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_error: Option<String>,
    /// Since when it serves calls.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connected_at: Option<String>,
    /// How often its link was opened anew since the core started.
    pub reconnect_count: u64,
    /// How many tools it lists.
    pub tool_count: usize,
    /// Whether it is signed in.
    pub authenticated: bool,
    /// How often it failed in a row.
    #[serde(default)]
    pub retry_count: u32,
    /// Whether it is tried again by itself.
    #[serde(default)]
    pub should_retry: bool,
    /// What it said of itself: name and version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server_name: Option<String>,
    /// See `server_name`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server_version: Option<String>,
    /// Longest time of its handshake, if its entry says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub init_timeout: Option<String>,
    /// How well it is, and what to do.
    pub health: HealthView,
    /// Its tools that wait for approval.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quarantine: Option<QuarantineCounts>,
    /// Exactly what starting it executes, or where it is reached; secrets masked. For whoever approves it.
    pub runs: String,
    /// A mark of everything that `runs` stands for, secrets included: an approval names the mark that was seen, so
    /// that nothing else can be approved in its place.
    pub fingerprint: String,
}

/// Where the link of a server stands, as people read it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum ServerState {
    /// Nothing is open.
    Disconnected,
    /// The handshake is being made.
    Connecting,
    /// Somebody has to sign in.
    #[serde(rename = "pending auth")]
    PendingAuth,
    /// A sign-in is under way.
    Authenticating,
    /// Its tools are being asked for.
    Discovering,
    /// It serves calls.
    Ready,
    /// It failed.
    Error,
    /// At rest until the next call.
    Idle,
    /// Switched off.
    Disabled,
    /// A state that this build does not know.
    #[serde(other)]
    Other,
}

/// How well a server is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct HealthView {
    /// How bad it is.
    pub level: Level,
    /// What the settings say.
    pub admin_state: AdminState,
    /// One short sentence.
    pub summary: String,
    /// The longer reason.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub detail: String,
    /// What a person can do.
    #[serde(default, skip_serializing_if = "Action::is_none")]
    pub action: Action,
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// As it should be.
    Healthy,
    /// Works in part.
    Degraded,
    /// Does not work.
    Unhealthy,
    /// A level that this build does not know.
    #[serde(other)]
    Other,
}

/// What the settings say of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum AdminState {
    /// Should run.
    Enabled,
    /// Switched off.
    Disabled,
    /// Waits for approval.
    Quarantined,
    /// A state that this build does not know.
    #[serde(other)]
    Other,
}

/// The one thing a person can do about a server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Nothing needs to be done.
    #[default]
    #[serde(rename = "")]
    None,
    /// Sign in.
    Login,
    /// Start it again.
    Restart,
    /// Switch it on.
    Enable,
    /// Review and approve it.
    Approve,
    /// Read its log.
    ViewLogs,
    /// Provide a secret.
    SetSecret,
    /// Correct its settings.
    Configure,
    /// An action that this build does not know.
    #[serde(other)]
    Other,
}

impl Action {
    fn is_none(&self) -> bool {
        *self == Self::None
    }
}

/// The tools of a server that wait for a person.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct QuarantineCounts {
    /// New ones.
    pub pending_count: usize,
    /// Ones that changed after they were approved.
    pub changed_count: usize,
    /// Ones that are switched off.
    #[serde(default)]
    pub blocked_count: usize,
}

/// What came of an action on one server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Added {
    /// Which server; `*` for all.
    pub server: String,
    /// What was done: `add`, `remove`, `enable`, `disable`, `restart`, `quarantine`, `unquarantine`, `update`.
    pub action: String,
    /// Always true: what fails is an error.
    pub success: bool,
}

/// What came of an action on several servers; those that failed did not hinder the others.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct BulkResult {
    /// How many were asked for.
    pub total: usize,
    /// How many were done.
    pub successful: usize,
    /// How many were not.
    pub failed: usize,
    /// Why not, by server.
    pub errors: BTreeMap<String, String>,
    /// Each in the order asked for.
    #[serde(default)]
    pub items: Vec<BulkItem>,
}

/// What came of one of several.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct BulkItem {
    /// Which server.
    pub server: String,
    /// Whether it was done.
    pub success: bool,
    /// Whether there was something to do.
    pub changed: bool,
    /// The stable code of the failure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The failure in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// The last lines of a server's log, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Logs {
    /// Which server.
    pub server_name: String,
    /// The lines.
    pub logs: Vec<LogEntry>,
    /// How many there are here.
    pub count: usize,
    /// Where the next lines will stand, for whoever follows the log.
    #[serde(default)]
    pub cursor: u64,
}

/// One line of a log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct LogEntry {
    /// When it was written.
    pub timestamp: String,
    /// `INFO` for what happened to the server, `STDERR` for what it wrote itself, `SENT` and `RECEIVED` for messages.
    pub level: String,
    /// The text.
    pub message: String,
    /// Which server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server: Option<String>,
}
