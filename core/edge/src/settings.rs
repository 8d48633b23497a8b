//! What the edge is told: rules that may change while it runs, and limits that hold for its life.

use std::time::Duration;

use mcpproxy_domain::Secret;

use crate::TrustedHosts;

/// The rules for each request; read anew from the latest snapshot for each of them.
#[derive(Clone, Debug, Default)]
pub struct EdgeSettings {
    /// The key that makes its bearer [`mcpproxy_domain::Principal::KeyHolder`]; an empty one admits nobody.
    pub api_key: Secret,
    /// Whether a request without a credential is refused (`require_mcp_auth`).
    pub require_auth: bool,
    /// Names besides the loopback ones under which a loopback listener may be reached (`trusted_hosts`).
    pub trusted_hosts: TrustedHosts,
}

/// How long and how much; holds for the life of a listener.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Longest time from the first byte of a request, or from the opening of the connection, to the end of its head.
    pub head: Duration,
    /// Longest rest of a connection between two requests; `None` = no limit.
    pub idle: Option<Duration>,
    /// Largest head of a request, in bytes. Values below 8192 count as 8192.
    pub head_bytes: usize,
    /// Most connections at one time; one more is answered with 503 and closed.
    pub connections: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            head: Duration::from_secs(60),
            idle: Some(Duration::from_secs(180)),
            head_bytes: 1024 * 1024,
            connections: 1024,
        }
    }
}
