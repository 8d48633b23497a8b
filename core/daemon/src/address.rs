//! The address to listen on: the one that was chosen, or the first free one of ours, which is then written down.

use mcpproxy_config::{Config, store};
use mcpproxy_domain::identity;
use mcpproxy_edge::{BindError, bind};
use tokio::net::TcpListener;

use crate::StartError;

/// Takes the address. A chosen one that is taken is an error; one that nobody chose is looked for and then kept.
pub(crate) async fn take(config: &Config) -> Result<TcpListener, StartError> {
    if config.listen.chosen {
        return Ok(bind(&config.listen.host, config.listen.port).await?);
    }
    let mut taken = None;
    for port in identity::DEFAULT_PORTS {
        match bind(identity::DEFAULT_HOST, port).await {
            Ok(listener) => {
                keep(config, port).await;
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

/// Writes the address down. A file that cannot be written only means that the next start looks again.
async fn keep(config: &Config, port: u16) {
    let (path, address) = (config.config_path.clone(), format!("{}:{port}", identity::DEFAULT_HOST));
    let written = tokio::task::spawn_blocking(move || {
        if path.exists() {
            store::patch(&path, &[("listen", address.into())])
        } else {
            store::create_default(&path, Some(&address))
        }
    });
    match written.await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::warn!("the address could not be written into the settings: {error}"),
        Err(error) => tracing::warn!("the address could not be written into the settings: {error}"),
    }
}
