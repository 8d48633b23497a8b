//! The servers: how they are, and what can be done to them.

mod actions;
mod filter;
mod lines;
mod look;
mod view;

use std::{collections::BTreeMap, sync::Arc};

use mcpproxy_config::{Config, Settings};
use mcpproxy_domain::{Code, ServerName, ServerSpec};
use mcpproxy_ipc_proto::view::{Annotations, Hint, ServerList, ServerStats, ServerTools, ServerView, ToolView};
use mcpproxy_runtime::{Catalog, Fleet, Move, Runtime};
use mcpproxy_upstream::Snapshot;
use tokio::sync::watch;

pub(crate) use self::{actions::Rehearsal, look::BYTES_PER_TOKEN};
pub use self::{
    look::told,
    view::{fingerprint, runs, view},
};
use crate::{Refusal, history::History, nearest::nearest, tools::tool_view};

/// Questions about servers, and changes of them.
#[derive(Clone)]
pub struct Servers {
    fleet: watch::Receiver<Arc<Fleet>>,
    catalog: watch::Receiver<Arc<Catalog>>,
    config: watch::Receiver<Arc<Config>>,
    settings: Settings,
    runtime: Runtime,
    history: History,
}

impl Servers {
    pub(crate) fn new(runtime: &Runtime, settings: Settings, history: History) -> Self {
        Self {
            fleet: runtime.fleet.clone(),
            catalog: runtime.catalog.clone(),
            config: settings.config(),
            settings,
            runtime: runtime.clone(),
            history,
        }
    }

    /// Every server, by name.
    #[must_use]
    pub fn list(&self) -> ServerList {
        let servers = self.known();
        ServerList {
            stats: self.count(servers.values()),
            servers: servers.values().map(|server| self.view(server)).collect(),
        }
    }

    /// The counts.
    #[must_use]
    pub fn stats(&self) -> ServerStats {
        self.count(self.known().values())
    }

    /// One server.
    ///
    /// # Errors
    /// [`Code::ServerNotFound`], with names like it.
    pub fn get(&self, name: &str) -> Result<ServerView, Refusal> {
        Ok(self.view(&*self.find(name)?))
    }

    /// The tools of one server, those that the settings hold back too.
    ///
    /// # Errors
    /// [`Code::ServerNotFound`], with names like it.
    pub fn tools(&self, name: &str) -> Result<ServerTools, Refusal> {
        let server = self.find(name)?;
        let usage = self.history.usage_of(Some(&server.spec.name));
        let denied = |tool: &str| !server.spec.tools.lets_through(tool);
        let tools: Vec<ToolView> =
            server.tools.iter().map(|tool| tool_view(tool, denied(&tool.id.tool), &usage)).collect();
        Ok(ServerTools { server_name: name.to_owned(), count: tools.len(), tools })
    }

    pub(crate) fn moves(&self) -> BTreeMap<Move, u64> {
        self.runtime.moves()
    }

    pub(crate) fn view(&self, server: &Snapshot) -> ServerView {
        view(server, self.config.borrow().reveal_secrets)
    }

    /// Every server of the settings as it is seen. The fleet follows the settings a moment later: whoever has changed
    /// them reads what they wrote.
    fn known(&self) -> BTreeMap<ServerName, Arc<Snapshot>> {
        let config = Arc::clone(&self.config.borrow());
        let fleet = Arc::clone(&self.fleet.borrow());
        let seen = |spec: &Arc<ServerSpec>| match fleet.servers.get(&spec.name) {
            Some(server) if server.spec == *spec => Arc::clone(server),
            Some(server) => Arc::new(Snapshot { spec: Arc::clone(spec), ..Snapshot::clone(server) }),
            None => Arc::new(Snapshot::of(Arc::clone(spec))),
        };
        config.servers.iter().map(|spec| (spec.name.clone(), seen(spec))).collect()
    }

    fn count<'a>(&self, servers: impl Iterator<Item = &'a Arc<Snapshot>>) -> ServerStats {
        let mut stats = ServerStats { total_tools: self.catalog.borrow().len(), ..ServerStats::default() };
        for server in servers {
            stats.total_servers += 1;
            stats.connected_servers += usize::from(server.is_ready());
            stats.quarantined_servers += usize::from(server.spec.quarantined);
        }
        stats
    }

    fn find(&self, name: &str) -> Result<Arc<Snapshot>, Refusal> {
        let known = self.known();
        known.get(name).cloned().ok_or_else(|| unknown(name, known.keys()))
    }
}

/// No server has that name.
fn unknown<'a>(name: &str, known: impl Iterator<Item = &'a ServerName>) -> Refusal {
    let told = format!("no server named {name} is configured");
    Refusal {
        nearest: nearest(name, known.map(ServerName::as_str)),
        ..Refusal::new(Code::ServerNotFound, told, "mcpproxy upstream list shows the names")
    }
}

/// The door that a tool's hints ask for.
pub(crate) fn hint(hints: &mcpproxy_domain::tool::Annotations) -> Hint {
    use mcpproxy_domain::tool::Variant;
    match Variant::suggested(hints) {
        Variant::Read => Hint::Read,
        Variant::Write => Hint::Write,
        Variant::Destructive => Hint::Destructive,
    }
}

/// A tool's hints as they are told.
pub(crate) fn annotations(hints: &mcpproxy_domain::tool::Annotations) -> Annotations {
    Annotations {
        title: None,
        read_only_hint: hints.read_only,
        destructive_hint: hints.destructive,
        idempotent_hint: hints.idempotent,
        open_world_hint: hints.open_world,
    }
}
