//! Opening the port, and saying who has it when it is taken.
//!
//! Not here: which port to try (settings), and the exit code of a failure (`cli`).

use std::{
    io,
    net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener as PlainListener},
};

use tokio::net::{TcpListener, TcpSocket};

use crate::holder::holder;

/// How many connections may wait to be accepted.
const BACKLOG: u32 = 1024;
/// How many ports above a taken one are tried for a proposal.
const PROPOSALS: u16 = 100;

/// Why a port could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// The port is taken.
    #[error("{}", in_use(*addr, holder.as_deref(), *free))]
    InUse {
        /// The address that was asked for.
        addr: SocketAddr,
        /// Who has it, as `name (pid 1)`, where the system tells.
        holder: Option<String>,
        /// The next port that was free when looked at.
        free: Option<u16>,
    },
    /// The system does not let us.
    #[error("no permission to listen on {addr}: choose another port with --listen, above 1023")]
    Denied {
        /// The address that was asked for.
        addr: SocketAddr,
    },
    /// The address belongs to no interface of this machine.
    #[error("{addr} is not an address of this machine: choose one that is with --listen, 127.0.0.1 for instance")]
    NotHere {
        /// The address that was asked for.
        addr: SocketAddr,
    },
    /// The name of the host stands for no address.
    #[error("the host {host} of the address to listen on is not known: give an address, 127.0.0.1 for instance")]
    UnknownHost {
        /// The host that was asked for.
        host: String,
        /// What the look-up said.
        #[source]
        source: io::Error,
    },
    /// Anything else that the system said.
    #[error("cannot listen on {addr}: choose another address with --listen")]
    Failed {
        /// The address that was asked for.
        addr: SocketAddr,
        /// What the system said.
        #[source]
        source: io::Error,
    },
}

/// Opens a TCP port. `host` is a name or an address, an IPv6 one with or without brackets; empty means all addresses.
/// Port 0 lets the system choose.
///
/// # Errors
/// The port is taken or may not be opened, or the host is none of this machine's.
pub async fn bind(host: &str, port: u16) -> Result<TcpListener, BindError> {
    let mut failure = None;
    for addr in resolve(host, port).await? {
        match listen(addr) {
            Ok(listener) => return Ok(listener),
            // the same name on another address would leave clients at the door of whoever is here
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
                return Err(BindError::InUse { addr, holder: holder(addr), free: free_port(addr) });
            }
            Err(error) => {
                failure.get_or_insert((addr, error));
            }
        }
    }
    Err(match failure {
        None => BindError::UnknownHost { host: host.to_owned(), source: io::ErrorKind::NotFound.into() },
        Some((addr, source)) => match source.kind() {
            io::ErrorKind::PermissionDenied => BindError::Denied { addr },
            io::ErrorKind::AddrNotAvailable => BindError::NotHere { addr },
            _ => BindError::Failed { addr, source },
        },
    })
}

/// The addresses of a host, IPv4 first: that is what `localhost` means to most clients.
async fn resolve(host: &str, port: u16) -> Result<Vec<SocketAddr>, BindError> {
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    if bare.is_empty() {
        return Ok(vec![SocketAddr::from((Ipv4Addr::UNSPECIFIED, port))]);
    }
    if let Ok(address) = bare.parse::<IpAddr>() {
        return Ok(vec![SocketAddr::from((address, port))]);
    }
    let found = tokio::net::lookup_host((bare, port)).await;
    let mut addresses: Vec<_> =
        found.map_err(|source| BindError::UnknownHost { host: host.to_owned(), source })?.collect();
    addresses.sort_by_key(SocketAddr::is_ipv6);
    Ok(addresses)
}

fn listen(addr: SocketAddr) -> io::Result<TcpListener> {
    let socket = if addr.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // elsewhere than on Unix this would let two programs share the port
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.bind(addr)?;
    socket.listen(BACKLOG)
}

fn free_port(addr: SocketAddr) -> Option<u16> {
    let first = addr.port().checked_add(1)?;
    (first..=addr.port().saturating_add(PROPOSALS)).find(|port| PlainListener::bind((addr.ip(), *port)).is_ok())
}

fn in_use(addr: SocketAddr, holder: Option<&str>, free: Option<u16>) -> String {
    let by = holder.unwrap_or("another program");
    match free {
        Some(port) => {
            let free = SocketAddr::new(addr.ip(), port);
            format!("{addr} is in use by {by}: stop it, or use the free port {port} with --listen {free}")
        }
        None => format!("{addr} is in use by {by}: stop it, or choose another port with --listen"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_taken_port_names_its_holder_and_a_free_one() {
        for host in ["127.0.0.1", "localhost", ""] {
            let listener = bind(host, 0).await.unwrap();
            let taken = listener.local_addr().unwrap();
            let error = bind("127.0.0.1", taken.port()).await.unwrap_err();
            let text = error.to_string();
            let BindError::InUse { addr, holder, free } = error else { panic!("{error}") };
            assert_eq!(addr.port(), taken.port());
            assert!(text.contains(&addr.to_string()), "{text}");
            if let Some(free) = free {
                assert!(free > taken.port() && text.contains(&format!("127.0.0.1:{free}")), "{text}");
            }
            if cfg!(target_os = "linux") {
                let holder = holder.unwrap();
                assert!(holder.ends_with(&format!("(pid {})", std::process::id())), "{holder}");
                assert!(text.contains(&holder), "{text}");
            }
        }
    }

    #[tokio::test]
    async fn an_address_of_another_machine_is_told_apart() {
        // an address that is set aside for documentation
        assert!(matches!(bind("192.0.2.1", 0).await, Err(BindError::NotHere { .. })));
    }
}
