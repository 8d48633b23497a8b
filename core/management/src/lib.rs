//! The API of the proxy: every operation once, for every face.
//!
//! Faces translate: what arrives into a call of this crate, and its answer into their own form. Business logic is
//! here and nowhere above. Not here: JSON-RPC envelopes and HTTP (`server`), what a rule says (`domain`).

mod arguments;
pub mod calls;
pub mod direct;
mod entry;
mod nearest;
mod refusal;
pub mod servers;
pub mod tools;

use std::sync::Arc;

use mcpproxy_config::Config;
use mcpproxy_runtime::Runtime;
use tokio::sync::watch;

use self::{calls::Calls, direct::Direct, servers::Servers, tools::Tools};
pub use self::{nearest::nearest, refusal::Refusal};

/// Everything that can be asked of the core. Cheap to clone.
#[derive(Clone)]
pub struct Management {
    /// Calls of tools.
    pub calls: Calls,
    /// Finding and describing tools.
    pub tools: Tools,
    /// All tools in one list, each under a name of its own.
    pub direct: Direct,
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
            direct: Direct::new(runtime),
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
