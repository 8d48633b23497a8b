//! The core itself: what it is, how it is, and asking it to stop.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    path::PathBuf,
    sync::Arc,
    time::{Instant, SystemTime, UNIX_EPOCH},
};

use mcpproxy_clients::Places;
use mcpproxy_config::{Config, RoutingMode};
use mcpproxy_domain::{Code, ServerName, identity, phase::Phase};
use mcpproxy_ipc_proto::view::{
    Endpoints, EndpointsView, Info, PhaseView, Routing, Stats, Status, UiTicket, UpdatePolicy,
};
use tokio::sync::{Notify, watch};

use crate::{Management, Refusal, clients::Bridge, people};

/// What the core is and does not change while it runs; handed down by the composition root.
#[derive(Clone, Debug)]
pub struct CoreFacts {
    /// When it started.
    pub begun: Instant,
    /// Where it listens; `None` = over its standard streams only.
    pub address: Option<SocketAddr>,
    /// The address as it was asked for, if it was.
    pub asked: Option<String>,
    /// The socket or pipe; `None` = there is none.
    pub socket: Option<String>,
    /// Who started it: `tray`, `installer` or nobody known.
    pub launched_by: String,
    /// Which data folder it serves: an id that outlives restarts.
    pub instance: String,
    /// The folder of its logs.
    pub log_dir: PathBuf,
    /// The folders of whoever runs it; `None` = there is no home folder.
    pub places: Option<Places>,
    /// What clients start that only start programs.
    pub bridge: Bridge,
    /// Where it stands.
    pub phase: watch::Receiver<Phase>,
    /// Told when somebody asks it to stop.
    pub stop: Arc<Notify>,
}

impl CoreFacts {
    /// The URL of the core for programs of this machine: an address that stands for all of them is this machine's.
    pub(crate) fn base(&self) -> String {
        match self.address {
            Some(address) if address.ip().is_unspecified() => {
                format!("http://{}:{}", identity::DEFAULT_HOST, address.port())
            }
            Some(address) => format!("http://{address}"),
            None => String::new(),
        }
    }
}

impl Management {
    /// Where the core stands.
    #[must_use]
    pub fn phase(&self) -> watch::Receiver<Phase> {
        self.facts.phase.clone()
    }

    /// What does not change while the core runs.
    #[must_use]
    pub fn facts(&self) -> &CoreFacts {
        &self.facts
    }

    /// Asks the core to stop in order. The answer to whoever asked still goes out.
    pub fn shutdown(&self) {
        self.facts.stop.notify_one();
    }

    /// How the core is.
    #[must_use]
    pub fn status(&self) -> Status {
        let phase = phase_view(*self.facts.phase.borrow());
        let config = self.config.borrow().clone();
        let totals = self.history.totals();
        let timestamp = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        Status {
            running: phase == PhaseView::Ready,
            edition: "personal".to_owned(),
            listen_addr: self.listen_addr(),
            routing_mode: mode_name(config.routing_mode).to_owned(),
            timestamp: i64::try_from(timestamp).unwrap_or(i64::MAX),
            phase,
            pid: std::process::id(),
            uptime_seconds: self.facts.begun.elapsed().as_secs(),
            upstream_stats: Stats {
                servers: self.servers.stats(),
                connecting_servers: self.fleet.borrow().starting().count(),
                sessions: self.sessions.active(),
                calls: totals.calls,
                failed_calls: totals.failed,
            },
            settings_problems: self.settings.problems(),
        }
    }

    /// How often each server was seen to move from one state to another.
    #[must_use]
    pub fn moves(&self) -> BTreeMap<(ServerName, &'static str, &'static str), u64> {
        self.servers.moves()
    }

    /// What the core is, and where it is reached.
    #[must_use]
    pub fn info(&self) -> Info {
        let config = self.config.borrow().clone();
        Info {
            version: identity::VERSION.to_owned(),
            implementation: identity::IMPLEMENTATION.to_owned(),
            web_ui_url: self.facts.address.map(|_| format!("{}/ui/", self.facts.base())).unwrap_or_default(),
            listen_addr: self.listen_addr(),
            endpoints: self.endpoints(&config),
            launched_by: self.facts.launched_by.clone(),
            pid: std::process::id(),
            config_path: config.config_path.display().to_string(),
            data_dir: config.data_dir.display().to_string(),
            log_dir: self.facts.log_dir.display().to_string(),
            update_policy: UpdatePolicy { enabled: false, channel: "stable".to_owned(), nudges_suppressed: true },
        }
    }

    /// A way in for one browser, once.
    ///
    /// # Errors
    /// The core listens on no port, so no browser reaches it.
    pub fn ui_ticket(&self) -> Result<UiTicket, Refusal> {
        if self.facts.address.is_none() {
            let told = "the core listens on no port, so no browser reaches it";
            return Err(Refusal::new(Code::Unsupported, told, "set listen in the settings, and start it again"));
        }
        let ticket = self.people.ticket()?;
        let url = format!("{}/ui/?ticket={ticket}", self.facts.base());
        Ok(UiTicket { url, expires_in_seconds: people::TICKET_LIFE.as_secs() })
    }

    /// How tools are shown, and where.
    #[must_use]
    pub fn routing(&self) -> Routing {
        let mode = self.config.borrow().routing_mode;
        let description = match mode {
            RoutingMode::RetrieveTools => "tools are found by a search",
            RoutingMode::Direct => "all tools are listed",
        };
        let path = str::to_owned;
        Routing {
            routing_mode: mode_name(mode).to_owned(),
            description: description.to_owned(),
            endpoints: Endpoints { default: path("/mcp"), retrieve_tools: path("/mcp/call"), direct: path("/mcp/all") },
            available_modes: vec![path("retrieve_tools"), path("direct")],
        }
    }

    fn endpoints(&self, config: &Config) -> EndpointsView {
        EndpointsView {
            http: self.facts.address.map(|address| address.to_string()).unwrap_or_default(),
            socket: self.facts.socket.clone().unwrap_or_default(),
            mcp: self.facts.address.map(|_| format!("{}/mcp", self.facts.base())).unwrap_or_default(),
            requires_key: config.require_mcp_auth,
        }
    }

    fn listen_addr(&self) -> String {
        let taken = || self.facts.address.map(|address| address.to_string()).unwrap_or_default();
        self.facts.asked.clone().unwrap_or_else(taken)
    }
}

/// A phase as it is told.
#[must_use]
pub const fn phase_view(phase: Phase) -> PhaseView {
    match phase {
        Phase::Starting => PhaseView::Starting,
        Phase::Ready => PhaseView::Ready,
        Phase::Draining(_) => PhaseView::Draining,
        Phase::Stopped => PhaseView::Stopped,
    }
}

const fn mode_name(mode: RoutingMode) -> &'static str {
    match mode {
        RoutingMode::RetrieveTools => "retrieve_tools",
        RoutingMode::Direct => "direct",
    }
}
