//! Bodies that are too large for one frame: cut into chunks, put together again within a cap.

use std::collections::HashMap;

use serde_json::value::RawValue;

use crate::{
    FRAME_CAP, MESSAGE_CAP,
    frame::{Frame, FrameError, Kind},
};

/// A body up to this size, in bytes, goes into its own frame.
const INLINE: usize = FRAME_CAP / 2;
/// The text of one chunk, in bytes: written as a JSON string it grows to six times its size at worst.
const PIECE: usize = FRAME_CAP / 8;
/// How many bodies may be on their way at one time.
const MOST_OPEN: usize = 64;

/// The frames of a request or a reply, in the order in which they are sent.
///
/// # Errors
/// [`FrameError::TooLarge`] when the body is beyond the cap of a message.
pub fn frames(kind: Kind, id: u64, body: Box<RawValue>) -> Result<Vec<Frame>, FrameError> {
    let text = body.get();
    if text.len() > MESSAGE_CAP {
        return Err(FrameError::TooLarge(text.len() as u64));
    }
    if text.len() <= INLINE {
        return Ok(vec![Frame { kind, id: Some(id), seq: None, body: Some(body) }]);
    }
    let mut frames = Vec::with_capacity(text.len() / PIECE + 2);
    let mut rest = text;
    while !rest.is_empty() {
        let (piece, after) = rest.split_at(rest.floor_char_boundary(PIECE.min(rest.len())));
        frames.push(Frame::new(Kind::Chunk, Some(id), Some(frames.len() as u64), &piece)?);
        rest = after;
    }
    let count = frames.len() as u64;
    frames.push(Frame { kind, id: Some(id), seq: Some(count), body: None });
    Ok(frames)
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
    pub fn take(&mut self, mut frame: Frame) -> Result<Option<Frame>, FrameError> {
        let fault = |what: &str| FrameError::Malformed(what.to_owned());
        match (frame.kind, frame.id) {
            (Kind::Chunk, Some(id)) => {
                let piece: String = frame.body()?;
                let open = self.open.len();
                let (count, text) = self.open.entry(id).or_default();
                if *count == 0 && open >= MOST_OPEN {
                    return Err(fault("too many bodies at one time"));
                }
                if frame.seq != Some(*count) {
                    return Err(fault("a chunk out of order"));
                }
                self.held += piece.len();
                if self.held > MESSAGE_CAP {
                    return Err(FrameError::TooLarge(self.held as u64));
                }
                *count += 1;
                text.push_str(&piece);
                Ok(None)
            }
            (Kind::Request | Kind::Reply, Some(id)) if frame.body.is_none() => {
                let Some((count, text)) = self.open.remove(&id) else { return Ok(Some(frame)) };
                self.held = self.held.saturating_sub(text.len());
                if frame.seq != Some(count) {
                    return Err(fault("chunks are missing"));
                }
                frame.body = Some(RawValue::from_string(text).map_err(|_| fault("chunks that make no JSON"))?);
                Ok(Some(frame))
            }
            (Kind::Cancel, Some(id)) => {
                if let Some((_, text)) = self.open.remove(&id) {
                    self.held = self.held.saturating_sub(text.len());
                }
                Ok(Some(frame))
            }
            _ => Ok(Some(frame)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_body_comes_out_as_it_went_in_and_every_frame_fits() {
        for text in ["\"a\"".to_owned(), format!("\"{}\"", "ü\\u0001".repeat(300_000)), format!("[{}1]", "1,".repeat(INLINE))] {
            let frames = frames(Kind::Reply, 3, RawValue::from_string(text.clone()).unwrap()).unwrap();
            let mut joiner = Joiner::default();
            let mut whole = None;
            for frame in frames {
                assert!(whole.is_none());
                frame.encode().unwrap();
                whole = joiner.take(frame).unwrap();
            }
            assert_eq!(whole.unwrap().body.unwrap().get(), text);
            assert_eq!((joiner.held, joiner.open.len()), (0, 0));
        }
    }

    #[test]
    fn chunks_out_of_order_or_beyond_the_cap_are_refused() {
        let chunk = |id, seq, text: &str| Frame::new(Kind::Chunk, Some(id), Some(seq), &text).unwrap();
        assert!(Joiner::default().take(chunk(1, 1, "x")).is_err());
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
        assert!((0..=MOST_OPEN as u64).any(|id| joiner.take(chunk(id, 0, "")).is_err()));
    }
}
