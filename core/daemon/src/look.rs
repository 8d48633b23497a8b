//! A look at one server without a running core: started by itself, asked for its tools, stopped.

use std::time::Duration;

use mcpproxy_config::{Config, Env, Flags, load, locate};
use mcpproxy_domain::{Code, ServerSpec};
use mcpproxy_ipc_proto::view::Probe;
use mcpproxy_isolation::Spawner;
use mcpproxy_logs::Redactor;
use mcpproxy_management::servers::told;
use mcpproxy_task::Scope;
use mcpproxy_upstream::{Failure, probe};

use crate::{StartError, identity_files, settings, start::sweep};

/// How long a look that is given up may take to end its server in order. Where leftovers can be found they are swept then;
/// elsewhere nobody else would end them.
const CLOSING: Duration = Duration::from_secs(if cfg!(target_os = "linux") { 3 } else { 30 });

/// Why there is nothing to see.
#[derive(Debug)]
pub struct LookError {
    /// The kind.
    pub code: Code,
    /// What happened.
    pub message: String,
    /// What to do.
    pub hint: String,
}

impl From<StartError> for LookError {
    fn from(error: StartError) -> Self {
        Self { code: error.code(), hint: error.hint(), message: error.to_string() }
    }
}

/// Starts a server of the settings and lists its tools, all within `patience`. One that waits for approval is not started.
///
/// Ends its server also when it takes too long or is interrupted by Ctrl-C, but not when it is dropped.
///
/// # Errors
/// Says what is wrong with the settings or with the server, with its last words.
pub async fn look(flags: &Flags, env: &Env, server: &str, patience: Duration) -> Result<Probe, LookError> {
    let config = settings_of(flags, env)?;
    let spec = config.servers.iter().find(|spec| spec.name.as_str() == server).ok_or_else(|| LookError {
        code: Code::ServerNotFound,
        message: format!("no server named {server} is configured in {}", config.config_path.display()),
        hint: format!("the configured servers are: {}", names(&config.servers)),
    })?;
    if spec.quarantined {
        return Err(LookError {
            code: Code::ServerQuarantined,
            message: format!("the server {server} waits for approval, and looking at its tools would run its code"),
            hint: "review its command, then set \"quarantined\": false for it".to_owned(),
        });
    }
    open(&config, env, spec, patience).await
}

/// Starts a server that need not be in the settings, and lists its tools. Whoever asks has been told that this runs its
/// code: what its description says about approval does not count.
///
/// # Errors
/// As [`look`].
pub async fn look_at(flags: &Flags, env: &Env, spec: &ServerSpec, patience: Duration) -> Result<Probe, LookError> {
    open(&settings_of(flags, env)?, env, spec, patience).await
}

fn settings_of(flags: &Flags, env: &Env) -> Result<Config, LookError> {
    let location = locate(flags, env);
    Ok(load(&location.config_path, env, flags).map_err(StartError::from)?.config)
}

async fn open(config: &Config, env: &Env, spec: &ServerSpec, patience: Duration) -> Result<Probe, LookError> {
    crate::folder::prepare(&config.data_dir)?;
    let mark = own_mark(&identity_files::instance(&config.data_dir)?)?;
    let redactor = Redactor::new();
    redactor.add_all(settings::known_secrets(config).iter());
    let spawner = Spawner::start(tokio::runtime::Handle::current(), &mark).map_err(StartError::from)?;
    let surroundings = settings::surroundings(config, env, spawner, &redactor).map_err(StartError::from)?;
    let scope = Scope::new();
    let looked = tokio::select! {
        report = probe::look(spec, &surroundings, &scope) => Ok(report),
        _ = tokio::signal::ctrl_c() => Err(LookError {
            code: Code::Cancelled,
            message: format!("looking at {} was interrupted", spec.name),
            hint: String::new(),
        }),
        () = tokio::time::sleep(patience) => Err(LookError {
            code: Code::Timeout,
            message: format!("the server {} did not list its tools within {} s", spec.name, patience.as_secs()),
            hint: "wait longer with --timeout, or read its log".to_owned(),
        }),
    };
    // what was given up still closes its server
    let _ = scope.drain(CLOSING).await;
    sweep(mark).await;
    let report = looked?.map_err(|Failure { code, detail }| LookError {
        code,
        message: format!("the server {} does not work: {detail}", spec.name),
        hint: format!("its log is in {}", settings::log_directory(config).display()),
    })?;
    Ok(told(&report))
}

/// The mark of what this look starts, and of nothing else: neither a core that serves the folder nor another look must
/// take it for a leftover.
fn own_mark(instance: &str) -> Result<String, StartError> {
    let mut random = [0; 8];
    getrandom::fill(&mut random).map_err(|error| StartError::System {
        what: "making a mark for the server's processes",
        source: std::io::Error::other(error),
    })?;
    Ok(format!("{instance}-look-{}-{:016x}", std::process::id(), u64::from_ne_bytes(random)))
}

fn names(servers: &[std::sync::Arc<ServerSpec>]) -> String {
    if servers.is_empty() {
        return "none".to_owned();
    }
    servers.iter().map(|spec| spec.name.as_str()).collect::<Vec<_>>().join(", ")
}
