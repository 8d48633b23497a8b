//! Builds the core: each room gets what it needs and nothing more.

use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use mcpproxy_config::{Config, Env, Flags, RoutingMode, Settings, load, locate, store};
use mcpproxy_domain::{
    identity,
    phase::{Event, Phase},
    server::lifecycle::Policy,
};
use mcpproxy_edge::{Access, EdgeSettings, Limits, Routes, serve};
use mcpproxy_httpapi::{RestFaces, Settings as RestSettings};
use mcpproxy_ipc::Faces;
use mcpproxy_ipc_proto::transport::Listening;
use mcpproxy_isolation::{Spawner, leftovers};
use mcpproxy_logs::{Guard, Redactor};
use mcpproxy_management::{Management, core::CoreFacts};
use mcpproxy_runtime::Runtime;
use mcpproxy_server::{McpFace, Mode, ServerFaces, Settings as McpSettings};
use mcpproxy_task::Scope;
use mcpproxy_wire::session::SessionSigner;
use tokio::sync::{Notify, watch};

use crate::{StartError, address, folder, identity_files, key, lock::Lock, memory, settings, signals::Signals, socket};

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

/// A core that serves.
pub struct Running {
    /// Where it listens; `None` = on no port.
    pub address: Option<SocketAddr>,
    /// Everything that can be asked of it.
    pub management: Management,
    /// Its views.
    pub runtime: Runtime,
    /// Its settings, and how to change them.
    pub settings: Settings,
    pub(crate) routes: Routes,
    pub(crate) face: McpFace,
    pub(crate) phase: watch::Sender<Phase>,
    pub(crate) signals: Signals,
    /// Somebody asked it to stop.
    pub(crate) stop: Arc<Notify>,
    /// The accept loops and their connections.
    pub(crate) edge: Scope,
    /// The socket and its connections.
    pub(crate) beside: Scope,
    /// The supervisor and the servers.
    pub(crate) fleet: Scope,
    /// The owner of the settings. It ends last: whoever follows the settings ends with it.
    pub(crate) owner: Scope,
    pub(crate) instance: String,
    pub(crate) logs: Arc<Guard>,
    pub(crate) lock: Lock,
}

/// What everything else stands on: the settings, the folder, the lock, the logs.
struct Ground {
    config: Config,
    lock: Lock,
    redactor: Redactor,
    logs: Arc<Guard>,
    instance: String,
    signer: SessionSigner,
}

/// Starts the core. When this returns it listens; its servers are on their way up.
///
/// # Errors
/// Says what stands in the way; nothing is left running then.
pub async fn start(options: Options) -> Result<Running, StartError> {
    let begun = Instant::now();
    let signals = Signals::listen().map_err(|source| StartError::System { what: "listening for signals", source })?;
    let Ground { mut config, mut lock, redactor, logs, instance, signer } = ground(&options)?;
    let asked = Some(config.listen.to_string()).filter(|_| config.listen.chosen && config.listen.port != 0);
    let listener = if config.listen.is_off() { None } else { Some(address::take(&mut config, &options).await?) };
    key::ensure(&mut config, &options, &redactor).await;
    let address = listener.as_ref().map(address::of).transpose()?;
    let socket = socket::take(&config, &options.env).await;
    lock.tell(address, socket.as_ref().map(Listening::endpoint))?;

    let (fleet, edge, beside, owner) = (Scope::new(), Scope::new(), Scope::new(), Scope::new());
    let config = Arc::new(config);
    let (edge_sender, edge_view) = watch::channel(Arc::new(settings::edge(&config)));
    let spawner = Spawner::start(tokio::runtime::Handle::current(), &instance)?;
    let surroundings = settings::surroundings(&config, &options.env, spawner, &redactor)?;
    let before_publishing = take_over(redactor, Arc::clone(&logs), edge_sender);
    let (launched_by, places) = (socket::launched_by(&options.env), settings::places(&options.env));
    let bridge = settings::bridge(&config, &options.flags);
    let settings = Settings::start(Arc::clone(&config), options.env, options.flags, before_publishing, &owner);
    let runtime = Runtime::start(settings.config(), surroundings, Policy::default(), &fleet, sweep(instance.clone()));
    let runtime = runtime.inspect_err(|_| {
        owner.cancel();
        logs.flush();
    })?;
    memory::give_back(runtime.indexed.clone(), &fleet);
    let (phase, stop) = (watch::Sender::new(Phase::Starting), Arc::<Notify>::default());
    let facts = CoreFacts {
        begun,
        address,
        asked,
        socket: socket.as_ref().map(|socket| socket.endpoint().to_string()),
        launched_by,
        instance: instance.clone(),
        log_dir: settings::log_directory(&config),
        places,
        bridge,
        phase: phase.subscribe(),
        stop: Arc::clone(&stop),
    };
    let management = Management::new(&runtime, settings.clone(), facts);
    let face = McpFace::new(management.clone(), signer, McpSettings::default(), Mode::Search);
    let is_ready = phase.subscribe();
    let rest = RestFaces::new(management.clone(), RestSettings::default(), Some(mcpproxy_ui::pages()), &edge);
    let routes = rest.add_to(routes(&face, config.routing_mode)).health(move || *is_ready.borrow() == Phase::Ready);
    if let Some(listener) = listener {
        serve(listener, routes.clone(), edge_view, Limits::default(), &edge);
    }
    if let Some(socket) = socket {
        mcpproxy_ipc::serve(socket, faces(&management, &routes), &beside);
    }
    phase.send_modify(|phase| *phase = phase.step(Event::Listening, Duration::ZERO).0);
    tracing::info!(
        version = identity::VERSION,
        url = %management.info().endpoints.mcp,
        socket = %management.info().endpoints.socket,
        settings = %config.config_path.display(),
        servers = config.servers.len(),
        took = ?begun.elapsed(),
        "listening"
    );
    Ok(Running {
        address,
        management,
        runtime,
        settings,
        routes,
        face,
        phase,
        signals,
        stop,
        edge,
        beside,
        fleet,
        owner,
        instance,
        logs,
        lock,
    })
}

/// Reads the settings, takes the folder and begins to log.
fn ground(options: &Options) -> Result<Ground, StartError> {
    let location = locate(&options.flags, &options.env);
    let resolved = load(&location.config_path, &options.env, &options.flags)?;
    let config = resolved.config;
    let was_open = folder::prepare(&config.data_dir)?;
    let lock = Lock::take(&config.data_dir)?;
    let redactor = Redactor::new();
    redactor.add_all(settings::known_secrets(&config).iter());
    let logs = Arc::new(mcpproxy_logs::init(&settings::logs(&config, options.console), &redactor)?);
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
    Ok(Ground { config, lock, redactor, logs, instance, signer })
}

/// What the programs beside the core are answered by.
fn faces(management: &Management, routes: &Routes) -> Faces {
    Faces {
        answers: Arc::new(management.clone()),
        routes: routes.clone(),
        phase: management.phase(),
        launched_by: management.facts().launched_by.clone(),
        instance: management.facts().instance.clone(),
        limits: mcpproxy_ipc::Limits::default(),
    }
}

/// Where the faces are found.
fn routes(search: &McpFace, usual: RoutingMode) -> Routes {
    let direct = search.beside(Mode::Direct);
    let usual = match usual {
        RoutingMode::RetrieveTools => search.clone(),
        RoutingMode::Direct => direct.clone(),
    };
    Routes::new()
        .exact("/mcp", Access::Checked, Arc::new(usual.clone()))
        .exact("/mcp/", Access::Checked, Arc::new(usual))
        .exact("/mcp/call", Access::Checked, Arc::new(search.clone()))
        .exact("/mcp/call/", Access::Checked, Arc::new(search.clone()))
        .exact("/mcp/all", Access::Checked, Arc::new(direct.clone()))
        .exact("/mcp/all/", Access::Checked, Arc::new(direct))
        .prefix("/mcp/s", Access::Checked, Arc::new(ServerFaces::beside(search)))
}

/// What other settings mean to the rooms that are not told of them otherwise. New secrets are known to the logs before
/// anything else can happen with them.
fn take_over(
    redactor: Redactor,
    logs: Arc<Guard>,
    edge: watch::Sender<Arc<EdgeSettings>>,
) -> impl FnMut(&Config) + Send + 'static {
    move |config| {
        redactor.add_all(settings::known_secrets(config).iter());
        logs.set_level(config.logging.level);
        edge.send_replace(Arc::new(settings::edge(config)));
    }
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
