//! Why a program could not be started. Not here: how a started program ended ([`crate::Exit`]).

use std::{io, path::PathBuf};

/// Why a program could not be started.
#[derive(Debug, thiserror::Error)]
pub enum SpawnError {
    /// No file of that name is where it was looked for.
    #[error("the program {program:?} was not found on PATH ({path:?}): install it, or give its full path")]
    NotFound {
        /// The program as it was given.
        program: String,
        /// The `PATH` that was looked at; empty = the environment has none.
        path: String,
    },
    /// The program was given as a path, and there is no file.
    #[error("the program {0:?} does not exist: check the path of the command")]
    NoSuchFile(PathBuf),
    /// There is a file, but it may not be executed.
    #[error("the program {0:?} may not be executed: check its permissions (on Unix: chmod +x)")]
    PermissionDenied(PathBuf),
    /// The file exists, but what its first line names as its interpreter does not.
    #[error("the interpreter that the program {0:?} asks for does not exist: install it")]
    NoInterpreter(PathBuf),
    /// The file is not a program of this system.
    #[error("the file {0:?} is not a program that this system can run")]
    Format(PathBuf),
    /// The folder to start in does not exist.
    #[error("the working directory {0:?} does not exist: create it, or change working_dir")]
    WorkingDirMissing(PathBuf),
    /// The path to start in is not a folder.
    #[error("the working directory {0:?} is not a directory: change working_dir")]
    WorkingDirNotADirectory(PathBuf),
    /// Anything else that the system refused.
    #[error("the program {program:?} could not be started: {source}")]
    Other {
        /// The program, where it was found.
        program: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The thread that starts programs could not be started itself.
    #[error("the thread that starts programs could not be created: {0}")]
    Thread(#[source] io::Error),
    /// The thread that starts programs gave no answer; only seen while the process ends.
    #[error("the thread that starts programs has ended: restart mcpproxy")]
    Gone,
}

impl SpawnError {
    /// Sorts what the system said of a program that was found.
    pub(crate) fn from_system(program: PathBuf, source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::PermissionDenied => Self::PermissionDenied(program),
            io::ErrorKind::NotFound => Self::NoInterpreter(program),
            _ if crate::platform::is_bad_format(&source) => Self::Format(program),
            _ => Self::Other { program, source },
        }
    }
}
