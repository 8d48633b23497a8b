//! Server-sent events: an incremental decoder, and an encoder.
//!
//! Memory stays bounded whatever comes: the data of an event that outgrows the cap is thrown away but for its ends, and
//! a line of another field that does is not heard.

use bytes::{Buf, Bytes, BytesMut};

use crate::Ends;

/// A buffer that had to grow beyond this for one line is given back after it.
const KEEP: usize = 1 << 20;
/// Data of this size stay where they were read; below, a copy costs less than the buffer that they would hold on to.
const LARGE: usize = 64 << 10;
/// A line of another field than `data` may be so long, however small the cap.
const SHORTEST_LIMIT: usize = 64;
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// One event with data.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Event {
    /// Its type; empty means `message`.
    pub kind: String,
    /// What it carries; several `data` lines are joined by line ends.
    pub data: Bytes,
    /// The id to resume behind, if this or an earlier event of the stream set one.
    pub id: Option<String>,
}

/// The event is larger than the cap.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an event is larger than {0} bytes")]
pub struct TooLarge(pub usize);

/// Turns chunks of bytes into events, whatever way the bytes are split.
#[derive(Debug)]
pub struct Decoder {
    cap: usize,
    buffer: BytesMut,
    scanned: usize,
    /// The last line ended in `\r`, so a `\n` that follows belongs to it.
    after_return: bool,
    begun: bool,
    kind: String,
    data: BytesMut,
    has_data: bool,
    /// The id to resume behind: that of the last event that came whole.
    id: Option<String>,
    /// The id that the event under way has set.
    next_id: Option<Option<String>>,
    retry: Option<u64>,
    /// What is kept of the event under way, if its data have outgrown the cap.
    ends: Option<Ends>,
    /// The line under way has lost its beginning.
    torn: Option<Torn>,
}

/// Of which kind a line is whose beginning was thrown away.
#[derive(Clone, Copy, Debug)]
enum Torn {
    Data,
    Other,
}

impl Decoder {
    /// A decoder for events with at most `cap` bytes of data.
    #[must_use]
    pub fn new(cap: usize) -> Self {
        Self {
            cap,
            buffer: BytesMut::new(),
            scanned: 0,
            after_return: false,
            begun: false,
            kind: String::new(),
            data: BytesMut::new(),
            has_data: false,
            id: None,
            next_id: None,
            retry: None,
            ends: None,
            torn: None,
        }
    }

    /// Takes the next bytes of the stream.
    pub fn push(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// The next complete event; `None` when more bytes are needed.
    ///
    /// # Errors
    /// [`TooLarge`] as soon as an event outgrows the cap.
    pub fn next_event(&mut self) -> Result<Option<Event>, TooLarge> {
        match self.next_or_ends() {
            Some(Ok(event)) => Ok(Some(event)),
            None if self.ends.is_none() => Ok(None),
            None | Some(Err(_)) => Err(TooLarge(self.cap)),
        }
    }

    /// The next complete event, or what is left of one that was larger than the cap; `None` when more bytes are needed.
    pub fn next_or_ends(&mut self) -> Option<Result<Event, Ends>> {
        loop {
            if self.after_return && !self.buffer.is_empty() {
                if self.buffer.first() == Some(&b'\n') {
                    self.buffer.advance(1);
                }
                self.after_return = false;
            }
            let fresh = self.buffer.get(self.scanned..).unwrap_or_default();
            let Some(at) = memchr::memchr2(b'\n', b'\r', fresh) else {
                self.shed();
                self.scanned = self.buffer.len();
                return None;
            };
            let line = self.buffer.split_to(self.scanned + at);
            self.scanned = 0;
            self.after_return = self.buffer.first() == Some(&b'\r');
            self.buffer.advance(1);
            if line.len() > KEEP {
                self.buffer = BytesMut::from(self.buffer.as_ref());
            }
            if let Some(event) = self.line(line) {
                return Some(event);
            }
        }
    }

    /// How the event under way begins, if it has outgrown the cap.
    pub(crate) fn outgrown(&self) -> Option<&[u8]> {
        self.ends.as_ref().map(|ends| ends.head.as_slice())
    }

    /// What stood at the end of the stream without its closing blank line. Its id does not count: it may be half an
    /// event, and a resumption has to send it again.
    pub fn finish(&mut self) -> Option<Event> {
        let rest = self.buffer.split();
        self.scanned = 0;
        if !rest.is_empty() {
            let _ = self.line(rest);
        }
        self.next_id = None;
        self.dispatch()?.ok()
    }

    /// The id behind which the stream can be resumed.
    #[must_use]
    pub fn last_id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// How long the peer asks to wait before the next connection, in milliseconds.
    #[must_use]
    pub fn retry(&self) -> Option<u64> {
        self.retry
    }

    fn line(&mut self, mut whole: BytesMut) -> Option<Result<Event, Ends>> {
        if let Some(torn) = self.torn.take() {
            self.go_on(torn, &whole);
            return None;
        }
        let line = self.opened(&whole);
        self.begun = true;
        if line.is_empty() {
            if let Some(id) = self.next_id.take() {
                self.id = id;
            }
            return self.dispatch();
        }
        let (field, value) = match memchr::memchr(b':', line) {
            Some(at) => {
                let (field, value) = line.split_at(at);
                let value = value.get(1..).unwrap_or_default();
                (field, value.strip_prefix(b" ").unwrap_or(value))
            }
            None => (line, &[][..]),
        };
        match field {
            b"data" if !self.has_data && (LARGE..=self.cap).contains(&value.len()) => {
                self.data = whole.split_off(whole.len() - value.len());
                self.has_data = true;
            }
            b"data" => self.data(value),
            _ if line.len() > self.longest_other() => {}
            b"event" => self.kind = String::from_utf8_lossy(value).into_owned(),
            b"id" if !value.contains(&0) => {
                self.next_id = Some((!value.is_empty()).then(|| String::from_utf8_lossy(value).into_owned()));
            }
            b"retry" => self.retry = std::str::from_utf8(value).ok().and_then(|text| text.parse().ok()).or(self.retry),
            _ => {}
        }
        None
    }

    /// Takes in the value of a line of data.
    fn data(&mut self, value: &[u8]) {
        let joint: &[u8] = if self.has_data { b"\n" } else { b"" };
        if self.ends.is_none() && self.data.len() + joint.len() + value.len() > self.cap {
            let mut ends = Ends::default();
            ends.extend(&std::mem::take(&mut self.data));
            self.ends = Some(ends);
        }
        match &mut self.ends {
            Some(ends) => {
                ends.extend(joint);
                ends.extend(value);
            }
            None => {
                self.data.extend_from_slice(joint);
                self.data.extend_from_slice(value);
            }
        }
        self.has_data = true;
    }

    /// Keeps memory bounded while a line that is too long goes by.
    fn shed(&mut self) {
        if let Some(torn) = self.torn {
            let part = self.buffer.split();
            return self.go_on(torn, &part);
        }
        let line = self.opened(&self.buffer);
        let torn = match line.strip_prefix(b"data:").map(|value| value.strip_prefix(b" ").unwrap_or(value)) {
            // the blank before the value may still be on its way
            Some([]) => return,
            Some(value) => {
                let held = self.data.len() + usize::from(self.has_data);
                if self.ends.is_none() && held + value.len() <= self.cap {
                    return;
                }
                Torn::Data
            }
            None if line.len() <= self.longest_other() => return,
            None => Torn::Other,
        };
        let part = self.buffer.split();
        let line = self.opened(&part);
        if let Torn::Data = torn {
            let value = line.get(b"data:".len()..).unwrap_or_default();
            self.data(value.strip_prefix(b" ").unwrap_or(value));
        }
        self.begun = true;
        self.torn = Some(torn);
    }

    /// Takes in a further part of a torn line.
    fn go_on(&mut self, torn: Torn, part: &[u8]) {
        if let (Torn::Data, Some(ends)) = (torn, &mut self.ends) {
            ends.extend(part);
        }
    }

    /// A line, without the mark that may stand before the first one.
    fn opened<'a>(&self, line: &'a [u8]) -> &'a [u8] {
        if self.begun { line } else { line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(line) }
    }

    fn longest_other(&self) -> usize {
        self.cap.max(SHORTEST_LIMIT)
    }

    fn dispatch(&mut self) -> Option<Result<Event, Ends>> {
        let kind = std::mem::take(&mut self.kind);
        let data = std::mem::take(&mut self.data).freeze();
        let ends = self.ends.take();
        let event = || Event { kind, data, id: self.id.clone() };
        std::mem::take(&mut self.has_data).then(|| ends.map_or_else(|| Ok(event()), Err))
    }
}

/// A `message` event as bytes.
#[must_use]
pub fn encode(data: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(data.len() + 32);
    bytes.extend_from_slice(b"event: message\n");
    // a line end inside the data would end its line: each line of it becomes a line of its own
    for line in data.split(|byte| matches!(byte, b'\n' | b'\r')) {
        bytes.extend_from_slice(b"data: ");
        bytes.extend_from_slice(line);
        bytes.push(b'\n');
    }
    bytes.push(b'\n');
    bytes
}

/// A comment that keeps the connection open.
pub const KEEP_ALIVE: &[u8] = b": keep-alive\n\n";

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(text: &[u8], size: usize) -> Vec<(String, String, Option<String>)> {
        let mut decoder = Decoder::new(1000);
        let mut events = vec![];
        for chunk in text.chunks(size) {
            decoder.push(chunk);
            while let Some(event) = decoder.next_event().unwrap() {
                events.push(event);
            }
        }
        events.extend(decoder.finish());
        events.into_iter().map(|e| (e.kind, String::from_utf8(e.data.into()).unwrap(), e.id)).collect()
    }

    #[test]
    fn any_split_of_the_bytes_gives_the_same_events() {
        let text = "\u{feff}: hello\nid: 1\r\nevent: message\r\ndata: {\"a\":\r\ndata: 1}\r\n\r\nid\r\rdata:x\rretry: 5\n\n\
            event: empty\n\ndata\n\nid: 7\ndata: last";
        let event =
            |kind: &str, data: &str, id: Option<&str>| (kind.to_owned(), data.to_owned(), id.map(str::to_owned));
        let expected = [
            event("message", "{\"a\":\n1}", Some("1")),
            event("", "x", None),
            event("", "", None),
            event("", "last", None),
        ];
        for size in 1..=text.len() {
            assert_eq!(decode(text.as_bytes(), size), expected, "chunks of {size}");
        }
    }

    #[test]
    fn only_an_event_that_came_whole_moves_the_id_to_resume_behind() {
        let mut decoder = Decoder::new(1000);
        decoder.push(b"id: 4\n\nid: 5\nretry: 250\ndata: {\"half\"");
        assert_eq!(decoder.next_event(), Ok(None));
        assert!(decoder.finish().is_some());
        assert_eq!((decoder.last_id(), decoder.retry()), (Some("4"), Some(250)));
        decoder.push(b"retry: soon\n\n");
        assert_eq!((decoder.next_event(), decoder.retry()), (Ok(None), Some(250)));
    }

    #[test]
    fn what_is_encoded_is_decoded_and_the_cap_holds() {
        let bytes = encode(b"{\"a\":\n 1}");
        assert_eq!(decode(&bytes, 3), [("message".to_owned(), "{\"a\":\n 1}".to_owned(), None)]);
        let mut decoder = Decoder::new(10);
        decoder.push(b"data: 0123456789abcdef");
        assert_eq!(decoder.next_event(), Err(TooLarge(10)));
    }

    #[test]
    fn large_data_are_the_same_however_their_lines_lie() {
        let (large, cap) = ("x".repeat(LARGE), 3 * LARGE);
        for (text, expected) in [
            (format!("data: {large}\n\n"), Some(large.clone())),
            (format!("\u{feff}data:{large}\n\n"), Some(large.clone())),
            (format!("data: {large}\ndata: y\ndata: {large}\n\n"), Some(format!("{large}\ny\n{large}"))),
            (format!("data: y\ndata: {large}\n\n"), Some(format!("y\n{large}"))),
            (format!("data: {large}{large}{large}\n\n"), Some(large.repeat(3))),
            (format!("data: {large}{large}{large}\ndata\n\n"), None),
            (format!("data: {large}{large}{large}y\n\n"), None),
        ] {
            let mut decoder = Decoder::new(cap);
            decoder.push(text.as_bytes());
            let told = decoder.next_event().map(|event| event.unwrap().data);
            assert_eq!(told, expected.map(Into::into).ok_or(TooLarge(cap)));
        }
    }

    #[test]
    fn memory_stays_bounded_whatever_never_ends() {
        let cap = 1000;
        for beginning in ["data: ", ": ", "id: ", "event: ", "dat"] {
            let mut decoder = Decoder::new(cap);
            decoder.push(beginning.as_bytes());
            for _ in 0..200 {
                decoder.push(&[b'x'; 10_000]);
                assert!(decoder.next_or_ends().is_none());
                assert!(decoder.buffer.capacity() <= 100_000, "{beginning}: {}", decoder.buffer.capacity());
            }
            decoder.push(b"\n\ndata: next\n\n");
            let after = decoder.next_or_ends().unwrap();
            let after = if beginning == "data: " { decoder.next_or_ends().unwrap() } else { after };
            assert_eq!(after.unwrap().data, b"next"[..], "{beginning}");
        }
        let mut decoder = Decoder::new(2 * KEEP);
        decoder.push(&encode(&vec![b'x'; KEEP + 1]));
        assert!(decoder.next_event().is_ok_and(|event| event.is_some()));
        assert!(decoder.buffer.capacity() < KEEP, "what one large event needed is given back");
    }
}
