//! Bodies that are too large for one frame: cut into chunks, put together again within a cap.

use std::collections::HashMap;

use serde_json::value::RawValue;

use crate::{
    frame::{Frame, FrameError, Kind},
    limits::{INLINE, MESSAGE_CAP, OPEN_BODIES, PIECE},
};

/// The frames of a request or a reply, in the order in which they are sent, each made when it is wanted.
#[derive(Debug)]
pub struct Pieces {
    kind: Kind,
    id: u64,
    /// `None` once it has been given out.
    body: Option<Box<RawValue>>,
    /// How much of it has gone out in chunks.
    sent: usize,
    chunks: u64,
}

impl Pieces {
    /// Cuts a body.
    ///
    /// # Errors
    /// [`FrameError::TooLarge`] when it is beyond the cap of a message.
    pub fn new(kind: Kind, id: u64, body: Box<RawValue>) -> Result<Self, FrameError> {
        match body.get().len() {
            length if length > MESSAGE_CAP => Err(FrameError::TooLarge(length as u64)),
            _ => Ok(Self { kind, id, body: Some(body), sent: 0, chunks: 0 }),
        }
    }

    fn last(&mut self, seq: Option<u64>, body: Option<Box<RawValue>>) -> Frame {
        self.body = None;
        Frame { kind: self.kind, id: Some(self.id), seq, body }
    }
}

impl Iterator for Pieces {
    type Item = Result<Frame, FrameError>;

    fn next(&mut self) -> Option<Self::Item> {
        let text = self.body.as_deref()?.get();
        if text.len() <= INLINE {
            let body = self.body.take();
            return Some(Ok(self.last(None, body)));
        }
        let rest = text.get(self.sent..).unwrap_or_default();
        if rest.is_empty() {
            let count = self.chunks;
            return Some(Ok(self.last(Some(count), None)));
        }
        let (piece, _) = rest.split_at(rest.floor_char_boundary(PIECE.min(rest.len())));
        let frame = Frame::new(Kind::Chunk, Some(self.id), Some(self.chunks), &piece);
        self.sent += piece.len();
        self.chunks += 1;
        Some(frame)
    }
}

/// Puts bodies together again.
#[derive(Debug, Default)]
pub struct Joiner {
    open: HashMap<u64, (u64, String)>,
    held: usize,
}

impl Joiner {
    /// Takes a frame. `None` = it was a chunk; else the frame with its body in place.
    ///
    /// # Errors
    /// The chunks are out of order, too many or too large together, or make no JSON.
    pub fn take(&mut self, frame: Frame) -> Result<Option<Frame>, FrameError> {
        match (frame.kind, frame.id) {
            (Kind::Chunk, Some(id)) => self.chunk(id, &frame).map(|()| None),
            (Kind::Chunk, None) => Err(fault("a chunk of nothing")),
            (Kind::Request | Kind::Reply | Kind::Cancel, Some(id)) => match self.close(id) {
                Some((count, text)) if frame.body.is_none() && frame.kind != Kind::Cancel => {
                    if frame.seq != Some(count) {
                        return Err(fault("chunks are missing"));
                    }
                    let body = RawValue::from_string(text).map_err(|_| fault("chunks that make no JSON"))?;
                    Ok(Some(Frame { body: Some(body), ..frame }))
                }
                // a body of its own, or a cancel, stands in place of what had begun
                _ => Ok(Some(frame)),
            },
            _ => Ok(Some(frame)),
        }
    }

    fn chunk(&mut self, id: u64, frame: &Frame) -> Result<(), FrameError> {
        let piece: String = frame.body()?;
        if !self.open.contains_key(&id) && self.open.len() >= OPEN_BODIES {
            return Err(fault("too many bodies at one time"));
        }
        let (count, text) = self.open.entry(id).or_default();
        if frame.seq != Some(*count) {
            return Err(fault("a chunk out of order"));
        }
        self.held += piece.len();
        if self.held > MESSAGE_CAP {
            return Err(FrameError::TooLarge(self.held as u64));
        }
        *count += 1;
        text.push_str(&piece);
        Ok(())
    }

    fn close(&mut self, id: u64) -> Option<(u64, String)> {
        let open = self.open.remove(&id)?;
        self.held = self.held.saturating_sub(open.1.len());
        Some(open)
    }
}

fn fault(what: &str) -> FrameError {
    FrameError::Malformed(what.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_body_comes_out_as_it_went_in_and_every_frame_fits() {
        let texts =
            ["\"a\"".to_owned(), format!("\"{}\"", "ü\\u0001".repeat(300_000)), format!("[{}1]", "1,".repeat(INLINE))];
        for text in texts {
            let body = RawValue::from_string(text.clone()).unwrap();
            let mut joiner = Joiner::default();
            let mut whole = None;
            for frame in Pieces::new(Kind::Reply, 3, body).unwrap() {
                assert!(whole.is_none());
                let frame = frame.unwrap();
                frame.encode().unwrap();
                whole = joiner.take(frame).unwrap();
            }
            assert_eq!(whole.unwrap().body.unwrap().get(), text);
            assert_eq!((joiner.held, joiner.open.len()), (0, 0));
        }
        let over = RawValue::from_string(format!("\"{}\"", "x".repeat(MESSAGE_CAP))).unwrap();
        assert!(matches!(Pieces::new(Kind::Reply, 1, over), Err(FrameError::TooLarge(_))));
    }

    #[test]
    fn chunks_out_of_order_or_beyond_the_cap_are_refused() {
        let chunk = |id, seq, text: &str| Frame::new(Kind::Chunk, Some(id), Some(seq), &text).unwrap();
        assert!(Joiner::default().take(chunk(1, 1, "x")).is_err());
        assert!(Joiner::default().take(Frame { id: None, ..chunk(1, 0, "x") }).is_err());
        let mut joiner = Joiner::default();
        joiner.take(chunk(1, 0, "[1")).unwrap();
        let end = Frame { kind: Kind::Request, id: Some(1), seq: Some(1), body: None };
        assert!(joiner.take(end).is_err(), "[1 is no JSON");
        let mut joiner = Joiner::default();
        let piece = "x".repeat(PIECE);
        let mut count = 0;
        while joiner.take(chunk(1, count, &piece)).is_ok() {
            count += 1;
        }
        assert_eq!(count as usize, MESSAGE_CAP / PIECE);
        let mut joiner = Joiner::default();
        assert!((0..=OPEN_BODIES as u64).any(|id| joiner.take(chunk(id, 0, "")).is_err()));
    }

    #[test]
    fn what_was_given_up_in_the_middle_leaves_nothing_behind() {
        let mut joiner = Joiner::default();
        let chunk = || Frame::new(Kind::Chunk, Some(1), Some(0), &"[1").unwrap();
        for end in [
            Frame { kind: Kind::Cancel, id: Some(1), seq: None, body: None },
            Frame::new(Kind::Reply, Some(1), None, &"no").unwrap(),
        ] {
            assert!(joiner.take(chunk()).unwrap().is_none());
            assert_eq!(joiner.take(end.clone()).unwrap().unwrap().kind, end.kind);
            assert_eq!((joiner.held, joiner.open.len()), (0, 0));
        }
    }
}
