//! The API of the proxy: every operation once, for every face.
//!
//! Faces translate: what arrives into a call of this crate, and its answer into their own form. Business logic is
//! here and nowhere above. Not here: JSON-RPC envelopes and HTTP (`server`), what a rule says (`domain`).

pub mod activity;
mod arguments;
pub mod calls;
pub mod clients;
mod clock;
pub mod config;
pub mod core;
mod diagnostics;
pub mod direct;
pub mod durations;
mod entry;
mod gates;
pub mod guard;
pub mod history;
mod imports;
pub mod mask;
mod nearest;
pub mod people;
mod refusal;
pub mod secrets;
pub mod servers;
pub mod sessions;
mod tokens;
pub mod tools;
pub mod watch;

use std::sync::Arc;

use mcpproxy_config::{Config, Settings};
use mcpproxy_runtime::{Catalog, Fleet, Runtime};
use tokio::sync::watch as view;

use self::{
    calls::Calls, clients::Clients, config::Configuration, core::CoreFacts, direct::Direct, history::History,
    people::People, secrets::Secrets, servers::Servers, sessions::Sessions, tools::Tools,
};
pub use self::{imports::Import, nearest::nearest, refusal::Refusal};

/// Everything that can be asked of the core. Cheap to clone.
#[derive(Clone)]
pub struct Management {
    /// Calls of tools.
    pub calls: Calls,
    /// Finding and describing tools.
    pub tools: Tools,
    /// All tools in one list, each under a name of its own.
    pub direct: Direct,
    /// The servers, and what can be done to them.
    pub servers: Servers,
    /// The AI clients on this machine.
    pub clients: Clients,
    /// The settings, and changing them.
    pub settings: Configuration,
    /// The last calls.
    pub history: History,
    /// The sessions of clients.
    pub sessions: Sessions,
    /// The secrets that the settings refer to.
    pub secrets: Secrets,
    /// Who came in at a browser.
    pub people: People,
    facts: Arc<CoreFacts>,
    fleet: view::Receiver<Arc<Fleet>>,
    catalog: view::Receiver<Arc<Catalog>>,
    config: view::Receiver<Arc<Config>>,
}

impl Management {
    /// The API over a running fleet.
    #[must_use]
    pub fn new(runtime: &Runtime, settings: Settings, facts: CoreFacts) -> Self {
        let (history, config, facts) = (History::new(), settings.config(), Arc::new(facts));
        Self {
            calls: Calls::new(runtime, history.clone()),
            tools: Tools::new(runtime, config.clone(), history.clone()),
            direct: Direct::new(runtime),
            servers: Servers::new(runtime, settings.clone(), history.clone()),
            clients: Clients::new(Arc::clone(&facts), config.clone()),
            secrets: Secrets::new(runtime, settings.clone()),
            settings: Configuration::new(settings),
            history,
            sessions: Sessions::default(),
            people: People::default(),
            facts,
            fleet: runtime.fleet.clone(),
            catalog: runtime.catalog.clone(),
            config,
        }
    }

    /// What clients are told about using the proxy, if the settings say something.
    #[must_use]
    pub fn instructions(&self) -> Option<String> {
        self.config.borrow().instructions.clone()
    }
}
