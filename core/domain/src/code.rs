//! The closed list of stable codes: what went wrong, for programs. People get a sentence beside it.

/// What went wrong. Each face maps every code to its own numbers, once; a test walks all codes through all maps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Code {
    /// The message is not JSON, or arrived in pieces.
    Malformed,
    /// The message is JSON but no message of the protocol.
    InvalidRequest,
    /// The method does not exist here.
    UnknownMethod,
    /// A parameter is missing, has the wrong type or breaks a rule.
    InvalidInput,
    /// The arguments of a call do not fit the tool's input schema.
    InvalidArguments,
    /// The credential is missing or wrong.
    Unauthorized,
    /// The caller may not do this.
    Forbidden,
    /// No server of that name is configured.
    ServerNotFound,
    /// The server has no tool of that name.
    ToolNotFound,
    /// Anything else that is asked for is not there.
    NotFound,
    /// Something of that name is there already.
    AlreadyExists,
    /// What was seen is no longer so.
    Conflict,
    /// The settings switch the server off.
    ServerDisabled,
    /// The server waits for a person's approval.
    ServerQuarantined,
    /// The settings hold the tool back.
    ToolDenied,
    /// The tool asks for a stronger door than the one the call came through.
    WrongVariant,
    /// The server is on its way up; try again soon.
    ServerStarting,
    /// The server is down.
    ServerUnavailable,
    /// A secret that the server's settings name does not exist.
    MissingSecret,
    /// The server wants a sign-in.
    SignInNeeded,
    /// The message is larger than the cap.
    TooLarge,
    /// No answer within the time allowed.
    Timeout,
    /// The caller withdrew the request.
    Cancelled,
    /// There is no room for it now; try again soon.
    Busy,
    /// The core is shutting down.
    Draining,
    /// Something that this version does not do.
    Unsupported,
    /// The upstream broke the protocol or its connection failed.
    UpstreamFailed,
    /// A fault of our own.
    Internal,
    /// The address to listen on is taken.
    PortInUse,
    /// Another core serves the data folder.
    FolderLocked,
    /// The settings have faults.
    ConfigInvalid,
    /// The data folder is not ours or cannot be used.
    FolderDenied,
}

impl Code {
    /// Every code, for the tests that hold the maps total.
    pub const ALL: [Self; 32] = [
        Self::Malformed,
        Self::InvalidRequest,
        Self::UnknownMethod,
        Self::InvalidInput,
        Self::InvalidArguments,
        Self::Unauthorized,
        Self::Forbidden,
        Self::ServerNotFound,
        Self::ToolNotFound,
        Self::NotFound,
        Self::AlreadyExists,
        Self::Conflict,
        Self::ServerDisabled,
        Self::ServerQuarantined,
        Self::ToolDenied,
        Self::WrongVariant,
        Self::ServerStarting,
        Self::ServerUnavailable,
        Self::MissingSecret,
        Self::SignInNeeded,
        Self::TooLarge,
        Self::Timeout,
        Self::Cancelled,
        Self::Busy,
        Self::Draining,
        Self::Unsupported,
        Self::UpstreamFailed,
        Self::Internal,
        Self::PortInUse,
        Self::FolderLocked,
        Self::ConfigInvalid,
        Self::FolderDenied,
    ];

    /// The code as programs read it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Malformed => "MALFORMED",
            Self::InvalidRequest => "INVALID_REQUEST",
            Self::UnknownMethod => "UNKNOWN_METHOD",
            Self::InvalidInput => "INVALID_INPUT",
            Self::InvalidArguments => "INVALID_ARGUMENTS",
            Self::Unauthorized => "AUTH_REQUIRED",
            Self::Forbidden => "PERMISSION_DENIED",
            Self::ServerNotFound => "SERVER_NOT_FOUND",
            Self::ToolNotFound => "TOOL_NOT_FOUND",
            Self::NotFound => "NOT_FOUND",
            Self::AlreadyExists => "ALREADY_EXISTS",
            Self::Conflict => "CONFLICT",
            Self::ServerDisabled => "SERVER_DISABLED",
            Self::ServerQuarantined => "QUARANTINED_SERVER_BLOCKED",
            Self::ToolDenied => "TOOL_BLOCKED",
            Self::WrongVariant => "WRONG_VARIANT",
            Self::ServerStarting => "SERVER_STARTING",
            Self::ServerUnavailable => "SERVER_UNAVAILABLE",
            Self::MissingSecret => "MISSING_SECRET",
            Self::SignInNeeded => "SIGN_IN_NEEDED",
            Self::TooLarge => "TOO_LARGE",
            Self::Timeout => "TIMEOUT",
            Self::Cancelled => "CANCELLED",
            Self::Busy => "BUSY",
            Self::Draining => "DRAINING",
            Self::Unsupported => "UNSUPPORTED",
            Self::UpstreamFailed => "UPSTREAM_FAILED",
            Self::Internal => "INTERNAL",
            Self::PortInUse => "PORT_IN_USE",
            Self::FolderLocked => "DATA_FOLDER_LOCKED",
            Self::ConfigInvalid => "CONFIG_INVALID",
            Self::FolderDenied => "DATA_FOLDER_DENIED",
        }
    }
}

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_distinct() {
        let mut texts: Vec<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
        texts.sort_unstable();
        texts.dedup();
        assert_eq!(texts.len(), Code::ALL.len());
    }
}
