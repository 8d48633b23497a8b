//! Failures of commands, and exit codes: what scripts, the tray and service managers rely on.

use std::{borrow::Cow, path::Path, process::ExitCode};

use mcpproxy_config::ConfigError;
use mcpproxy_daemon::{End, StartError};
use mcpproxy_domain::Code;
use mcpproxy_ipc_proto::{ConnectionError, call::Failure as Refused};
use serde_json::{Map, Value};

/// No core is running.
pub(crate) const NOT_RUNNING: &str = "DAEMON_NOT_RUNNING";
/// The form of the answer is not known.
pub(crate) const BAD_FORMAT: &str = "INVALID_OUTPUT_FORMAT";
/// The settings file that was named is not there.
pub(crate) const NO_CONFIG: &str = "CONFIG_NOT_FOUND";
/// The core is there and does not answer as it should.
pub(crate) const NO_CONNECTION: &str = "CONNECTION_FAILED";
/// It was tried, and did not work.
pub(crate) const FAILED: &str = "OPERATION_FAILED";
/// The member of a failure's context that names a port that is free, where the core's own is taken.
pub(crate) const FREE_PORT: &str = "free_port";
/// The member of a failure's context that says where the core is reached that serves the data folder.
pub(crate) const ENDPOINT: &str = "endpoint";
/// The codes that programs know; every other stands behind [`FAILED`].
const CONTRACT: [&str; 10] = [
    NO_CONFIG,
    "SERVER_NOT_FOUND",
    NOT_RUNNING,
    BAD_FORMAT,
    "AUTH_REQUIRED",
    NO_CONNECTION,
    "TIMEOUT",
    "PERMISSION_DENIED",
    "INVALID_INPUT",
    FAILED,
];

/// A command that did not do what it was asked to.
#[derive(Debug)]
pub(crate) struct Failure {
    /// The stable code.
    pub(crate) code: Cow<'static, str>,
    /// What happened, to what.
    pub(crate) message: String,
    /// What to do next, in words.
    pub(crate) hint: String,
    /// The command that helps.
    pub(crate) command: Option<Box<str>>,
    /// The file or folder that it is about.
    pub(crate) path: Option<Box<Path>>,
    /// More about it, for programs.
    pub(crate) context: Box<Map<String, Value>>,
}

impl Failure {
    pub(crate) fn new(code: Code, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::named(code.as_str(), message, hint)
    }

    /// A failure with a code that only commands have.
    pub(crate) fn named(
        code: impl Into<Cow<'static, str>>,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) -> Self {
        Self {
            code: code.into(),
            message: message.into(),
            hint: hint.into(),
            command: None,
            path: None,
            context: Box::default(),
        }
    }

    pub(crate) fn internal(message: impl Into<String>) -> Self {
        Self::new(Code::Internal, message, "")
    }

    /// Names the command that helps.
    pub(crate) fn with_command(mut self, command: impl Into<String>) -> Self {
        self.command = Some(command.into().into_boxed_str());
        self
    }

    /// Whether it has this code.
    pub(crate) fn is(&self, code: Code) -> bool {
        self.code == code.as_str()
    }

    /// What to do next, with the command that helps at its end.
    pub(crate) fn advice(&self) -> String {
        match (&self.command, self.hint.is_empty()) {
            (None, _) => self.hint.clone(),
            (Some(command), true) => command.to_string(),
            (Some(command), false) => format!("{}: {command}", self.hint),
        }
    }

    /// The code as programs of the contract know it.
    pub(crate) fn contract_code(&self) -> &str {
        match self.code.as_ref() {
            "INVALID_ARGUMENTS" | "ALREADY_EXISTS" => "INVALID_INPUT",
            "DATA_FOLDER_DENIED" => "PERMISSION_DENIED",
            code if CONTRACT.contains(&code) => code,
            _ => FAILED,
        }
    }

    /// The exit code.
    pub(crate) fn status(&self) -> u8 {
        Code::ALL.iter().find(|code| code.as_str() == self.code).map_or(1, |code| status(*code))
    }
}

impl From<StartError> for Failure {
    fn from(error: StartError) -> Self {
        let mut failure = Self::new(error.code(), error.to_string(), error.hint());
        failure.path = error.path().map(Into::into);
        if let Some(port) = error.free_port() {
            failure.context.insert(FREE_PORT.to_owned(), port.into());
        }
        if let Some(endpoint) = error.endpoint() {
            failure.context.insert(ENDPOINT.to_owned(), endpoint.to_string().into());
        }
        failure
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        StartError::from(error).into()
    }
}

impl From<Refused> for Failure {
    fn from(refused: Refused) -> Self {
        let mut failure = Self::named(refused.code, refused.message, refused.hint);
        if !refused.nearest.is_empty() {
            failure.hint = format!("did you mean {}?", refused.nearest.join(" or "));
            failure.context.insert("nearest".to_owned(), refused.nearest.into());
        }
        if let Some(schema) = refused.input_schema {
            let schema = serde_json::from_str(&schema).unwrap_or(Value::String(schema));
            failure.context.insert("input_schema".to_owned(), schema);
        }
        failure
    }
}

impl From<ConnectionError> for Failure {
    fn from(error: ConnectionError) -> Self {
        let message = error.to_string();
        match error {
            ConnectionError::Refused(refused) => (*refused).into(),
            ConnectionError::Timeout(_) => {
                let hint = "the core is busy or hangs; ask again, or look at its log";
                Self::new(Code::Timeout, format!("the core gave {message}"), hint).with_command("mcpproxy doctor")
            }
            ConnectionError::OtherMake(hello) => {
                let hint = format!(
                    "it is {} {} with process id {}; stop it, or name another folder with --data-dir",
                    hello.implementation, hello.build, hello.pid
                );
                Self::named(NO_CONNECTION, message, hint)
            }
            ConnectionError::Incompatible(_, hello) => {
                let hint = format!(
                    "the core is {} with process id {}: stop it, then start the one of this command",
                    hello.build, hello.pid
                );
                Self::named(NO_CONNECTION, message, hint).with_command("mcpproxy serve")
            }
            ConnectionError::Bye(_) | ConnectionError::Closed => {
                Self::named(NO_CONNECTION, message, "it may be stopping or starting; ask again in a moment")
            }
            ConnectionError::Transport(_) | ConnectionError::Protocol(_) => {
                Self::named(NO_CONNECTION, message, "see what stands in the way").with_command("mcpproxy doctor")
            }
        }
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
        | Code::NotFound
        | Code::AlreadyExists
        | Code::Conflict
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
        | Code::Busy
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

    #[test]
    fn every_code_is_one_that_programs_know() {
        for code in Code::ALL {
            let failure = Failure::new(code, "", "");
            assert!(CONTRACT.contains(&failure.contract_code()), "{code}");
        }
        for (code, told) in [
            (Code::ServerNotFound, "SERVER_NOT_FOUND"),
            (Code::Unauthorized, "AUTH_REQUIRED"),
            (Code::InvalidArguments, "INVALID_INPUT"),
            (Code::FolderDenied, "PERMISSION_DENIED"),
            (Code::UpstreamFailed, "OPERATION_FAILED"),
        ] {
            assert_eq!(Failure::new(code, "", "").contract_code(), told);
        }
    }
}
