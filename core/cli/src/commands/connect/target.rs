//! Where clients are led: the address of the core that runs, or the one that it will have.

use mcpproxy_clients::Target;
use mcpproxy_config::Config;
use mcpproxy_domain::Code;
use mcpproxy_ipc_proto::call::{GetInfo, ListServers};

use crate::{
    client::Core, commands::ask::unless_interrupted, context::Context, exit::Failure, launch::ensure_running,
    output::note,
};

/// The target for looking only: where no address is chosen yet, the first that would be tried.
///
/// # Errors
/// The settings cannot be used.
pub(super) async fn likely(context: &Context, name: &str) -> Result<Target, Failure> {
    let core = Core::find(context).await?;
    target(context, core, name).await
}

/// The target for connecting. An address that nobody has chosen is known once the core has run, so it is started then.
///
/// # Errors
/// The settings cannot be used, or no core runs and none may be started.
pub(super) async fn known(context: &Context, name: &str) -> Result<Target, Failure> {
    let core = match Core::find(context).await? {
        None if !is_fixed(&context.config()?) => {
            note("the address that clients are led to is chosen when the core starts for the first time");
            Some(unless_interrupted(ensure_running(context)).await?)
        }
        core => core,
    };
    target(context, core, name).await
}

/// What comes after connecting.
///
/// # Errors
/// The settings cannot be used.
pub(super) async fn next(context: &Context) -> Result<(), Failure> {
    let (is_live, servers) = match Core::find(context).await? {
        Some(core) => (true, core.ask(&ListServers {}).await?.servers.len()),
        None => (false, context.config()?.servers.len()),
    };
    match (servers, is_live) {
        (0, _) => note(
            "there are no servers yet; next: mcpproxy add npx -y @modelcontextprotocol/server-everything, or any other",
        ),
        (_, false) => note("no core is running; next: mcpproxy serve"),
        (_, true) => {}
    }
    Ok(())
}

fn is_fixed(config: &Config) -> bool {
    config.listen.chosen && config.listen.port != 0
}

async fn target(context: &Context, core: Option<Core>, name: &str) -> Result<Target, Failure> {
    let config = context.config()?;
    let (url, needs_key) = match &core {
        Some(core) => {
            let endpoints = core.ask(&GetInfo {}).await?.endpoints;
            (endpoints.mcp, endpoints.requires_key)
        }
        None => (Target::address(&config.listen.to_string(), false), config.require_mcp_auth),
    };
    if url.is_empty() {
        let message = "the core that runs has no address for clients: it speaks over its standard streams";
        return Err(Failure::new(Code::Unsupported, message, "stop it, and start it with --listen 127.0.0.1:8080"));
    }
    if needs_key && config.api_key.is_none() {
        let message = "clients need the API key, and it is not in the settings";
        return Err(Failure::new(Code::ConfigInvalid, message, "set it where this command runs too: MCPPROXY_API_KEY"));
    }
    let binary = std::env::current_exe()
        .map_err(|error| Failure::internal(format!("the path of this program is not known: {error}")))?;
    let data_dir = (!config.data_dir_is_default).then_some(config.data_dir.as_path());
    let bridge = Target::bridge(context.flags.config.as_deref(), data_dir);
    let api_key = config.api_key.filter(|_| needs_key);
    Ok(Target { url, api_key, binary, bridge, name: name.to_owned() })
}
