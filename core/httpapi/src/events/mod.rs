//! `/events`: what is true now, then what changes, as a stream.
//!
//! One task follows the core and writes each event once, into a log of the last ones; each reader has a place in that
//! log and no queue of its own. Whoever keeps up misses nothing, whoever comes back soon goes on where it was, and whoever
//! is too far behind is told what is true now. Not here: what changes (`management::watch`).

mod frame;
mod log;
mod reader;
mod recorder;

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderValue, Method, header};
use mcpproxy_edge::{Answer, Body, Context, Face, Request, RequestId, Response};
use mcpproxy_management::Management;
use mcpproxy_task::Scope;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use self::log::Log;
use crate::{api::not_allowed, query::Query};

const LAST_ID: &str = "last-event-id";

/// The stream of events. Clones are the same one.
#[derive(Clone)]
pub(crate) struct Events {
    shared: Arc<Shared>,
}

/// What the recorder and all readers share.
struct Shared {
    management: Management,
    log: Log,
    /// How many readers there are.
    readers: watch::Sender<usize>,
    /// Whether what happens is recorded: not while nobody reads.
    is_awake: watch::Sender<bool>,
    /// The last event is in the log.
    ended: CancellationToken,
    scope: Scope,
}

impl Events {
    /// Follows the core with tasks of `scope`, as long as somebody reads. When the scope is cancelled, the streams end.
    pub(crate) fn start(management: Management, scope: &Scope) -> Self {
        // ids of another core are not ours
        let boot = RequestId::random().as_str().chars().take(8).collect();
        let shared = Arc::new(Shared {
            management,
            log: Log::new(boot),
            readers: watch::Sender::new(0),
            is_awake: watch::Sender::new(false),
            ended: CancellationToken::new(),
            scope: scope.clone(),
        });
        scope.spawn("recorder of events", recorder::record(Arc::clone(&shared)));
        Self { shared }
    }

    fn open(&self, request: &Request) -> Response {
        match *request.method() {
            Method::HEAD => stream(Body::empty()),
            Method::GET => {
                let (sender, receiver) = mpsc::channel::<Bytes>(1);
                let header = request.headers().get(LAST_ID).and_then(|id| id.to_str().ok()).map(str::to_owned);
                let last = header.or_else(|| Query::read(request.uri().query()).owned("last_event_id"));
                let last = last.and_then(|id| self.shared.log.place(&id));
                self.shared.scope.spawn("reader of events", reader::read(Arc::clone(&self.shared), sender, last));
                stream(Body::stream(receiver))
            }
            _ => not_allowed("GET, HEAD"),
        }
    }
}

impl Face for Events {
    fn handle(&self, request: Request, _: Context) -> Answer<'_> {
        let response = self.open(&request);
        Box::pin(std::future::ready(response))
    }
}

fn stream(body: Body) -> Response {
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    response
}
