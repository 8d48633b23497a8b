//! Where to listen: `host:port`, `[::1]:port`, `:port`, or nothing for no port at all. Not here: binding it, and finding
//! a free port.

use std::{fmt, net::IpAddr};

use mcpproxy_domain::identity;

/// Where to listen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listen {
    /// A name or an address, without brackets; empty = on no port, see [`Listen::is_off`].
    pub host: String,
    /// 0 = any free one; only a flag or a variable can ask for that.
    pub port: u16,
    /// Whether somebody chose it. If not, the first free of the default ports is taken, and written down once.
    pub chosen: bool,
}

/// What is wrong with an address, and what to write instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) message: &'static str,
    pub(crate) hint: &'static str,
}

impl Listen {
    /// Reads an address that somebody chose. A missing host means every interface, as it does elsewhere; but who asks for
    /// any port at all does not ask for a door to the network.
    pub(crate) fn parse(text: &str, any_port_allowed: bool) -> Result<Self, Fault> {
        if text.trim().is_empty() {
            return Ok(Self { host: String::new(), port: 0, chosen: true });
        }
        let form = Fault { message: "is not an address to listen on", hint: "write host:port, such as 127.0.0.1:8080" };
        let (host, port) = text.rsplit_once(':').ok_or(form)?;
        let host = match host.strip_prefix('[') {
            Some(rest) => rest.strip_suffix(']').filter(|host| host.parse::<IpAddr>().is_ok()).ok_or(form)?,
            None if text == ":0" => identity::DEFAULT_HOST,
            None if host.is_empty() => "0.0.0.0",
            None => host,
        };
        let is_name = host.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '-' | '_'));
        if !is_name && host.parse::<IpAddr>().is_err() {
            return Err(form);
        }
        if host.contains(':') && !text.starts_with('[') {
            return Err(Fault { hint: "put an IPv6 address in brackets: [::1]:8080", ..form });
        }
        match port.parse::<u16>() {
            Ok(0) if !any_port_allowed => {
                let hint = "write a port between 1 and 65535, or \"\" for MCP over standard input and output";
                Err(Fault { message: "has no port", hint })
            }
            Ok(port) => Ok(Self { host: host.to_owned(), port, chosen: true }),
            _ => Err(Fault {
                message: "has a port that does not exist",
                hint: "write a port between 1 and 65535, such as 127.0.0.1:8080",
            }),
        }
    }

    /// Whether it listens on no port: then `serve` speaks MCP over standard input and output.
    #[must_use]
    pub fn is_off(&self) -> bool {
        self.host.is_empty()
    }

    /// Whether only programs of this machine can reach it.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        if self.is_off() {
            return true;
        }
        match self.host.parse::<IpAddr>() {
            Ok(address) => address.is_loopback(),
            Err(_) => self.host.eq_ignore_ascii_case("localhost"),
        }
    }
}

impl Default for Listen {
    /// The address used when nobody chose one.
    fn default() -> Self {
        Self { host: identity::DEFAULT_HOST.to_owned(), port: *identity::DEFAULT_PORTS.start(), chosen: false }
    }
}

impl fmt::Display for Listen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_off() {
            Ok(())
        } else if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read() {
        for (text, host, port, loopback) in [
            ("127.0.0.1:8080", "127.0.0.1", 8080, true),
            ("localhost:1", "localhost", 1, true),
            ("[::1]:65535", "::1", 65535, true),
            (":8080", "0.0.0.0", 8080, false),
            ("[::]:80", "::", 80, false),
            ("proxy.lan:80", "proxy.lan", 80, false),
            ("127.0.0.1:0", "127.0.0.1", 0, true),
            (":0", "127.0.0.1", 0, true),
            ("", "", 0, true),
        ] {
            let listen = Listen::parse(text, true).unwrap();
            assert_eq!((listen.host.as_str(), listen.port, listen.chosen), (host, port, true), "{text}");
            assert_eq!(listen.is_loopback(), loopback, "{text}");
            assert_eq!(listen.is_off(), text.is_empty());
            assert_eq!(Listen::parse(&listen.to_string(), true), Ok(listen), "{text}");
        }
        assert!(Listen::parse("127.0.0.1:0", false).is_err());
        assert!(Listen::parse(":0", false).is_err());
        for text in ["8080", "127.0.0.1", "::1:80", "[::1]", "[x]:1", "a b:1", "h:70000", "h:x", "http://h:1"] {
            assert!(Listen::parse(text, true).is_err(), "{text}");
        }
    }
}
