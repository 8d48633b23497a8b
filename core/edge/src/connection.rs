//! One client connection: HTTP/1.1 over it, the deadlines of it, and its orderly end.

use std::{
    convert::Infallible,
    future::poll_fn,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use mcpproxy_task::Scope;
use tokio::io::{AsyncRead, AsyncWrite};

use crate::{
    body::Body,
    dispatch::{Origin, dispatch},
    inbound::Inbound,
    pace::{Deadline, Pace, Phase},
    paced_stream::PacedStream,
    route::Routes,
    settings::{EdgeSettings, Limits},
};

/// The smallest head buffer that the HTTP implementation accepts.
const SMALLEST_BUFFER: usize = 8192;

/// Serves one connection until either side ends it. Once `scope` is cancelled, the request under way is finished and no
/// further one is taken. `settings` gives the rules that hold for the next request.
pub(crate) async fn drive(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    origin: Origin,
    routes: &Routes,
    limits: &Limits,
    settings: impl Fn() -> Arc<EdgeSettings>,
    scope: Scope,
) {
    let pace = Arc::new(Pace::new());
    let mut deadline = Deadline::new(limits);
    let io = TokioIo::new(PacedStream::new(stream, Arc::clone(&pace)));
    let service = service_fn(|request: http::Request<hyper::body::Incoming>| {
        pace.enter(Phase::Busy);
        let (pace, settings) = (Arc::clone(&pace), settings());
        async move {
            let request = request.map(|body| Inbound::off_the_wire(body, Arc::clone(&pace)));
            let response = dispatch(request, origin, routes, &settings).await;
            Ok::<_, Infallible>(response.map(|body| Outbound { body, pace }))
        }
    });
    let largest = limits.head_bytes.max(SMALLEST_BUFFER);
    let mut connection = pin!(
        http1::Builder::new()
            .title_case_headers(true)
            .header_read_timeout(None)
            .max_header_size(largest)
            .max_buf_size(largest)
            .serve_connection(io, service)
    );
    let mut closing = false;
    loop {
        tokio::select! {
            biased;
            ended = connection.as_mut() => {
                if let Err(error) = ended {
                    tracing::debug!(?origin, %error, "connection broke off");
                }
                return;
            }
            phase = poll_fn(|cx| deadline.poll(cx, &pace)) => {
                tracing::debug!(?origin, ?phase, "connection closed: nothing came in time");
                return;
            }
            () = scope.cancelled(), if !closing => {
                closing = true;
                connection.as_mut().graceful_shutdown();
                deadline.hurry(&pace);
            }
        }
    }
}

/// The body of an answer, which tells the pace when it has gone out.
struct Outbound {
    body: Body,
    pace: Arc<Pace>,
}

impl http_body::Body for Outbound {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Pin::new(&mut self.get_mut().body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Outbound {
    fn drop(&mut self) {
        self.pace.enter(Phase::Idle);
    }
}
