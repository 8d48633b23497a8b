//! What a face answers with: nothing, bytes at hand, or chunks that arrive one by one.
//!
//! Not here: how a chunk is framed as an event (the faces), and trailers, which nobody sends.

use std::{
    convert::Infallible,
    mem,
    pin::Pin,
    task::{Context, Poll, ready},
    vec,
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
    Pieces(vec::IntoIter<Bytes>),
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

    /// All of it at once, in pieces that lie apart: for an answer so large that joining them costs more than a write more.
    #[must_use]
    pub fn pieces<const N: usize>(pieces: [Bytes; N]) -> Self {
        let pieces = pieces.into_iter().filter(|piece| !piece.is_empty());
        Self(Source::Pieces(pieces.collect::<Vec<_>>().into_iter()))
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
        let next = match source {
            Source::Empty => None,
            Source::Full(bytes) => {
                let bytes = mem::take(bytes);
                *source = Source::Empty;
                Some(bytes)
            }
            Source::Pieces(pieces) => pieces.next(),
            Source::Chunks(chunks) => ready!(chunks.poll_recv(cx)),
        };
        Poll::Ready(next.map(|bytes| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        match &self.0 {
            Source::Empty => true,
            Source::Pieces(pieces) => pieces.as_slice().is_empty(),
            Source::Full(_) | Source::Chunks(_) => false,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Source::Empty => SizeHint::with_exact(0),
            Source::Full(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Source::Pieces(pieces) => {
                SizeHint::with_exact(pieces.as_slice().iter().map(|piece| piece.len() as u64).sum())
            }
            Source::Chunks(_) => SizeHint::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use http_body::Body as _;

    use super::*;

    #[test]
    fn pieces_announce_what_is_still_to_come() {
        let mut body = Body::pieces(["one".into(), Bytes::new(), "more".into()]);
        let mut context = Context::from_waker(std::task::Waker::noop());
        for (left, piece) in [(7, "one"), (4, "more")] {
            assert_eq!((body.size_hint().exact(), body.is_end_stream()), (Some(left), false));
            let Poll::Ready(Some(Ok(frame))) = Pin::new(&mut body).poll_frame(&mut context) else { panic!("{piece}") };
            assert_eq!(frame.into_data().unwrap(), piece);
        }
        assert_eq!((body.size_hint().exact(), body.is_end_stream()), (Some(0), true));
        assert!(matches!(Pin::new(&mut body).poll_frame(&mut context), Poll::Ready(None)));
        assert!(Body::pieces([Bytes::new()]).is_end_stream());
    }
}
