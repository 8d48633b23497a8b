//! Why the core does not start: the kind, what it is about, and what to do.

use std::{io, path::PathBuf};

use mcpproxy_config::ConfigError;
use mcpproxy_domain::Code;
use mcpproxy_edge::BindError;
use mcpproxy_ipc_proto::endpoint::Endpoint;
use mcpproxy_isolation::SpawnError;
use mcpproxy_logs::LogError;

/// Why the core does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The settings cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The data folder cannot be used.
    #[error("the data folder {path:?} {reason}")]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
        /// What to do.
        hint: String,
    },
    /// Another core serves the data folder.
    #[error("the data folder {path:?} is already served by {holder}")]
    Locked {
        /// The folder.
        path: PathBuf,
        /// Who holds it, and where it listens, as far as that is known.
        holder: String,
        /// Where the programs beside it reach it, as far as that is known.
        endpoint: Option<Endpoint>,
    },
    /// The address cannot be listened on.
    #[error(transparent)]
    Bind(#[from] BindError),
    /// The logs cannot be written.
    #[error(transparent)]
    Logs(#[from] LogError),
    /// No process can be started.
    #[error(transparent)]
    Spawner(#[from] SpawnError),
    /// The index cannot be opened.
    #[error(transparent)]
    Index(#[from] mcpproxy_index::Error),
    /// The system refused something else.
    #[error("{what} failed: {source}")]
    System {
        /// What was tried.
        what: &'static str,
        /// What the system said.
        source: io::Error,
    },
}

impl StartError {
    /// The kind, for programs.
    #[must_use]
    pub fn code(&self) -> Code {
        match self {
            Self::Config(error) => error.code(),
            Self::Folder { .. } | Self::Logs(_) => Code::FolderDenied,
            Self::Locked { .. } => Code::FolderLocked,
            Self::Bind(BindError::InUse { .. }) => Code::PortInUse,
            Self::Bind(_) => Code::ConfigInvalid,
            Self::Spawner(_) | Self::Index(_) | Self::System { .. } => Code::Internal,
        }
    }

    /// What it is about, where that is a file or a folder.
    #[must_use]
    pub fn path(&self) -> Option<PathBuf> {
        match self {
            Self::Config(
                ConfigError::Read { path, .. } | ConfigError::Write { path, .. } | ConfigError::Invalid { path, .. },
            )
            | Self::Folder { path, .. }
            | Self::Locked { path, .. } => Some(path.clone()),
            _ => None,
        }
    }

    /// A port that was free when the own one was taken.
    #[must_use]
    pub fn free_port(&self) -> Option<u16> {
        match self {
            Self::Bind(BindError::InUse { free, .. }) => *free,
            _ => None,
        }
    }

    /// Where the core is reached that serves the data folder.
    #[must_use]
    pub fn endpoint(&self) -> Option<&Endpoint> {
        match self {
            Self::Locked { endpoint, .. } => endpoint.as_ref(),
            _ => None,
        }
    }

    /// What to do next.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Config(ConfigError::Invalid { .. }) => "mend the settings named above, then start again".to_owned(),
            Self::Config(_) => "check the path and its permissions, or name another file with --config".to_owned(),
            Self::Folder { hint, .. } => hint.clone(),
            Self::Locked { .. } => {
                "use the one that runs, stop it first, or name another folder with --data-dir".to_owned()
            }
            Self::Bind(BindError::InUse { addr, free: Some(free), .. }) => {
                format!("stop the other program, or listen elsewhere: --listen {}:{free}", addr.ip())
            }
            Self::Bind(_) => "choose another address with --listen HOST:PORT".to_owned(),
            Self::Logs(_) => "check the permissions of the log folder, or name another with --log-dir".to_owned(),
            Self::Spawner(_) | Self::Index(_) | Self::System { .. } => {
                "the machine is short of something; free memory or processes and start again".to_owned()
            }
        }
    }
}
