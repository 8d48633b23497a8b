//! Sockets and pipes, and who is at the other end. Not here: frames, what follows the first byte.

use std::{io, path::Path, time::Duration};

use interprocess::local_socket::{
    ConnectOptions, GenericFilePath, ListenerOptions, Name, ToFsName as _,
    tokio::{Listener, Stream as LocalStream},
    traits::{StreamCommon as _, tokio::Listener as _},
};

use tokio::time::{Instant, sleep, timeout_at};

use crate::endpoint::Endpoint;

#[cfg(unix)]
mod unix;
#[cfg(unix)]
use unix as platform;
#[cfg(windows)]
mod windows;
#[cfg(windows)]
use windows as platform;

/// How long a connection may take to be made.
const DIAL: Duration = Duration::from_secs(1);
/// The pause before it is tried again where there was no room.
const PAUSE: Duration = Duration::from_millis(10);

/// A connection, either end of it.
pub type Stream = LocalStream;

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub enum TransportError {
    /// Nobody listens there.
    #[error("nobody answers at {endpoint}: {source}")]
    Absent {
        /// The address.
        endpoint: String,
        /// What the system says.
        source: io::Error,
    },
    /// Somebody already listens there.
    #[error("{endpoint} is in use by another program")]
    InUse {
        /// The address.
        endpoint: String,
    },
    /// The other end belongs to another user: whatever it says is not trusted.
    #[error("the program at the other end of {endpoint} belongs to another user")]
    Stranger {
        /// The address.
        endpoint: String,
    },
    /// The system refused.
    #[error("{endpoint} cannot be used: {source}")]
    Io {
        /// The address.
        endpoint: String,
        /// What the system says.
        source: io::Error,
    },
}

/// Connects, and makes sure that the other end is of the same user before a byte of it is read.
///
/// # Errors
/// [`TransportError`]
pub async fn connect(endpoint: &Endpoint) -> Result<Stream, TransportError> {
    let told = || endpoint.to_string();
    let failed = |source| TransportError::Io { endpoint: told(), source };
    let late = || io::Error::new(io::ErrorKind::TimedOut, "it takes no connections");
    let until = Instant::now() + DIAL;
    loop {
        let options = ConnectOptions::new().name(name(endpoint).map_err(failed)?);
        let stream = timeout_at(until, options.connect_tokio()).await.unwrap_or_else(|_| Err(late()));
        let stream = stream.map_err(|source| match source.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => {
                TransportError::Absent { endpoint: told(), source }
            }
            _ => failed(source),
        })?;
        match check_peer(&stream, endpoint) {
            // so many wait to be let in that this one was not even put into the queue
            Err(TransportError::Io { source, .. }) if platform::is_overrun(&source) => {
                if Instant::now() + PAUSE > until {
                    return Err(failed(late()));
                }
                sleep(PAUSE).await;
            }
            checked => return checked.map(|()| stream),
        }
    }
}

/// Makes sure that the other end of a connection is of the same user.
///
/// # Errors
/// [`TransportError::Stranger`], or the system does not say who it is.
pub fn check_peer(stream: &Stream, endpoint: &Endpoint) -> Result<(), TransportError> {
    let failed = |source| TransportError::Io { endpoint: endpoint.to_string(), source };
    let creds = stream.peer_creds().map_err(failed)?;
    if platform::is_of_this_user(&creds).map_err(failed)? {
        return Ok(());
    }
    Err(TransportError::Stranger { endpoint: endpoint.to_string() })
}

/// The listening end.
#[derive(Debug)]
pub struct Listening {
    listener: Listener,
    endpoint: Endpoint,
}

impl Listening {
    /// Takes the address, for this user only. To be called by whoever holds the lock of the data folder: a socket that
    /// nobody answers at is a leftover, and is removed.
    ///
    /// # Errors
    /// [`TransportError::InUse`] when somebody answers there, or what the system refuses.
    pub async fn take(endpoint: &Endpoint) -> Result<Self, TransportError> {
        let told = || endpoint.to_string();
        let failed = |source| TransportError::Io { endpoint: told(), source };
        if let Endpoint::Socket(path) = endpoint {
            match connect(endpoint).await {
                Ok(_) | Err(TransportError::Stranger { .. }) => {
                    return Err(TransportError::InUse { endpoint: told() });
                }
                Err(TransportError::Absent { .. }) => remove_leftover(path).map_err(failed)?,
                Err(other) => return Err(other),
            }
        }
        let options = ListenerOptions::new().name(name(endpoint).map_err(failed)?);
        let listener =
            platform::guarded(options).map_err(failed)?.create_tokio().map_err(|source| match source.kind() {
                io::ErrorKind::AddrInUse | io::ErrorKind::PermissionDenied if matches!(endpoint, Endpoint::Pipe(_)) => {
                    TransportError::InUse { endpoint: told() }
                }
                _ => failed(source),
            })?;
        if let Endpoint::Socket(path) = endpoint {
            platform::make_private(path).map_err(failed)?;
        }
        Ok(Self { listener, endpoint: endpoint.clone() })
    }

    /// The next connection. One of another user is dropped, and the listener goes on.
    ///
    /// # Errors
    /// What the system says about accepting; the listener may be asked again.
    pub async fn accept(&self) -> Result<Stream, TransportError> {
        let stream = self
            .listener
            .accept()
            .await
            .map_err(|source| TransportError::Io { endpoint: self.endpoint.to_string(), source })?;
        check_peer(&stream, &self.endpoint)?;
        Ok(stream)
    }

    /// The address.
    #[must_use]
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }
}

fn name(endpoint: &Endpoint) -> io::Result<Name<'_>> {
    match endpoint {
        Endpoint::Socket(path) => path.as_path().to_fs_name::<GenericFilePath>(),
        Endpoint::Pipe(pipe) => pipe.as_str().to_fs_name::<GenericFilePath>(),
    }
}

/// Removes what a killed core left; only a socket, whatever else may stand there.
fn remove_leftover(path: &Path) -> io::Result<()> {
    match std::fs::symlink_metadata(path) {
        Ok(found) if platform::is_socket(&found) => std::fs::remove_file(path),
        Ok(_) => Err(io::Error::new(io::ErrorKind::AlreadyExists, "a file that is no socket stands there; remove it")),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    #[tokio::test]
    async fn a_leftover_is_replaced_a_living_socket_and_a_file_are_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s.sock");
        let endpoint = Endpoint::Socket(path.clone());
        assert!(matches!(connect(&endpoint).await, Err(TransportError::Absent { .. })));
        // a socket that nobody listens at, as a killed process leaves it
        drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
        assert!(matches!(connect(&endpoint).await, Err(TransportError::Absent { .. })));
        let listening = Listening::take(&endpoint).await.unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(matches!(Listening::take(&endpoint).await, Err(TransportError::InUse { .. })));
        let (client, server) = tokio::join!(connect(&endpoint), listening.accept());
        let (mut client, mut server) = (client.unwrap(), server.unwrap());
        client.write_all(b"x").await.unwrap();
        // the attempt to take the address a second time was a connection too
        let mut byte = [0; 1];
        if server.read(&mut byte).await.unwrap() == 0 {
            server = listening.accept().await.unwrap();
            server.read_exact(&mut byte).await.unwrap();
        }
        assert_eq!(&byte, b"x");
        drop(listening);
        assert!(!path.exists(), "the socket goes with its listener");
        std::fs::write(&path, "precious").unwrap();
        assert!(Listening::take(&endpoint).await.is_err());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "precious");
    }
}
