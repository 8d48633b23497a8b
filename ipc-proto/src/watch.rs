//! Watching: what is true now, then what changes, in order. First connect, reconnect and a gap are one code path: ask
//! for the snapshot. Never tool definitions.

use serde::{Deserialize, Serialize};

pub use crate::limits::CALLS_IN_SNAPSHOT;
use crate::view::{CallRecord, PhaseView, ServerList, ServerStats, ServerView, Status};

/// What can be watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Topic {
    /// Servers, their states and health.
    Servers,
    /// Calls as they end.
    Calls,
    /// The core itself: its phase and its settings.
    Core,
    /// A topic that this build does not know; it is passed over.
    #[serde(other)]
    Other,
}

/// What is true at one moment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    /// The number of the last event that is already in here; the next one has the number behind it.
    pub seq: u64,
    /// The core.
    pub status: Status,
    /// The servers, with counts and health.
    pub servers: ServerList,
    /// The names of the servers that wait for approval.
    pub held: Vec<String>,
    /// The last calls, the newest first.
    pub calls: Vec<CallRecord>,
}

/// Something that changed.
///
/// Events are numbered from 1, in the order in which a connection is told them; a new watch goes on counting.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event")]
pub enum Event {
    /// Servers came, changed or went.
    #[serde(rename = "servers.changed")]
    ServersChanged {
        /// Those that came or changed, as they are now.
        servers: Vec<ServerView>,
        /// The names of those that went.
        #[serde(default)]
        removed: Vec<String>,
        /// The counts.
        stats: ServerStats,
    },
    /// A call has ended.
    #[serde(rename = "call.ended")]
    CallEnded {
        /// The call.
        call: CallRecord,
    },
    /// The core is in another phase.
    #[serde(rename = "core.phase")]
    PhaseChanged {
        /// Where it stands.
        phase: PhaseView,
        /// How long it takes at most until nothing is left, in milliseconds; while it drains.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        deadline_ms: Option<u64>,
    },
    /// The settings were taken over from the file, or the file has faults and the settings before it stay.
    #[serde(rename = "core.settings")]
    SettingsRead {
        /// What is wrong; nothing = they are in force.
        problems: Vec<String>,
    },
    /// Events were lost on the way: ask for the snapshot again. The core tells nothing until then.
    #[serde(rename = "lagged")]
    Lagged {},
    /// An event that this build does not know; it is passed over.
    #[serde(other)]
    Other,
}

impl Event {
    /// Which topic it belongs to; `None` = it is told to everybody who watches.
    #[must_use]
    pub fn topic(&self) -> Option<Topic> {
        match self {
            Self::ServersChanged { .. } => Some(Topic::Servers),
            Self::CallEnded { .. } => Some(Topic::Calls),
            Self::PhaseChanged { .. } | Self::SettingsRead { .. } => Some(Topic::Core),
            Self::Lagged {} | Self::Other => None,
        }
    }
}
