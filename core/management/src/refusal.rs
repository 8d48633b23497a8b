//! A request that is not carried out: why, about what, and what to do next.

use std::sync::Arc;

use mcpproxy_domain::Code;

/// Why a request was not carried out, for a face to put into its own form.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Refusal {
    /// The kind, for programs.
    pub code: Code,
    /// What happened, to what.
    pub message: String,
    /// What to do next; empty when there is nothing.
    pub hint: String,
    /// Names close to the one that was not found.
    pub nearest: Vec<String>,
    /// The JSON Schema that the arguments do not fit, verbatim; only for [`Code::InvalidArguments`].
    pub input_schema: Option<Arc<str>>,
}

impl Refusal {
    /// A refusal in words.
    pub fn new(code: Code, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { code, message: message.into(), hint: hint.into(), nearest: Vec::new(), input_schema: None }
    }
}
