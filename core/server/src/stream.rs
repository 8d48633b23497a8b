//! The stream on which we tell clients what they did not ask for: that the list of tools is another.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderValue, Response, header};
use mcpproxy_edge::Body;
use mcpproxy_wire::{envelope, sse};
use tokio::sync::mpsc;

use crate::{changes::Changes, face::Shared, sessions::Session};

/// Tells that the list of tools is another.
pub(crate) const LIST_CHANGED: &str = "notifications/tools/list_changed";

/// Opens a stream that lasts until the client leaves or its session ends.
pub(crate) fn open(shared: &Arc<Shared>, session: &Arc<Session>) -> Response<Body> {
    let (sender, receiver) = mpsc::channel(4);
    let (session, keep_alive) = (Arc::clone(session), shared.settings.keep_alive);
    // what changed between the client's list and this stream is told too; and a client of whom we do not know what it
    // has seen is told at once
    let mut changes = Changes::after(shared.list.as_ref(), Some(session.seen().unwrap_or(u64::MAX)));
    let (number, held) = (session.begin_stream(), session.mark.hold());
    shared.streams.spawn("client stream", async move {
        let _held = held;
        let mut event = Bytes::from_static(sse::KEEP_ALIVE);
        loop {
            if sender.send(event).await.is_err() {
                return;
            }
            event = loop {
                tokio::select! {
                    () = tokio::time::sleep(keep_alive) => break Bytes::from_static(sse::KEEP_ALIVE),
                    version = changes.next() => if session.is_newest_stream(number) && session.seen() != Some(version) {
                        break Bytes::from(sse::encode(&envelope::notification(LIST_CHANGED, None)));
                    },
                    () = sender.closed() => return,
                    () = session.ended.cancelled() => return,
                }
            };
        }
    });
    event_stream(receiver)
}

/// An answer that is a stream of events.
pub(crate) fn event_stream(receiver: mpsc::Receiver<Bytes>) -> Response<Body> {
    let mut response = Response::new(Body::stream(receiver));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    response
}
