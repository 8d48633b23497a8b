//! One live link to a server: opened, shaken hands with, asked for its tools, closed.

mod ears;
mod http;
mod listing;
mod stdio;

use std::{sync::Arc, time::Duration};

use mcpproxy_domain::{Code, ServerSpec, identity, server::Transport};
use mcpproxy_task::Scope;
use mcpproxy_wire::{
    Exchange, LinkError, Message, Outcome, Timing,
    handshake::{INITIALIZED, ServerHello, initialize},
};

pub(crate) use self::ears::Ears;
pub use self::listing::list_tools;
use crate::{Failure, Surroundings};

/// An open link and what it is made of; owned by one task.
pub(crate) enum Connection {
    Stdio(Box<stdio::Connection>),
    Http(http::Connection),
}

/// What callers hold of a link: cheap to clone, of no use once the link is gone.
#[derive(Clone, Debug)]
pub enum Handle {
    /// Over the pipes of a child.
    Stdio(mcpproxy_wire::stdio::Link),
    /// Over HTTP.
    Http(http::Handle),
}

impl Connection {
    /// Starts the process or prepares the endpoint. Nothing is asked yet.
    pub(crate) async fn start(
        spec: &ServerSpec,
        surroundings: &Surroundings,
        ears: Arc<Ears>,
        scope: &Scope,
    ) -> Result<Self, Failure> {
        match &spec.transport {
            Transport::Stdio(command) => {
                stdio::Connection::start(command, surroundings, ears, scope).await.map(|it| Self::Stdio(Box::new(it)))
            }
            Transport::Http(endpoint) => {
                http::Connection::start(endpoint, spec.init_timeout, surroundings, ears).map(Self::Http)
            }
            Transport::LegacySse(_) => Err(Failure::new(
                Code::Unsupported,
                "this version does not speak the older HTTP+SSE transport; use the server's streamable HTTP address",
            )),
            Transport::Launcher(..) => Err(Failure::new(
                Code::Unsupported,
                "this version does not start a server that is then reached by url; start it yourself and leave only the url",
            )),
        }
    }

    pub(crate) fn handle(&self) -> Handle {
        match self {
            Self::Stdio(connection) => Handle::Stdio(connection.link()),
            Self::Http(connection) => Handle::Http(connection.handle()),
        }
    }

    /// Makes the handshake. The reason of a failure holds what the server wrote before it went.
    pub(crate) async fn handshake(&mut self, limit: Duration, scope: &Scope) -> Result<ServerHello, Failure> {
        let handle = self.handle();
        let shaken = tokio::select! {
            biased;
            shaken = shake_hands(&handle, limit) => shaken,
            () = self.ended() => Err(LinkError::Closed.into()),
        };
        match shaken {
            Ok(hello) => {
                if let Self::Http(connection) = self {
                    connection.established(hello.revision, scope);
                }
                Ok(hello)
            }
            Err(failure) => Err(self.post_mortem(failure).await),
        }
    }

    /// Completes when the process behind the link has ended; never where there is none.
    pub(crate) async fn ended(&mut self) {
        match self {
            Self::Stdio(connection) => connection.ended().await,
            Self::Http(_) => std::future::pending().await,
        }
    }

    /// Adds to a failure what only the one that owns the process can know: how it ended, and its last words.
    pub(crate) async fn post_mortem(&mut self, failure: Failure) -> Failure {
        match self {
            Self::Stdio(connection) => connection.post_mortem(failure).await,
            Self::Http(connection) => connection.post_mortem(failure),
        }
    }

    /// Releases everything: the session, or the process with all of its descendants.
    pub(crate) async fn close(self) {
        match self {
            Self::Stdio(connection) => connection.close().await,
            Self::Http(connection) => connection.close().await,
        }
    }
}

/// `initialize` and its acknowledgement, within one limit.
pub(crate) async fn shake_hands(handle: &Handle, limit: Duration) -> Result<ServerHello, Failure> {
    let within = tokio::time::timeout(limit, shake(handle, limit)).await;
    within.unwrap_or_else(|_| Err(LinkError::Timeout(limit).into()))
}

async fn shake(handle: &Handle, limit: Duration) -> Result<ServerHello, Failure> {
    let opening = initialize(identity::COMMAND, identity::VERSION);
    let answer = handle.once(&opening, &Exchange::default(), Timing::within(limit)).await?;
    let result = answer.map_err(|error| {
        Failure::new(Code::UpstreamFailed, format!("the server refused the handshake: {}", error.message()))
    })?;
    let hello = ServerHello::read(&result)?;
    if let Handle::Http(http) = handle {
        http.negotiated(hello.revision);
    }
    handle.notify(&Message::bare(INITIALIZED)).await?;
    Ok(hello)
}

impl Handle {
    /// Sends a request and awaits its answer; when the server has forgotten the session, a new one is opened and the
    /// request sent once more.
    ///
    /// # Errors
    /// When no answer of the server can be had.
    pub async fn request(&self, message: &Message, exchange: &Exchange, timing: Timing) -> Result<Outcome, LinkError> {
        match self {
            Self::Stdio(link) => link.request(message, exchange, timing).await,
            Self::Http(handle) => handle.request(message, exchange, timing).await,
        }
    }

    /// Asks whether the server is alive: any answer, an error too, is life; so is an HTTP status that the server
    /// itself must have given.
    ///
    /// # Errors
    /// When nothing came back within the limit, or only the word of something before the server.
    pub async fn ping(&self, limit: Duration) -> Result<(), LinkError> {
        match self.request(&Message::bare("ping"), &Exchange::default(), Timing::within(limit)).await {
            Ok(_) => Ok(()),
            Err(LinkError::Status { status, .. }) if status < 500 => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// How many requests wait for their answers.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        match self {
            Self::Stdio(link) => link.in_flight(),
            Self::Http(handle) => handle.in_flight(),
        }
    }

    /// Completes when the link is gone.
    pub async fn closed(&self) {
        match self {
            Self::Stdio(link) => link.closed().await,
            Self::Http(handle) => handle.closed().await,
        }
    }

    async fn once(&self, message: &Message, exchange: &Exchange, timing: Timing) -> Result<Outcome, LinkError> {
        match self {
            Self::Stdio(link) => link.request(message, exchange, timing).await,
            Self::Http(handle) => handle.once(message, exchange, timing).await,
        }
    }

    async fn notify(&self, message: &Message) -> Result<(), LinkError> {
        match self {
            Self::Stdio(link) => link.notify(message).await,
            Self::Http(handle) => handle.notify(message).await,
        }
    }
}
