//! The socket or pipe for the programs beside the core. Without one the core still serves: clients reach it over TCP.

use mcpproxy_config::{Config, Env};
use mcpproxy_ipc_proto::{
    endpoint::{Endpoint, EndpointError, Given},
    transport::Listening,
};

/// The address of the socket, by the rule that the programs beside the core follow too.
///
/// # Errors
/// The address that was named is none, or its path is too long.
pub fn endpoint(config: &Config, env: &Env) -> Result<Endpoint, EndpointError> {
    let variable = |name| env.variable(name).map(str::to_owned);
    Endpoint::resolve(&Given {
        flag: config.socket.endpoint.clone(),
        variable: variable("MCPPROXY_TRAY_ENDPOINT"),
        data_dir: config.data_dir.clone(),
        data_dir_is_default: config.data_dir_is_default,
        user: variable("USERNAME").unwrap_or_default(),
    })
}

/// Takes the socket, if the settings want one. Whatever stands in its way is told, and the core goes on without.
pub(crate) async fn take(config: &Config, env: &Env) -> Option<Listening> {
    if !config.socket.enabled {
        return None;
    }
    let taken = match endpoint(config, env) {
        Ok(endpoint) => Listening::take(&endpoint).await.map_err(|error| error.to_string()),
        Err(error) => Err(error.to_string()),
    };
    taken
        .inspect_err(|error| {
            tracing::warn!(
                "the core runs without its socket, so the command line and the tray do not reach it: {error}"
            );
        })
        .ok()
}

/// Who started the core, as far as that is known.
pub(crate) fn launched_by(env: &Env) -> String {
    let said = env.variable("MCPPROXY_LAUNCHED_BY").unwrap_or_default().trim().to_ascii_lowercase();
    if ["tray", "installer"].contains(&said.as_str()) { said } else { String::new() }
}
