//! Hosts as `Host` and `Origin` name them, and the patterns of `trusted_hosts` that they are held against.
//!
//! Not here: when the check applies (`guard`). Names are compared as text; nothing is looked up.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The patterns of `trusted_hosts`: `name` (any port), `name:port`, `.example.com` (the domain and all below it), `*`
/// (everything). Upper and lower case are the same. A pattern that cannot be read matches nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrustedHosts(Vec<Pattern>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Pattern {
    Everything,
    Host { host: Host, port: Option<u16> },
    Domain { domain: String, port: Option<u16> },
}

/// The host half of an authority.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Host {
    /// Lower case, without the root's trailing dot.
    Name(String),
    /// Embedded IPv4 addresses count as IPv4.
    Address(IpAddr),
}

/// `host[:port]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Authority {
    pub(crate) host: Host,
    pub(crate) port: Option<u16>,
}

impl TrustedHosts {
    /// Reads the patterns.
    pub fn new<S: AsRef<str>>(patterns: impl IntoIterator<Item = S>) -> Self {
        Self(patterns.into_iter().filter_map(|pattern| Pattern::parse(pattern.as_ref().trim())).collect())
    }

    /// Whether the check is switched off.
    pub(crate) fn admit_everything(&self) -> bool {
        self.0.contains(&Pattern::Everything)
    }

    /// Whether a pattern names this host. Where the request gives no port it has one of `usual`.
    pub(crate) fn admit(&self, authority: &Authority, usual: &[u16]) -> bool {
        let port_fits = |wanted: &Option<u16>| match (wanted, authority.port) {
            (None, _) => true,
            (Some(wanted), Some(port)) => *wanted == port,
            (Some(wanted), None) => usual.contains(wanted),
        };
        self.0.iter().any(|pattern| match pattern {
            Pattern::Everything => true,
            Pattern::Host { host, port } => *host == authority.host && port_fits(port),
            Pattern::Domain { domain, port } => authority.host.is_below(domain) && port_fits(port),
        })
    }
}

impl Pattern {
    fn parse(text: &str) -> Option<Self> {
        if text == "*" {
            return Some(Self::Everything);
        }
        if let Ok(address) = text.parse::<Ipv6Addr>() {
            return Some(Self::Host { host: Host::Address(address.to_canonical()), port: None });
        }
        if let Some(domain) = text.strip_prefix('.') {
            let Authority { host: Host::Name(domain), port } = Authority::parse(domain)? else { return None };
            return Some(Self::Domain { domain, port });
        }
        Authority::parse(text).map(|Authority { host, port }| Self::Host { host, port })
    }
}

impl Authority {
    /// Reads `host`, `host:port`, `[v6]` or `[v6]:port`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (host, rest) = match text.strip_prefix('[') {
            Some(bracketed) => {
                let (address, rest) = bracketed.split_once(']')?;
                (Host::Address(address.parse::<Ipv6Addr>().ok()?.to_canonical()), rest)
            }
            None => {
                let (name, rest) = text.split_at(text.find(':').unwrap_or(text.len()));
                (Host::named(name)?, rest)
            }
        };
        let port = match rest.strip_prefix(':') {
            None if rest.is_empty() => None,
            None => return None,
            Some("") => None,
            Some(digits) if digits.bytes().all(|digit| digit.is_ascii_digit()) => Some(digits.parse().ok()?),
            Some(_) => return None,
        };
        Some(Self { host, port })
    }
}

impl Host {
    fn named(text: &str) -> Option<Self> {
        let name = text.strip_suffix('.').unwrap_or(text);
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
        if name.is_empty() || !name.bytes().all(is_plain) {
            return None;
        }
        Some(match name.parse::<Ipv4Addr>() {
            Ok(address) => Self::Address(IpAddr::V4(address)),
            Err(_) => Self::Name(name.to_ascii_lowercase()),
        })
    }

    /// Whether it can only mean this machine.
    pub(crate) fn is_loopback(&self) -> bool {
        match self {
            Self::Name(name) => name == "localhost",
            Self::Address(address) => address.is_loopback(),
        }
    }

    fn is_below(&self, domain: &str) -> bool {
        let Self::Name(name) = self else { return false };
        name.strip_suffix(domain).is_some_and(|before| before.is_empty() || before.ends_with('.'))
    }
}
