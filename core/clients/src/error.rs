//! How it fails. Messages name no key: what stands in a client's file is told by its shape only.

use std::{
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use mcpproxy_domain::Code;

use crate::ClientId;

/// Why a client was not connected, disconnected or looked at. Nothing was written, unless it says so.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// There is no such client.
    #[error("there is no client {id:?}; known are {}", ClientId::ALL.map(ClientId::as_str).join(", "))]
    UnknownClient {
        /// What was asked for.
        id: String,
    },
    /// The name cannot be that of an entry.
    #[error("{name:?} cannot name an entry; use 1 to 64 letters, digits, '-' and '_'")]
    BadName {
        /// The name.
        name: String,
    },
    /// The client's program, or the folder of its settings, is missing.
    #[error("{} was not found ({missing}); install and start it once, or see what to paste with --print", client.title())]
    NotInstalled {
        /// The client.
        client: ClientId,
        /// What was looked for.
        missing: String,
    },
    /// An entry of the name is there, and does not lead to us.
    #[error("{}: the entry {name:?} leads to {what}; use --force to take its place, or another --name", path.display())]
    Taken {
        /// The file.
        path: PathBuf,
        /// The name of the entry.
        name: String,
        /// Where it leads.
        what: String,
    },
    /// The file is not what its format allows.
    #[error("{}, line {line}: {why}; it was not touched: repair it and try again", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong there.
        why: String,
    },
    /// The file can be read, but is written in a way that cannot be edited safely.
    #[error("{}: {why}; put this in by hand:\n{paste}", path.display())]
    Shape {
        /// The file.
        path: PathBuf,
        /// What is in the way.
        why: String,
        /// What belongs into the file.
        paste: String,
    },
    /// What should be the file is a folder, a pipe or a device.
    #[error("{} is no regular file, so it is no settings file; put one in its place", path.display())]
    NoFile {
        /// Where it is.
        path: PathBuf,
    },
    /// The file is larger than settings are.
    #[error("{} is larger than {} MiB, so it was not read; make it smaller", path.display(), limit >> 20)]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The most that is read, in bytes.
        limit: u64,
    },
    /// Somebody else wrote the file in the meantime.
    #[error("{} has changed in the meantime; look at it and try again", path.display())]
    Changed {
        /// The file.
        path: PathBuf,
    },
    /// There is no copy of that name beside the file.
    #[error("there is no copy of {} that is called {name:?}; use the bare name that connecting gave", path.display())]
    NoBackup {
        /// The file.
        path: PathBuf,
        /// What was asked for.
        name: String,
    },
    /// The system does not let us at the file.
    #[error("access to {} is denied; permit it in the system's privacy settings or the permissions of the file", path.display())]
    Denied {
        /// The file.
        path: PathBuf,
    },
    /// Reading or writing failed.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or program.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The client's own command failed.
    #[error("{command:?} failed: {said}")]
    Command {
        /// The command line.
        command: String,
        /// The last lines that it printed.
        said: String,
    },
    /// The client's own command did not end; it was stopped.
    #[error("{command:?} did not end within {} s and was stopped; run it yourself", limit.as_secs())]
    Slow {
        /// The command line.
        command: String,
        /// The time that it had.
        limit: Duration,
    },
    /// The client's own command failed, and had changed the file by then.
    #[error("{failure}; it changed {} before it failed: look at it{}", path.display(), kept(backup.as_deref()))]
    HalfWay {
        /// How it failed.
        failure: Box<ClientError>,
        /// The file.
        path: PathBuf,
        /// The file as it was; `None` where there was none.
        backup: Option<PathBuf>,
    },
    /// What was written is not there when it is read again.
    #[error("{}: the entry is not there after it was written; another program writes this file: end it and try again", path.display())]
    Unverified {
        /// The file.
        path: PathBuf,
    },
}

impl ClientError {
    /// The error as programs read it.
    #[must_use]
    pub const fn code(&self) -> Code {
        match self {
            Self::UnknownClient { .. } | Self::BadName { .. } | Self::NotInstalled { .. } | Self::Taken { .. } => {
                Code::InvalidInput
            }
            Self::Malformed { .. } | Self::Shape { .. } | Self::NoFile { .. } => Code::ConfigInvalid,
            Self::TooLarge { .. } => Code::TooLarge,
            Self::NoBackup { .. } => Code::NotFound,
            Self::Denied { .. } => Code::Forbidden,
            Self::Slow { .. } => Code::Timeout,
            Self::Changed { .. }
            | Self::Io { .. }
            | Self::Command { .. }
            | Self::HalfWay { .. }
            | Self::Unverified { .. } => Code::Internal,
        }
    }
}

/// Where the file is found as it was.
fn kept(backup: Option<&Path>) -> String {
    backup.map_or_else(|| "; there was none before".to_owned(), |copy| format!("; as it was, it is {}", copy.display()))
}
