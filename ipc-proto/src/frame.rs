//! Frames: a length of four bytes, big-endian, then one JSON object `{kind, id?, seq?, body?}`. The body is decoded in
//! a second step, by its kind. Not here: what the bodies mean, chunks.

use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};

use crate::FRAME_CAP;

/// How many bytes announce the length of a frame.
const HEAD: usize = 4;

/// What a frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// The first frame each way.
    Hello,
    /// The last frame: why the connection ends.
    Bye,
    /// A call. Without a body, its body is what the chunks of its id make.
    Request,
    /// The one answer to a call, under its id. Without a body, as above.
    Reply,
    /// A piece of the text of a body that is too large for one frame.
    Chunk,
    /// Whoever made the call no longer wants its answer; a reply may still come.
    Cancel,
    /// Something happened that a watcher asked to be told.
    Event,
    /// A kind that this build does not know; it is passed over.
    #[serde(other)]
    Other,
}

/// One frame.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Frame {
    /// What it is.
    pub kind: Kind,
    /// Which call it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<u64>,
    /// Its place among the events of a watch, or among the chunks of a body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seq: Option<u64>,
    /// What it says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Box<RawValue>>,
}

/// Why bytes are no frame. The connection is of no use after any of them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// The length is beyond the cap; where the first bytes are text, something else speaks here.
    #[error("a frame of {0} bytes is announced, and {FRAME_CAP} is the most")]
    TooLarge(u64),
    /// The frame is not an object of the known form.
    #[error("a frame that is not of the known form: {0}")]
    Malformed(String),
}

impl Frame {
    /// A frame of a kind with a body.
    ///
    /// # Errors
    /// [`FrameError::Malformed`] when the body cannot be written as JSON.
    pub fn new(kind: Kind, id: Option<u64>, seq: Option<u64>, body: &impl Serialize) -> Result<Self, FrameError> {
        Ok(Self { kind, id, seq, body: Some(raw(body)?) })
    }

    /// The bytes of the frame, with its length.
    ///
    /// # Errors
    /// [`FrameError::TooLarge`] beyond the cap.
    pub fn encode(&self) -> Result<Vec<u8>, FrameError> {
        let mut bytes = vec![0; HEAD];
        serde_json::to_writer(&mut bytes, self).map_err(|error| malformed(&error))?;
        let length = bytes.len().saturating_sub(HEAD);
        let announced = u32::try_from(length).ok().filter(|_| length <= FRAME_CAP);
        let Some(announced) = announced else { return Err(FrameError::TooLarge(length as u64)) };
        for (place, byte) in bytes.iter_mut().zip(announced.to_be_bytes()) {
            *place = byte;
        }
        Ok(bytes)
    }

    /// What the body says, read as `T`; a missing body is `null`.
    ///
    /// # Errors
    /// [`FrameError::Malformed`] when it is something else.
    pub fn body<T: for<'de> Deserialize<'de>>(&self) -> Result<T, FrameError> {
        let text = self.body.as_deref().map_or("null", RawValue::get);
        serde_json::from_str(text).map_err(|error| malformed(&error))
    }
}

/// The value as raw JSON.
pub(crate) fn raw(value: &impl Serialize) -> Result<Box<RawValue>, FrameError> {
    to_raw_value(value).map_err(|error| malformed(&error))
}

/// The place of the fault is told and nothing of the text: it may hold a secret.
fn malformed(error: &serde_json::Error) -> FrameError {
    FrameError::Malformed(format!("{:?} fault at column {}", error.classify(), error.column()))
}

/// Takes frames out of a stream of bytes, however it is cut. At most one frame beyond its cap is held.
#[derive(Debug, Default)]
pub struct Decoder {
    held: Vec<u8>,
    /// How much of `held` has been given out.
    taken: usize,
}

impl Decoder {
    /// Takes more bytes.
    pub fn push(&mut self, bytes: &[u8]) {
        if self.taken > 0 {
            self.held.drain(..self.taken);
            self.taken = 0;
        }
        self.held.extend_from_slice(bytes);
    }

    /// The next whole frame; `None` = more bytes are needed.
    ///
    /// # Errors
    /// The bytes are no frames; nothing that follows can be read either.
    pub fn next_frame(&mut self) -> Result<Option<Frame>, FrameError> {
        let rest = self.held.get(self.taken..).unwrap_or_default();
        let Some((head, rest)) = rest.split_first_chunk::<HEAD>() else { return Ok(None) };
        let length = u32::from_be_bytes(*head) as usize;
        if length > FRAME_CAP {
            return Err(FrameError::TooLarge(length as u64));
        }
        let Some(text) = rest.get(..length) else { return Ok(None) };
        let frame = serde_json::from_slice(text).map_err(|error| malformed(&error))?;
        self.taken += HEAD + length;
        Ok(Some(frame))
    }

    /// Whether bytes of an unfinished frame are held.
    #[must_use]
    pub fn is_within_a_frame(&self) -> bool {
        self.held.len() > self.taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_cut_of_the_bytes_gives_the_same_frames() {
        let frames = [
            Frame::new(Kind::Hello, None, None, &"a").unwrap(),
            Frame { kind: Kind::Cancel, id: Some(7), seq: None, body: None },
            Frame::new(Kind::Event, None, Some(1), &serde_json::json!({ "event": "x", "n": 1 })).unwrap(),
        ];
        let bytes: Vec<u8> = frames.iter().flat_map(|frame| frame.encode().unwrap()).collect();
        let whole = format!("{frames:?}");
        for step in 1..bytes.len() {
            let mut decoder = Decoder::default();
            let mut read = Vec::new();
            for piece in bytes.chunks(step) {
                decoder.push(piece);
                while let Some(frame) = decoder.next_frame().unwrap() {
                    read.push(frame);
                }
            }
            assert_eq!(format!("{read:?}"), whole, "{step}");
            assert!(!decoder.is_within_a_frame());
        }
    }

    #[test]
    fn what_is_no_frame_is_told_apart() {
        let read = |bytes: &[u8]| {
            let mut decoder = Decoder::default();
            decoder.push(bytes);
            decoder.next_frame()
        };
        assert_eq!(
            read(b"GET / HTTP/1.1\r\n").unwrap_err(),
            FrameError::TooLarge(u64::from(u32::from_be_bytes(*b"GET ")))
        );
        assert!(matches!(read(b"\0\0\0\x02[]"), Err(FrameError::Malformed(_))));
        assert!(matches!(read(b"\0\0\0\x00"), Err(FrameError::Malformed(_))));
        assert!(read(b"\0\0\0\x02{").unwrap().is_none());
        let unknown = read(b"\0\0\0\x13{\"kind\":\"greeting\"}").unwrap().unwrap();
        assert_eq!(unknown.kind, Kind::Other, "a kind of a later version is no fault");
        let large = Frame::new(Kind::Reply, Some(1), None, &"x".repeat(FRAME_CAP)).unwrap();
        assert!(matches!(large.encode(), Err(FrameError::TooLarge(_))));
    }
}
