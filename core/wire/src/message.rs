//! What an envelope carries: a method with its parameters, or what became of it.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};

/// The numbers of JSON-RPC and MCP errors that we give ourselves.
pub mod error_code {
    /// Not JSON.
    pub const PARSE_ERROR: i64 = -32700;
    /// JSON, but not a request.
    pub const INVALID_REQUEST: i64 = -32600;
    /// No such method.
    pub const METHOD_NOT_FOUND: i64 = -32601;
    /// The parameters do not fit.
    pub const INVALID_PARAMS: i64 = -32602;
    /// A fault of the one that answers.
    pub const INTERNAL_ERROR: i64 = -32603;
    /// Anything about the transport: no session, draining, too large.
    pub const SERVER_ERROR: i64 = -32000;
    /// The session is not known (any more): clients open a new one on this number.
    pub const SESSION_NOT_FOUND: i64 = -32001;
}

/// A request or a notification without its id.
#[derive(Clone, Debug)]
pub struct Message {
    /// The method.
    pub method: Cow<'static, str>,
    /// The parameters as they stand, if there are any.
    pub params: Option<Box<RawValue>>,
}

impl Message {
    /// A message; `params` that cannot be written as JSON are left out.
    pub fn new(method: impl Into<Cow<'static, str>>, params: &impl Serialize) -> Self {
        Self { method: method.into(), params: to_raw_value(params).ok() }
    }

    /// A message without parameters.
    pub fn bare(method: impl Into<Cow<'static, str>>) -> Self {
        Self { method: method.into(), params: None }
    }
}

/// What became of a request: the result, or the error of the one that answered; both as they were written.
pub type Outcome = Result<Box<RawValue>, ErrorObject>;

/// The `error` member of an answer, byte for byte.
#[derive(Clone, Debug)]
pub struct ErrorObject(Box<RawValue>);

#[derive(Deserialize)]
struct Peek<'a> {
    #[serde(default)]
    code: Option<serde_json::Number>,
    #[serde(borrow, default)]
    message: Option<Cow<'a, str>>,
}

impl ErrorObject {
    /// An error of our own.
    pub fn new(code: i64, message: impl AsRef<str>) -> Self {
        Self::with_data(code, message, None)
    }

    /// An error of our own with data.
    pub fn with_data(code: i64, message: impl AsRef<str>, data: Option<&RawValue>) -> Self {
        #[derive(Serialize)]
        struct Written<'a> {
            code: i64,
            message: &'a str,
            #[serde(skip_serializing_if = "Option::is_none")]
            data: Option<&'a RawValue>,
        }
        Self(to_raw_value(&Written { code, message: message.as_ref(), data }).unwrap_or_default())
    }

    /// An error as a peer wrote it.
    #[must_use]
    pub fn from_raw(raw: &RawValue) -> Self {
        Self(raw.to_owned())
    }

    /// The error as JSON.
    #[must_use]
    pub fn raw(&self) -> &RawValue {
        &self.0
    }

    /// Its number; `None` if the peer gave none that fits.
    #[must_use]
    pub fn code(&self) -> Option<i64> {
        self.peek().and_then(|peek| peek.code).and_then(|code| code.as_i64())
    }

    /// Its message; empty if the peer gave none.
    #[must_use]
    pub fn message(&self) -> String {
        self.peek().and_then(|peek| peek.message).map(Cow::into_owned).unwrap_or_default()
    }

    fn peek(&self) -> Option<Peek<'_>> {
        serde_json::from_str(self.0.get()).ok()
    }
}
