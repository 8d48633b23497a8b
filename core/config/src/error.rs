//! What can go wrong with the settings file. Not here: what is wrong inside it (`domain::Problem`).

use std::{io, path::PathBuf};

use mcpproxy_domain::{Code, Problem};

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
            Self::Read { .. } | Self::Invalid { .. } | Self::Busy { .. } => Code::ConfigInvalid,
            Self::Write { .. } => Code::FolderDenied,
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
