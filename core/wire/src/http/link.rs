//! A link to a streamable HTTP endpoint: a POST for each message, the session, and the stream of the server's own.

use std::{
    borrow::Cow,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use reqwest::{
    Method, Response, StatusCode, Url,
    header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue},
};
use serde_json::json;

use super::{
    LAST_EVENT_ID, SESSION_HEADER, VERSION_HEADER,
    asked::{Asked, ERROR_BODY, refusal},
    body::{self, Kind},
    client::{client, configured},
};
use crate::{
    Envelope, Era, Exchange, Limits, LinkError, Listener, Message, Object, Outcome, Timing,
    envelope::{self, DecodeError},
    exchange::numbered,
    handshake::INITIALIZE,
    link::answer_as_bare_client,
    sse,
    stateless::{DISCOVER, METHOD_HEADER, NAME_HEADER, ParamHeaders, header_value, named_by},
};

/// How long a message that nobody waits for may take to go out.
const COURTESY: Duration = Duration::from_secs(1);

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
    in_flight: AtomicUsize,
    /// Held for a copy only.
    session: RwLock<Session>,
}

/// What the server knows us by.
#[derive(Clone, Default)]
pub(super) struct Session {
    pub(super) id: Option<HeaderValue>,
    pub(super) era: Option<Era>,
}

/// Counts a request as long as it waits.
struct Flight<'a>(&'a AtomicUsize);

impl<'a> Flight<'a> {
    fn begin(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count)
    }
}

impl Drop for Flight<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
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
        /// Whether it brought anything.
        heard: bool,
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
        let (next, in_flight) = (AtomicU64::new(1), AtomicUsize::new(0));
        Ok(Self { shared: Arc::new(Shared { client, url, headers, limits, listener, next, in_flight, session }) })
    }

    /// Sends a request and awaits its answer. The answer to `initialize` puts its session in the place of the one there
    /// was.
    ///
    /// # Errors
    /// When no answer of the peer can be had; see [`LinkError`]. A request that is withdrawn or times out is cancelled
    /// at the peer.
    pub async fn request(&self, message: &Message, exchange: &Exchange, timing: Timing) -> Result<Outcome, LinkError> {
        let number = self.shared.next.fetch_add(1, Ordering::Relaxed);
        let bytes = numbered(message, exchange, number, self.shared.limits)?;
        let _flight = Flight::begin(&self.shared.in_flight);
        let opens = message.method == INITIALIZE;
        let session = match message.method.as_ref() {
            INITIALIZE => Session::default(),
            DISCOVER => Session { id: None, era: Some(Era::Stateless) },
            _ => self.session(),
        };
        let is_stateless = session.era == Some(Era::Stateless);
        let answer = Asked::new(self, number, session, exchange, timing).answer(message, bytes).await;
        // in the stateless era the closed connection says it
        if matches!(answer, Err(LinkError::Cancelled | LinkError::Timeout(_))) && !opens && !is_stateless {
            let params = json!({ "requestId": number, "reason": "the caller withdrew the request" });
            let _ =
                tokio::time::timeout(COURTESY, self.notify(&Message::new("notifications/cancelled", &params))).await;
        }
        answer
    }

    /// How many requests wait for their answers.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.shared.in_flight.load(Ordering::Relaxed)
    }

    /// Sends a notification.
    ///
    /// # Errors
    /// When it could not be delivered or was refused.
    pub async fn notify(&self, message: &Message) -> Result<(), LinkError> {
        let body = envelope::notification(&message.method, message.params.as_deref());
        let session = self.session();
        let mut response = self.post(body, &session, Some((message, &ParamHeaders::default()))).await?;
        if response.status().is_success() {
            return Ok(());
        }
        let body = body::whole(&mut response, ERROR_BODY).await.unwrap_or_default();
        Err(refusal(response.status(), &body, session.id.is_some()))
    }

    /// What was agreed on goes along with each further request.
    pub fn negotiated(&self, era: Era) {
        self.set_session(Session { era: Some(era), ..self.session() });
    }

    /// Opens the stream of the server's own messages and hears it until it ends.
    pub async fn listen(&self, from: Option<&str>) -> Listening {
        let session = self.session();
        let mut response = match self.get(from, &session).await {
            Ok(response) => response,
            Err(error) => return Listening::Failed(error),
        };
        match response.status() {
            StatusCode::OK if body::kind(&response) == Kind::Events => {}
            StatusCode::NOT_FOUND if session.id.is_some() => return Listening::SessionLost,
            StatusCode::OK
            | StatusCode::BAD_REQUEST
            | StatusCode::UNAUTHORIZED
            | StatusCode::FORBIDDEN
            | StatusCode::NOT_FOUND
            | StatusCode::METHOD_NOT_ALLOWED
            | StatusCode::NOT_ACCEPTABLE
            | StatusCode::NOT_IMPLEMENTED => return Listening::Refused,
            // a stream of ours that the server has not yet given up, too many requests, a fault: these pass
            status => {
                return Listening::Failed(LinkError::Status { status: status.as_u16(), body: String::new() });
            }
        }
        let mut decoder = sse::Decoder::new(self.shared.limits.message_cap);
        let mut heard = false;
        loop {
            match body::chunk(&mut response).await {
                Ok(Some(bytes)) => decoder.push(&bytes),
                Ok(None) | Err(_) => {
                    let retry = decoder.retry().map(Duration::from_millis);
                    return Listening::Ended { last_id: decoder.last_id().map(str::to_owned), retry, heard };
                }
            }
            loop {
                match decoder.next_event() {
                    Ok(Some(event)) => {
                        heard = true;
                        self.hear(&event).await;
                    }
                    Ok(None) => break,
                    Err(sse::TooLarge(cap)) => return Listening::Failed(LinkError::TooLarge(cap)),
                }
            }
        }
    }

    /// Ends the session, if the server gave one. Best effort: the server may have gone.
    pub async fn close(&self) {
        let session = self.session();
        if session.id.is_some() {
            let url = self.shared.url.clone();
            let request = self.shared.client.request(Method::DELETE, url).headers(self.headers(&session));
            let _ = tokio::time::timeout(COURTESY, request.send()).await;
        }
    }

    pub(super) async fn hear(&self, event: &sse::Event) {
        if !matches!(event.kind.as_str(), "" | "message") {
            return;
        }
        match envelope::decode(&event.data) {
            Ok(Envelope::Notification { method, params }) => self
                .shared
                .listener
                .notified(Message { method: Cow::Owned(method.into_owned()), params: params.map(ToOwned::to_owned) }),
            Ok(Envelope::Request { id, method, .. }) => {
                let answer = envelope::response(&id, &answer_as_bare_client(&method));
                let session = self.session();
                let _ = tokio::time::timeout(COURTESY, self.post(answer, &session, None)).await;
            }
            // an answer to nobody: late, after the caller gave up; or an empty event that only sets an id
            Ok(Envelope::Response { .. }) | Err(DecodeError::Empty) => {}
            Err(_) => self.shared.listener.noise(&event.data),
        }
    }

    /// `said` is what the body says, for a request or a notification.
    pub(super) async fn post(
        &self,
        body: Vec<u8>,
        session: &Session,
        said: Option<(&Message, &ParamHeaders)>,
    ) -> Result<Response, LinkError> {
        let mut headers = self.headers(session);
        if let Some((message, params)) = said.filter(|_| session.era == Some(Era::Stateless)) {
            let opened = message.params.as_deref().and_then(Object::open);
            repeat(&message.method, opened.as_ref(), &mut headers);
            params.add(opened.as_ref().and_then(|opened| opened.get("arguments")), &mut headers);
        }
        let request = self
            .shared
            .client
            .post(self.shared.url.clone())
            .headers(headers)
            .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
            .header(ACCEPT, HeaderValue::from_static("application/json, text/event-stream"))
            .body(Bytes::from(body));
        request.send().await.map_err(|error| body::failed(&error))
    }

    pub(super) async fn get(&self, from: Option<&str>, session: &Session) -> Result<Response, LinkError> {
        let mut request = self
            .shared
            .client
            .get(self.shared.url.clone())
            .headers(self.headers(session))
            .header(ACCEPT, HeaderValue::from_static("text/event-stream"));
        if let Some(id) = from {
            request = request.header(LAST_EVENT_ID, id);
        }
        request.send().await.map_err(|error| body::failed(&error))
    }

    pub(super) fn message_cap(&self) -> usize {
        self.shared.limits.message_cap
    }

    fn headers(&self, session: &Session) -> HeaderMap {
        let mut headers = self.shared.headers.clone();
        if let Some(id) = &session.id {
            headers.insert(HeaderName::from_static(SESSION_HEADER), id.clone());
        }
        if let Some(era) = session.era {
            headers.insert(HeaderName::from_static(VERSION_HEADER), HeaderValue::from_static(era.as_str()));
        }
        headers
    }

    fn session(&self) -> Session {
        self.shared.session.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn set_session(&self, session: Session) {
        *self.shared.session.write().unwrap_or_else(PoisonError::into_inner) = session;
    }
}

/// Repeats in the headers of a request what those on the way may want to know of its body: the method, and the name that
/// the parameters hold. Only the stateless era has such headers.
pub fn repeat(method: &str, params: Option<&Object<'_>>, headers: &mut HeaderMap) {
    if let Ok(method) = HeaderValue::from_str(method) {
        headers.insert(HeaderName::from_static(METHOD_HEADER), method);
    }
    let name = named_by(method).and_then(|member| params?.text(member));
    if let Some(name) = name.and_then(|name| HeaderValue::from_str(&header_value(&name)).ok()) {
        headers.insert(HeaderName::from_static(NAME_HEADER), name);
    }
}
