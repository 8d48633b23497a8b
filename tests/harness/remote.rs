//! `server-everything` over HTTP, as a process of the test's own.

use std::{
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    process::{Child, Stdio},
};

use serde_json::{Value, json};

use crate::{Result, Trouble, peers, until};

/// How often another port is tried when somebody else was quicker.
const ATTEMPTS: usize = 5;

/// A server that listens. Dropped, it is killed.
#[derive(Debug)]
pub struct Remote {
    child: Child,
    path: &'static str,
    /// Where it listens.
    pub address: SocketAddr,
}

impl Remote {
    /// Starts it on a free port, to speak streamable HTTP.
    ///
    /// # Errors
    /// The set-up is missing, or it does not come to listen.
    pub fn start() -> Result<Self> {
        Self::start_as("streamableHttp", "/mcp")
    }

    /// Starts it on a free port, to speak the older HTTP+SSE.
    ///
    /// # Errors
    /// As for [`Remote::start`].
    pub fn start_older() -> Result<Self> {
        Self::start_as("sse", "/sse")
    }

    fn start_as(mode: &str, path: &'static str) -> Result<Self> {
        for _ in 0..ATTEMPTS {
            // it has to be told a port, so one is taken and given back
            let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|listener| listener.local_addr());
            let address = free.map_err(Trouble::with("no free port"))?;
            let mut command = peers::everything(mode)?.command();
            command.env("PORT", address.port().to_string());
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            let child = command.spawn().map_err(Trouble::with("server-everything could not be started"))?;
            let mut remote = Self { child, path, address };
            if remote.comes_up()? {
                return Ok(remote);
            }
        }
        Err(Trouble::new("server-everything found no free port"))
    }

    /// The server in the settings, approved.
    #[must_use]
    pub fn entry(&self, name: &str) -> Value {
        let url = format!("http://{}{}", self.address, self.path);
        json!({ "name": name, "url": url, "enabled": true, "quarantined": false })
    }

    fn comes_up(&mut self) -> Result<bool> {
        until("server-everything that listens", || {
            let ended = self.child.try_wait().map_err(Trouble::with("looking at server-everything"))?;
            Ok(if ended.is_some() { Some(false) } else { TcpStream::connect(self.address).ok().map(|_| true) })
        })
    }
}

impl Drop for Remote {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
