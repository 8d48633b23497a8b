//! One live link to a server: opened, shaken hands with, asked for its tools, closed.

mod address;
mod calling;
mod ears;
mod http;
mod legacy;
mod listing;
mod meeting;
mod stdio;

use std::{sync::Arc, time::Duration};

use mcpproxy_domain::{Code, ServerSpec, identity, server::Transport};
use mcpproxy_task::Scope;
use mcpproxy_wire::{
    Era, Exchange, LinkError, Message, Outcome, Revision, Timing,
    handshake::ServerHello,
    stateless::{DISCOVER, LISTEN, signed},
};
use serde_json::json;
use tokio::time::Instant;

pub(crate) use self::ears::Ears;
pub use self::listing::list_tools;
use self::meeting::Unmet;
use crate::{Failure, Surroundings};

/// A subscription has no end of its own.
const A_LONG_TIME: Duration = Duration::from_secs(365 * 24 * 3600);

/// An open link and what it is made of; owned by one task.
pub(crate) enum Connection {
    Stdio(Box<stdio::Connection>),
    /// With what it takes to try the server as one of the older kind.
    Http(http::Connection, Box<legacy::Prospect>),
    Legacy(legacy::Connection),
}

/// What callers hold of a link: cheap to clone, of no use once the link is gone.
#[derive(Clone, Debug)]
pub struct Handle {
    way: Way,
    /// Whether each request has to say who asks.
    is_stateless: bool,
}

/// The link itself.
#[derive(Clone, Debug)]
enum Way {
    /// Over the pipes of a child.
    Stdio(mcpproxy_wire::stdio::Link),
    /// Over HTTP.
    Http(http::Handle),
    /// Over the older HTTP+SSE.
    Legacy(legacy::Handle),
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
                let prospect = Box::new(legacy::Prospect::new(spec, endpoint, surroundings, &ears));
                http::Connection::start(endpoint, spec.init_timeout, surroundings, ears)
                    .map(|it| Self::Http(it, prospect))
            }
            Transport::LegacySse(endpoint) => {
                legacy::Connection::start(endpoint, spec.init_timeout, surroundings, ears, scope).map(Self::Legacy)
            }
            Transport::Launcher(..) => Err(Failure::new(
                Code::Unsupported,
                "this version does not start a server that is then reached by url; start it yourself and leave only the url",
            )),
        }
    }

    fn way(&self) -> Way {
        match self {
            Self::Stdio(connection) => Way::Stdio(connection.link()),
            Self::Http(connection, _) => Way::Http(connection.handle()),
            Self::Legacy(connection) => Way::Legacy(connection.handle()),
        }
    }

    /// Meets the server: in the era that it was of the last time, or in the newer one first. The reason of a failure
    /// holds what the server wrote before it went.
    pub(crate) async fn handshake(
        &mut self,
        known: Option<Era>,
        limit: Duration,
        scope: &Scope,
    ) -> Result<(Handle, ServerHello), Failure> {
        let begun = Instant::now();
        let way = self.way();
        // the older transport knows sessions only
        let known = if let Self::Legacy(_) = self { Some(Era::Sessions(Revision::LATEST)) } else { known };
        let met = tokio::select! {
            biased;
            met = meeting::meet(&way, known, limit) => met,
            () = self.ended() => Err(LinkError::Closed.into()),
        };
        match met {
            Ok(hello) => {
                if let Self::Http(connection, _) = self {
                    connection.established(hello.era, scope);
                }
                Ok((Handle { way, is_stateless: hello.era.is_stateless() }, hello))
            }
            Err(Unmet::Link(error)) if self.may_be_older(&error) => {
                self.meet_as_older(error.into(), limit.saturating_sub(begun.elapsed()), scope).await
            }
            Err(unmet) => Err(self.post_mortem(unmet.into()).await),
        }
    }

    fn may_be_older(&self, error: &LinkError) -> bool {
        matches!(self, Self::Http(..)) && legacy::Prospect::is_hinted_at(error)
    }

    /// Tries a server that refused the handshake as one of the older transport; when it is none either, both failures
    /// are told.
    async fn meet_as_older(
        &mut self,
        refusal: Failure,
        limit: Duration,
        scope: &Scope,
    ) -> Result<(Handle, ServerHello), Failure> {
        let Self::Http(_, prospect) = &*self else { return Err(refusal) };
        let older = prospect.start(limit, scope)?;
        let server = prospect.server().clone();
        let way = Way::Legacy(older.handle());
        // in its place before anything is awaited: whatever happens, it is closed in order
        *self = Self::Legacy(older);
        match meeting::open_session(&way, limit).await {
            Ok(hello) => {
                tracing::info!(%server, "the server speaks the older HTTP+SSE transport; `\"protocol\": \"sse\"` saves asking it");
                Ok((Handle { way, is_stateless: false }, hello))
            }
            Err(Failure { code, detail }) => {
                let code = if code == Code::Timeout { refusal.code } else { code };
                let told = format!("{}; tried as a server of the older HTTP+SSE transport: {detail}", refusal.detail);
                Err(Failure::new(code, told))
            }
        }
    }

    /// Completes when the process behind the link has ended; never where there is none.
    pub(crate) async fn ended(&mut self) {
        match self {
            Self::Stdio(connection) => connection.ended().await,
            Self::Http(..) | Self::Legacy(_) => std::future::pending().await,
        }
    }

    /// Adds to a failure what only the one that owns the process can know: how it ended, and its last words.
    pub(crate) async fn post_mortem(&mut self, failure: Failure) -> Failure {
        match self {
            Self::Stdio(connection) => connection.post_mortem(failure).await,
            Self::Http(connection, _) => connection.post_mortem(failure),
            Self::Legacy(_) => failure,
        }
    }

    /// Releases everything: the session, or the process with all of its descendants.
    pub(crate) async fn close(self) {
        match self {
            Self::Stdio(connection) => connection.close().await,
            Self::Http(connection, _) => connection.close().await,
            Self::Legacy(connection) => connection.close().await,
        }
    }
}

impl Handle {
    /// Sends a request and awaits its answer; when the server has forgotten the session, a new one is opened and the
    /// request sent once more.
    ///
    /// # Errors
    /// When no answer of the server can be had.
    pub async fn request(&self, message: &Message, exchange: &Exchange, timing: Timing) -> Result<Outcome, LinkError> {
        if !self.is_stateless {
            return self.way.request(message, exchange, timing).await;
        }
        let params = signed(message.params.as_deref(), identity::COMMAND, identity::VERSION);
        let message = Message { method: message.method.clone(), params: Some(params) };
        self.way.request(&message, exchange, timing).await
    }

    /// Whether the server is of the stateless era.
    #[must_use]
    pub const fn is_stateless(&self) -> bool {
        self.is_stateless
    }

    /// Asks whether the server is alive: any answer, an error too, is life; so is an HTTP status that the server
    /// itself must have given.
    ///
    /// # Errors
    /// When nothing came back within the limit, or only the word of something before the server.
    pub async fn ping(&self, limit: Duration) -> Result<(), LinkError> {
        let question = Message::bare(if self.is_stateless { DISCOVER } else { "ping" });
        match self.request(&question, &Exchange::default(), Timing::within(limit)).await {
            Ok(_) => Ok(()),
            Err(LinkError::Status { status, .. }) if status < 500 => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Subscribes to changes of the tools for as long as the server lets us; what it tells reaches the link's listener.
    /// A server with sessions tells without being asked.
    pub(crate) async fn subscribed(&self) {
        if !self.is_stateless {
            return std::future::pending().await;
        }
        let wanted = Message::new(LISTEN, &json!({ "notifications": { "toolsListChanged": true } }));
        let told = self.request(&wanted, &Exchange::default(), Timing::within(A_LONG_TIME)).await;
        if let Ok(Err(error)) = told {
            // it does not offer this, and asking again would not change it
            tracing::debug!(error = error.message(), "changes of the tools are not told");
            std::future::pending().await
        }
    }

    /// How many requests wait for their answers.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        match &self.way {
            Way::Stdio(link) => link.in_flight(),
            Way::Http(handle) => handle.in_flight(),
            Way::Legacy(handle) => handle.in_flight(),
        }
    }

    /// Completes when the link is gone.
    pub async fn closed(&self) {
        match &self.way {
            Way::Stdio(link) => link.closed().await,
            Way::Http(handle) => handle.closed().await,
            Way::Legacy(handle) => handle.closed().await,
        }
    }
}

#[cfg(test)]
impl Handle {
    pub(crate) fn over_pipes(link: mcpproxy_wire::stdio::Link) -> Self {
        Self { way: Way::Stdio(link), is_stateless: false }
    }
}

impl Way {
    async fn request(&self, message: &Message, exchange: &Exchange, timing: Timing) -> Result<Outcome, LinkError> {
        match self {
            Self::Stdio(link) => link.request(message, exchange, timing).await,
            Self::Http(handle) => handle.request(message, exchange, timing).await,
            Self::Legacy(handle) => handle.request(message, exchange, timing).await,
        }
    }

    /// Without the care for a lost session.
    async fn once(&self, message: &Message, exchange: &Exchange, timing: Timing) -> Result<Outcome, LinkError> {
        match self {
            Self::Stdio(link) => link.request(message, exchange, timing).await,
            Self::Http(handle) => handle.once(message, exchange, timing).await,
            Self::Legacy(handle) => handle.request(message, exchange, timing).await,
        }
    }

    async fn notify(&self, message: &Message) -> Result<(), LinkError> {
        match self {
            Self::Stdio(link) => link.notify(message).await,
            Self::Http(handle) => handle.notify(message).await,
            Self::Legacy(handle) => handle.notify(message).await,
        }
    }
}
