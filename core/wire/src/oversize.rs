//! What is kept of a message that is larger than the cap: its two ends, which tell whose answer it was.
//!
//! Not here: how a transport throws the middle away.

use serde_json::value::RawValue;

use crate::Id;

/// How many bytes are kept of each end.
pub(crate) const KEPT: usize = 512;

/// The ends of a message whose middle was thrown away as it came. They overlap where it was short.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ends {
    /// How it begins.
    pub head: Vec<u8>,
    /// How it ends.
    pub tail: Vec<u8>,
}

impl Ends {
    /// Takes in what follows.
    pub(crate) fn extend(&mut self, bytes: &[u8]) {
        let room = KEPT - self.head.len().min(KEPT);
        self.head.extend_from_slice(bytes.get(..room).unwrap_or(bytes));
        self.tail.extend_from_slice(bytes.get(bytes.len().saturating_sub(KEPT)..).unwrap_or_default());
        self.tail.drain(..self.tail.len().saturating_sub(KEPT));
    }
}

/// The id of a request of which only the ends are left; `None` if it is no request, or its id is not to be found there.
/// Only members of the outermost object count.
#[must_use]
pub fn request_id(head: &[u8], tail: &[u8]) -> Option<Id> {
    let (head, tail) = (String::from_utf8_lossy(head), String::from_utf8_lossy(tail));
    let head = head.trim_start_matches(|c: char| c == '\u{feff}' || c.is_whitespace());
    let outer = head.find("\"params\"").map_or("", |at| head.get(..at).unwrap_or_default());
    if !head.starts_with('{') || !outer.contains("\"method\"") {
        return None;
    }
    // the first complete value behind the name
    let id = |after: &str| {
        let mut values = serde_json::Deserializer::from_str(after).into_iter::<Box<RawValue>>();
        let raw = values.next()?.ok()?;
        Some((Id::from_raw(&raw)?, values.byte_offset()))
    };
    if let Some((_, after)) = outer.split_once("\"id\":") {
        return id(after).map(|(id, _)| id);
    }
    let (_, after) = tail.rsplit_once("\"id\":")?;
    let (id, end) = id(after)?;
    (after.get(end..)?.trim() == "}").then_some(id)
}

/// Whom a message of a server concerns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Concerns {
    /// The request of this number: it is its answer.
    Request(u64),
    /// Nobody who waits: something that the server says unasked, or no message at all.
    Nobody,
    /// It cannot be told.
    Unknown,
}

/// Whom a message concerns of which only the ends are left. Only members of the outermost object count, so that the
/// text of one answer cannot fail another.
pub(crate) fn concerns(head: &[u8], tail: &[u8]) -> Concerns {
    let head = String::from_utf8_lossy(head);
    let head = head.trim_start_matches(|c: char| c == '\u{feff}' || c.is_whitespace());
    if !head.starts_with('{') {
        return Concerns::Nobody;
    }
    // what stands before the first member that may hold anything is of the outermost object
    let carried = ["\"result\"", "\"error\"", "\"params\""].iter().filter_map(|name| head.find(name)).min();
    let (outer, carries) = head.split_at(carried.unwrap_or(0));
    if outer.contains("\"method\":") || carries.starts_with("\"params\"") {
        return Concerns::Nobody;
    }
    if let Some((_, after)) = outer.split_once("\"id\":") {
        return number(after).map_or(Concerns::Unknown, |(id, _)| Concerns::Request(id));
    }
    let tail = String::from_utf8_lossy(tail);
    let last = tail.rsplit_once("\"id\":").and_then(|(_, after)| number(after));
    match last {
        Some((id, rest)) if rest.trim() == "}" => Concerns::Request(id),
        _ => Concerns::Unknown,
    }
}

/// The number at the beginning of a text, given back as a number or as a string, and what stands behind it.
fn number(text: &str) -> Option<(u64, &str)> {
    let text = text.trim_start();
    let text = text.strip_prefix('"').unwrap_or(text);
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    Some((digits.parse().ok()?, rest.strip_prefix('"').unwrap_or(rest)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_known_by_the_id_of_the_outermost_object() {
        use Concerns::{Nobody, Request, Unknown};
        let filler = "x".repeat(5 * KEPT);
        for (message, expected) in [
            (r#"{"jsonrpc":"2.0","id":1,"result":"..."}"#, Request(1)),
            (r#"{"jsonrpc": "2.0", "id": "12", "result": "..."}"#, Request(12)),
            (r#"{"jsonrpc":"2.0","id":4,"error":{"data":"..."}}"#, Request(4)),
            (r#"{"result":{"id":7,"t":"..."},"jsonrpc":"2.0","id":2}"#, Request(2)),
            ("{\"result\":\"...\",\"id\": \"3\" }\r", Request(3)),
            (r#"{"result":{"t":"...","id":7}}"#, Unknown),
            (r#"{"result":{"t":"... \"id\":7}"},"jsonrpc":"2.0"}"#, Unknown),
            (r#"{"result":"...","id":2.5}"#, Unknown),
            (r#"{"id":null,"error":"..."}"#, Unknown),
            (r#"{"t":"..."}"#, Unknown),
            (r#"{"jsonrpc":"2.0","method":"notifications/message","params":"..."}"#, Nobody),
            (r#"{"params":{"t":"..."},"method":"a","id":1}"#, Nobody),
            (r#"{"id":1,"method":"sampling/createMessage","params":"..."}"#, Nobody),
            ("...", Nobody),
            ("\u{feff} [\"...\"]", Nobody),
        ] {
            let mut ends = Ends::default();
            for piece in message.replace("...", &filler).as_bytes().chunks(300) {
                ends.extend(piece);
            }
            assert!(ends.head.len() == KEPT && ends.tail.len() == KEPT);
            assert_eq!(concerns(&ends.head, &ends.tail), expected, "{message}");
        }
    }
    #[test]
    fn a_request_is_known_by_the_id_of_the_outermost_object() {
        let filler = "x".repeat(5 * KEPT);
        for (message, expected) in [
            (r#"{"jsonrpc":"2.0","id":1,"method":"a","params":"..."}"#, Some("1")),
            (r#"{"method":"a","id": "x\"y","params":{"id":7,"t":"..."}}"#, Some(r#""x\"y""#)),
            (r#"{"method":"a","params":{"id":7,"t":"..."},"jsonrpc":"2.0","id":"b"}"#, Some("\"b\"")),
            (r#"{"method":"a","params":{"t":"...","id":7}}"#, None),
            (r#"{"method":"a","params":"... \"id\":7}"}"#, None),
            (r#"{"jsonrpc":"2.0","id":1,"result":"..."}"#, None),
            ("[...]", None),
        ] {
            let mut ends = Ends::default();
            ends.extend(message.replace("...", &filler).as_bytes());
            let id = request_id(&ends.head, &ends.tail);
            assert_eq!(id.as_ref().map(|id| id.raw().get()), expected, "{message}");
        }
    }
}
