//! A link to a streamable HTTP endpoint: a POST for each message, the session, and the stream of the server's own.

use std::{
    borrow::Cow,
    sync::{
        Arc, Once, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use reqwest::{
    Method, Response, StatusCode, Url,
    header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue},
    redirect,
};
use serde_json::json;

use super::{
    SESSION_HEADER, VERSION_HEADER,
    body::{self, Kind},
};
use crate::{
    Envelope, Exchange, Id, Limits, LinkError, Listener, Message, Object, Outcome, Revision, Timing,
    deadline::Deadline, envelope, handshake::INITIALIZE, link::answer_as_bare_client, sse, stdio::with_progress_token,
};

/// How much of an error page is kept.
const ERROR_BODY: usize = 64 << 10;
/// How much of it is told.
const ERROR_TOLD: usize = 300;
/// How often a broken answer stream is resumed before its call is given up.
const RESUMPTIONS: u32 = 5;
const LAST_EVENT_ID: &str = "last-event-id";
const COURTESY: Duration = Duration::from_secs(5);

/// A shared handle; requests are independent of each other.
#[derive(Clone)]
pub struct Link {
    shared: Arc<Shared>,
}

struct Shared {
    client: reqwest::Client,
    url: Url,
    headers: HeaderMap,
    limits: Limits,
    listener: Arc<dyn Listener>,
    next: AtomicU64,
    /// Held for a copy only.
    session: RwLock<Session>,
}

#[derive(Clone, Default)]
struct Session {
    id: Option<HeaderValue>,
    revision: Option<Revision>,
}

/// How the stream of the server's own messages ended.
#[derive(Debug)]
pub enum Listening {
    /// The server offers no such stream.
    Refused,
    /// The stream ended, as it may at any time; it can be opened again behind this id, after this time.
    Ended {
        /// The id of the last event.
        last_id: Option<String>,
        /// How long the server asks to wait.
        retry: Option<Duration>,
    },
    /// The server no longer knows the session.
    SessionLost,
    /// The connection failed.
    Failed(LinkError),
}

impl std::fmt::Debug for Link {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Link").field("host", &self.shared.url.host_str()).finish_non_exhaustive()
    }
}

impl Link {
    /// A link to `url`, with `headers` on each request. Nothing is sent yet.
    ///
    /// # Errors
    /// [`LinkError::Endpoint`] when the URL or a header cannot be used.
    pub fn new<'h>(
        url: &str,
        headers: impl IntoIterator<Item = (&'h str, &'h str)>,
        limits: Limits,
        listener: Arc<dyn Listener>,
    ) -> Result<Self, LinkError> {
        let url = Url::parse(url).map_err(|error| LinkError::Endpoint(format!("the url is not valid: {error}")))?;
        let headers = configured(headers)?;
        let client = client(&url).map_err(|error| LinkError::Endpoint(format!("no HTTP client: {error}")))?;
        let session = RwLock::default();
        let next = AtomicU64::new(1);
        Ok(Self { shared: Arc::new(Shared { client, url, headers, limits, listener, next, session }) })
    }

    /// Sends a request and awaits its answer. `initialize` forgets the session there was and keeps the new one.
    ///
    /// # Errors
    /// When no answer of the peer can be had; see [`LinkError`]. A request that is given up is cancelled at the peer.
    pub async fn request(&self, message: &Message, exchange: &Exchange, timing: Timing) -> Result<Outcome, LinkError> {
        if message.method == INITIALIZE {
            self.set_session(Session::default());
        }
        let number = self.shared.next.fetch_add(1, Ordering::Relaxed);
        let params = match &exchange.progress {
            Some(_) => Some(Cow::Owned(with_progress_token(message.params.as_deref(), number))),
            None => message.params.as_deref().map(Cow::Borrowed),
        };
        let bytes = envelope::request(&Id::from(number), &message.method, params.as_deref());
        if bytes.len() > self.shared.limits.message_cap {
            return Err(LinkError::TooLarge(self.shared.limits.message_cap));
        }
        let deadline = Deadline::new(timing, &exchange.cancel);
        let answer = Asked { link: self, number, exchange, deadline }.answer(message, bytes).await;
        if matches!(answer, Err(LinkError::Cancelled | LinkError::Timeout(_))) && message.method != INITIALIZE {
            let params = json!({ "requestId": number, "reason": "the caller withdrew the request" });
            let _ =
                tokio::time::timeout(COURTESY, self.notify(&Message::new("notifications/cancelled", &params))).await;
        }
        answer
    }

    /// Sends a notification.
    ///
    /// # Errors
    /// When it could not be delivered.
    pub async fn notify(&self, message: &Message) -> Result<(), LinkError> {
        self.post(envelope::notification(&message.method, message.params.as_deref())).await.map(|_| ())
    }

    /// The revision that was negotiated goes along with each further request.
    pub fn negotiated(&self, revision: Revision) {
        let id = self.session().id;
        self.set_session(Session { id, revision: Some(revision) });
    }

    /// Opens the stream of the server's own messages and hears it until it ends.
    pub async fn listen(&self, from: Option<&str>) -> Listening {
        let mut response = match self.get(from).await {
            Ok(response) => response,
            Err(error) => return Listening::Failed(error),
        };
        match response.status() {
            StatusCode::OK if body::kind(&response) == Kind::Events => {}
            StatusCode::NOT_FOUND if self.session().id.is_some() => return Listening::SessionLost,
            status if status.is_server_error() => {
                return Listening::Failed(LinkError::Status { status: status.as_u16(), body: String::new() });
            }
            _ => return Listening::Refused,
        }
        let mut decoder = sse::Decoder::new(self.shared.limits.message_cap);
        loop {
            match body::chunk(&mut response).await {
                Ok(Some(bytes)) => decoder.push(&bytes),
                Ok(None) | Err(_) => {
                    let retry = decoder.retry().map(Duration::from_millis);
                    return Listening::Ended { last_id: decoder.last_id().map(str::to_owned), retry };
                }
            }
            loop {
                match decoder.next_event() {
                    Ok(Some(event)) => self.hear(&event.data).await,
                    Ok(None) => break,
                    Err(sse::TooLarge(cap)) => return Listening::Failed(LinkError::TooLarge(cap)),
                }
            }
        }
    }

    /// Ends the session, if the server gave one. Best effort: the server may have gone.
    pub async fn close(&self) {
        if self.session().id.is_some() {
            let request = self.shared.client.request(Method::DELETE, self.shared.url.clone()).headers(self.headers());
            let _ = tokio::time::timeout(COURTESY, request.send()).await;
        }
    }

    async fn hear(&self, data: &[u8]) {
        match envelope::decode(data) {
            Ok(Envelope::Notification { method, params }) => self
                .shared
                .listener
                .notified(Message { method: Cow::Owned(method.into_owned()), params: params.map(ToOwned::to_owned) }),
            Ok(Envelope::Request { id, method, .. }) => {
                let answer = envelope::response(&id, &answer_as_bare_client(&method));
                let _ = tokio::time::timeout(COURTESY, self.post(answer)).await;
            }
            // an answer to nobody: late, after the caller gave up
            Ok(Envelope::Response { .. }) => {}
            Err(_) => self.shared.listener.noise(data),
        }
    }

    async fn post(&self, body: Vec<u8>) -> Result<Response, LinkError> {
        let request = self
            .shared
            .client
            .post(self.shared.url.clone())
            .headers(self.headers())
            .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
            .header(ACCEPT, HeaderValue::from_static("application/json, text/event-stream"))
            .body(Bytes::from(body));
        request.send().await.map_err(|error| body::failed(&error))
    }

    async fn get(&self, from: Option<&str>) -> Result<Response, LinkError> {
        let mut request = self
            .shared
            .client
            .get(self.shared.url.clone())
            .headers(self.headers())
            .header(ACCEPT, HeaderValue::from_static("text/event-stream"));
        if let Some(id) = from {
            request = request.header(LAST_EVENT_ID, id);
        }
        request.send().await.map_err(|error| body::failed(&error))
    }

    fn headers(&self) -> HeaderMap {
        let mut headers = self.shared.headers.clone();
        let session = self.session();
        if let Some(id) = session.id {
            headers.insert(HeaderName::from_static(SESSION_HEADER), id);
        }
        if let Some(revision) = session.revision {
            headers.insert(HeaderName::from_static(VERSION_HEADER), HeaderValue::from_static(revision.as_str()));
        }
        headers
    }

    fn session(&self) -> Session {
        self.shared.session.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set_session(&self, session: Session) {
        *self.shared.session.write().unwrap_or_else(PoisonError::into_inner) = session;
    }
}

/// One request on its way.
struct Asked<'a> {
    link: &'a Link,
    number: u64,
    exchange: &'a Exchange,
    deadline: Deadline<'a>,
}

impl Asked<'_> {
    async fn answer(mut self, message: &Message, bytes: Vec<u8>) -> Result<Outcome, LinkError> {
        let mut response = self.deadline.within(self.link.post(bytes)).await??;
        if !response.status().is_success() {
            return self.refused(response).await;
        }
        if message.method == INITIALIZE
            && let Some(id) = response.headers().get(SESSION_HEADER)
        {
            self.link.set_session(Session { id: Some(id.clone()), revision: None });
        }
        let cap = self.link.shared.limits.message_cap;
        match body::kind(&response) {
            Kind::Json => {
                let body = self.deadline.within(body::whole(&mut response, cap)).await??;
                self.mine(&body).ok_or(LinkError::Protocol("the answer does not belong to the request"))
            }
            Kind::Events => self.streamed(response, cap).await,
            Kind::Other => Err(LinkError::Protocol("the answer is neither JSON nor an event stream")),
        }
    }

    /// Reads the stream that answers the request; resumes it when it breaks and the server gave it ids.
    async fn streamed(&mut self, mut response: Response, cap: usize) -> Result<Outcome, LinkError> {
        let mut broken = 0;
        let mut decoder = sse::Decoder::new(cap);
        loop {
            let ended = match self.deadline.within(body::chunk(&mut response)).await? {
                Ok(Some(bytes)) => {
                    decoder.push(&bytes);
                    false
                }
                Ok(None) | Err(_) => true,
            };
            while let Some(event) = decoder.next_event().map_err(|sse::TooLarge(cap)| LinkError::TooLarge(cap))? {
                if let Some(outcome) = self.event(&event.data).await {
                    return Ok(outcome);
                }
            }
            if !ended {
                continue;
            }
            if let Some(event) = decoder.finish()
                && let Some(outcome) = self.event(&event.data).await
            {
                return Ok(outcome);
            }
            let Some(last_id) = decoder.last_id().map(str::to_owned) else { return Err(LinkError::Closed) };
            broken += 1;
            if broken > RESUMPTIONS {
                return Err(LinkError::Closed);
            }
            let pause = Duration::from_millis(decoder.retry().unwrap_or(1000)).min(Duration::from_secs(30));
            self.deadline.within(tokio::time::sleep(pause)).await?;
            response = self.deadline.within(self.link.get(Some(&last_id))).await??;
            if !response.status().is_success() || body::kind(&response) != Kind::Events {
                return Err(LinkError::Closed);
            }
            decoder = sse::Decoder::new(cap);
        }
    }

    async fn event(&mut self, data: &[u8]) -> Option<Outcome> {
        if let Some(outcome) = self.mine(data) {
            return Some(outcome);
        }
        if let Ok(Envelope::Notification { method, params: Some(params) }) = envelope::decode(data)
            && method == "notifications/progress"
        {
            self.deadline.alive();
            let params = Object::open(params)?;
            let token = params.get("progressToken").and_then(|token| token.get().parse::<u64>().ok());
            if let Some(progress) = self.exchange.progress.as_ref().filter(|_| token == Some(self.number)) {
                progress.report(params);
            }
            return None;
        }
        self.link.hear(data).await;
        None
    }

    fn mine(&self, data: &[u8]) -> Option<Outcome> {
        match envelope::decode(data) {
            Ok(Envelope::Response { id: Some(id), outcome }) if id.as_u64() == Some(self.number) => {
                Some(outcome.map(ToOwned::to_owned))
            }
            _ => None,
        }
    }

    /// Any answer that is no success is the answer to this request: waiting for another would wait for ever.
    async fn refused(&self, mut response: Response) -> Result<Outcome, LinkError> {
        let status = response.status();
        let body = self.deadline.within(body::whole(&mut response, ERROR_BODY)).await?.unwrap_or_default();
        if let Some(outcome) = self.mine(&body) {
            return Ok(outcome);
        }
        let worked_before = self.link.session().id.is_some();
        match status {
            StatusCode::UNAUTHORIZED => Err(LinkError::Unauthorized),
            StatusCode::NOT_FOUND | StatusCode::BAD_REQUEST if worked_before => Err(LinkError::SessionLost),
            _ => {
                let text = String::from_utf8_lossy(&body);
                let told = text.chars().filter(|c| !c.is_control()).take(ERROR_TOLD).collect();
                Err(LinkError::Status { status: status.as_u16(), body: told })
            }
        }
    }
}

fn configured<'h>(headers: impl IntoIterator<Item = (&'h str, &'h str)>) -> Result<HeaderMap, LinkError> {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        let refuse = |what: &str| LinkError::Endpoint(format!("the header {name:?} {what}"));
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| refuse("has an invalid name"))?;
        if [SESSION_HEADER, VERSION_HEADER, LAST_EVENT_ID, "accept", "content-type", "content-length"]
            .contains(&name.as_str())
        {
            return Err(refuse("belongs to the protocol and cannot be set"));
        }
        let mut value = HeaderValue::from_str(value).map_err(|_| refuse("has a value that a header cannot hold"))?;
        value.set_sensitive(true);
        map.append(name, value);
    }
    Ok(map)
}

fn client(url: &Url) -> Result<reqwest::Client, reqwest::Error> {
    static PROVIDER: Once = Once::new();
    PROVIDER.call_once(|| {
        // an error says that a provider is installed already, which is as good
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
    let mut builder = reqwest::Client::builder().connect_timeout(Duration::from_secs(10)).tcp_nodelay(true).redirect(
        redirect::Policy::custom(|attempt| {
            // only what keeps method, body and origin: a credential must not follow elsewhere
            let keeps_method =
                matches!(attempt.status(), StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT);
            let same = attempt.previous().last().is_some_and(|from| from.origin() == attempt.url().origin());
            if keeps_method && same && attempt.previous().len() < 5 { attempt.follow() } else { attempt.stop() }
        }),
    );
    if is_loopback(url) {
        builder = builder.no_proxy();
    }
    builder.build()
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}
