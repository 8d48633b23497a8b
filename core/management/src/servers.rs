//! The servers and how they are.

use std::sync::Arc;

use mcpproxy_domain::server::{AdminState, Level};
use mcpproxy_runtime::{Fleet, Runtime};
use tokio::sync::watch;

/// Questions about servers.
#[derive(Clone)]
pub struct Servers {
    fleet: watch::Receiver<Arc<Fleet>>,
}

/// One server, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerLine {
    /// Its name.
    pub name: String,
    /// Its state.
    pub state: &'static str,
    /// One sentence about its health.
    pub summary: String,
    /// The longer reason; empty when there is none.
    pub detail: String,
    /// How many tools it lists.
    pub tools: usize,
    /// Whether something is wrong with it.
    pub is_unwell: bool,
    /// Whether it waits for a person's approval.
    pub is_held: bool,
}

impl Servers {
    pub(crate) fn new(runtime: &Runtime) -> Self {
        Self { fleet: runtime.fleet.clone() }
    }

    /// Every server, by name.
    #[must_use]
    pub fn list(&self) -> Vec<ServerLine> {
        let fleet = Arc::clone(&self.fleet.borrow());
        let line = |(name, server): (&mcpproxy_domain::ServerName, &Arc<mcpproxy_upstream::Snapshot>)| {
            let health = server.health();
            ServerLine {
                name: name.to_string(),
                state: server.state.name(),
                summary: health.summary,
                detail: health.detail,
                tools: server.tools.len(),
                is_unwell: health.level != Level::Healthy,
                is_held: health.admin_state == AdminState::Quarantined,
            }
        };
        fleet.servers.iter().map(line).collect()
    }
}
