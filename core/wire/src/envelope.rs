//! The JSON-RPC 2.0 envelope: decoded without touching what it carries, encoded without copying it twice.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

use crate::{ErrorObject, Id, Outcome};

/// One message of a peer; the borrowed parts are the bytes that arrived.
#[derive(Debug)]
pub enum Envelope<'a> {
    /// Wants an answer.
    Request {
        /// To be given back as it is.
        id: Id,
        /// What is asked.
        method: Cow<'a, str>,
        /// With what.
        params: Option<&'a RawValue>,
    },
    /// Wants none.
    Notification {
        /// What is told.
        method: Cow<'a, str>,
        /// With what.
        params: Option<&'a RawValue>,
    },
    /// An answer. Errors about a message that could not be read carry no id.
    Response {
        /// Whose answer it is.
        id: Option<Id>,
        /// What became of the request.
        outcome: Result<&'a RawValue, ErrorObject>,
    },
}

/// Why bytes are not a message.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// There is nothing but white space.
    #[error("the message is empty")]
    Empty,
    /// Several messages in an array: a form that the revisions since 2025-06-18 do not know.
    #[error("batches are not part of the protocol: send each message on its own")]
    Batch,
    /// Not JSON.
    #[error("the message is not valid JSON: {0}")]
    Syntax(#[source] serde_json::Error),
    /// JSON, but neither request nor notification nor answer.
    #[error("the message is not JSON-RPC 2.0: {reason}")]
    Shape {
        /// What is wrong with it.
        reason: &'static str,
        /// The id, where one could be read, so that the error finds its request.
        id: Option<Id>,
    },
}

#[derive(Deserialize)]
struct Frame<'a> {
    #[serde(borrow, default)]
    jsonrpc: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "present")]
    id: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    method: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    params: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    result: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    error: Option<&'a RawValue>,
}

/// `null` is a value that stands there, so it is `Some`: a result may be `null`.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<&'de RawValue>, D::Error> {
    <&RawValue>::deserialize(deserializer).map(Some)
}

/// Opens a message. A byte order mark and white space around it are ignored.
///
/// # Errors
/// Says why it cannot be read, with the id where there is one.
pub fn decode(bytes: &[u8]) -> Result<Envelope<'_>, DecodeError> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii();
    match bytes.first() {
        None => return Err(DecodeError::Empty),
        Some(b'[') => return Err(DecodeError::Batch),
        Some(b'{') => {}
        Some(_) => {
            // valid JSON of another type is a wrong shape, anything else a syntax error
            return Err(match serde_json::from_slice::<&RawValue>(bytes) {
                Ok(_) => DecodeError::Shape { reason: "it is not an object", id: None },
                Err(error) => DecodeError::Syntax(error),
            });
        }
    }
    let frame: Frame<'_> = serde_json::from_slice(bytes).map_err(|error| {
        if error.is_data() {
            DecodeError::Shape { reason: "a member is repeated or has the wrong type", id: None }
        } else {
            DecodeError::Syntax(error)
        }
    })?;
    interpret(&frame)
}

fn interpret<'a>(frame: &Frame<'a>) -> Result<Envelope<'a>, DecodeError> {
    let id = frame.id.and_then(Id::from_raw);
    let shape = |reason| DecodeError::Shape { reason, id: id.clone() };
    if frame.jsonrpc.as_deref() != Some("2.0") {
        return Err(shape("\"jsonrpc\" must be \"2.0\""));
    }
    let method = match frame.method {
        Some(raw) => Some(crate::object::text(raw).ok_or_else(|| shape("\"method\" must be a string"))?),
        None => None,
    };
    // some servers write the member that does not apply as null
    let (result, error) = match (frame.result, frame.error) {
        (Some(result), Some(error)) if error.get() == "null" => (Some(result), None),
        (Some(result), Some(error)) if result.get() == "null" => (None, Some(error)),
        both => both,
    };
    match (method, result, error) {
        (Some(method), None, None) => {
            if let Some(params) = frame.params
                && !matches!(params.get().as_bytes().first(), Some(b'{' | b'n'))
            {
                return Err(shape("\"params\" must be an object"));
            }
            let params = frame.params.filter(|params| params.get() != "null");
            match (frame.id, id.clone()) {
                (None, _) => Ok(Envelope::Notification { method, params }),
                (Some(_), Some(id)) => Ok(Envelope::Request { id, method, params }),
                (Some(_), None) => Err(shape("\"id\" must be a string or a number")),
            }
        }
        (None, Some(result), None) => Ok(Envelope::Response { id, outcome: Ok(result) }),
        (None, None, Some(error)) => Ok(Envelope::Response { id, outcome: Err(ErrorObject::from_raw(error)) }),
        (None, None, None) => Err(shape("there is neither \"method\" nor \"result\" nor \"error\"")),
        _ => Err(shape("it is a request and an answer at once")),
    }
}

#[derive(Serialize)]
struct Written<'a> {
    jsonrpc: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    method: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    params: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a RawValue>,
}

impl Default for Written<'_> {
    fn default() -> Self {
        Self { jsonrpc: "2.0", id: None, method: None, params: None, result: None, error: None }
    }
}

/// A request as bytes.
#[must_use]
pub fn request(id: &Id, method: &str, params: Option<&RawValue>) -> Vec<u8> {
    write(&Written { id: Some(id.raw()), method: Some(method), params, ..Written::default() }, params)
}

/// A notification as bytes.
#[must_use]
pub fn notification(method: &str, params: Option<&RawValue>) -> Vec<u8> {
    write(&Written { method: Some(method), params, ..Written::default() }, params)
}

/// An answer as bytes.
#[must_use]
pub fn response(id: &Id, outcome: &Outcome) -> Vec<u8> {
    match outcome {
        Ok(result) => write(&Written { id: Some(id.raw()), result: Some(result), ..Written::default() }, Some(result)),
        Err(error) => {
            write(&Written { id: Some(id.raw()), error: Some(error.raw()), ..Written::default() }, Some(error.raw()))
        }
    }
}

/// An error about a message whose id could not be read.
#[must_use]
pub fn orphan_error(error: &ErrorObject) -> Vec<u8> {
    write(&Written { id: Some(RawValue::NULL), error: Some(error.raw()), ..Written::default() }, None)
}

fn write(written: &Written<'_>, payload: Option<&RawValue>) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(96 + payload.map_or(0, |raw| raw.get().len()));
    // raw values and strings into memory: there is nothing that could fail
    let _ = serde_json::to_writer(&mut bytes, written);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(bytes: &[u8]) -> String {
        match decode(bytes) {
            Ok(Envelope::Request { id, method, params }) => {
                format!("request {id} {method} {}", params.map_or("-", RawValue::get))
            }
            Ok(Envelope::Notification { method, params }) => {
                format!("notification {method} {}", params.map_or("-", RawValue::get))
            }
            Ok(Envelope::Response { id, outcome }) => format!(
                "response {id:?} {}",
                match &outcome {
                    Ok(result) => result.get().to_owned(),
                    Err(error) => format!("error {:?} {}", error.code(), error.message()),
                }
            ),
            Err(DecodeError::Syntax(_)) => "syntax".to_owned(),
            Err(DecodeError::Shape { id, .. }) => format!("shape {id:?}"),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn messages_of_every_kind() {
        for (bytes, expected) in [
            (r#"{"jsonrpc":"2.0","id":0,"method":"a","params":{"n":1.10}}"#, r#"request 0 a {"n":1.10}"#),
            (r#"{"id":"0","method":"a\u0062","jsonrpc":"2.0"}"#, r#"request "0" ab -"#),
            (r#"{"jsonrpc":"2.0","method":"n","params":null,"extra":[]}"#, "notification n -"),
            ("\u{feff} {\"jsonrpc\":\"2.0\",\"method\":\"n\"}\r\n", "notification n -"),
            (r#"{"jsonrpc":"2.0","id":7,"result":null}"#, "response Some(7) null"),
            (
                r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"x"}}"#,
                "response None error Some(-32700) x",
            ),
            (r#"{"jsonrpc":"2.0","error":{"code":1e99}}"#, "response None error None "),
            (r#"{"jsonrpc":"2.0","id":1,"result":{},"error":null}"#, "response Some(1) {}"),
            (
                r#"{"jsonrpc":"2.0","id":1,"result":null,"error":{"code":1,"message":"m"}}"#,
                "response Some(1) error Some(1) m",
            ),
            (r#"{"jsonrpc":"2.0","id":1,"result":{},"error":{}}"#, "shape Some(1)"),
            ("", "the message is empty"),
            (" [1]", "batches are not part of the protocol: send each message on its own"),
            ("{", "syntax"),
            ("nonsense", "syntax"),
            ("7", "shape None"),
            (r#"{"id":1,"method":"a"}"#, "shape Some(1)"),
            (r#"{"jsonrpc":"2.0","id":1,"method":"a","params":[1]}"#, "shape Some(1)"),
            (r#"{"jsonrpc":"2.0","id":null,"method":"a"}"#, "shape None"),
            (r#"{"jsonrpc":"2.0","id":[1],"method":"a"}"#, "shape None"),
            (r#"{"jsonrpc":"2.0","id":1,"method":3}"#, "shape Some(1)"),
            (r#"{"jsonrpc":"2.0","id":1}"#, "shape Some(1)"),
            (r#"{"jsonrpc":"2.0","id":1,"method":"a","result":1}"#, "shape Some(1)"),
            (r#"{"jsonrpc":"2.0","id":1,"id":2,"method":"a"}"#, "shape None"),
        ] {
            assert_eq!(told(bytes.as_bytes()), expected, "{bytes}");
        }
        assert_eq!(told(b"{\"jsonrpc\":\"2.0\",\"method\":\"\xff\"}"), "syntax");
    }

    #[test]
    fn what_is_carried_is_not_rewritten() {
        let params = RawValue::from_string(r#"{ "b":1, "a":12345678901234567890.10 }"#.to_owned()).unwrap();
        let id = Id::from_raw(&RawValue::from_string("\"x\\u0041\"".to_owned()).unwrap()).unwrap();
        let bytes = request(&id, "tools/call", Some(&params));
        assert_eq!(
            String::from_utf8(bytes).unwrap(),
            format!(r#"{{"jsonrpc":"2.0","id":"x\u0041","method":"tools/call","params":{}}}"#, params.get())
        );
        let bytes = response(&Id::from(3), &Err(ErrorObject::new(-1, "no")));
        assert_eq!(bytes, br#"{"jsonrpc":"2.0","id":3,"error":{"code":-1,"message":"no"}}"#);
    }
}
