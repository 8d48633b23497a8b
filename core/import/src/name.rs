//! What a server is called, when nobody said: from its address or its command. Not here: whether a name is taken.

use url::{Host, Url};

/// The most characters of a name.
const MOST: usize = 64;

/// Whether a text can be a name as it is: 1 to 64 letters, digits, `-` and `_`.
#[must_use]
pub fn is_name(text: &str) -> bool {
    (1..=MOST).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
}

/// A name made of a text: what is not allowed becomes `-`. None if nothing is left.
pub(crate) fn sanitise(text: &str) -> Option<String> {
    let mut name = String::new();
    for c in text.chars() {
        match c {
            _ if name.len() >= MOST => break,
            c if c.is_ascii_alphanumeric() || matches!(c, '-' | '_') => name.push(c),
            _ if name.ends_with('-') => {}
            _ => name.push('-'),
        }
    }
    // a name that is allowed is kept, even one that begins with a dash
    let name = if name == text { &name } else { name.trim_matches('-') };
    (!name.is_empty()).then(|| name.to_owned())
}

/// Words of hosts and paths that tell nothing about a server.
const PLAIN: [&str; 22] = [
    "mcp",
    "api",
    "www",
    "app",
    "server",
    "servers",
    "remote",
    "gateway",
    "sse",
    "http",
    "https",
    "stream",
    "streamable",
    "message",
    "messages",
    "v1",
    "v2",
    "v3",
    "prod",
    "public",
    "rpc",
    "s",
];

/// A name made of an address: of its host, and of the last telling word of its path, which is no key by its look.
pub(crate) fn from_url(text: &str) -> Option<String> {
    let url = Url::parse(text).ok()?;
    let mut words: Vec<&str> = Vec::new();
    let port = url.port().map(|port| port.to_string());
    match url.host()? {
        Host::Domain(domain) if domain.contains('.') => {
            let mut labels: Vec<&str> = domain.split('.').filter(|label| !label.is_empty()).collect();
            let top = labels.pop();
            if labels.len() > 1 && top.is_some_and(|top| top.len() == 2) && labels.last().is_some_and(is_second_level) {
                labels.pop();
            }
            let first = labels.last().copied();
            labels.retain(|label| !PLAIN.contains(label));
            words.extend(if labels.is_empty() { first.into_iter().collect() } else { labels });
        }
        Host::Domain(domain) => words.extend([domain].into_iter().chain(port.as_deref())),
        // the digits of an address tell little, so its port stands for it
        Host::Ipv4(_) | Host::Ipv6(_) => words.extend(["local"].into_iter().chain(port.as_deref())),
    }
    let telling = |part: &&str| {
        let part = part.trim_start_matches('@');
        (2..=24).contains(&part.len())
            && !PLAIN.contains(&part)
            && part.bytes().all(|b| b.is_ascii_lowercase() || matches!(b, b'-' | b'_'))
    };
    words.extend(url.path_segments().into_iter().flatten().rfind(telling));
    sanitise(&words.join("-"))
}

fn is_second_level(label: &&str) -> bool {
    ["co", "com", "org", "net", "gov", "ac"].contains(label)
}

/// A name made of a package, an image or a program: `@scope/mcp-server-time@1.2` is `time`.
pub(crate) fn from_package(text: &str) -> Option<String> {
    let text = text.trim_end_matches(['/', '\\']);
    let (scope, base) = match text.rsplit_once(['/', '\\']) {
        Some((scope, base)) => (scope.rsplit(['/', '\\']).next().unwrap_or(scope), base),
        None => ("", text),
    };
    // versions, tags and digests, and what a package is asked for besides
    let base = base.split(['@', ':', '#', '[', '=', '<', '>']).find(|part| !part.is_empty())?;
    let base = [".git", ".exe", ".cmd", ".py", ".js", ".mjs", ".cjs", ".ts", ".sh", ".jar"]
        .into_iter()
        .find_map(|end| base.strip_suffix(end))
        .unwrap_or(base);
    let plain = |text: &str| {
        let words = text.split(['-', '_', '.']);
        let telling: Vec<_> = words.filter(|word| !word.is_empty() && !is_plain_word(word)).collect();
        sanitise(&telling.join("-"))
    };
    plain(base).or_else(|| plain(scope.trim_start_matches('@'))).or_else(|| sanitise(base))
}

fn is_plain_word(word: &str) -> bool {
    ["mcp", "server", "servers", "modelcontextprotocol"].contains(&word.to_ascii_lowercase().as_str())
}

/// A name made of a script: of its own name, or, where that is one of those that all scripts have, of its folder.
pub(crate) fn from_script(path: &str) -> Option<String> {
    const COMMON: [&str; 14] =
        ["index", "main", "server", "app", "run", "start", "cli", "mcp", "dist", "build", "src", "bin", "out", "lib"];
    let mut parts = path.rsplit(['/', '\\']).filter(|part| !matches!(*part, "" | "." | ".." | "~"));
    let is_telling = |part: &&str| !COMMON.contains(&part.split('.').next().unwrap_or(part)) && !part.ends_with(':');
    let first = parts.clone().next();
    parts.find(is_telling).or(first).and_then(from_package)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_give_names_and_no_keys() {
        for (url, expected) in [
            ("https://mcp.linear.app/sse", "linear"),
            ("https://api.githubcopilot.com/mcp/", "githubcopilot"),
            ("https://docs.mcp.cloudflare.com/mcp", "docs-cloudflare"),
            ("https://mcp.example.co.uk", "example"),
            ("https://gitmcp.io/owner/some-repo", "gitmcp-some-repo"),
            ("https://mcp.zapier.com/api/mcp/s/NzQ4YmM0ZTk/mcp", "zapier"),
            ("https://mcp.tavily.com/mcp/?tavilyApiKey=hunter2", "tavily"),
            ("http://localhost:3000/mcp", "localhost-3000"),
            ("http://127.0.0.1:3000/files/mcp", "local-3000-files"),
            ("http://[::1]/mcp", "local"),
            ("https://mcp.ai/mcp", "mcp"),
        ] {
            assert_eq!(from_url(url).as_deref(), Some(expected), "{url}");
        }
    }

    #[test]
    fn packages_and_scripts_give_names() {
        for (text, expected) in [
            ("@modelcontextprotocol/server-everything", "everything"),
            ("@modelcontextprotocol/server-everything@2025.1.1", "everything"),
            ("mcp-server-time", "time"),
            ("mcp_server_time==1.0", "time"),
            ("@upstash/context7-mcp@latest", "context7"),
            ("@playwright/mcp@latest", "playwright"),
            ("mcp/fetch", "fetch"),
            ("ghcr.io/github/github-mcp-server:0.9@sha256:abc", "github"),
            ("mcp", "mcp"),
            ("git+https://github.com/oraios/serena.git", "serena"),
        ] {
            assert_eq!(from_package(text).as_deref(), Some(expected), "{text}");
        }
        for (path, expected) in [
            ("./server.js", "server"),
            ("weather/dist/index.js", "weather"),
            ("C:\\tools\\files\\main.py", "files"),
            ("/opt/x/notes-server", "notes"),
        ] {
            assert_eq!(from_script(path).map_or(String::new(), |name| name), expected, "{path}");
        }
    }

    #[test]
    fn what_is_no_name_is_made_one() {
        for (text, expected) in [
            ("GitHub", Some("GitHub")),
            ("-x-", Some("-x-")),
            ("io.github.x/y z", Some("io-github-x-y-z")),
            ("a\n\u{202e}b", Some("a-b")),
            ("日本", None),
            ("", None),
        ] {
            assert_eq!(sanitise(text).as_deref(), expected, "{text:?}");
        }
        assert!(is_name(&sanitise(&"é1".repeat(10_000)).unwrap()));
    }
}
