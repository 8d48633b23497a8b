//! What a face answers with: nothing, bytes at hand, or chunks that arrive one by one.
//!
//! Not here: how a chunk is framed as an event (the faces), and trailers, which nobody sends.

use std::{
    convert::Infallible,
    mem,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use tokio::sync::mpsc;

/// The body of an answer.
#[derive(Debug, Default)]
pub struct Body(Source);

#[derive(Debug, Default)]
enum Source {
    #[default]
    Empty,
    Full(Bytes),
    Chunks(mpsc::Receiver<Bytes>),
}

impl Body {
    /// No body.
    #[must_use]
    pub const fn empty() -> Self {
        Self(Source::Empty)
    }

    /// All of it at once; it goes out with a `Content-Length` and without a copy.
    pub fn full(bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        Self(if bytes.is_empty() { Source::Empty } else { Source::Full(bytes) })
    }

    /// Chunk by chunk, each written as soon as it arrives; it ends when the last sender is dropped. When the client
    /// goes away the receiver is dropped, which a sender learns from `closed()`.
    #[must_use]
    pub const fn stream(chunks: mpsc::Receiver<Bytes>) -> Self {
        Self(Source::Chunks(chunks))
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let source = &mut self.get_mut().0;
        if let Source::Chunks(chunks) = source {
            return chunks.poll_recv(cx).map(|chunk| chunk.map(|bytes| Ok(Frame::data(bytes))));
        }
        Poll::Ready(match mem::take(source) {
            Source::Full(bytes) => Some(Ok(Frame::data(bytes))),
            Source::Empty | Source::Chunks(_) => None,
        })
    }

    fn is_end_stream(&self) -> bool {
        matches!(self.0, Source::Empty)
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Source::Empty => SizeHint::with_exact(0),
            Source::Full(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Source::Chunks(_) => SizeHint::default(),
        }
    }
}
