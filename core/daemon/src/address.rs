//! The address to listen on: the one that was chosen, or the first free one of ours, which is then written down.

use std::net::SocketAddr;

use mcpproxy_config::{Config, ConfigPatch, Listen, store};
use mcpproxy_domain::identity;
use mcpproxy_edge::{BindError, bind};
use tokio::net::TcpListener;

use crate::{Options, StartError};

/// Takes the address. A chosen one that is taken is an error; one that nobody chose is looked for and then kept, in the
/// file and in `config`.
pub(crate) async fn take(config: &mut Config, options: &Options) -> Result<TcpListener, StartError> {
    if config.listen.chosen {
        return Ok(bind(&config.listen.host, config.listen.port).await?);
    }
    let mut taken = None;
    for port in identity::DEFAULT_PORTS {
        match bind(identity::DEFAULT_HOST, port).await {
            Ok(listener) => {
                keep(config, options, port).await;
                return Ok(listener);
            }
            Err(error @ BindError::InUse { .. }) => taken = taken.or(Some(error)),
            Err(error) => return Err(error.into()),
        }
    }
    Err(taken.map_or_else(
        || StartError::System { what: "looking for a free port", source: std::io::ErrorKind::AddrInUse.into() },
        StartError::from,
    ))
}

/// The address that was taken, with the port that the system chose where it was asked to.
pub(crate) fn of(listener: &TcpListener) -> Result<SocketAddr, StartError> {
    listener.local_addr().map_err(|source| StartError::System { what: "reading the own address", source })
}

/// Writes the address down. A file that cannot be written only means that the next start looks again.
async fn keep(config: &mut Config, options: &Options, port: u16) {
    let listen = Listen { host: identity::DEFAULT_HOST.to_owned(), port, chosen: true };
    let (path, address) = (config.config_path.clone(), listen.to_string());
    let Options { flags, env, .. } = options.clone();
    let written = tokio::task::spawn_blocking(move || {
        if path.exists() {
            store::change(&path, &env, &flags, &ConfigPatch::new().set("listen", address)).map(drop)
        } else {
            store::create_default(&path, Some(&address))
        }
    });
    match written.await {
        Ok(Ok(())) => config.listen = listen,
        Ok(Err(error)) => tracing::warn!("the address could not be written into the settings: {error}"),
        Err(error) => tracing::warn!("the address could not be written into the settings: {error}"),
    }
}
