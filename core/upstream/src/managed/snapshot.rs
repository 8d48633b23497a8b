//! What an actor publishes: the whole truth about one server at one moment.

use std::{sync::Arc, time::SystemTime};

use mcpproxy_domain::{
    Code, ServerSpec,
    server::{
        Health, Observed, health,
        lifecycle::{Link, State},
    },
};
use mcpproxy_wire::handshake::ServerHello;

use crate::{Failure, Handle, Tool};

/// One server as it is.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// What it should be.
    pub spec: Arc<ServerSpec>,
    /// Where its link stands.
    pub state: State,
    /// Failures since it was last steady.
    pub failures: u32,
    /// When it began to serve calls; of its last link that did.
    pub connected_at: Option<SystemTime>,
    /// How many of its links have served calls.
    pub connections: u64,
    /// The way to call it; from the handshake until the link is closed.
    pub handle: Option<Handle>,
    /// What it said of itself in the last handshake.
    pub hello: Option<Arc<ServerHello>>,
    /// The tools it listed last. They stay known while a broken link is mended, so that a search still finds them.
    pub tools: Arc<[Arc<Tool>]>,
    /// Why it does not work, if it does not.
    pub failure: Option<Failure>,
}

impl Snapshot {
    /// A server of which nothing is known yet but what it should be.
    #[must_use]
    pub fn of(spec: Arc<ServerSpec>) -> Self {
        Self {
            spec,
            state: State::Disconnected,
            failures: 0,
            connected_at: None,
            connections: 0,
            handle: None,
            hello: None,
            tools: Arc::from([]),
            failure: None,
        }
    }

    /// The link moved: what is no longer true goes.
    pub(super) fn moved(&mut self, link: Link) {
        if self.is_discovering() && matches!(link.state, State::Ready { .. }) {
            self.connected_at = Some(SystemTime::now());
            self.connections += 1;
        }
        self.state = link.state;
        self.failures = link.failures;
        if !matches!(link.state, State::Discovering(_) | State::Ready { .. }) {
            self.handle = None;
        }
        if matches!(link.state, State::Disconnected | State::GaveUp) {
            self.forget();
        }
        if matches!(link.state, State::Disconnected | State::Ready { .. }) {
            self.failure = None;
        }
    }

    /// What was known of a server that is no longer there, or is to be another.
    pub(super) fn forget(&mut self) {
        self.tools = Arc::from([]);
        self.hello = None;
    }

    /// A list has arrived. One that says nothing new changes nothing, so that nobody acts on it.
    pub(super) fn list(&mut self, tools: Arc<[Arc<Tool>]>) {
        // a server that has changed its era may list the same and be called in another way
        let same =
            |a: &Tool, b: &Tool| a.definition.raw.get() == b.definition.raw.get() && a.param_headers == b.param_headers;
        let same = self.tools.len() == tools.len() && self.tools.iter().zip(&*tools).all(|(a, b)| same(a, b));
        if !same {
            self.tools = tools;
        }
    }

    /// Whether it serves calls.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        matches!(self.state, State::Ready { .. })
    }

    fn is_discovering(&self) -> bool {
        matches!(self.state, State::Discovering(_))
    }

    /// Whether its link is on the way up for the first time, so that its tools are not known yet.
    #[must_use]
    pub fn is_starting(&self) -> bool {
        matches!(self.state, State::Connecting(_) | State::Discovering(_)) && self.tools.is_empty()
    }

    /// What is seen of the link, for people.
    #[must_use]
    pub fn observed(&self) -> Observed {
        match (self.state, &self.failure) {
            (State::Ready { .. }, _) => Observed::Ready { tools: self.tools.len() },
            (State::Asleep, _) => Observed::Asleep,
            (State::Backoff | State::GaveUp | State::PendingAuth | State::Stopping { .. }, Some(failure)) => {
                Observed::Failed { code: failure.code, detail: failure.detail.clone() }
            }
            (State::PendingAuth, None) => Observed::Failed { code: Code::SignInNeeded, detail: String::new() },
            (State::Backoff | State::GaveUp, None) => {
                Observed::Failed { code: Code::UpstreamFailed, detail: String::new() }
            }
            (State::Connecting(_) | State::Discovering(_), _) => Observed::Starting,
            (State::Disconnected | State::Stopping { .. }, _) => Observed::Disconnected,
        }
    }

    /// How well it is.
    #[must_use]
    pub fn health(&self) -> Health {
        health(self.spec.enabled, self.spec.quarantined, &self.observed())
    }
}
