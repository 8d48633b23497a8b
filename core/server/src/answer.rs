//! How a call is answered: as JSON when it ends quietly, as a stream of events when it reports progress or takes long.
//!
//! The call itself is a task of its own: its client may leave and it still ends in order, cancelled after a while.

use std::{borrow::Cow, sync::Arc};

use bytes::Bytes;
use http::{Response, StatusCode};
use mcpproxy_domain::Principal;
use mcpproxy_edge::Body;
use mcpproxy_wire::{Exchange, Id, Message, Object, Outcome, Progress, envelope, sse};
use serde_json::value::RawValue;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use crate::{accept::Accept, errors::json, face::Shared, methods, sessions::Session, stream::event_stream};

/// Progress that may wait for a slow client; more is dropped, and superseded by the next.
const PROGRESS: usize = 64;
/// Events that may wait for a slow client.
const EVENTS: usize = 16;

/// A request under way.
pub(crate) struct Running {
    pub(crate) shared: Arc<Shared>,
    pub(crate) session: Arc<Session>,
    pub(crate) id: Id,
    pub(crate) message: Message,
    pub(crate) cancel: CancellationToken,
}

/// An answer that is there at once.
pub(crate) fn whole(id: &Id, outcome: &Outcome, accept: Accept) -> Response<Body> {
    let bytes = envelope::response(id, outcome);
    if accept.json {
        return json(StatusCode::OK, bytes);
    }
    let (sender, receiver) = mpsc::channel(1);
    // the channel is new and has room
    let _ = sender.try_send(Bytes::from(sse::encode(&bytes)));
    event_stream(receiver)
}

impl Running {
    /// Carries the request out and answers it.
    pub(crate) async fn answer(self, accept: Accept, principal: Principal) -> Response<Body> {
        let (progress_sender, mut progress) = mpsc::channel(PROGRESS);
        let token = progress_token(self.message.params.as_deref()).filter(|_| accept.events);
        let exchange = Exchange {
            progress: token.map(|token| Progress::new(token, progress_sender)),
            cancel: self.cancel.clone(),
        };
        let (id, shared) = (self.id.clone(), Arc::clone(&self.shared));
        let mut answer = self.start(exchange, principal);
        let first = tokio::select! {
            // progress was sent before the answer, so it is looked for first
            biased;
            Some(params) = progress.recv() => Some(params),
            outcome = &mut answer => return whole(&id, &outcome.unwrap_or_else(|_| Err(methods::lost())), accept),
            () = tokio::time::sleep(shared.settings.stream_after), if accept.events => None,
        };
        let (events, receiver) = mpsc::channel(EVENTS);
        let keep_alive = shared.settings.keep_alive;
        shared.calls.spawn("answer stream", async move {
            let mut next = first;
            loop {
                let event = match next.take() {
                    Some(params) => sse::encode(&envelope::notification("notifications/progress", Some(&params))),
                    None => sse::KEEP_ALIVE.to_vec(),
                };
                if events.send(Bytes::from(event)).await.is_err() {
                    return; // the client left; dropping `answer` tells the call
                }
                next = tokio::select! {
                    biased;
                    Some(params) = progress.recv() => Some(params),
                    outcome = &mut answer => {
                        let outcome = outcome.unwrap_or_else(|_| Err(methods::lost()));
                        let _ = events.send(Bytes::from(sse::encode(&envelope::response(&id, &outcome)))).await;
                        return;
                    }
                    () = events.closed() => return,
                    () = tokio::time::sleep(keep_alive) => None,
                };
            }
        });
        event_stream(receiver)
    }

    /// Starts the task of the call.
    fn start(self, exchange: Exchange, principal: Principal) -> oneshot::Receiver<Outcome> {
        let (mut sender, receiver) = oneshot::channel();
        let Self { shared, session, id, message, .. } = self;
        let calls = shared.calls.clone();
        calls.spawn("call", async move {
            let under_way = UnderWay { session, id };
            let outcome = {
                let work = methods::run(&shared.management, message, &exchange, principal);
                tokio::pin!(work);
                let abandoned = async {
                    sender.closed().await;
                    tokio::time::sleep(shared.settings.abandoned_after).await;
                };
                tokio::select! {
                    outcome = &mut work => outcome,
                    () = abandoned => {
                        exchange.cancel.cancel();
                        work.await
                    }
                }
            };
            // before the answer goes out, so that the client may use the id again
            drop(under_way);
            let _ = sender.send(outcome);
        });
        receiver
    }
}

/// The request holds its id until it is done, however it ends.
struct UnderWay {
    session: Arc<Session>,
    id: Id,
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.session.finish(&self.id);
    }
}

/// The token under which the client wants to hear of progress.
fn progress_token(params: Option<&RawValue>) -> Option<Box<RawValue>> {
    let params = Object::open(params?)?;
    let meta = Object::open(params.get("_meta")?)?;
    let token = meta.get("progressToken")?;
    Id::from_raw(token).map(|token| Cow::Borrowed(token.raw()).into_owned())
}
