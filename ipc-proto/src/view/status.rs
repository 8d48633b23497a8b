//! The core itself as it is told (contract: status, info, routing).

use serde::{Deserialize, Serialize};

use super::{EndpointsView, ServerStats};

/// Where the core stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum PhaseView {
    /// Not yet listening.
    Starting,
    /// Serves.
    Ready,
    /// Finishes what is under way.
    Draining,
    /// Nothing is left.
    Stopped,
    /// A phase that this build does not know.
    #[serde(other)]
    Other,
}

/// How the core is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Status {
    /// Whether it serves.
    pub running: bool,
    /// `personal`
    pub edition: String,
    /// The address as it was asked for, or the one that was taken.
    pub listen_addr: String,
    /// How `/mcp` shows tools.
    pub routing_mode: String,
    /// Now, in seconds since 1970.
    pub timestamp: i64,
    /// Where it stands.
    pub phase: PhaseView,
    /// Its process.
    pub pid: u32,
    /// How long it has been running, in seconds.
    pub uptime_seconds: u64,
    /// The counts.
    pub upstream_stats: Stats,
    /// What is wrong with the settings file at the moment; the settings before it stay in force.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub settings_problems: Vec<String>,
}

/// The counts of a running core.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Stats {
    /// Servers and tools.
    #[serde(flatten)]
    pub servers: ServerStats,
    /// Servers on their way up.
    pub connecting_servers: usize,
    /// Sessions of clients that are open.
    #[serde(default)]
    pub sessions: usize,
    /// Calls since the start.
    #[serde(default)]
    pub calls: u64,
    /// Those of them that failed.
    #[serde(default)]
    pub failed_calls: u64,
}

/// What the core is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Info {
    /// Its version.
    pub version: String,
    /// Its make; another make is never touched.
    pub implementation: String,
    /// The page, without a credential.
    pub web_ui_url: String,
    /// The address it listens on.
    pub listen_addr: String,
    /// Where it is reached.
    pub endpoints: EndpointsView,
    /// Who started it: `tray`, `installer` or nobody known.
    pub launched_by: String,
    /// Its process.
    pub pid: u32,
    /// Its settings file.
    pub config_path: String,
    /// Its folder.
    pub data_dir: String,
    /// The folder of its logs.
    pub log_dir: String,
    /// Whether it looks for newer versions.
    pub update_policy: UpdatePolicy,
}

/// Whether the core looks for newer versions of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct UpdatePolicy {
    /// Whether it does.
    pub enabled: bool,
    /// Which kind of version it would offer.
    pub channel: String,
    /// Whether it stays silent about them.
    pub nudges_suppressed: bool,
}

/// How tools are shown, and where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Routing {
    /// How `/mcp` shows them.
    pub routing_mode: String,
    /// That in words.
    pub description: String,
    /// The paths.
    pub endpoints: super::Endpoints,
    /// What can be chosen.
    pub available_modes: Vec<String>,
}
