//! Builds the core: each room gets what it needs and nothing more.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use mcpproxy_config::{Config, Env, Flags, RoutingMode, load, locate, store};
use mcpproxy_domain::{
    identity,
    phase::{Event, Phase},
    server::lifecycle::Policy,
};
use mcpproxy_edge::{Access, EdgeSettings, Limits, Routes, serve};
use mcpproxy_isolation::{Spawner, leftovers};
use mcpproxy_logs::{Guard, Redactor};
use mcpproxy_management::Management;
use mcpproxy_runtime::Runtime;
use mcpproxy_server::{McpFace, Mode, Settings as McpSettings};
use mcpproxy_task::Scope;
use tokio::sync::watch;

use crate::{StartError, address, folder, identity_files, lock::Lock, memory, settings, signals::Signals};

/// How the core is started.
#[derive(Clone, Debug)]
pub struct Options {
    /// What the command line says.
    pub flags: Flags,
    /// What the environment says.
    pub env: Env,
    /// Whether log lines go to stderr too.
    pub console: bool,
}

/// A core that listens.
pub struct Running {
    /// Where it listens.
    pub address: SocketAddr,
    /// Everything that can be asked of it.
    pub management: Management,
    /// Its views.
    pub runtime: Runtime,
    pub(crate) face: McpFace,
    pub(crate) phase: watch::Sender<Phase>,
    pub(crate) reload: Reload,
    pub(crate) signals: Signals,
    /// The accept loop and its connections.
    pub(crate) edge: Scope,
    /// The supervisor and the servers.
    pub(crate) fleet: Scope,
    pub(crate) instance: String,
    pub(crate) logs: Guard,
    pub(crate) lock: Lock,
}

/// What it takes to read the settings again.
pub(crate) struct Reload {
    pub(crate) options: Options,
    pub(crate) config: watch::Sender<Arc<Config>>,
    pub(crate) edge: watch::Sender<Arc<EdgeSettings>>,
    pub(crate) redactor: Redactor,
}

/// Starts the core. When this returns it listens; its servers are on their way up.
///
/// # Errors
/// Says what stands in the way; nothing is left running then.
pub async fn start(options: Options) -> Result<Running, StartError> {
    let begun = std::time::Instant::now();
    let signals = Signals::listen().map_err(|source| StartError::System { what: "listening for signals", source })?;
    let location = locate(&options.flags, &options.env);
    let resolved = load(&location.config_path, &options.env, &options.flags)?;
    let config = Arc::new(resolved.config);
    let was_open = folder::prepare(&config.data_dir)?;
    let mut lock = Lock::take(&config.data_dir)?;
    let redactor = Redactor::new();
    redactor.add_all(settings::known_secrets(&config).iter());
    let logs = mcpproxy_logs::init(&settings::logs(&config, options.console), &redactor)?;
    if was_open {
        tracing::warn!(folder = ?config.data_dir, "others could look into the data folder; its permissions are now 0700");
    }
    for warning in &resolved.warnings {
        tracing::warn!(path = %warning.path, "{warning}");
    }
    if let Some(copy) = store::adopt(&config.config_path, &config.data_dir)? {
        tracing::info!(?copy, "the settings of another program were copied before their first use here");
    }
    let instance = identity_files::instance(&config.data_dir)?;
    let signer = identity_files::signer(&config.data_dir)?;
    let listener = address::take(&config).await?;
    let address =
        listener.local_addr().map_err(|source| StartError::System { what: "reading the own address", source })?;
    lock.tell(Some(address)).map_err(|source| StartError::System { what: "writing the lock file", source })?;

    let (fleet, edge) = (Scope::new(), Scope::new());
    let (config_sender, config_view) = watch::channel(Arc::clone(&config));
    let (edge_sender, edge_view) = watch::channel(Arc::new(settings::edge(&config)));
    let spawner = Spawner::start(tokio::runtime::Handle::current(), &instance)?;
    let surroundings = settings::surroundings(&config, &options.env, spawner, &redactor)?;
    let runtime =
        Runtime::start(config_view.clone(), surroundings, Policy::default(), &fleet, sweep(instance.clone()))?;
    memory::give_back(runtime.indexed.clone(), &fleet);
    let management = Management::new(&runtime, config_view);
    let search = McpFace::new(management.clone(), signer, McpSettings::default(), Mode::Search);
    let direct = search.beside(Mode::Direct);

    let phase = watch::Sender::new(Phase::Starting);
    let is_ready = phase.subscribe();
    let usual = match config.routing_mode {
        RoutingMode::RetrieveTools => &search,
        RoutingMode::Direct => &direct,
    };
    let routes = Routes::new()
        .health(move || *is_ready.borrow() == Phase::Ready)
        .exact("/mcp", Access::Checked, Arc::new(usual.clone()))
        .exact("/mcp/", Access::Checked, Arc::new(usual.clone()))
        .exact("/mcp/call", Access::Checked, Arc::new(search.clone()))
        .exact("/mcp/call/", Access::Checked, Arc::new(search.clone()))
        .exact("/mcp/all", Access::Checked, Arc::new(direct.clone()))
        .exact("/mcp/all/", Access::Checked, Arc::new(direct));
    serve(listener, routes, edge_view, Limits::default(), &edge);
    phase.send_modify(|phase| *phase = phase.step(Event::Listening, Duration::ZERO).0);
    tracing::info!(
        version = identity::VERSION,
        url = %format!("http://{address}/mcp"),
        settings = %config.config_path.display(),
        servers = config.servers.len(),
        took = ?begun.elapsed(),
        "listening"
    );
    let reload = Reload { options, config: config_sender, edge: edge_sender, redactor };
    Ok(Running {
        address,
        management,
        runtime,
        face: search,
        phase,
        reload,
        signals,
        edge,
        fleet,
        instance,
        logs,
        lock,
    })
}

/// Ends what an earlier core of this folder left behind when it was killed.
pub(crate) async fn sweep(instance: String) {
    let swept = tokio::task::spawn_blocking(move || leftovers::sweep(&instance, leftovers::PATIENCE)).await;
    if let Ok(pids) = swept
        && !pids.is_empty()
    {
        tracing::warn!(?pids, "processes that were left behind are ended");
    }
}

impl Reload {
    /// Reads the settings again. Faults are told and cost nothing: the core goes on with what it has.
    pub(crate) fn again(&self) {
        let Options { flags, env, .. } = &self.options;
        let now = Arc::clone(&self.config.borrow());
        match load(&now.config_path, env, flags) {
            Ok(resolved) => {
                for warning in &resolved.warnings {
                    tracing::warn!(path = %warning.path, "{warning}");
                }
                let config = resolved.config;
                self.redactor.add_all(settings::known_secrets(&config).iter());
                // an address that nobody had chosen has been written into the file since
                let moved = now.listen.chosen && config.listen != now.listen;
                if moved
                    || config.data_dir != now.data_dir
                    || config.logging != now.logging
                    || config.environment != now.environment
                    || config.routing_mode != now.routing_mode
                {
                    tracing::warn!(
                        "listen, data_dir, logging, environment and routing_mode change with the next start"
                    );
                }
                self.edge.send_replace(Arc::new(settings::edge(&config)));
                self.config.send_replace(Arc::new(config));
                tracing::info!("the settings are read again");
            }
            Err(error) => tracing::error!("the settings are not taken over, the running ones stay: {error}"),
        }
    }
}
