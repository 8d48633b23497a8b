//! The endpoint itself: which HTTP method goes where.

use std::{sync::Arc, time::Duration};

use http::{HeaderMap, Method, StatusCode, header};
use mcpproxy_domain::{Code, Principal};
use mcpproxy_edge::{Answer, Context, Face, Request, Response};
use mcpproxy_management::{Management, direct};
use mcpproxy_task::Scope;
use mcpproxy_wire::{
    Revision,
    http::{SESSION_HEADER, VERSION_HEADER},
    session::SessionSigner,
};

use crate::{
    alarm::Alarms,
    errors::{Protest, empty},
    mode::Mode,
    sessions::{Session, Sessions},
    stateless, stream,
};

/// How long a cancelled call may take to notice.
const CANCELLED_WITHIN: Duration = Duration::from_secs(2);

/// What the endpoint is made with.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Largest message taken, in bytes.
    pub message_cap: usize,
    /// Longest pause inside the body of a request.
    pub body_silence: Duration,
    /// How long a call runs on after its client has gone.
    pub abandoned_after: Duration,
    /// When an answer that takes its time becomes an event stream, so that the connection is seen to live.
    pub stream_after: Duration,
    /// The pause between two signs of life in a stream.
    pub keep_alive: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            message_cap: mcpproxy_wire::DEFAULT_MESSAGE_CAP,
            body_silence: Duration::from_secs(30),
            abandoned_after: Duration::from_secs(60),
            stream_after: Duration::from_secs(10),
            keep_alive: Duration::from_secs(15),
        }
    }
}

/// The MCP endpoint. Clones are the same endpoint.
#[derive(Clone)]
pub struct McpFace {
    pub(crate) shared: Arc<Shared>,
}

pub(crate) struct Shared {
    pub(crate) management: Management,
    pub(crate) mode: Mode,
    /// The changes of the list of tools; `None` where it never changes.
    pub(crate) list: Option<direct::Changes>,
    pub(crate) sessions: Sessions,
    pub(crate) settings: Settings,
    /// Calls under way, until their answer is delivered; they may outlive the connection of their client.
    pub(crate) calls: Scope,
    /// Tell calls that they take their time.
    pub(crate) alarms: Alarms,
    /// Streams of our own messages; they have no end of their own.
    pub(crate) streams: Scope,
}

impl McpFace {
    /// An endpoint over the API. Session ids are signed by `signer`.
    #[must_use]
    pub fn new(management: Management, signer: SessionSigner, settings: Settings, mode: Mode) -> Self {
        Self { shared: Arc::new(Shared::new(management, signer, settings, mode, Scope::new(), Scope::new())) }
    }

    /// An endpoint beside this one that shows tools in another way. Its sessions are its own; both are drained together.
    #[must_use]
    pub fn beside(&self, mode: Mode) -> Self {
        let Shared { management, sessions, settings, calls, streams, .. } = &*self.shared;
        let (signer, settings) = (sessions.signer().clone(), settings.clone());
        let shared = Shared::new(management.clone(), signer, settings, mode, calls.clone(), streams.clone());
        Self { shared: Arc::new(shared) }
    }

    /// Lets the calls under way finish for at most `patience`, then cancels them and ends all sessions.
    pub async fn drain(&self, patience: Duration) {
        let finished = self.shared.calls.drain(patience).await;
        self.shared.streams.cancel();
        if finished.is_err()
            && let Err(left) = self.shared.calls.drain(CANCELLED_WITHIN).await
        {
            tracing::warn!(left, "calls did not end when they were cancelled");
        }
    }

    pub(crate) async fn answer(&self, request: Request, context: Context) -> Response {
        let answered = match *request.method() {
            Method::POST => crate::post::post(&self.shared, request, context).await,
            // the stateless era has neither streams of their own nor sessions to end
            Method::GET | Method::DELETE if stateless::is_named(request.headers()) => Ok(not_allowed("POST")),
            Method::GET => self.get(request.headers(), &context),
            Method::DELETE => self.delete(request.headers(), &context),
            _ => Ok(not_allowed("GET, POST, DELETE")),
        };
        answered.unwrap_or_else(|protest| protest.response())
    }

    fn get(&self, headers: &HeaderMap, context: &Context) -> Result<Response, Protest> {
        let (_, session) = self.shared.session(headers, context.principal)?;
        if !crate::accept::Accept::of(headers).events {
            let told = "this stream is sent as text/event-stream, which the Accept header does not allow";
            return Err(Protest::new(StatusCode::NOT_ACCEPTABLE, Code::InvalidInput, told));
        }
        Ok(stream::open(&self.shared, &session))
    }

    fn delete(&self, headers: &HeaderMap, context: &Context) -> Result<Response, Protest> {
        let (id, session) = self.shared.session(headers, context.principal)?;
        self.shared.sessions.end(id, &session);
        Ok(empty(StatusCode::OK))
    }
}

impl Face for McpFace {
    fn handle(&self, request: Request, context: Context) -> Answer<'_> {
        Box::pin(self.answer(request, context))
    }
}

impl Shared {
    fn new(
        management: Management,
        signer: SessionSigner,
        settings: Settings,
        mode: Mode,
        calls: Scope,
        streams: Scope,
    ) -> Self {
        let list = (mode != Mode::Search).then(|| management.direct.changes());
        let sessions = Sessions::new(signer, mode.clone(), list.clone(), streams.token(), management.sessions.clone());
        Self { management, mode, list, sessions, settings, calls, alarms: Alarms::default(), streams }
    }

    /// The session that a request names.
    pub(crate) fn session<'h>(
        &self,
        headers: &'h HeaderMap,
        principal: Principal,
    ) -> Result<(&'h str, Arc<Session>), Protest> {
        spoken(headers)?;
        let id = headers.get(SESSION_HEADER).ok_or_else(|| {
            let told = "Bad Request: no session. Open one with initialize, then send its Mcp-Session-Id";
            Protest::new(StatusCode::BAD_REQUEST, Code::Unsupported, told)
        })?;
        let session = id.to_str().ok().and_then(|id| Some((id, self.sessions.find(id, principal)?)));
        session.ok_or_else(Protest::session_not_found)
    }
}

fn not_allowed(methods: &'static str) -> Response {
    let mut response = empty(StatusCode::METHOD_NOT_ALLOWED);
    response.headers_mut().insert(header::ALLOW, header::HeaderValue::from_static(methods));
    response
}

/// Refuses a revision that is not spoken. Clients that send no version are taken at their session's word.
fn spoken(headers: &HeaderMap) -> Result<(), Protest> {
    let Some(version) = headers.get(VERSION_HEADER) else { return Ok(()) };
    if version.to_str().ok().and_then(Revision::parse).is_some() {
        return Ok(());
    }
    let known: Vec<_> = Revision::ALL.iter().map(|revision| revision.as_str()).collect();
    let told = format!("Bad Request: Unsupported protocol version (supported versions: {})", known.join(", "));
    Err(Protest::new(StatusCode::BAD_REQUEST, Code::Unsupported, told))
}
