//! Why a server does not work: a code for programs, a sentence for people. The sentence may quote the server: it is
//! redacted before it is published.

use mcpproxy_domain::{Code, secret::MissingSecret};
use mcpproxy_isolation::SpawnError;
use mcpproxy_wire::{LinkError, handshake::HelloError};

/// A failure of one server, fit to be shown.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct Failure {
    /// The kind.
    pub code: Code,
    /// What happened, and what to do.
    pub detail: String,
}

impl Failure {
    /// A failure in words.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into() }
    }
}

/// The code of a failed request.
#[must_use]
pub fn code_of(error: &LinkError) -> Code {
    match error {
        LinkError::Closed | LinkError::Io(_) | LinkError::Status { .. } | LinkError::Protocol(_) => {
            Code::UpstreamFailed
        }
        LinkError::SessionLost { .. } => Code::ServerUnavailable,
        LinkError::Timeout(_) => Code::Timeout,
        LinkError::Cancelled => Code::Cancelled,
        LinkError::TooLarge(_) => Code::TooLarge,
        LinkError::Unauthorized => Code::SignInNeeded,
        LinkError::Endpoint(_) => Code::InvalidInput,
    }
}

impl From<LinkError> for Failure {
    fn from(error: LinkError) -> Self {
        Self::new(code_of(&error), error.to_string())
    }
}

impl From<HelloError> for Failure {
    fn from(error: HelloError) -> Self {
        Self::new(Code::UpstreamFailed, error.to_string())
    }
}

impl From<MissingSecret> for Failure {
    fn from(error: MissingSecret) -> Self {
        Self::new(Code::MissingSecret, format!("{error}; set it where the core is started, then start the core again"))
    }
}

impl From<SpawnError> for Failure {
    fn from(error: SpawnError) -> Self {
        let code = match error {
            SpawnError::Other { .. } | SpawnError::Thread(_) | SpawnError::Gone => Code::Internal,
            // the settings name something that is not there or cannot be run
            _ => Code::InvalidInput,
        };
        Self::new(code, error.to_string())
    }
}
