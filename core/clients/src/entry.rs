//! Our entry: what each client wants it to be, and where one that is there leads. Pure. Not here: texts and files.

use mcpproxy_domain::identity;
use serde_json::{Map, Value, json};

use crate::{ClientId, Target, format};

const KEY_HEADER: &str = "X-API-Key";
/// What says how a server is reached, with any client. Of these, an entry of ours has none but its own.
const TRANSPORT: [&str; 9] = ["type", "transport", "url", "httpUrl", "serverUrl", "uri", "command", "args", "disabled"];
/// What may be shown of an entry of others, besides its address.
const OPEN: [&str; 5] = ["type", "transport", "name", "description", "command"];
const ADDRESSES: [&str; 4] = ["url", "httpUrl", "serverUrl", "uri"];
/// Codex keeps the tools of all servers back from its model, but those in this list of its settings.
const SHOWN: [&str; 3] = ["features", "code_mode", "direct_only_tool_namespaces"];

/// Where the entry of our name leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// There is none.
    Absent,
    /// To us, as we write it.
    Connected,
    /// To us, but not as we write it: another type or key.
    Outdated,
    /// To a core on this machine, at another address.
    Moved {
        /// The address.
        what: String,
    },
    /// Somewhere else.
    Elsewhere {
        /// An address without its query, or a program.
        what: String,
    },
}

impl Standing {
    /// Whether the client reaches us.
    #[must_use]
    pub const fn is_connected(&self) -> bool {
        matches!(self, Self::Connected | Self::Outdated)
    }
}

/// The path of the entry in the client's settings.
pub fn path<'a>(client: ClientId, settings: &Value, name: &'a str) -> Vec<&'a str> {
    if is_nested(client, settings) {
        return vec![client.container(), "servers", name];
    }
    vec![client.container(), name]
}

/// The list that has to name our tools so that the client shows them to its model at once, and the name on it.
pub fn shown(client: ClientId, name: &str) -> Option<(&'static [&'static str], String)> {
    (client == ClientId::Codex).then(|| (SHOWN.as_slice(), format!("mcp__{name}")))
}

/// The entry that this client wants.
pub fn wanted(client: ClientId, settings: &Value, target: &Target) -> Value {
    let url = &target.url;
    let mut entry = match client {
        ClientId::ClaudeDesktop => return json!({ "command": target.binary.to_string_lossy(), "args": target.bridge }),
        ClientId::ClaudeCode | ClientId::VsCode => json!({ "type": "http", "url": url }),
        ClientId::Gemini => json!({ "url": url, "type": "http" }),
        ClientId::Codex | ClientId::Cursor | ClientId::Zed => json!({ "url": url }),
        ClientId::Windsurf => json!({ "serverUrl": url }),
        ClientId::OpenCode if is_nested(client, settings) => json!({ "type": "remote", "url": url }),
        ClientId::OpenCode => json!({ "type": "remote", "url": url, "enabled": true }),
        ClientId::Goose => json!({
            "enabled": true, "type": "streamable_http", "name": target.name, "description": identity::PRODUCT, "uri": url,
            "timeout": 300,
        }),
    };
    if let (Some(key), Some(members)) = (&target.api_key, entry.as_object_mut()) {
        members.insert(headers(client).to_owned(), json!({ KEY_HEADER: key.reveal() }));
    }
    entry
}

/// Where the entry that is there leads.
pub fn standing(there: Option<&Value>, wanted: &Value) -> Standing {
    let Some(there) = there else { return Standing::Absent };
    match (reach(there), reach(wanted)) {
        (Reach::Url(a), Reach::Url(b)) if same_address(&a, &b) => as_written(there, wanted),
        (Reach::Bridge, Reach::Bridge) => as_written(there, wanted),
        (Reach::Url(url), _) if is_a_core(&url) => Standing::Moved { what: shown_address(&url) },
        (Reach::Url(url), _) => Standing::Elsewhere { what: shown_address(&url) },
        (Reach::Bridge, _) => Standing::Moved { what: format!("{} {}", identity::COMMAND, Target::BRIDGE) },
        (Reach::Program(name), _) => Standing::Elsewhere { what: format!("the program {name}") },
        (Reach::Nowhere, _) => Standing::Elsewhere { what: "nowhere that is known".to_owned() },
    }
}

/// The entry that is wanted, with what somebody added to the one that leads to us already.
pub fn merged(there: Option<&Value>, wanted: &Value) -> Value {
    let mut entry = wanted.clone();
    let (Some(there), Some(members)) = (there.and_then(Value::as_object), entry.as_object_mut()) else { return entry };
    for (key, old) in there {
        match members.get_mut(key) {
            Some(Value::Object(new)) => add_missing(new, old),
            Some(_) => {}
            None if TRANSPORT.contains(&key.as_str()) => {}
            None => {
                members.insert(key.clone(), old.clone());
            }
        }
    }
    entry
}

/// The target that an entry of ours was written for; the rest is as with `now`.
pub fn written_for(client: ClientId, there: &Value, now: &Target) -> Target {
    let key = there.get(headers(client)).and_then(|headers| headers.get(KEY_HEADER)).and_then(Value::as_str);
    let command = there.get("command").and_then(Value::as_str);
    let args = there.get("args").and_then(Value::as_array);
    let args = args.map(|args| args.iter().filter_map(Value::as_str).map(str::to_owned).collect());
    Target {
        url: address(there).unwrap_or(&now.url).to_owned(),
        api_key: key.map(Into::into),
        binary: command.map_or_else(|| now.binary.clone(), Into::into),
        bridge: args.unwrap_or_else(|| now.bridge.clone()),
        name: now.name.clone(),
    }
}

/// Every text of an entry that may be a secret: values of headers and variables, arguments, queries of addresses, and
/// whatever else stands there that is not known to be none. The longest first: none is left in parts by another.
pub fn secrets(entry: Option<&Value>) -> Vec<&str> {
    let mut found = Vec::new();
    for (key, value) in entry.and_then(Value::as_object).into_iter().flatten() {
        match (key.as_str(), value) {
            (key, Value::String(url)) if ADDRESSES.contains(&key) => found.extend(hidden_parts(url)),
            (key, Value::String(_)) if OPEN.contains(&key) => {}
            ("command", Value::Array(words)) => words.iter().skip(1).for_each(|word| texts(word, &mut found)),
            (_, value) => texts(value, &mut found),
        }
    }
    found.retain(|text| !text.is_empty());
    found.sort_by_key(|text| std::cmp::Reverse(text.len()));
    found
}

/// Every text in a value.
pub fn texts<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
    match value {
        Value::String(text) => found.push(text),
        Value::Array(items) => items.iter().for_each(|item| texts(item, found)),
        Value::Object(members) => members.values().for_each(|member| texts(member, found)),
        _ => {}
    }
}

/// An entry without anything that may be a secret: values of headers and variables, arguments, queries.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// What it says of its type; empty = nothing.
    pub kind: String,
    /// Where it leads; empty = it starts a program.
    pub endpoint: String,
    /// The program that it starts; empty = none.
    pub command: String,
    /// The names of its headers.
    pub header_names: Vec<String>,
    /// The names of its variables.
    pub variable_names: Vec<String>,
}

/// What may be shown of the entry that is there.
pub fn summary(client: ClientId, there: &Value) -> Summary {
    let text = |key: &str| there.get(key).and_then(Value::as_str).map(str::to_owned).unwrap_or_default();
    let names = |key: &str| {
        let members = there.get(key).and_then(Value::as_object);
        members.map(|members| members.keys().cloned().collect()).unwrap_or_default()
    };
    let program = match there.get("command") {
        Some(Value::Array(words)) => words.first().and_then(Value::as_str).map(str::to_owned).unwrap_or_default(),
        _ => text("command"),
    };
    Summary {
        kind: text("type"),
        endpoint: address(there).map(shown_address).unwrap_or_default(),
        command: program,
        header_names: names(headers(client)),
        variable_names: names(if there.get("environment").is_some() { "environment" } else { "env" }),
    }
}

enum Reach {
    Url(String),
    Bridge,
    Program(String),
    Nowhere,
}

fn reach(entry: &Value) -> Reach {
    if let Some(url) = address(entry) {
        return Reach::Url(url.to_owned());
    }
    let words: Vec<_> = match entry.get("command") {
        Some(Value::String(command)) => {
            let args = entry.get("args").and_then(Value::as_array).into_iter().flatten();
            [command.as_str()].into_iter().chain(args.filter_map(Value::as_str)).collect()
        }
        Some(Value::Array(words)) => words.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let Some((program, args)) = words.split_first() else { return Reach::Nowhere };
    let program = program.rsplit(['/', '\\']).next().unwrap_or(program);
    let program = program.strip_suffix(".exe").unwrap_or(program);
    if program == identity::COMMAND && args.contains(&Target::BRIDGE) {
        return Reach::Bridge;
    }
    // the bridge of others that people put before us
    let bridged = args.iter().any(|arg| arg.starts_with("mcp-remote")).then(|| args.iter().find(|arg| is_a_core(arg)));
    match bridged.flatten() {
        Some(url) => Reach::Url((*url).to_owned()),
        None => Reach::Program(program.to_owned()),
    }
}

fn as_written(there: &Value, wanted: &Value) -> Standing {
    let holds = wanted.as_object().into_iter().flatten().all(|(key, value)| match (there.get(key), value) {
        (Some(there), Value::Object(members)) => members.iter().all(|(key, value)| there.get(key) == Some(value)),
        (there, value) => there == Some(value),
    });
    let stray = TRANSPORT.iter().any(|key| {
        let there = there.get(key).filter(|value| **value != Value::Bool(false));
        there.is_some() && wanted.get(key).is_none()
    });
    if holds && !stray { Standing::Connected } else { Standing::Outdated }
}

fn add_missing(new: &mut Map<String, Value>, old: &Value) {
    for (key, value) in old.as_object().into_iter().flatten() {
        if !new.contains_key(key) {
            new.insert(key.clone(), value.clone());
        }
    }
}

/// Newer versions of OpenCode keep servers one level deeper, and read the older way too.
fn is_nested(client: ClientId, settings: &Value) -> bool {
    let servers = format::get(settings, &[client.container(), "servers"]);
    client == ClientId::OpenCode && servers.is_some_and(|servers| servers.is_object() && servers.get("type").is_none())
}

fn headers(client: ClientId) -> &'static str {
    if client == ClientId::Codex { "http_headers" } else { "headers" }
}

fn address(entry: &Value) -> Option<&str> {
    ADDRESSES.iter().find_map(|key| entry.get(key)).and_then(Value::as_str)
}

fn same_address(a: &str, b: &str) -> bool {
    let plain = |url: &str| {
        let url = url.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/').to_ascii_lowercase();
        url.replace("://localhost", "://127.0.0.1")
    };
    plain(a) == plain(b)
}

/// Whether a core of ours, whatever its make, would have this address.
fn is_a_core(url: &str) -> bool {
    let Some((scheme, rest)) = url.split_once("://") else { return false };
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let local = ["127.0.0.1", "localhost", "[::1]", "0.0.0.0"];
    let local =
        local.iter().any(|name| host.strip_prefix(name).is_some_and(|port| port.is_empty() || port.starts_with(':')));
    matches!(scheme, "http" | "https") && local && (path == "mcp" || path.starts_with("mcp/"))
}

/// An address as it may be shown: a query or a user's name may hold a key.
fn shown_address(url: &str) -> String {
    let url = url.split(['?', '#']).next().unwrap_or_default();
    let Some((scheme, rest)) = url.split_once("://") else { return "an address".to_owned() };
    let (host, path) = rest.split_once('/').map_or((rest, String::new()), |(host, path)| (host, format!("/{path}")));
    format!("{scheme}://{}{path}", host.rsplit('@').next().unwrap_or(host))
}

/// What [`shown_address`] leaves out.
fn hidden_parts(url: &str) -> impl Iterator<Item = &str> {
    let (open, query) = url.find(['?', '#']).map_or((url, ""), |at| url.split_at(at));
    let authority = open.split_once("://").and_then(|(_, rest)| rest.split('/').next()).unwrap_or_default();
    [query, authority.rsplit_once('@').map_or("", |(user, _)| user)].into_iter()
}

#[cfg(test)]
mod tests;
