//! A look at one server of the settings without a running core: started by itself, asked for its tools, stopped.

use mcpproxy_config::{Env, Flags, load, locate};
use mcpproxy_domain::{Code, tool::Variant};
use mcpproxy_isolation::Spawner;
use mcpproxy_logs::Redactor;
use mcpproxy_task::Scope;
use mcpproxy_upstream::{Failure, probe};

use crate::{StartError, identity_files, settings, start::sweep};

/// What a server told.
#[derive(Debug)]
pub struct Looked {
    /// Its name for itself, and its version.
    pub server: String,
    /// The revision of the protocol that was agreed on.
    pub revision: &'static str,
    /// Its tools, in its order.
    pub tools: Vec<LookedTool>,
}

/// One tool.
#[derive(Debug)]
pub struct LookedTool {
    /// Its name, without its server.
    pub name: String,
    /// What it does.
    pub description: String,
    /// Which tool of ours calls it.
    pub call_with: &'static str,
}

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

/// Starts the server and lists its tools. A server that waits for approval is not started.
///
/// # Errors
/// Says what is wrong with the settings or with the server, with its last words.
pub async fn look(flags: &Flags, env: &Env, server: &str) -> Result<Looked, LookError> {
    let location = locate(flags, env);
    let config = load(&location.config_path, env, flags).map_err(StartError::from)?.config;
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
    crate::folder::prepare(&config.data_dir)?;
    let instance = identity_files::instance(&config.data_dir)?;
    // its own mark: a core that serves the folder must not take this server for a leftover
    let mark = format!("{instance}-look");
    sweep(mark.clone()).await;
    let redactor = Redactor::new();
    redactor.add_all(settings::known_secrets(&config).iter());
    let spawner = Spawner::start(tokio::runtime::Handle::current(), &mark).map_err(StartError::from)?;
    let surroundings = settings::surroundings(&config, env, spawner, &redactor).map_err(StartError::from)?;
    let scope = Scope::new();
    let looked = tokio::select! {
        report = probe::look(spec, &surroundings, &scope) => Some(report),
        // dropping the look kills what it started
        _ = tokio::signal::ctrl_c() => None,
    };
    sweep(mark).await;
    let report = looked.ok_or_else(|| LookError {
        code: Code::Cancelled,
        message: format!("looking at {server} was interrupted"),
        hint: String::new(),
    })?;
    let report = report.map_err(|Failure { code, detail }| LookError {
        code,
        message: format!("the server {server} does not work: {detail}"),
        hint: format!("its log is in {}", settings::log_directory(&config).display()),
    })?;
    Ok(Looked {
        server: format!("{} {}", report.hello.name, report.hello.version),
        revision: report.hello.era.as_str(),
        tools: report.tools.into_iter().map(looked_tool).collect(),
    })
}

fn looked_tool(tool: mcpproxy_upstream::Tool) -> LookedTool {
    LookedTool {
        call_with: Variant::suggested(&tool.annotations).tool_name(),
        name: tool.definition.name,
        description: tool.definition.description,
    }
}

fn names(servers: &[std::sync::Arc<mcpproxy_domain::ServerSpec>]) -> String {
    if servers.is_empty() {
        return "none".to_owned();
    }
    servers.iter().map(|spec| spec.name.as_str()).collect::<Vec<_>>().join(", ")
}
