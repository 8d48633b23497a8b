//! How a call is answered: as JSON when it ends quietly, as a stream of events when it reports progress or takes long.
//!
//! The call runs where its client waits for it, which saves each call two changes of tasks. A client may leave: then
//! the call goes on as a task of its own and still ends in order, cancelled after a while.

use std::{
    borrow::Cow,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http::{Response, StatusCode};
use mcpproxy_edge::Body;
use mcpproxy_task::Scope;
use mcpproxy_wire::{Exchange, Id, Message, Object, Outcome, Progress, envelope, sse, stateless::complete};
use serde_json::value::RawValue;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::{
    accept::Accept, caller::Caller, errors::json, face::Shared, methods, sessions::Session, stream::event_stream,
};

/// Progress that may wait for a slow client; more is dropped, and superseded by the next.
const PROGRESS: usize = 64;
/// A result of this size goes out as it lies in memory; below, a copy costs less than a write more.
const LARGE: usize = 128 << 10;
/// Events that may wait for a slow client.
const EVENTS: usize = 16;

/// A request under way.
pub(crate) struct Running {
    pub(crate) shared: Arc<Shared>,
    /// `None` for a client of the stateless era.
    pub(crate) session: Option<Arc<Session>>,
    pub(crate) id: Id,
    pub(crate) message: Message,
    pub(crate) cancel: CancellationToken,
}

impl Running {
    /// Whether the client is of the stateless era: then a closed connection withdraws the request.
    fn is_stateless(&self) -> bool {
        self.session.is_none()
    }
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

/// The answer to a call that has ended.
fn finished(id: &Id, outcome: Outcome, accept: Accept) -> Response<Body> {
    match outcome {
        Ok(result) if accept.json && result.get().len() >= LARGE => {
            // the envelope of a small result, opened where that stands
            let mut before = envelope::response(id, &Ok(RawValue::NULL.to_owned()));
            let after = before.split_off(before.len().saturating_sub(1));
            before.truncate(before.len().saturating_sub(RawValue::NULL.get().len()));
            let result = Box::<str>::from(result).into_boxed_bytes();
            let pieces = [before.into(), result.into(), after.into()];
            json(StatusCode::OK, Vec::new()).map(|_| Body::pieces(pieces))
        }
        outcome => whole(id, &outcome, accept),
    }
}

impl Running {
    /// Carries the request out and answers it.
    pub(crate) async fn answer(self, accept: Accept, caller: Caller) -> Response<Body> {
        let (progress_sender, mut progress) = mpsc::channel(PROGRESS);
        let token = progress_token(self.message.params.as_deref()).filter(|_| accept.events);
        let exchange = Exchange {
            progress: token.map(|token| Progress::new(token, progress_sender)),
            cancel: self.cancel.clone(),
            param_headers: Default::default(),
        };
        let (id, shared) = (self.id.clone(), Arc::clone(&self.shared));
        let mut answer = self.start(exchange, caller);
        let first = tokio::select! {
            // progress was sent before the answer, so it is looked for first
            biased;
            Some(params) = progress.recv() => Some(params),
            outcome = &mut answer => return finished(&id, outcome, accept),
            () = shared.alarms.set(shared.settings.stream_after), if accept.events => None,
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
                    return; // the client left; the call goes on without it
                }
                next = tokio::select! {
                    biased;
                    Some(params) = progress.recv() => Some(params),
                    outcome = &mut answer => {
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

    /// Begins the call.
    fn start(self, exchange: Exchange, caller: Caller) -> Attended {
        let is_stateless = self.is_stateless();
        let Self { shared, session, id, message, cancel } = self;
        let patience = if is_stateless { Duration::ZERO } else { shared.settings.abandoned_after };
        let calls = shared.calls.clone();
        let work = calls.track(async move {
            // let go before the answer goes out, so that the client may use the id again
            let _under_way = session.map(|session| UnderWay { session, id });
            let _held = caller.mark.hold();
            let outcome = methods::run(&shared, message, &exchange, &caller).await;
            if is_stateless { outcome.map(complete) } else { outcome }
        });
        Attended { work: Some(Box::pin(work)), calls, cancel, patience }
    }
}

/// A call whose client waits for it. Dropped before its end, it goes on as a task, cancelled after `patience`.
struct Attended {
    work: Option<Pin<Box<dyn Future<Output = Outcome> + Send>>>,
    calls: Scope,
    cancel: CancellationToken,
    patience: Duration,
}

impl Future for Attended {
    type Output = Outcome;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Outcome> {
        let this = self.get_mut();
        // taken out, so that what panics is not polled again
        let Some(mut work) = this.work.take() else { return Poll::Ready(Err(methods::lost())) };
        let polled = work.as_mut().poll(cx);
        if polled.is_pending() {
            this.work = Some(work);
        }
        polled
    }
}

impl Drop for Attended {
    fn drop(&mut self) {
        let Some(mut work) = self.work.take() else { return };
        let (cancel, patience) = (self.cancel.clone(), self.patience);
        self.calls.spawn("abandoned call", async move {
            tokio::select! {
                _ = &mut work => {}
                () = tokio::time::sleep(patience) => {
                    cancel.cancel();
                    work.await.ok();
                }
            }
        });
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

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;
    use tokio::{
        sync::oneshot,
        time::{Instant, timeout},
    };

    use super::*;

    #[tokio::test]
    async fn a_large_answer_is_the_same_bytes_as_one_that_was_written_in_one_piece() {
        let accept = Accept { json: true, events: true };
        let text = |size| RawValue::from_string(format!("{{\"text\":\"{}\"}}", "x".repeat(size))).unwrap();
        for (id, size) in [("1", 0), ("\"a\"", LARGE - 12), ("1", LARGE - 11), ("\"null}\"", 2 * LARGE)] {
            let id = Id::from_raw(&RawValue::from_string(id.to_owned()).unwrap()).unwrap();
            let response = finished(&id, Ok(text(size)), accept);
            assert_eq!(response.headers()[http::header::CONTENT_TYPE], "application/json");
            let body = response.into_body().collect().await.unwrap().to_bytes();
            assert_eq!(body, envelope::response(&id, &Ok(text(size))), "{size}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_that_its_client_left_is_waited_for_and_cancelled_after_a_while() {
        let (calls, cancel, begun) = (Scope::new(), CancellationToken::new(), Instant::now());
        let (ends, ended) = oneshot::channel();
        let withdrawn = cancel.clone();
        let work = calls.track(async move {
            withdrawn.cancelled().await;
            ends.send(Instant::now()).unwrap();
            Err(methods::lost())
        });
        let patience = Duration::from_secs(60);
        let mut call = Attended { work: Some(Box::pin(work)), calls: calls.clone(), cancel, patience };
        assert!(timeout(Duration::from_secs(1), &mut call).await.is_err());
        drop(call);
        assert!(calls.drain(Duration::from_secs(10)).await.is_err(), "it goes on without its client");
        assert_eq!((ended.await.unwrap() - begun).as_secs(), 61);
        assert_eq!(calls.drain(Duration::from_secs(1)).await, Ok(()));
    }
}
