//! A request that is not carried out: why, about what, and what to do next.

use std::sync::Arc;

use mcpproxy_config::{ConfigError, Objection};
use mcpproxy_domain::{Code, Problem};
use mcpproxy_ipc_proto::view::FieldError;

use crate::config::field_error;

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
    /// Each fault of settings that were handed in, with its place.
    pub faults: Vec<FieldError>,
}

impl Refusal {
    /// A refusal in words.
    pub fn new(code: Code, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            hint: hint.into(),
            nearest: Vec::new(),
            input_schema: None,
            faults: Vec::new(),
        }
    }

    /// A fault of our own.
    pub(crate) fn internal(message: &str) -> Self {
        Self::new(Code::Internal, message, "try again; if it stays so, look into the log of the core")
    }

    /// Faults of settings that were handed in.
    pub(crate) fn of_problems(problems: &[Problem]) -> Self {
        let told: Vec<_> = problems.iter().map(ToString::to_string).collect();
        let faults = problems.iter().map(field_error).collect();
        Self { faults, ..Self::new(Code::InvalidInput, told.join("; "), "correct them, and try again") }
    }
}

impl From<Objection> for Refusal {
    fn from(objection: Objection) -> Self {
        Self::new(objection.code, objection.message, objection.hint)
    }
}

impl From<ConfigError> for Refusal {
    fn from(error: ConfigError) -> Self {
        let code = error.code();
        match error {
            // what was handed in has faults, and not the file
            ConfigError::Invalid { problems, .. } => Self { code, ..Self::of_problems(&problems) },
            ConfigError::Refused(objection) => objection.into(),
            other => Self::new(code, other.to_string(), ""),
        }
    }
}
