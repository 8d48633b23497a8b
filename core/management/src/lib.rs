//! The API of the proxy: every operation once, for every face.
//!
//! Faces translate: what arrives into a call of this crate, and its answer into their own form. Business logic is
//! here and nowhere above. Not here: JSON-RPC envelopes and HTTP (`server`), what a rule says (`domain`).

pub mod calls;
mod entry;
mod nearest;
mod refusal;
pub mod servers;
pub mod tools;

use std::sync::Arc;

use mcpproxy_config::Config;
use mcpproxy_runtime::Runtime;
use tokio::sync::watch;

pub use self::refusal::Refusal;
use self::{calls::Calls, servers::Servers, tools::Tools};

/// Everything that can be asked of the core. Cheap to clone.
#[derive(Clone)]
pub struct Management {
    /// Calls of tools.
    pub calls: Calls,
    /// Finding and describing tools.
    pub tools: Tools,
    /// The servers and how they are.
    pub servers: Servers,
    settings: watch::Receiver<Arc<Config>>,
}

impl Management {
    /// The API over a running fleet.
    #[must_use]
    pub fn new(runtime: &Runtime, settings: watch::Receiver<Arc<Config>>) -> Self {
        Self {
            calls: Calls::new(runtime),
            tools: Tools::new(runtime, settings.clone()),
            servers: Servers::new(runtime),
            settings,
        }
    }

    /// What clients are told about using the proxy, if the settings say something.
    #[must_use]
    pub fn instructions(&self) -> Option<String> {
        self.settings.borrow().instructions.clone()
    }
}
