//! Defaults, file, environment and flags into one value; the later wins. Pure: the same input gives the same answer.
//! Not here: asking the system ([`crate::load()`]), the entries of `mcpServers`.

use std::{path::Path, path::PathBuf, time::Duration};

use mcpproxy_domain::{Problem, Secret, secret};
use tracing::Level;

use crate::{
    Config, ConfigFile, Env, EnvironmentPolicy, Flags, Listen, Logging, ResponseDetail, RoutingMode, ServerDefaults,
    TrustedHost, gates, known,
    read::{Object, Span},
    report::Report,
    servers,
};

/// The settings, and what a person should know about them.
#[derive(Clone, Debug, PartialEq)]
pub struct Resolved {
    /// The settings.
    pub config: Config,
    /// What does not keep them from being used.
    pub warnings: Vec<Problem>,
}

/// Resolves the settings: defaults, then the file, then the environment, then the flags.
///
/// # Errors
/// Every fault there is, each with its path, what stands there (unless it could be a secret) and what to write instead.
pub fn resolve(file: &ConfigFile, env: &Env, flags: &Flags) -> Result<Resolved, Vec<Problem>> {
    let mut report = Report { problems: file.repeated.clone(), ..Report::default() };
    known::check(&file.entries, &mut report);
    let sources = Sources { file: Object::root(&file.entries), env, flags };
    let config = sources.config(file.path.clone(), &mut report);
    match report.problems.is_empty() {
        true => Ok(Resolved { config, warnings: report.warnings }),
        false => Err(report.problems),
    }
}

struct Sources<'a> {
    file: Object<'a>,
    env: &'a Env,
    flags: &'a Flags,
}

/// A text and where it was given.
struct Given<'a> {
    path: &'static str,
    text: &'a str,
    in_file: bool,
}

const CALL: Span = Span { zero: false, least: Duration::from_nanos(1), most: Duration::MAX };

impl<'a> Sources<'a> {
    /// Reads everything; where something is wrong, the default stands in and the report knows.
    fn config(&self, config_path: PathBuf, report: &mut Report) -> Config {
        let file = &self.file;
        let listen = self.listen(report);
        let data_dir = self.data_dir(report);
        let api_key = self.api_key(report);
        let require_mcp_auth = self.require_mcp_auth(&listen, report);
        let trusted_hosts = self.trusted_hosts(report);
        let routing_mode = self.routing_mode(report);
        let tools_limit = file.number("tools_limit", &(1..=1000), report).unwrap_or(15);
        let detail = self.detail(report);
        let instructions = file.text("instructions", report).map(str::to_owned);
        let environment = self.environment(report);
        let logging = self.logging(report);
        let server_defaults = self.defaults(report);
        let servers = servers::read(file, &server_defaults, report);
        let gates = gates::gates(file, self.flags, report);
        let socket = gates::socket(file, self.flags, report);
        let reveal_secrets = file.flag("reveal_secret_headers", report).unwrap_or(false);
        let observability = file.object("observability", report);
        let metrics = observability.object("metrics", report).flag("enabled", report).unwrap_or(false);
        Config {
            config_path,
            data_dir_is_default: self.env.default_data_dir().as_ref() == Some(&data_dir),
            data_dir,
            listen,
            api_key,
            require_mcp_auth,
            trusted_hosts,
            server_defaults,
            servers,
            routing_mode,
            tools_limit: tools_limit as usize,
            detail,
            instructions,
            environment,
            logging,
            gates,
            socket,
            reveal_secrets,
            metrics,
        }
    }

    /// The last of file, variable and flag that says anything.
    fn given(
        &self,
        key: &'static str,
        variable: Option<&'static str>,
        flag: Option<(&'static str, &'a str)>,
        report: &mut Report,
    ) -> Option<Given<'a>> {
        let in_file = self.file.text(key, report).map(|text| Given { path: key, text, in_file: true });
        let variable = variable.and_then(|path| Some(Given { path, text: self.env.variable(path)?, in_file: false }));
        flag.map(|(path, text)| Given { path, text, in_file: false }).or(variable).or(in_file)
    }

    fn listen(&self, report: &mut Report) -> Listen {
        let flag = self.flags.listen.as_deref().map(|text| ("--listen", text));
        let Some(given) = self.given("listen", Some("MCPPROXY_LISTEN"), flag, report) else {
            return Listen::default();
        };
        Listen::parse(given.text, !given.in_file).unwrap_or_else(|fault| {
            report.problem(given.path, given.text, fault.message, fault.hint);
            Listen::default()
        })
    }

    fn data_dir(&self, report: &mut Report) -> PathBuf {
        let in_file = self.file.text("data_dir", report);
        if let Some(path) = self.env.named_data_dir(self.flags) {
            return self.env.absolute(path);
        }
        if let Some(text) = in_file {
            return match secret::expand(text, &mut |kind, name| self.env.answer(kind, name)) {
                Ok(path) => self.env.absolute(Path::new(&path)),
                Err(missing) => {
                    let hint = "set the variable, or write the folder itself; only ${env:NAME} is possible here";
                    report.problem("data_dir", text, missing.to_string(), hint);
                    PathBuf::new()
                }
            };
        }
        self.env.default_data_dir().unwrap_or_else(|| {
            let hint = "name a data folder with --data-dir or MCPPROXY_DATA_DIR";
            report.problem("data_dir", "", "is not set, and there is no home directory to put it in", hint);
            PathBuf::new()
        })
    }

    fn api_key(&self, report: &mut Report) -> Option<Secret> {
        let in_file = self.file.secret("api_key", report);
        self.env.variable("MCPPROXY_API_KEY").map(Secret::from).or(in_file)
    }

    fn require_mcp_auth(&self, listen: &Listen, report: &mut Report) -> bool {
        let in_file = self.file.flag("require_mcp_auth", report);
        // a key that is not there yet is made by the first start
        let required = self.flags.require_mcp_auth.or(in_file).unwrap_or(false);
        if !required && !listen.is_loopback() {
            let hint = "set require_mcp_auth, or listen on 127.0.0.1";
            let message = "can be reached from the network: anyone there can use every server without a key";
            report.warn("listen", &listen.to_string(), message, hint);
        }
        required
    }

    fn trusted_hosts(&self, report: &mut Report) -> Vec<TrustedHost> {
        const VARIABLE: &str = "MCPPROXY_TRUSTED_HOSTS";
        let in_file = self.file.texts("trusted_hosts", report).unwrap_or_default();
        let given: Vec<(String, &str)> = match self.env.variable(VARIABLE) {
            Some(text) => text.split(',').map(|part| (VARIABLE.to_owned(), part.trim())).collect(),
            None => {
                let path = |index| format!("trusted_hosts[{index}]");
                in_file.into_iter().enumerate().map(|(index, text)| (path(index), text)).collect()
            }
        };
        let mut hosts = Vec::new();
        for (path, text) in given.into_iter().filter(|(_, text)| !text.is_empty()) {
            match TrustedHost::new(text) {
                Some(host) => hosts.push(host),
                None => {
                    report.problem(
                        &path,
                        text,
                        "is not a host",
                        "write host, host:port, .domain or *, without http://",
                    );
                }
            }
        }
        hosts
    }

    fn routing_mode(&self, report: &mut Report) -> RoutingMode {
        match self.file.text("routing_mode", report) {
            None | Some("retrieve_tools") => {}
            Some("direct") => return RoutingMode::Direct,
            Some(mode @ "code_execution") => {
                let message = "does not work in this version: /mcp serves retrieve_tools";
                report.warn("routing_mode", mode, message, "write retrieve_tools or direct, or leave it for later");
            }
            Some(mode) => {
                report.problem("routing_mode", mode, "is not a known mode", "write retrieve_tools or direct");
            }
        }
        RoutingMode::RetrieveTools
    }

    fn detail(&self, report: &mut Report) -> ResponseDetail {
        let flag = self.flags.tool_response_mode.as_deref().map(|text| ("--tool-response-mode", text));
        let given = self.given("tool_response_mode", Some("MCPPROXY_TOOL_RESPONSE_MODE"), flag, report);
        match given.as_ref().map(|given| given.text) {
            None | Some("" | "full") => ResponseDetail::Full,
            Some("compact") => ResponseDetail::Compact,
            Some(text) => {
                let path = given.map_or("", |given| given.path);
                report.problem(path, text, "is not a known response mode", "write full or compact");
                ResponseDetail::Full
            }
        }
    }

    fn environment(&self, report: &mut Report) -> EnvironmentPolicy {
        let block = self.file.object("environment", report);
        let allowed = block.texts("allowed_system_vars", report).unwrap_or_else(|| ALLOWED.to_vec());
        EnvironmentPolicy {
            inherit_system_safe: block.flag("inherit_system_safe", report).unwrap_or(true),
            allowed: allowed.into_iter().map(str::to_owned).collect(),
            custom: block.secrets("custom_vars", report),
            enhance_path: block.flag("enhance_path", report).unwrap_or(false),
        }
    }

    fn logging(&self, report: &mut Report) -> Logging {
        let block = self.file.object("logging", report);
        let usual = Logging::default();
        let in_file = block.text("level", report).map(|text| ("logging.level", text));
        let level = self.flags.log_level.as_deref().map(|text| ("--log-level", text)).or(in_file);
        let level = level.and_then(|(path, text)| {
            let level = level_named(text);
            if level.is_none() {
                report.problem(path, text, "is not a log level", "write trace, debug, info, warn or error");
            }
            level
        });
        let in_file = block.text("log_dir", report).map(Path::new);
        let directory = self.flags.log_dir.as_deref().or(in_file).map(|path| self.env.absolute(path));
        let to_file = block.flag("enable_file", report);
        let mut number = |key| block.number(key, &(0..=1_000_000), report);
        let (size, backups, age) = (number("max_size"), number("max_backups"), number("max_age"));
        Logging {
            level: level.unwrap_or(usual.level),
            to_file: self.flags.log_to_file.or(to_file).unwrap_or(usual.to_file),
            directory,
            json: block.flag("json_format", report).unwrap_or(usual.json),
            // zero stands for the default here: a log without bounds fills the disk
            max_size_mb: size.filter(|size| *size > 0).unwrap_or(usual.max_size_mb),
            max_backups: backups.filter(|backups| *backups > 0).unwrap_or(usual.max_backups),
            max_age_days: age.unwrap_or(usual.max_age_days),
            compress: block.flag("compress", report).unwrap_or(usual.compress),
        }
    }

    fn defaults(&self, report: &mut Report) -> ServerDefaults {
        let usual = Duration::from_secs(30);
        let file = &self.file;
        let init_timeout = file.duration("init_timeout", &servers::INIT, report).filter(|time| !time.is_zero());
        ServerDefaults {
            init_timeout: init_timeout.unwrap_or(usual),
            call_timeout: file.duration("call_tool_timeout", &CALL, report).unwrap_or(Duration::from_secs(120)),
            health_interval: file.duration("health_check_interval", &servers::HEALTH, report).unwrap_or(usual),
            hold: file.flag("quarantine_enabled", report).unwrap_or(true),
        }
    }
}

fn level_named(text: &str) -> Option<Level> {
    match text {
        "trace" => Some(Level::TRACE),
        "debug" => Some(Level::DEBUG),
        "info" => Some(Level::INFO),
        "warn" => Some(Level::WARN),
        "error" => Some(Level::ERROR),
        _ => None,
    }
}

/// What children inherit unless the settings say otherwise; names of other systems do no harm.
#[rustfmt::skip]
const ALLOWED: [&str; 44] = [
    "PATH", "HOME", "TMPDIR", "TEMP", "TMP", "SHELL", "TERM", "LANG", "USER", "USERNAME",
    "USERPROFILE", "APPDATA", "LOCALAPPDATA", "PROGRAMFILES", "SYSTEMROOT", "COMSPEC",
    "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR",
    "LC_ALL", "LC_CTYPE", "LC_NUMERIC", "LC_TIME", "LC_COLLATE", "LC_MONETARY", "LC_MESSAGES", "LC_PAPER", "LC_NAME",
    "LC_ADDRESS", "LC_TELEPHONE", "LC_MEASUREMENT", "LC_IDENTIFICATION",
    "DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_CONFIG", "DOCKER_CERT_PATH", "DOCKER_TLS_VERIFY",
    "NVM_DIR", "ASDF_DIR", "PYENV_ROOT", "VOLTA_HOME", "HOMEBREW_PREFIX", "COLIMA_HOME",
];

#[cfg(test)]
mod tests;
