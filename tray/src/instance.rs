//! One tray a data folder: who comes second tells the first that somebody started it, and goes. Not here: what the first
//! does then.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{self, Read as _, Seek as _, Write as _},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use mcpproxy_domain::identity;
use mcpproxy_ipc_proto::{
    endpoint::{Endpoint, LONGEST_PATH},
    transport::{Listening, TransportError},
};
use mcpproxy_task::Scope;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use tokio::{
    sync::mpsc,
    time::{Instant, sleep, timeout_at},
};

use crate::platform;

mod summons;

use summons::Reply;
pub use summons::Summons;

/// How long the first tray may take to answer, which may be starting or ending.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long it may take to end, once it has said that it does: its core ends first.
const ENDING: Duration = Duration::from_secs(60);
/// The pause between two tries.
const PAUSE: Duration = Duration::from_millis(50);
/// How many summonses may wait; one more has to wait for its answer.
const QUEUE: usize = 4;

/// Which tray of the folder this is.
#[derive(Debug)]
pub enum Instance {
    /// The only one, as long as the guard lives; whoever is started later calls it. Once nobody receives the calls any
    /// more, callers are told that it ends, and wait for its place.
    First(Guard, mpsc::Receiver<Summons>),
    /// Another was here, and was called.
    Second,
}

/// Keeps the folder for one tray. The system frees it even when the process is killed.
#[derive(Debug)]
pub struct Guard {
    scope: Scope,
    _lock: Arc<File>,
}

/// Why a tray can be neither the first nor the second.
#[derive(Debug, thiserror::Error)]
pub enum InstanceError {
    /// The data folder cannot be made.
    #[error(
        "the data folder {} cannot be made: {source}; check its permissions, or name another with --data-dir",
        path.display()
    )]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The lock cannot be written.
    #[error(
        "{} cannot be written: {source}; check the permissions of its folder, or name another with --data-dir",
        path.display()
    )]
    Lock {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The first does not answer.
    #[error("{holder} belongs to the data folder {} and does not answer; end it, then start again", path.display())]
    Silent {
        /// Who it is, as far as that is known.
        holder: String,
        /// The folder.
        path: PathBuf,
    },
}

/// What the lock file says of its holder.
#[derive(Serialize, Deserialize)]
struct Holder {
    pid: u32,
}

impl Instance {
    /// Takes the data folder for this tray, or calls the one that has it to show `show`, a path below the core's page;
    /// empty = what it shows first. The folder is made where there is none.
    ///
    /// # Errors
    /// [`InstanceError`]
    pub async fn take(data_dir: &Path, show: &str, scope: &Scope) -> Result<Self, InstanceError> {
        let folder = |source| InstanceError::Folder { path: data_dir.to_owned(), source };
        platform::create_private_folder(data_dir).map_err(folder)?;
        let path = data_dir.join(identity::TRAY_LOCK_FILE);
        let refused = |source| InstanceError::Lock { path: path.clone(), source };
        let endpoint = endpoint(data_dir);
        let (began, mut patience) = (Instant::now(), PATIENCE);
        loop {
            let mut file = open(&path).map_err(refused)?;
            match file.try_lock() {
                Ok(()) => {
                    tell(&mut file).map_err(refused)?;
                    return Ok(first(file, endpoint.as_ref(), scope).await);
                }
                Err(TryLockError::Error(source)) => return Err(refused(source)),
                Err(TryLockError::WouldBlock) => {}
            }
            let summons = Summons { show: show.to_owned() };
            if let Some(endpoint) = &endpoint {
                match timeout_at(began + patience, summons.send(endpoint)).await {
                    Ok(Reply::Heard) => return Ok(Self::Second),
                    Ok(Reply::Ends) => patience = ENDING,
                    Ok(Reply::None) | Err(_) => {}
                }
            }
            if began.elapsed() >= patience {
                return Err(InstanceError::Silent { holder: holder(&mut file), path: data_dir.to_owned() });
            }
            // it may be about to listen, or about to end
            sleep(PAUSE).await;
        }
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.scope.cancel();
    }
}

/// Whoever cannot be called is still the only one.
async fn first(file: File, endpoint: Option<&Endpoint>, scope: &Scope) -> Instance {
    let lock = Arc::new(file);
    let scope = scope.child();
    let (calls, summonses) = mpsc::channel(QUEUE);
    let deaf = |error: &TransportError| tracing::warn!("a second start of the tray will not reach this one: {error}");
    let listening = match endpoint {
        Some(endpoint) => Listening::take(endpoint).await.inspect_err(deaf).ok(),
        None => None,
    };
    if let Some(listening) = listening {
        let lock = Arc::clone(&lock);
        scope.spawn_until_cancelled("summons", async move {
            // the lock is given up after the socket: whoever has the lock finds the socket free
            let _lock = lock;
            summons::listen(listening, calls).await;
        });
    }
    Instance::First(Guard { scope, _lock: lock }, summonses)
}

/// Where the tray of a folder is called; `None` where the folder has too long a path.
fn endpoint(data_dir: &Path) -> Option<Endpoint> {
    if cfg!(windows) {
        let folder = data_dir.canonicalize().unwrap_or_else(|_| data_dir.to_owned());
        let hash = Sha256::digest(folder.to_string_lossy().as_bytes());
        let mark: String = hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        let user = std::env::var("USERNAME").unwrap_or_default();
        return Some(Endpoint::Pipe(format!(r"\\.\pipe\{}-{user}-{mark}", identity::TRAY_PIPE)));
    }
    let path = data_dir.join(identity::TRAY_SOCKET_FILE);
    if path.as_os_str().len() > LONGEST_PATH {
        tracing::warn!(path = %path.display(), "the path is too long for a socket: a second start will not reach this tray");
        return None;
    }
    Some(Endpoint::Socket(path))
}

fn open(path: &Path) -> io::Result<File> {
    platform::private(OpenOptions::new().read(true).write(true).create(true).truncate(false)).open(path)
}

fn tell(file: &mut File) -> io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    file.write_all(&serde_json::to_vec(&Holder { pid: std::process::id() })?)
}

fn holder(file: &mut File) -> String {
    let mut text = String::new();
    // on Windows a locked file cannot be read; then nobody is named
    let read = file.read_to_string(&mut text).ok().and_then(|_| serde_json::from_str(&text).ok());
    read.map_or_else(|| "another tray".to_owned(), |Holder { pid }| format!("the tray with process id {pid}"))
}

#[cfg(test)]
#[cfg(unix)]
mod tests;
