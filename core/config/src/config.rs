//! The settings once they are resolved. Not here: how they are found ([`crate::resolve()`]), what a server is (`domain`).

use std::{collections::BTreeMap, fmt, path::PathBuf, sync::Arc, time::Duration};

use mcpproxy_domain::{Secret, ServerSpec};
use tracing::Level;

use crate::{Gates, Listen, Socket};

/// All settings that this version uses. Lives in an `Arc`; two of them compare cheaply.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// The settings file, whether it exists or not.
    pub config_path: PathBuf,
    /// The folder of our state; absolute.
    pub data_dir: PathBuf,
    /// Whether `data_dir` is the folder below the home directory that is used when nobody names one.
    pub data_dir_is_default: bool,
    /// Where to listen.
    pub listen: Listen,
    /// The key of the administrator; `None` = none was given.
    pub api_key: Option<Secret>,
    /// Whether MCP clients need a credential too.
    pub require_mcp_auth: bool,
    /// Hosts that a request may name besides the loopback ones.
    pub trusted_hosts: Vec<TrustedHost>,
    /// What holds for servers whose entries do not say; it is part of `servers` already.
    pub server_defaults: ServerDefaults,
    /// The upstream servers in the order of the file; their names are unique.
    pub servers: Vec<Arc<ServerSpec>>,
    /// How `/mcp` shows tools.
    pub routing_mode: RoutingMode,
    /// How many tools a search answers with when the client does not say; 1 to 1000.
    pub tools_limit: usize,
    /// How much of each found tool a search tells when the client does not say.
    pub detail: ResponseDetail,
    /// The instructions for MCP clients; `None` = the built-in text.
    pub instructions: Option<String>,
    /// What child processes inherit.
    pub environment: EnvironmentPolicy,
    /// What is logged, and where.
    pub logging: Logging,
    /// What is forbidden to those who manage the core.
    pub gates: Gates,
    /// The socket for programs beside the core.
    pub socket: Socket,
    /// Whether secrets of servers are shown to those who manage the core.
    pub reveal_secrets: bool,
    /// Whether `/metrics` answers.
    pub metrics: bool,
}

/// What holds for a server whose entry does not say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServerDefaults {
    /// Longest time of a handshake.
    pub init_timeout: Duration,
    /// Longest silence of a call.
    pub call_timeout: Duration,
    /// Time between two probes; zero = none.
    pub health_interval: Duration,
    /// Whether a server is held until somebody approves it.
    pub hold: bool,
}

/// How `/mcp` shows the tools of the servers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RoutingMode {
    /// By a search.
    #[default]
    RetrieveTools,
    /// All of them.
    Direct,
}

/// How much of each found tool a search tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ResponseDetail {
    /// With the whole input schema.
    #[default]
    Full,
    /// With a one-line signature instead of the schema.
    Compact,
}

/// What child processes get to see of our environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnvironmentPolicy {
    /// Whether anything is inherited at all.
    pub inherit_system_safe: bool,
    /// Names of the variables that are inherited; a trailing `*` stands for any ending.
    pub allowed: Vec<String>,
    /// Variables set for every child; they win over what is inherited.
    pub custom: BTreeMap<String, Secret>,
    /// Whether a bare `PATH` is completed with the usual folders of programs.
    pub enhance_path: bool,
}

/// What is logged, and where.
#[derive(Clone, Debug, PartialEq)]
pub struct Logging {
    /// The least severe level that is logged.
    pub level: Level,
    /// Whether there is a log file beside the console.
    pub to_file: bool,
    /// The folder of log files; `None` = the one that is usual for the data folder and the system.
    pub directory: Option<PathBuf>,
    /// Whether the lines of the file are JSON.
    pub json: bool,
    /// Size at which a file is rotated, in MB; at least 1.
    pub max_size_mb: u32,
    /// How many rotated files are kept; at least 1.
    pub max_backups: u32,
    /// After how many days a rotated file is removed; 0 = never because of its age.
    pub max_age_days: u32,
    /// Whether rotated files are compressed.
    pub compress: bool,
}

impl Default for Logging {
    fn default() -> Self {
        Self {
            level: Level::INFO,
            to_file: true,
            directory: None,
            json: false,
            max_size_mb: 10,
            max_backups: 5,
            max_age_days: 30,
            compress: true,
        }
    }
}

/// A host that a request may name: `host` (any port), `host:port`, `.domain` (it and what lies below), or `*`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustedHost(String);

impl TrustedHost {
    /// Checks a pattern; case does not matter. `None` if it is no such pattern, a URL for example.
    #[must_use]
    pub fn new(pattern: &str) -> Option<Self> {
        let pattern = pattern.trim().to_ascii_lowercase();
        if pattern == "*" || pattern.parse::<std::net::Ipv6Addr>().is_ok() {
            return Some(Self(pattern));
        }
        let (host, port) = match pattern.rsplit_once(':') {
            Some((host, port)) if !pattern.ends_with(']') => (host, Some(port)),
            _ => (pattern.as_str(), None),
        };
        let name = host.strip_prefix('.').unwrap_or(host);
        let is_name = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '-' | '_'));
        let is_address = host
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'))
            .is_some_and(|address| address.parse::<std::net::Ipv6Addr>().is_ok());
        let is_port = port.is_none_or(|port| port.parse::<u16>().is_ok_and(|port| port > 0));
        ((is_name || is_address) && is_port).then_some(Self(pattern))
    }

    /// The pattern in lower case.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TrustedHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_of_trusted_hosts() {
        for good in ["*", "proxy.lan", "Proxy.LAN:8080", ".example.com", "10.0.0.7", "[::1]:80", "[::1]", "::1"] {
            assert_eq!(TrustedHost::new(good).unwrap().as_str(), good.to_lowercase(), "{good}");
        }
        for bad in ["", ".", "http://a", "a/b", "a b", "a:0", "a:x", "a:70000", "*.a", "[::1", ":80"] {
            assert_eq!(TrustedHost::new(bad), None, "{bad}");
        }
    }
}
