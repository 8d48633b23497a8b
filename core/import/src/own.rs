//! Whether an entry is this proxy: adding it would make it call itself. Not here: the address that it listens on today.

use mcpproxy_domain::{identity::COMMAND, server::Transport};
use url::{Host, Url};

use crate::command;

/// The command of ours that runs a server instead of the proxy.
const DEMO_SERVER: &str = "demo-server";

/// Whether a server of this name (as it was written) is this proxy, of whatever make.
pub(crate) fn is_own(name: Option<&str>, transport: &Transport) -> bool {
    let named = name.is_some_and(|name| name.to_ascii_lowercase().starts_with(COMMAND));
    match transport {
        Transport::Http(endpoint) | Transport::LegacySse(endpoint) => named && is_door(&endpoint.url),
        Transport::Stdio(started) | Transport::Launcher(started, _) => {
            // the server that is built in is a server like any other
            let is_demo = started.args.first().is_some_and(|word| word == DEMO_SERVER);
            (command::base(&started.program) == COMMAND && !is_demo)
                || is_behind_another(&started.program, &started.args)
                || (named && is_bridge(&started.program, &started.args))
        }
    }
}

/// A command behind another program: `cmd /c C:\..\mcpproxy.exe`.
fn is_behind_another(program: &str, args: &[String]) -> bool {
    let passes_on = command::is_shell(program) || matches!(command::base(program).as_str(), "env" | "sudo" | "nice");
    let is_option = |arg: &str| arg.starts_with('-') || (arg.starts_with('/') && arg.len() == 2) || arg.contains('=');
    let words = args.iter().flat_map(|arg| arg.split_whitespace());
    passes_on && words.into_iter().find(|arg| !is_option(arg)).is_some_and(|arg| command::base(arg) == COMMAND)
}

/// A bridge from stdio to an address of ours.
fn is_bridge(program: &str, args: &[String]) -> bool {
    let is_remote = |word: &String| command::base(word).split('@').next() == Some("mcp-remote");
    (args.iter().any(is_remote) || is_remote(&program.to_owned())) && args.iter().any(|arg| is_door(arg))
}

/// An address on this machine whose path is that of our endpoints.
fn is_door(url: &str) -> bool {
    let Ok(url) = Url::parse(url) else { return false };
    let here = match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(ip)) => ip.is_loopback() || ip.is_unspecified(),
        Some(Host::Ipv6(ip)) => ip.is_loopback() || ip.is_unspecified(),
        None => false,
    };
    here && url.path_segments().and_then(|mut parts| parts.next()) == Some("mcp")
}

#[cfg(test)]
mod tests {
    use mcpproxy_domain::server::CommandLine;

    use super::*;

    #[test]
    fn the_server_that_is_built_in_is_not_the_proxy() {
        for (program, args, own) in [
            ("mcpproxy", &["demo-server"][..], false),
            ("/usr/bin/mcpproxy", &["demo-server"], false),
            ("mcpproxy", &["stdio"], true),
            ("mcpproxy", &[], true),
        ] {
            let args = args.iter().map(|arg| (*arg).to_owned()).collect();
            let command = CommandLine { program: program.to_owned(), args, ..CommandLine::default() };
            assert_eq!(is_own(None, &Transport::Stdio(command)), own, "{program}");
        }
    }
}
