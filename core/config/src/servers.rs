//! The entries of `mcpServers`: each a `ServerSpec`, or its problems. Not here: expanding `${type:name}` and looking for
//! programs and folders, which is done when the link opens.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

use mcpproxy_domain::{
    Problem, Secret, ServerName, ServerSpec,
    server::{CommandLine, Endpoint, ToolFilter, Transport},
};
use serde_json::{Map, Value};
use url::Url;

use crate::{
    Config, ServerDefaults,
    read::{Object, Span},
    report::Report,
};

/// Which health check intervals are allowed; zero switches the probe off.
pub(crate) const HEALTH: Span = Span { zero: true, least: Duration::from_secs(5), most: Duration::from_secs(3600) };
/// Which handshake times are allowed; zero means the default.
pub(crate) const INIT: Span = Span { zero: true, least: Duration::from_secs(1), most: Duration::from_secs(1800) };

/// Reads all entries, in the order of the file.
pub(crate) fn read(root: &Object<'_>, defaults: &ServerDefaults, report: &mut Report) -> Vec<Arc<ServerSpec>> {
    const HINT: &str =
        "write a list of entries that each have a name: [{\"name\": \"files\", \"command\": \"npx\", ..}]";
    let items = match root.get("mcpServers") {
        None => return Vec::new(),
        Some(Value::Array(items)) => items,
        Some(Value::Object(_)) => {
            let message = "is an object keyed by name, as other programs write it, and has to be a list";
            report.problem("mcpServers", "", message, HINT);
            return Vec::new();
        }
        Some(_) => {
            report.problem("mcpServers", "", "has to be a list", HINT);
            return Vec::new();
        }
    };
    let mut names = BTreeMap::new();
    let mut specs = Vec::new();
    for (index, item) in items.iter().enumerate() {
        let Some(entry) = Object::at(format!("mcpServers[{index}]"), item, report) else { continue };
        let name = name(&entry, report);
        if let Some(name) = &name
            && let Some(first) = names.insert(name.clone(), index)
        {
            let message = format!("is also the name of mcpServers[{first}]");
            report.problem(&entry.path("name"), name.as_str(), message, "give each server a name of its own");
        }
        specs.extend(spec(&entry, name, defaults, report).map(Arc::new));
    }
    specs
}

/// Reads one entry by itself, as if it stood in the file of these settings.
///
/// # Errors
/// Every fault of the entry.
pub fn server_of(config: &Config, entry: &Map<String, Value>) -> Result<Arc<ServerSpec>, Vec<Problem>> {
    let mut report = Report::default();
    let entry = Object::root(entry);
    let name = name(&entry, &mut report);
    let spec = spec(&entry, name, &config.server_defaults, &mut report);
    match spec {
        Some(spec) if report.problems.is_empty() => Ok(Arc::new(spec)),
        _ => Err(report.problems),
    }
}

fn name(entry: &Object<'_>, report: &mut Report) -> Option<ServerName> {
    let typed = entry.get("name").is_none_or(Value::is_string);
    let text = entry.text("name", report).unwrap_or_default();
    match ServerName::new(text) {
        Ok(name) => Some(name),
        Err(error) => {
            if typed {
                report.problem(&entry.path("name"), text, error.to_string(), "write a short name such as \"github\"");
            }
            None
        }
    }
}

/// Reads one entry. `None` only after a problem was noted.
fn spec(
    entry: &Object<'_>,
    name: Option<ServerName>,
    defaults: &ServerDefaults,
    report: &mut Report,
) -> Option<ServerSpec> {
    let transport = transport(entry, report);
    let init_timeout = entry.duration("init_timeout", &INIT, report).filter(|time| !time.is_zero());
    let health_interval = entry.duration("health_check_interval", &HEALTH, report).unwrap_or(defaults.health_interval);
    let enabled = entry.flag("enabled", report).unwrap_or(false);
    let trusted = trusts_itself(entry, report);
    let quarantined = entry.flag("quarantined", report).unwrap_or(defaults.hold && !trusted);
    let tools = tools(entry, report);
    Some(ServerSpec {
        name: name?,
        transport: transport?,
        enabled,
        quarantined,
        init_timeout: init_timeout.unwrap_or(defaults.init_timeout),
        call_timeout: defaults.call_timeout,
        health_interval: Some(health_interval).filter(|time| !time.is_zero()),
        tools,
    })
}

/// Whether the entry asks for approval without a person. A text that is not known asks for a person.
fn trusts_itself(entry: &Object<'_>, report: &mut Report) -> bool {
    let mode = entry.text("trust_mode", report);
    if let Some(text) = mode
        && !["auto", "scan", "manual"].contains(&text)
    {
        let hint = "write auto, scan or manual, in small letters";
        report.warn(&entry.path("trust_mode"), text, "is not a trust mode and counts as manual", hint);
    }
    mode == Some("auto")
}

fn tools(entry: &Object<'_>, report: &mut Report) -> ToolFilter {
    let names = |key, report: &mut Report| -> BTreeSet<String> {
        entry.texts(key, report).unwrap_or_default().into_iter().map(str::to_owned).collect()
    };
    let (only, except) = (names("enabled_tools", report), names("disabled_tools", report));
    match (only.is_empty(), except.is_empty()) {
        (true, true) => ToolFilter::All,
        (false, true) => ToolFilter::Only(only),
        (true, false) => ToolFilter::Except(except),
        (false, false) => {
            let message = "stands beside enabled_tools";
            let hint = "keep one of the two: enabled_tools lets only those through, disabled_tools all others";
            report.problem(&entry.path("disabled_tools"), "", message, hint);
            ToolFilter::All
        }
    }
}

/// How the server is reached: what `protocol` says, else what follows from `command` and `url`.
fn transport(entry: &Object<'_>, report: &mut Report) -> Option<Transport> {
    let before = report.problems.len();
    let protocol = entry.text("protocol", report).unwrap_or("auto");
    // both are read whatever the protocol is, so that all of their faults are told
    let command = command(entry, report);
    let endpoint = endpoint(entry, report);
    if report.problems.len() > before {
        return None;
    }
    match (protocol, command, endpoint) {
        ("stdio", Some(command), endpoint) => {
            if endpoint.is_some() {
                let hint = "remove it, or remove protocol to launch the command and connect to the url";
                report.warn(&entry.path("url"), "", "has no effect with protocol stdio", hint);
            }
            Some(Transport::Stdio(command))
        }
        ("auto", Some(command), None) => Some(Transport::Stdio(command)),
        ("auto" | "http" | "streamable-http", None, Some(endpoint)) => Some(Transport::Http(endpoint)),
        ("sse", None, Some(endpoint)) => Some(Transport::LegacySse(endpoint)),
        ("auto" | "http" | "streamable-http" | "sse", Some(command), Some(endpoint)) => {
            if protocol == "sse" {
                let hint = "remove protocol, or start the server yourself and remove command";
                let message = "does not go with a command: the launched server is spoken to over streamable HTTP";
                report.warn(&entry.path("protocol"), protocol, message, hint);
            }
            Some(Transport::Launcher(command, endpoint))
        }
        ("stdio", None, _) => missing(entry, "command", "is needed with protocol stdio", report),
        ("auto", None, None) => missing(entry, "command", "is missing, and so is a url", report),
        ("http" | "streamable-http" | "sse", _, None) => missing(entry, "url", "is needed with this protocol", report),
        _ => {
            let hint = "write stdio, http, streamable-http, sse or auto";
            report.problem(&entry.path("protocol"), protocol, "is not a known protocol", hint);
            None
        }
    }
}

fn missing(entry: &Object<'_>, key: &str, message: &str, report: &mut Report) -> Option<Transport> {
    let hint = "write command and args for a program, or url for a server on the network";
    report.problem(&entry.path(key), "", message, hint);
    None
}

fn command(entry: &Object<'_>, report: &mut Report) -> Option<CommandLine> {
    let program = entry.text("command", report);
    let args = entry.texts("args", report);
    let env = entry.secrets("env", report);
    let working_dir = entry.text("working_dir", report).map(PathBuf::from);
    for name in env.keys().filter(|name| name.is_empty() || name.contains(['=', '\0'])) {
        let hint = "use letters, digits and underscores";
        report.problem(&entry.path("env"), name, "holds a name that no variable can have", hint);
    }
    let program = program?;
    if args.as_ref().is_none_or(Vec::is_empty) && is_package_runner(program) && !entry.get("args").is_some_and(is_wrong)
    {
        let hint = "write the package as an argument: [\"-y\", \"package-name\"]";
        report.problem(&entry.path("args"), "", format!("is needed with {program}, which runs a package"), hint);
    }
    let args = args.unwrap_or_default().into_iter().map(str::to_owned).collect();
    Some(CommandLine { program: program.to_owned(), args, env, working_dir })
}

/// Whether `args` is no list of texts, which is told already.
fn is_wrong(args: &Value) -> bool {
    args.as_array().is_none_or(|items| !items.iter().all(Value::is_string))
}

fn is_package_runner(program: &str) -> bool {
    let file = program.rsplit(['/', '\\']).next().unwrap_or(program).to_ascii_lowercase();
    let name = file.strip_suffix(".exe").or_else(|| file.strip_suffix(".cmd")).unwrap_or(&file);
    ["npx", "uvx", "pipx"].contains(&name)
}

fn endpoint(entry: &Object<'_>, report: &mut Report) -> Option<Endpoint> {
    let headers = headers(entry, report);
    let url = entry.text("url", report)?;
    let fault = match Url::parse(url) {
        // what a reference stands for is known only when the link opens
        _ if url.contains("${") => None,
        Ok(parsed) if matches!(parsed.scheme(), "http" | "https") && parsed.has_host() => None,
        Ok(_) => Some("is not an http or https URL"),
        Err(_) => Some("is not an absolute URL"),
    };
    if let Some(message) = fault {
        // a query or a user part may hold a secret
        let shown = if url.contains('@') { "" } else { url.split(['?', '#']).next().unwrap_or_default() };
        report.problem(&entry.path("url"), shown, message, "write it as https://host/path");
    }
    Some(Endpoint { url: url.to_owned(), headers })
}

fn headers(entry: &Object<'_>, report: &mut Report) -> BTreeMap<String, Secret> {
    let headers = entry.secrets("headers", report);
    let is_token = |name: &str| {
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b))
    };
    for (name, text) in &headers {
        if !is_token(name) {
            let hint = "use letters, digits and dashes, such as \"Authorization\"";
            report.problem(&entry.path("headers"), name, "holds a name that no header can have", hint);
        }
        if text.reveal().contains(['\r', '\n', '\0']) {
            let path = format!("{}.{name}", entry.path("headers"));
            report.problem(&path, "", "holds a line break", "write the value in one line");
        }
    }
    headers
}
