//! The stream on which we tell clients what they did not ask for. In this mode our own tools never change, so for now
//! it only shows that it lives.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderValue, Response, header};
use mcpproxy_edge::Body;
use mcpproxy_wire::sse;
use tokio::sync::mpsc;

use crate::{face::Shared, sessions::Session};

/// Opens a stream that lasts until the client leaves or its session ends.
pub(crate) fn open(shared: &Arc<Shared>, session: &Arc<Session>) -> Response<Body> {
    let (sender, receiver) = mpsc::channel(4);
    let (session, keep_alive) = (Arc::clone(session), shared.settings.keep_alive);
    shared.streams.spawn("client stream", async move {
        loop {
            if sender.send(Bytes::from_static(sse::KEEP_ALIVE)).await.is_err() {
                return;
            }
            tokio::select! {
                () = tokio::time::sleep(keep_alive) => {}
                () = sender.closed() => return,
                () = session.ended.cancelled() => return,
            }
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
