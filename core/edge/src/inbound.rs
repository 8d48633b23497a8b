//! The body of a request, and reading it whole within a cap of size and a cap of silence.
//!
//! Not here: which cap applies to which path (the faces).

use std::{
    future::poll_fn,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use bytes::{Bytes, BytesMut};
use http::StatusCode;
use http_body::{Body as _, Frame, SizeHint};
use hyper::body::Incoming;

use crate::{pace::Pace, refusal::Refusal, route::Response};

/// How much room a body is given before its bytes have arrived: a large `Content-Length` alone costs nothing.
const FIRST_ROOM: usize = 256 * 1024;

/// The body of a request: off the wire, or made from bytes where no wire is (tests of the faces).
#[derive(Debug)]
pub struct Inbound(Source);

#[derive(Debug)]
enum Source {
    Wire(Incoming, Arc<Pace>),
    Ready(Option<Bytes>),
}

/// Why a body could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// Larger than allowed; told before it is read where the client announces the size.
    #[error("the request body is larger than {cap} bytes; send less in one request")]
    TooLarge {
        /// The largest body allowed, in bytes.
        cap: usize,
    },
    /// No byte arrived for too long.
    #[error("the request body stopped arriving; send the request again")]
    Slow,
    /// The client went away or broke the framing.
    #[error("the request body broke off or is badly framed; send the request again")]
    Broken,
}

impl BodyError {
    /// The HTTP status of it: 413, 408 or 400.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        Refusal::Body(*self).status()
    }

    /// The answer for a face that has no shape of its own for it.
    #[must_use]
    pub fn response(&self) -> Response {
        Refusal::Body(*self).response()
    }
}

/// Reads a body to its end. `silence` is the longest time between two chunks.
///
/// # Errors
/// The body is larger than `cap` bytes, silent for longer than `silence`, or broken.
pub async fn read_body(mut body: Inbound, cap: usize, silence: Duration) -> Result<Bytes, BodyError> {
    let announced = body.size_hint();
    if announced.lower() > cap as u64 {
        return Err(BodyError::TooLarge { cap });
    }
    let Some(first) = next_chunk(&mut body, silence).await? else {
        return Ok(Bytes::new());
    };
    if first.len() > cap {
        return Err(BodyError::TooLarge { cap });
    }
    if body.is_end_stream() {
        return Ok(first);
    }
    let Some(second) = next_chunk(&mut body, silence).await? else {
        return Ok(first);
    };
    let expected = usize::try_from(announced.lower()).unwrap_or(cap).min(FIRST_ROOM);
    let mut whole = BytesMut::with_capacity(expected.max(first.len().saturating_add(second.len())));
    whole.extend_from_slice(&first);
    let mut next = Some(second);
    while let Some(chunk) = next {
        if chunk.len() > cap.saturating_sub(whole.len()) {
            return Err(BodyError::TooLarge { cap });
        }
        whole.extend_from_slice(&chunk);
        next = next_chunk(&mut body, silence).await?;
    }
    Ok(whole.freeze())
}

/// The next bytes; frames that carry none (trailers) are passed over.
async fn next_chunk(body: &mut Inbound, silence: Duration) -> Result<Option<Bytes>, BodyError> {
    loop {
        let frame = poll_fn(|cx| Pin::new(&mut *body).poll_frame(cx));
        match tokio::time::timeout(silence, frame).await.map_err(|_| BodyError::Slow)? {
            None => return Ok(None),
            Some(frame) => {
                if let Ok(bytes) = frame?.into_data()
                    && !bytes.is_empty()
                {
                    return Ok(Some(bytes));
                }
            }
        }
    }
}

impl Inbound {
    pub(crate) const fn off_the_wire(incoming: Incoming, pace: Arc<Pace>) -> Self {
        Self(Source::Wire(incoming, pace))
    }

    /// No body.
    #[must_use]
    pub const fn empty() -> Self {
        Self(Source::Ready(None))
    }

    /// A body whose bytes are at hand.
    pub fn full(bytes: impl Into<Bytes>) -> Self {
        Self(Source::Ready(Some(bytes.into())))
    }
}

impl http_body::Body for Inbound {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        match &mut self.get_mut().0 {
            Source::Wire(incoming, _) => {
                Pin::new(incoming).poll_frame(cx).map(|frame| frame.map(|ok| ok.map_err(|_| BodyError::Broken)))
            }
            Source::Ready(bytes) => Poll::Ready(bytes.take().map(|bytes| Ok(Frame::data(bytes)))),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.0 {
            Source::Wire(incoming, _) => incoming.is_end_stream(),
            Source::Ready(bytes) => bytes.is_none(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Source::Wire(incoming, _) => incoming.size_hint(),
            Source::Ready(bytes) => SizeHint::with_exact(bytes.as_ref().map_or(0, Bytes::len) as u64),
        }
    }
}

impl Drop for Inbound {
    fn drop(&mut self) {
        if let Source::Wire(incoming, pace) = &self.0
            && !incoming.is_end_stream()
        {
            pace.leave_unread();
        }
    }
}
