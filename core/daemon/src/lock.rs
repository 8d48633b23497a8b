//! One core a folder: our own lock file, and the lock of the other make of this product where it has been.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{self, Read, Seek, Write},
    net::SocketAddr,
    path::{Path, PathBuf},
};

use mcpproxy_domain::identity;
use mcpproxy_ipc_proto::endpoint::Endpoint;
use serde::{Deserialize, Serialize};

use crate::StartError;

/// Held as long as the core runs; the system releases it even when the process is killed.
#[derive(Debug)]
pub(crate) struct Lock {
    file: File,
    /// The other make takes the same lock on its database, so neither can serve the folder beside the other.
    _foreign: Option<File>,
}

/// What the lock file says of its holder.
#[derive(Debug, Serialize, Deserialize)]
struct Holder {
    pid: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<SocketAddr>,
    /// Where it is reached by the programs beside it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    endpoint: Option<String>,
}

impl Lock {
    /// Takes the folder.
    pub(crate) fn take(folder: &Path) -> Result<Self, StartError> {
        let path = folder.join(identity::LOCK_FILE);
        let system = |source| StartError::System { what: "locking the data folder", source };
        let mut file = open(&path).map_err(system)?;
        if !try_lock(&file).map_err(system)? {
            let holder = holder(&mut file);
            let endpoint = holder.as_ref().and_then(|holder| Endpoint::parse(holder.endpoint.as_deref()?).ok());
            return Err(StartError::Locked { path: folder.to_owned(), holder: told(holder.as_ref()), endpoint });
        }
        let foreign = folder.join(identity::FOREIGN_DATABASE);
        let foreign = foreign.exists().then(|| File::open(&foreign)).transpose().map_err(system)?;
        if let Some(foreign) = &foreign
            && !try_lock(foreign).map_err(system)?
        {
            let holder = format!("another program that holds {}", identity::FOREIGN_DATABASE);
            return Err(StartError::Locked { path: folder.to_owned(), holder, endpoint: None });
        }
        let mut lock = Self { file, _foreign: foreign };
        lock.tell(None, None)?;
        Ok(lock)
    }

    /// Writes down where the core is reached, for those who find the folder taken.
    pub(crate) fn tell(&mut self, address: Option<SocketAddr>, endpoint: Option<&Endpoint>) -> Result<(), StartError> {
        let holder = Holder { pid: std::process::id(), address, endpoint: endpoint.map(ToString::to_string) };
        self.write(&holder).map_err(|source| StartError::System { what: "writing the lock file", source })
    }

    fn write(&mut self, holder: &Holder) -> io::Result<()> {
        self.file.set_len(0)?;
        self.file.rewind()?;
        self.file.write_all(&serde_json::to_vec(holder)?)?;
        self.file.flush()
    }
}

fn open(path: &PathBuf) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)
}

fn try_lock(file: &File) -> io::Result<bool> {
    match file.try_lock() {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

fn holder(file: &mut File) -> Option<Holder> {
    let mut text = String::new();
    // on Windows a locked file cannot be read; then nobody is named
    file.read_to_string(&mut text).ok().and_then(|_| serde_json::from_str(&text).ok())
}

fn told(holder: Option<&Holder>) -> String {
    match holder {
        Some(Holder { pid, address: Some(address), .. }) => {
            format!("the core with process id {pid} at http://{address}")
        }
        Some(Holder { pid, address: None, endpoint: Some(_) }) => format!("the core with process id {pid}"),
        Some(Holder { pid, .. }) => format!("the core with process id {pid}, which is still starting"),
        None => "another core".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_has_one_core_and_is_free_when_it_ends() {
        let folder = tempfile::tempdir().unwrap();
        let mut lock = Lock::take(folder.path()).unwrap();
        let socket = Endpoint::parse("npipe:////./pipe/a").unwrap();
        lock.tell(Some(([127, 0, 0, 1], 8085).into()), Some(&socket)).unwrap();
        let refused = Lock::take(folder.path()).unwrap_err();
        let words = refused.to_string();
        assert!(words.contains("already served by"), "{words}");
        #[cfg(unix)]
        {
            assert!(words.contains(&format!("process id {} at http://127.0.0.1:8085", std::process::id())), "{words}");
            assert_eq!(refused.endpoint(), Some(&socket));
            for (told, pid) in [
                (r#"{"pid":7}"#, "process id 7"),
                (r#"{"pid":7,"endpoint":"ftp://a"}"#, "process id 7"),
                ("{", "another core"),
            ] {
                std::fs::write(folder.path().join(identity::LOCK_FILE), told).unwrap();
                let refused = Lock::take(folder.path()).unwrap_err();
                assert!(refused.to_string().contains(pid) && refused.endpoint().is_none(), "{told}: {refused}");
            }
        }
        drop(lock);
        Lock::take(folder.path()).unwrap();
    }

    #[test]
    fn a_folder_that_the_other_make_serves_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join(identity::FOREIGN_DATABASE);
        std::fs::write(&database, "theirs").unwrap();
        let theirs = File::open(&database).unwrap();
        theirs.lock().unwrap();
        assert!(Lock::take(folder.path()).unwrap_err().to_string().contains("config.db"));
        drop(theirs);
        Lock::take(folder.path()).unwrap();
        assert_eq!(std::fs::read_to_string(&database).unwrap(), "theirs");
    }
}
