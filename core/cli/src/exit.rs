//! Exit codes: what scripts, the tray and service managers rely on.

use std::{path::PathBuf, process::ExitCode};

use mcpproxy_daemon::{End, StartError};
use mcpproxy_domain::Code;

/// A command that did not do what it was asked to.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) code: Code,
    pub(crate) message: String,
    pub(crate) hint: String,
    pub(crate) path: Option<PathBuf>,
}

impl Failure {
    pub(crate) fn new(code: Code, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { code, message: message.into(), hint: hint.into(), path: None }
    }

    pub(crate) fn internal(message: impl Into<String>) -> Self {
        Self::new(Code::Internal, message, "")
    }
}

impl From<StartError> for Failure {
    fn from(error: StartError) -> Self {
        Self { code: error.code(), hint: error.hint(), path: error.path(), message: error.to_string() }
    }
}

/// The exit code of a failure: 2 port taken, 3 folder taken, 4 settings, 5 permissions, 1 for everything else.
pub(crate) const fn status(code: Code) -> u8 {
    match code {
        Code::PortInUse => 2,
        Code::FolderLocked => 3,
        Code::ConfigInvalid => 4,
        Code::FolderDenied => 5,
        Code::Malformed
        | Code::InvalidRequest
        | Code::UnknownMethod
        | Code::InvalidInput
        | Code::InvalidArguments
        | Code::Unauthorized
        | Code::Forbidden
        | Code::ServerNotFound
        | Code::ToolNotFound
        | Code::ServerDisabled
        | Code::ServerQuarantined
        | Code::ToolDenied
        | Code::WrongVariant
        | Code::ServerStarting
        | Code::ServerUnavailable
        | Code::MissingSecret
        | Code::SignInNeeded
        | Code::TooLarge
        | Code::Timeout
        | Code::Cancelled
        | Code::Draining
        | Code::Unsupported
        | Code::UpstreamFailed
        | Code::Internal => 1,
    }
}

/// The exit code of a core that ran.
pub(crate) fn of_end(end: End) -> ExitCode {
    match end {
        End::InOrder => ExitCode::SUCCESS,
        End::Forced => ExitCode::FAILURE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_an_exit_status_that_says_failure() {
        let statuses: Vec<_> = Code::ALL.iter().map(|code| status(*code)).collect();
        assert!(statuses.iter().all(|status| (1..=5).contains(status)));
        for special in 2..=5 {
            assert_eq!(statuses.iter().filter(|status| **status == special).count(), 1, "{special}");
        }
    }
}
