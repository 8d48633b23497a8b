//! HTTP/1.1 towards the core: connections that are used again, and the certainty whether a request was sent.
//!
//! Not here: what a request says and what its answer means.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use http::{
    HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Uri,
    header::{ACCEPT, CONTENT_TYPE, HOST},
};
use http_body_util::{BodyExt as _, Full};
use hyper::{body::Incoming, client::conn::http1};
use hyper_util::rt::TokioIo;
use mcpproxy_task::Scope;
use tokio::{
    sync::{Semaphore, watch},
    time::{Instant, sleep},
};

use crate::{Dial, DialError};

/// How long a core that is away is waited for before a request is given up.
const PATIENCE: Duration = Duration::from_secs(60);
const SHORTEST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// The largest answer, in bytes: a message of the core with whatever id the client chose.
pub(crate) const LARGEST: usize = mcpproxy_wire::DEFAULT_MESSAGE_CAP + (1 << 20);
/// How many connections are kept that nobody uses.
const IDLE: usize = 16;

type Sender = http1::SendRequest<Full<Bytes>>;

/// The way to the core.
pub(crate) struct Client {
    path: Uri,
    dial: Box<dyn Dial>,
    /// Held to take or to give back one.
    idle: Mutex<Vec<Sender>>,
    /// Who is awaited dials alone: a core must not be started twice.
    dialing: Semaphore,
    /// Grows with each connection that somebody waited for.
    connected: watch::Sender<u64>,
    tasks: Scope,
}

/// Whether somebody waits for the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Awaited {
    /// A core that is away is waited for, and may be started.
    Yes,
    /// It is tried once.
    No,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SendError {
    /// The core is not there; the request certainly was not sent.
    #[error("{0}")]
    Away(String),
    /// The connection broke when the request was under way.
    #[error("the connection to the core broke")]
    Broken,
    /// The answer is larger than the cap, in bytes.
    #[error("the answer is larger than {0} bytes")]
    TooLarge(usize),
}

/// An answer whose body is still to be read. Dropped before its end, it closes the connection.
pub(crate) struct Reply<'a> {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    body: Incoming,
    sender: Option<Sender>,
    client: &'a Client,
}

impl Client {
    /// The way to a path of the core. Connections live as tasks of the scope.
    pub(crate) fn new(dial: Box<dyn Dial>, path: Uri, tasks: Scope) -> Self {
        let (idle, dialing, connected) = (Mutex::default(), Semaphore::new(1), watch::Sender::new(0));
        Self { path, dial, idle, dialing, connected, tasks }
    }

    /// A message on its way to the core.
    pub(crate) fn post(&self, mut headers: HeaderMap, message: Bytes) -> Request<Full<Bytes>> {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(ACCEPT, HeaderValue::from_static("application/json, text/event-stream"));
        self.request(Method::POST, headers, message)
    }

    /// A request without a message.
    pub(crate) fn bare(&self, method: Method, mut headers: HeaderMap) -> Request<Full<Bytes>> {
        headers.insert(ACCEPT, HeaderValue::from_static("text/event-stream"));
        self.request(method, headers, Bytes::new())
    }

    fn request(&self, method: Method, mut headers: HeaderMap, body: Bytes) -> Request<Full<Bytes>> {
        headers.insert(HOST, HeaderValue::from_static("localhost"));
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = method;
        *request.uri_mut() = self.path.clone();
        *request.headers_mut() = headers;
        request
    }

    /// Sends a request. `sent` says, also when this is dropped, whether it may have reached the core.
    pub(crate) async fn send(
        &self,
        mut request: Request<Full<Bytes>>,
        awaited: Awaited,
        sent: &AtomicBool,
    ) -> Result<Reply<'_>, SendError> {
        let deadline = Instant::now() + if awaited == Awaited::Yes { PATIENCE } else { Duration::ZERO };
        loop {
            let (mut sender, is_new) = match self.idle().await {
                Some(sender) => (sender, false),
                None => (self.connect(awaited, deadline).await?, true),
            };
            sent.store(true, Ordering::Release);
            match sender.try_send_request(request).await {
                Ok(response) => {
                    let (http::response::Parts { status, headers, .. }, body) = Response::into_parts(response);
                    return Ok(Reply { status, headers, body, sender: Some(sender), client: self });
                }
                Err(mut error) => request = error.take_message().ok_or(SendError::Broken)?,
            }
            sent.store(false, Ordering::Release);
            // one that was kept may have been closed since; a new one that is closed at once is no core at work
            if is_new {
                if Instant::now() >= deadline {
                    return Err(SendError::Away("the core closes its connections at once".to_owned()));
                }
                sleep(SHORTEST_PAUSE).await;
            }
        }
    }

    /// Tells of connections that somebody waited for: the core is there.
    pub(crate) fn connections(&self) -> watch::Receiver<u64> {
        self.connected.subscribe()
    }

    async fn idle(&self) -> Option<Sender> {
        loop {
            let mut sender = self.kept().pop()?;
            if sender.ready().await.is_ok() {
                return Some(sender);
            }
        }
    }

    async fn connect(&self, awaited: Awaited, deadline: Instant) -> Result<Sender, SendError> {
        let is_awaited = awaited == Awaited::Yes;
        let _turn = if is_awaited { self.dialing.acquire().await.ok() } else { None };
        let mut pause = SHORTEST_PAUSE;
        let stream = loop {
            match self.dial.dial(is_awaited).await {
                Ok(stream) => break stream,
                Err(DialError::Absent(_)) if Instant::now() + pause <= deadline => {
                    sleep(pause).await;
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
                Err(DialError::Absent(why) | DialError::Hopeless(why)) => return Err(SendError::Away(why)),
            }
        };
        let handshake = http1::Builder::new().handshake(TokioIo::new(stream)).await;
        let (sender, connection) = handshake.map_err(|error| SendError::Away(error.to_string()))?;
        self.tasks.spawn_until_cancelled("connection", async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection to the core broke");
            }
        });
        if is_awaited {
            self.connected.send_modify(|count| *count += 1);
        }
        Ok(sender)
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, Vec<Sender>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Reply<'_> {
    /// The whole body, in pieces.
    pub(crate) async fn whole(&mut self) -> Result<Vec<Bytes>, SendError> {
        let (mut pieces, mut length) = (Vec::new(), 0_usize);
        while let Some(piece) = self.chunk().await? {
            length = length.saturating_add(piece.len());
            if length > LARGEST {
                return Err(SendError::TooLarge(LARGEST));
            }
            pieces.push(piece);
        }
        Ok(pieces)
    }

    /// The next piece of the body; `None` at its end.
    pub(crate) async fn chunk(&mut self) -> Result<Option<Bytes>, SendError> {
        loop {
            match self.body.frame().await {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(bytes) if !bytes.is_empty() => return Ok(Some(bytes)),
                    Ok(_) | Err(_) => {}
                },
                Some(Err(_)) => return Err(SendError::Broken),
                None => break,
            }
        }
        let mut kept = self.client.kept();
        if kept.len() < IDLE {
            kept.extend(self.sender.take());
        }
        Ok(None)
    }
}
