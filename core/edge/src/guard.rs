//! Whether a request to a loopback listener was really meant for it: the defence against web pages that point a name
//! of their own at 127.0.0.1.
//!
//! Pure. Not here: listeners on other addresses, which are exempt because their names cannot be known.

use http::{HeaderMap, Uri, header};

use crate::{
    refusal::Refusal,
    trusted::{Authority, TrustedHosts},
};

/// The schemes a web page can have, with the port that an origin leaves out.
const ORIGIN_SCHEMES: [(&str, u16); 4] = [("http", 80), ("https", 443), ("ws", 80), ("wss", 443)];
/// A `Host` without a port may be that of a proxy in front of us, with or without TLS.
const USUAL_PORTS: [u16; 2] = [80, 443];
/// How much of a refused header is told back.
const TOLD: usize = 100;

/// Holds `Host` and every `Origin` of a request to a loopback listener against the loopback names and `trusted`.
pub(crate) fn check(uri: &Uri, headers: &HeaderMap, trusted: &TrustedHosts) -> Result<(), Refusal> {
    if trusted.admit_everything() {
        return Ok(());
    }
    // a target in absolute form replaces the header
    let host = match uri.authority() {
        Some(authority) => authority.as_str(),
        None => text(headers.get(header::HOST)),
    };
    if !Authority::parse(host).is_some_and(|authority| is_ours(&authority, &USUAL_PORTS, trusted)) {
        return Err(Refusal::HostNotTrusted(excerpt(host)));
    }
    for origin in headers.get_all(header::ORIGIN) {
        let origin = text(Some(origin));
        if !origin_is_ours(origin, trusted) {
            return Err(Refusal::OriginNotTrusted(excerpt(origin)));
        }
    }
    Ok(())
}

/// Whether pages from there may use the core: those of this machine, and those of trusted hosts.
pub(crate) fn origin_is_ours(origin: &str, trusted: &TrustedHosts) -> bool {
    let Some((scheme, rest)) = origin.split_once("://") else { return false };
    let Some((_, port)) = ORIGIN_SCHEMES.iter().find(|(name, _)| name.eq_ignore_ascii_case(scheme)) else {
        return false;
    };
    let rest = rest.strip_suffix('/').unwrap_or(rest);
    Authority::parse(rest).is_some_and(|authority| is_ours(&authority, &[*port], trusted))
}

fn is_ours(authority: &Authority, usual: &[u16], trusted: &TrustedHosts) -> bool {
    authority.host.is_loopback() || trusted.admit(authority, usual)
}

fn text(value: Option<&http::HeaderValue>) -> &str {
    value.and_then(|value| value.to_str().ok()).unwrap_or_default()
}

fn excerpt(value: &str) -> String {
    value.chars().take(TOLD).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRUSTED: [&str; 7] =
        ["proxy.lan", "Tls.example:8443", "plain.example:80", ".corp.example", "10.0.0.7:9000", "fd00::1", "bad host"];

    fn verdict(uri: &str, host: Option<&str>, origin: Option<&str>, trusted: &[&str]) -> &'static str {
        let mut headers = HeaderMap::new();
        for (name, value) in [(header::HOST, host), (header::ORIGIN, origin)] {
            if let Some(value) = value {
                headers.insert(name, value.parse().unwrap());
            }
        }
        match check(&uri.parse().unwrap(), &headers, &TrustedHosts::new(trusted)) {
            Ok(()) => "ok",
            Err(Refusal::HostNotTrusted(_)) => "host",
            Err(Refusal::OriginNotTrusted(_)) => "origin",
            Err(other) => panic!("{other:?}"),
        }
    }

    #[test]
    fn hosts() {
        for (host, expected) in [
            (Some("localhost"), "ok"),
            (Some("LOCALHOST:8080"), "ok"),
            (Some("localhost.:8080"), "ok"),
            (Some("127.0.0.1:1"), "ok"),
            (Some("127.8.9.10"), "ok"),
            (Some("[::1]:8080"), "ok"),
            (Some("[::ffff:127.0.0.1]"), "ok"),
            (Some("proxy.lan:1234"), "ok"),
            (Some("PROXY.lan"), "ok"),
            (Some("tls.example:8443"), "ok"),
            (Some("tls.example:8444"), "host"),
            (Some("tls.example"), "host"),
            (Some("plain.example"), "ok"),
            (Some("corp.example"), "ok"),
            (Some("a.b.corp.example:5"), "ok"),
            (Some("evilcorp.example"), "host"),
            (Some("10.0.0.7:9000"), "ok"),
            (Some("10.0.0.7"), "host"),
            (Some("[fd00::1]:8080"), "ok"),
            (Some("evil.com"), "host"),
            (Some("localhost.evil.com"), "host"),
            (Some("127.0.0.1.evil.com"), "host"),
            (Some("127.0.0.1:80:80"), "host"),
            (Some("localhost:+80"), "host"),
            (Some("localhost:99999"), "host"),
            (Some("user@localhost"), "host"),
            (Some("0.0.0.0:8080"), "host"),
            (Some("0177.0.0.1"), "host"),
            (Some("::1"), "host"),
            (Some("[::1"), "host"),
            (Some(""), "host"),
            (None, "host"),
        ] {
            assert_eq!(verdict("/mcp", host, None, &TRUSTED), expected, "{host:?}");
        }
        assert_eq!(verdict("http://evil.com/mcp", Some("localhost"), None, &TRUSTED), "host");
        assert_eq!(verdict("/mcp", Some("evil.com"), Some("null"), &["*"]), "ok");
    }

    #[test]
    fn origins() {
        for (origin, expected) in [
            ("http://localhost:5173", "ok"),
            ("HTTPS://127.0.0.1", "ok"),
            ("ws://[::1]:1", "ok"),
            ("wss://proxy.lan", "ok"),
            ("http://localhost/", "ok"),
            ("https://tls.example:8443", "ok"),
            ("https://tls.example", "origin"),
            ("http://plain.example", "ok"),
            ("https://plain.example", "origin"),
            ("https://a.corp.example", "ok"),
            ("https://evil.com", "origin"),
            ("http://localhost.evil.com", "origin"),
            ("http://user@localhost", "origin"),
            ("http://localhost/path", "origin"),
            ("file://localhost", "origin"),
            ("chrome-extension://abc", "origin"),
            ("localhost", "origin"),
            ("null", "origin"),
            ("", "origin"),
        ] {
            assert_eq!(verdict("/mcp", Some("localhost"), Some(origin), &TRUSTED), expected, "{origin:?}");
        }
    }
}
