//! What can be said and done while no core runs: the servers as the settings file has them, and changes of that file.
//! A core that starts later follows it. Not here: changes while a core runs, which are its own to make.

use std::path::PathBuf;

use mcpproxy_config::{Config, ConfigPatch, store::change_checked};
use mcpproxy_domain::{Code, ServerSpec};
use mcpproxy_ipc_proto::view::{Action, AdminState, BulkItem, BulkResult, Level, ServerList, ServerStats, ServerView};
use mcpproxy_logs::{Platform, directory};
use mcpproxy_management::{guard::gates, nearest, servers::view};
use mcpproxy_upstream::Snapshot;

use crate::{context::Context, exit::Failure};

/// What stands in the place of a server's state.
pub(crate) const NOT_RUNNING: &str = "Daemon not running";

/// The servers as the settings file has them.
pub(crate) fn list(config: &Config) -> ServerList {
    let mut servers: Vec<ServerView> = config.servers.iter().map(seen).collect();
    servers.sort_by(|one, other| one.name.cmp(&other.name));
    let stats = ServerStats {
        total_servers: servers.len(),
        quarantined_servers: servers.iter().filter(|server| server.quarantined).count(),
        ..ServerStats::default()
    };
    ServerList { servers, stats }
}

/// One server of the settings.
///
/// # Errors
/// There is none of that name.
pub(crate) fn find(config: &Config, name: &str) -> Result<ServerView, Failure> {
    config.servers.iter().find(|spec| spec.name.as_str() == name).map(seen).ok_or_else(|| unknown(config, name))
}

/// Changes the settings file.
///
/// # Errors
/// The change does not fit, the result would have faults, or the file cannot be written.
pub(crate) fn write(context: &Context, patch: &ConfigPatch) -> Result<(), Failure> {
    let location = context.location()?;
    // whoever may write the file may approve; what the settings forbid is forbidden here too
    let check = |before: Option<&Config>, after: &Config| before.map_or(Ok(()), |before| gates(before, after));
    change_checked(&location.config_path, &context.env, &context.flags, patch, &check)?;
    context.verbosely(&format!("changed: {}", location.config_path.display()));
    Ok(())
}

/// Sets a key of several servers; `None` for the names = all of them.
///
/// # Errors
/// The settings cannot be read or written. A server that is not there is told in the result.
pub(crate) fn set(
    context: &Context,
    names: Option<Vec<String>>,
    key: &str,
    value: bool,
) -> Result<BulkResult, Failure> {
    let config = context.config()?;
    let names = names.unwrap_or_else(|| config.servers.iter().map(|spec| spec.name.to_string()).collect());
    let mut result = BulkResult { total: names.len(), ..BulkResult::default() };
    let mut patch = ConfigPatch::new();
    for name in names {
        let found = find(&config, &name);
        let is_so = |server: &ServerView| if key == "enabled" { server.enabled } else { server.quarantined };
        let changed = found.as_ref().is_ok_and(|server| is_so(server) != value);
        if changed {
            patch = patch.set_server(&name, key, value);
        }
        let failure = found.err();
        result.successful += usize::from(failure.is_none());
        result.failed += usize::from(failure.is_some());
        if let Some(failure) = &failure {
            result.errors.insert(name.clone(), failure.message.clone());
        }
        let (code, error) = failure.map(|failure| (failure.code.into_owned(), failure.message)).unzip();
        result.items.push(BulkItem { server: name, success: error.is_none(), changed, code, error });
    }
    if !patch.is_empty() {
        write(context, &patch)?;
    }
    Ok(result)
}

/// The folder of the logs.
pub(crate) fn log_directory(config: &Config) -> PathBuf {
    let explicit = config.logging.directory.as_deref();
    let env = |name: &str| std::env::var_os(name);
    directory(explicit, &config.data_dir, config.data_dir_is_default, Platform::here(), &env)
}

/// A server that is not configured, with the names that are close to it.
pub(crate) fn unknown(config: &Config, name: &str) -> Failure {
    let names: Vec<&str> = config.servers.iter().map(|spec| spec.name.as_str()).collect();
    let close = nearest(name, names.iter().copied());
    let hint = match (close.first(), names.is_empty()) {
        (Some(close), _) => format!("did you mean {close}?"),
        (None, true) => "there are no servers yet".to_owned(),
        (None, false) => format!("the configured servers are: {}", names.join(", ")),
    };
    let message = format!("no server named {name} is configured in {}", config.config_path.display());
    Failure::new(Code::ServerNotFound, message, hint)
}

fn seen(spec: &std::sync::Arc<ServerSpec>) -> ServerView {
    let spec: &std::sync::Arc<ServerSpec> = spec;
    let mut seen = view(&Snapshot::of(std::sync::Arc::clone(spec)), false);
    if seen.health.admin_state == AdminState::Enabled {
        seen.health.level = Level::Healthy;
        seen.health.summary = NOT_RUNNING.to_owned();
        seen.health.detail = String::new();
        seen.health.action = Action::None;
    }
    seen
}
