//! What all transports have in common: how a request fails below the protocol, and who hears the rest.

use std::{io, sync::Arc, time::Duration};

use crate::{DEFAULT_MESSAGE_CAP, ErrorObject, Message, Outcome, error_code};

/// Why a request got no answer of its peer. What the peer itself answers, an error too, is an [`Outcome`].
#[derive(Clone, Debug, thiserror::Error)]
pub enum LinkError {
    /// The link is gone: the process ended, or the connection did.
    #[error("the connection to the server is closed")]
    Closed,
    /// The connection failed.
    #[error("the connection to the server failed: {0}")]
    Io(#[source] Arc<io::Error>),
    /// Nothing arrived for too long.
    #[error("the server did not answer within {}", seconds(*.0))]
    Timeout(Duration),
    /// The caller withdrew the request.
    #[error("the request was cancelled")]
    Cancelled,
    /// A message is larger than the cap, in bytes.
    #[error("a message is larger than {0} bytes")]
    TooLarge(usize),
    /// The HTTP endpoint answered with a status that is no answer of the protocol.
    #[error("the server answered with HTTP status {status}{}", told(.body))]
    Status {
        /// The status.
        status: u16,
        /// The beginning of the body.
        body: String,
    },
    /// The HTTP endpoint wants a credential.
    #[error("the server wants a sign-in (HTTP status 401)")]
    Unauthorized,
    /// The HTTP endpoint no longer knows the session.
    #[error("the server has forgotten the session (HTTP status {status}{})", told(.body))]
    SessionLost {
        /// The status.
        status: u16,
        /// The beginning of the body.
        body: String,
    },
    /// The peer sent something that is not the protocol.
    #[error("the server broke the protocol: {0}")]
    Protocol(&'static str),
    /// The endpoint cannot be used as it is configured.
    #[error("{0}")]
    Endpoint(String),
}

impl LinkError {
    /// Wraps an I/O error.
    #[must_use]
    pub fn io(error: io::Error) -> Self {
        Self::Io(Arc::new(error))
    }
}

fn seconds(limit: Duration) -> String {
    if limit.subsec_millis() == 0 { format!("{} s", limit.as_secs()) } else { format!("{} ms", limit.as_millis()) }
}

fn told(body: &str) -> String {
    if body.is_empty() { String::new() } else { format!(": {body}") }
}

/// Hears what a peer says without being asked. Called in the order of arrival, from the task that reads: it must not
/// wait.
pub trait Listener: Send + Sync + 'static {
    /// A notification that is not progress.
    fn notified(&self, message: Message);
    /// A line that is no message; such lines are skipped.
    fn noise(&self, line: &[u8]);
}

/// What a client without capabilities answers to a request of its server.
pub fn answer_as_bare_client(method: &str) -> Outcome {
    if method == "ping" {
        return Ok(serde_json::value::RawValue::from_string("{}".to_owned()).unwrap_or_default());
    }
    Err(ErrorObject::new(error_code::METHOD_NOT_FOUND, format!("this client does not offer {method}")))
}

/// Bounds of a link.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Largest message taken or sent, in bytes.
    pub message_cap: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { message_cap: DEFAULT_MESSAGE_CAP }
    }
}
