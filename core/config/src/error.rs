//! What can go wrong with the settings file. Not here: what is wrong inside it (`domain::Problem`).

use std::{io, path::PathBuf};

use mcpproxy_domain::{Code, Problem};

use crate::Config;

/// Why a change is not allowed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Objection {
    /// The kind.
    pub code: Code,
    /// What is not allowed, and about what.
    pub message: String,
    /// What to do instead.
    pub hint: String,
}

/// Looks at a change before it is written: the settings as they stand in the file at that moment (`None` = it has faults),
/// and as they would stand there.
pub type Check = dyn Fn(Option<&Config>, &Config) -> Result<(), Objection> + Send + Sync;

/// What went wrong with the settings.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file is there and cannot be read.
    #[error("cannot read the settings file {}: {source}; check its permissions", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file, its folder or its copy cannot be written; what stood there is unchanged.
    #[error("cannot write the settings file {}: {source}; check the permissions of its folder and the space on its disk", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The settings have faults. A file with faults is never overwritten.
    #[error("{} in the settings {}:{}", count(problems), path.display(), lines(problems))]
    Invalid {
        /// The file.
        path: PathBuf,
        /// All faults at once.
        problems: Vec<Problem>,
    },
    /// A change names a server that the settings do not have.
    #[error("the settings {} have no server named {name}; check the name, or add it", path.display())]
    ServerMissing {
        /// The file.
        path: PathBuf,
        /// The name.
        name: String,
    },
    /// A server is to be added under a name that another one has.
    #[error("the settings file {} already has a server named {name}; choose another name, or change that one", path.display())]
    NameTaken {
        /// The file.
        path: PathBuf,
        /// The name.
        name: String,
    },
    /// The file was there and is gone. Nothing is written in its place, since what stood in it would be lost.
    #[error("the settings file {} is gone; put it back, or start again without it", path.display())]
    Gone {
        /// The file.
        path: PathBuf,
    },
    /// Whoever looked at the change before it was written did not allow it. Nothing was written.
    #[error("{0}")]
    Refused(Objection),
    /// The owner of the settings has ended.
    #[error("the settings cannot be read or changed any more: the core is stopping; try again when it runs")]
    Stopped,
    /// Somebody else kept writing the file while it was being changed.
    #[error("the settings file {} keeps changing; nothing was written, try again", path.display())]
    Busy {
        /// The file.
        path: PathBuf,
    },
}

impl ConfigError {
    /// The stable code of the error.
    #[must_use]
    pub const fn code(&self) -> Code {
        match self {
            Self::Read { .. } | Self::Invalid { .. } | Self::Gone { .. } | Self::Busy { .. } => Code::ConfigInvalid,
            Self::Write { .. } => Code::FolderDenied,
            Self::ServerMissing { .. } => Code::ServerNotFound,
            Self::NameTaken { .. } => Code::AlreadyExists,
            Self::Refused(objection) => objection.code,
            Self::Stopped => Code::Draining,
        }
    }
}

fn count(problems: &[Problem]) -> String {
    match problems.len() {
        1 => "1 problem".to_owned(),
        many => format!("{many} problems"),
    }
}

fn lines(problems: &[Problem]) -> String {
    problems.iter().map(|problem| format!("\n  {problem}")).collect()
}
