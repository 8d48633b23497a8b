//! A link over the older HTTP+SSE transport: the life of its stream is the life of the link.
//!
//! Not here: opening it again, which is a new attempt of the actor.

use std::{sync::Arc, time::Duration};

use mcpproxy_domain::{ServerName, ServerSpec, server::Endpoint};
use mcpproxy_logs::Redactor;
use mcpproxy_task::Scope;
use mcpproxy_wire::{
    Exchange, LinkError, Message, Outcome, Timing,
    legacy::{Link, connect},
};

use super::{
    Ears,
    address::{Address, shown},
};
use crate::{Failure, Surroundings};

/// How long a server that was taken for a newer one may take to show that it is of the older kind.
const PROOF: Duration = Duration::from_secs(5);
/// How long what is still on its way may take at the end; the link itself allows it less.
const LAST_POST: Duration = Duration::from_secs(2);

pub(crate) struct Connection {
    handle: Handle,
    work: Scope,
}

/// What callers hold.
#[derive(Clone, Debug)]
pub struct Handle {
    link: Link,
    redactor: Redactor,
}

/// What is needed to try a server as one of the older kind.
pub(crate) struct Prospect {
    server: ServerName,
    endpoint: Endpoint,
    surroundings: Surroundings,
    ears: Arc<Ears>,
}

impl Connection {
    /// Begins to open the stream, which must name the message endpoint within `patience`.
    pub(super) fn start(
        endpoint: &Endpoint,
        patience: Duration,
        surroundings: &Surroundings,
        ears: Arc<Ears>,
        scope: &Scope,
    ) -> Result<Self, Failure> {
        let Address { url, headers } = Address::of(endpoint, surroundings)?;
        let pairs = headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let (link, life) = connect(&url, pairs, patience, surroundings.limits, ears)?;
        let work = scope.child();
        work.spawn_until_cancelled("legacy link", life);
        Ok(Self { handle: Handle { link, redactor: surroundings.redactor.clone() }, work })
    }

    pub(super) fn handle(&self) -> Handle {
        self.handle.clone()
    }

    pub(super) async fn close(self) {
        self.handle.link.hang_up();
        // what is under way after that ends with the drop
        let _ = self.work.drain(LAST_POST).await;
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.work.cancel();
    }
}

impl Handle {
    pub(super) async fn request(
        &self,
        message: &Message,
        exchange: &Exchange,
        timing: Timing,
    ) -> Result<Outcome, LinkError> {
        self.link.request(message, exchange, timing).await.map_err(|error| shown(error, &self.redactor))
    }

    pub(super) async fn notify(&self, message: &Message) -> Result<(), LinkError> {
        self.link.notify(message).await.map_err(|error| shown(error, &self.redactor))
    }

    pub(super) fn in_flight(&self) -> usize {
        self.link.in_flight()
    }

    pub(super) async fn closed(&self) {
        self.link.closed().await;
    }
}

impl Prospect {
    pub(super) fn new(spec: &ServerSpec, endpoint: &Endpoint, surroundings: &Surroundings, ears: &Arc<Ears>) -> Self {
        Self {
            server: spec.name.clone(),
            endpoint: endpoint.clone(),
            surroundings: surroundings.clone(),
            ears: Arc::clone(ears),
        }
    }

    /// Whether a server of the older kind may have answered so to the first POST.
    pub(super) fn is_hinted_at(error: &LinkError) -> bool {
        matches!(error, LinkError::Status { status: 400 | 404 | 405, .. })
    }

    pub(super) fn start(&self, limit: Duration, scope: &Scope) -> Result<Connection, Failure> {
        Connection::start(&self.endpoint, limit.min(PROOF), &self.surroundings, Arc::clone(&self.ears), scope)
    }

    pub(super) fn server(&self) -> &ServerName {
        &self.server
    }
}
