//! What has to be known of a client's message to carry it: whether it is answered, and what its headers say.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use mcpproxy_wire::{
    Envelope, ErrorObject, Id, Object,
    envelope::{self, DecodeError, decode},
    error_code,
    handshake::INITIALIZE,
    http::{VERSION_HEADER, repeat},
    request_id,
    stateless::key,
};
use serde_json::value::RawValue;

/// A message of the client.
pub(crate) struct Said {
    pub(crate) line: Bytes,
    pub(crate) kind: Kind,
    /// The headers of a message of the stateless era; `None` = it belongs to the session.
    pub(crate) stateless: Option<HeaderMap>,
}

/// What kind of message it is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Opens the session, and is answered.
    Initialize(Id),
    /// Is answered.
    Request(Id),
    /// Withdraws a request.
    Cancelled(Id),
    /// Any other notification, or an answer.
    Told,
}

impl Said {
    /// Reads a line. One that is no message is answered here: the core would say the same.
    pub(crate) fn read(line: Bytes) -> Result<Self, Vec<u8>> {
        let (kind, stateless) = match decode(&line).map_err(|error| unread(&error))? {
            Envelope::Request { id, method, .. } if method == INITIALIZE => (Kind::Initialize(id), None),
            Envelope::Request { id, method, params } => (Kind::Request(id), headers(&method, params)),
            Envelope::Notification { method, params } => {
                let opened = params.and_then(Object::open).unwrap_or_default();
                let withdrawn = opened.get("requestId").filter(|_| method == "notifications/cancelled");
                let kind = withdrawn.and_then(Id::from_raw).map_or(Kind::Told, Kind::Cancelled);
                (kind, headers(&method, params))
            }
            Envelope::Response { .. } => (Kind::Told, None),
        };
        Ok(Self { line, kind, stateless })
    }
}

/// The answer to a line that is larger than the cap, in bytes.
pub(crate) fn too_large(head: &[u8], tail: &[u8], cap: usize) -> Vec<u8> {
    let told = format!("the message is larger than {cap} bytes; send less in one message");
    let error = ErrorObject::new(error_code::SERVER_ERROR, told);
    match request_id(head, tail) {
        Some(id) => envelope::response(&id, &Err(error)),
        None => envelope::orphan_error(&error),
    }
}

fn headers(method: &str, params: Option<&RawValue>) -> Option<HeaderMap> {
    let params = params.and_then(Object::open)?;
    let meta = params.get("_meta").and_then(Object::open)?;
    let version = HeaderValue::from_str(&meta.text(key::VERSION)?).ok()?;
    let mut headers = HeaderMap::new();
    headers.insert(HeaderName::from_static(VERSION_HEADER), version);
    repeat(method, Some(&params), &mut headers);
    Some(headers)
}

fn unread(error: &DecodeError) -> Vec<u8> {
    let (number, id) = match error {
        DecodeError::Syntax(_) | DecodeError::Empty => (error_code::PARSE_ERROR, None),
        DecodeError::Batch => (error_code::INVALID_REQUEST, None),
        DecodeError::Shape { id, .. } => (error_code::INVALID_REQUEST, id.clone()),
    };
    let error = ErrorObject::new(number, error.to_string());
    match id {
        Some(id) => envelope::response(&id, &Err(error)),
        None => envelope::orphan_error(&error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Said {
        Said::read(Bytes::copy_from_slice(line.as_bytes())).unwrap_or_else(|_| panic!("{line}"))
    }

    #[test]
    fn a_message_is_known_by_what_it_wants() {
        let id = |text: &str| Id::from_raw(&RawValue::from_string(text.to_owned()).unwrap()).unwrap();
        for (line, kind) in [
            (r#"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{}}"#, Kind::Initialize(id("0"))),
            (r#"{"jsonrpc":"2.0","id":"a","method":"ping"}"#, Kind::Request(id("\"a\""))),
            (
                r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1.0}}"#,
                Kind::Cancelled(id("1.0")),
            ),
            (r#"{"jsonrpc":"2.0","method":"notifications/cancelled"}"#, Kind::Told),
            (r#"{"jsonrpc":"2.0","method":"notifications/x","params":{"requestId":1}}"#, Kind::Told),
            (r#"{"jsonrpc":"2.0","id":1,"result":{}}"#, Kind::Told),
        ] {
            let said = read(line);
            assert_eq!((said.kind, said.stateless), (kind, None), "{line}");
        }
        let told = |line: &'static [u8]| {
            let Err(answer) = Said::read(Bytes::from_static(line)) else { panic!("{line:?}") };
            String::from_utf8(answer).unwrap()
        };
        assert!(told(b"nonsense").starts_with(r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"#));
        assert!(told(b"[]").starts_with(r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"#));
        assert!(told(br#"{"id":7,"method":"x"}"#).starts_with(r#"{"jsonrpc":"2.0","id":7,"error":{"code":-32600,"#));
    }

    #[test]
    fn a_message_of_the_stateless_era_says_so_in_its_headers() {
        let said = read(
            r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"größe",
                "_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}}}"#,
        );
        let headers = said.stateless.unwrap();
        let header = |name: &str| headers[name].to_str().unwrap();
        assert_eq!(header("mcp-protocol-version"), "2026-07-28");
        assert_eq!(header("mcp-method"), "tools/call");
        assert_eq!(header("mcp-name"), "=?base64?Z3LDtsOfZQ==?=");
    }
}
