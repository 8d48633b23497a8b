//! From the resolved settings to what each room wants to know of them.

use std::{ffi::OsString, path::PathBuf, sync::Arc};

use mcpproxy_clients::{Places, System, Target};
use mcpproxy_config::{Config, Env, EnvironmentPolicy, Flags};
use mcpproxy_domain::{
    Secret, identity,
    secret::{MissingSecret, names_a_secret},
};
use mcpproxy_edge::{EdgeSettings, TrustedHosts};
use mcpproxy_isolation::{
    Spawner, StopPolicy,
    environment::{Names, Rules, child_environment},
};
use mcpproxy_logs::{Limits, LogError, LogSettings, Platform, Redactor, ServerLogs};
use mcpproxy_management::clients::Bridge;
use mcpproxy_upstream::{
    Surroundings,
    surroundings::{Environment, SecretLookup},
};

/// The settings of the logs. `console` = whether anybody reads our stderr.
pub(crate) fn logs(config: &Config, console: bool) -> LogSettings {
    let logging = &config.logging;
    LogSettings {
        level: logging.level,
        console,
        directory: logging.to_file.then(|| log_directory(config)),
        json: logging.json,
        limits: log_limits(config),
    }
}

pub(crate) fn log_directory(config: &Config) -> PathBuf {
    let explicit = config.logging.directory.as_deref();
    let env = |name: &str| std::env::var_os(name);
    mcpproxy_logs::directory(explicit, &config.data_dir, config.data_dir_is_default, Platform::here(), &env)
}

fn log_limits(config: &Config) -> Limits {
    let logging = &config.logging;
    Limits::from_settings(
        u64::from(logging.max_size_mb),
        usize::try_from(logging.max_backups).unwrap_or(usize::MAX),
        u64::from(logging.max_age_days),
        logging.compress,
    )
}

/// The folders of whoever runs the core.
pub(crate) fn places(env: &Env) -> Option<Places> {
    Places::of(System::HERE, |name| env.variable(name).map(OsString::from))
}

/// What clients that only start programs start so that they find this core: our program, and its arguments.
pub(crate) fn bridge(config: &Config, flags: &Flags) -> Bridge {
    let data_dir = (!config.data_dir_is_default).then_some(config.data_dir.as_path());
    let program = std::env::current_exe().unwrap_or_else(|_| identity::COMMAND.into());
    Bridge { program, arguments: Target::bridge(flags.config.as_deref(), data_dir) }
}

pub(crate) fn edge(config: &Config) -> EdgeSettings {
    EdgeSettings {
        api_key: config.api_key.clone().unwrap_or_default(),
        require_auth: config.require_mcp_auth,
        trusted_hosts: TrustedHosts::new(config.trusted_hosts.iter().map(|host| host.as_str())),
    }
}

/// The world around the servers.
pub(crate) fn surroundings(
    config: &Config,
    env: &Env,
    spawner: Spawner,
    redactor: &Redactor,
) -> Result<Surroundings, LogError> {
    Ok(Surroundings {
        spawner,
        logs: ServerLogs::new(log_directory(config), log_limits(config), redactor.clone())?,
        redactor: redactor.clone(),
        environment: environment(&config.environment),
        secrets: secrets(env.clone()),
        limits: mcpproxy_wire::Limits::default(),
        stop: StopPolicy::default(),
    })
}

/// How the environment of a child is made. The parent's is read when a child is started.
fn environment(policy: &EnvironmentPolicy) -> Arc<Environment> {
    let rules = Rules {
        inherit: policy.inherit_system_safe,
        allowed: policy.allowed.clone(),
        custom: policy.custom.clone(),
        enhance_path: policy.enhance_path,
    };
    Arc::new(move |server| -> Vec<(OsString, OsString)> {
        child_environment(std::env::vars_os(), &rules, server, Names::HERE, &|path| path.is_dir())
    })
}

/// Answers `${env:NAME}` from our own environment. There is no other store yet, and an unanswered reference is an
/// error: a literal `${keyring:..}` must never reach a server.
fn secrets(env: Env) -> Arc<SecretLookup> {
    Arc::new(move |kind, name| match kind {
        "env" => match env.variable(name) {
            Some(value) if !value.is_empty() => Ok(value.to_owned()),
            _ => Err(MissingSecret::Variable(name.to_owned())),
        },
        _ => Err(MissingSecret::NoStore { kind: kind.to_owned(), name: name.to_owned() }),
    })
}

/// The secrets of the settings themselves, which no log may show.
pub(crate) fn known_secrets(config: &Config) -> Vec<Secret> {
    let variables = config.environment.custom.iter().filter(|(name, _)| names_a_secret(name)).map(|(_, value)| value);
    config.api_key.iter().chain(variables).cloned().collect()
}
