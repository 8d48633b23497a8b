//! One entry of whatever program, read as a draft. Not here: which entries there are (`shape`), names that clash (`gather`).

use std::{collections::BTreeSet, path::PathBuf};

use mcpproxy_domain::server::{ToolFilter, Transport};
use serde_json::{Map, Value};

use crate::{
    Draft, Form, Format, Reason, Rest, Source, command, error::Shown, fields::Fields, name, oauth, own,
    placeholder::Dialect, transport,
};

/// Where entries come from.
#[derive(Clone, Copy)]
pub(crate) struct Origin {
    pub(crate) form: Form,
    pub(crate) format: Option<Format>,
    pub(crate) dialect: Dialect,
}

impl Origin {
    pub(crate) const fn new(form: Form, format: Option<Format>) -> Self {
        Self { form, format, dialect: Dialect::of(format) }
    }
}

/// Members that change nothing for whoever calls the server.
const QUIET: [&str; 14] = [
    "name",
    "$schema",
    "id",
    "description",
    "gallery",
    "version",
    "dev",
    "source",
    "extensionName",
    "created",
    "updated",
    "quarantined",
    "source_registry_id",
    "source_registry_provenance",
];

/// Members of our own entries that are taken over as they stand.
const OURS: [&str; 14] = [
    "launcher_wait_timeout",
    "oauth",
    "isolation",
    "reconnect_on_use",
    "expose_prompts",
    "health_check_interval",
    "tool_discovery_interval",
    "init_timeout",
    "max_concurrent_requests",
    "queue_size",
    "queue_timeout",
    "toon_output",
    "shared",
    "auth_broker",
];

/// Reads one entry.
pub(crate) fn read(
    called: Option<&str>,
    value: &Value,
    project: Option<&str>,
    origin: &Origin,
) -> Result<Draft, Reason> {
    let map = value.as_object().ok_or(Reason::NotAnEntry)?;
    if origin.format == Some(Format::Zed) && map.get("source").and_then(Value::as_str) == Some("extension") {
        return Err(Reason::Extension);
    }
    let fields = &mut Fields::new(map, origin.dialect);
    let mut transport = transport::read(fields, origin.format)?;
    let called = called.or_else(|| map.get("name").and_then(Value::as_str)).filter(|name| !name.trim().is_empty());
    start_in_project(fields, &mut transport, project);
    let enabled = enabled(fields, origin)?;
    let tools = tools(fields)?;
    let rest = rest(fields, origin.format);
    let name = called.and_then(name::sanitise).or_else(|| derived(&transport)).unwrap_or_else(|| "server".to_owned());
    if own::is_own(called, &transport) || own::is_own(Some(&name), &transport) {
        return Err(Reason::Own);
    }
    if let Some(called) = called.filter(|called| *called != name) {
        fields.warn(format!("{} is called {name} here", Shown::new(called)));
    }
    if fields.take(&["envFile"]).is_some() {
        fields.warn("envFile is not read; write its variables into env");
    }
    let mut fields_skipped = fields.left(&QUIET);
    fields_skipped.extend(map.contains_key("envFile").then(|| "envFile".to_owned()));
    let told: Vec<_> = fields_skipped.iter().filter(|key| *key != "envFile").map(String::as_str).collect();
    if !told.is_empty() {
        fields.warn(format!("left out, because nothing here answers to it: {}", told.join(", ")));
    }
    Ok(Draft {
        name,
        transport,
        enabled,
        quarantined: true,
        tools,
        rest,
        warnings: std::mem::take(&mut fields.warnings),
        fields_skipped,
        source: Source {
            form: origin.form,
            format: origin.format,
            original_name: called.map(|called| Shown::new(called).to_string()),
            project: project.map(str::to_owned),
        },
    })
}

/// What a server is called that nobody named.
pub(crate) fn derived(transport: &Transport) -> Option<String> {
    match transport {
        Transport::Http(endpoint) | Transport::LegacySse(endpoint) => name::from_url(&endpoint.url),
        Transport::Stdio(started) | Transport::Launcher(started, _) => command::name(&started.program, &started.args),
    }
}

/// A server of a project starts in its folder there, which matters only to paths that begin with a dot.
fn start_in_project(fields: &mut Fields<'_>, transport: &mut Transport, project: Option<&str>) {
    let (Transport::Stdio(started), Some(project)) = (transport, project) else { return };
    let is_relative = |word: &String| ["./", "../", ".\\", "..\\"].iter().any(|start| word.starts_with(start));
    if started.working_dir.is_none() && (is_relative(&started.program) || started.args.iter().any(is_relative)) {
        started.working_dir = Some(PathBuf::from(project));
        fields.warn("working_dir is the folder of its project, since its paths are relative");
    }
}

/// Our own files switch a server off by silence; everybody else's, and whoever pastes, mean it to run.
fn enabled(fields: &mut Fields<'_>, origin: &Origin) -> Result<bool, Reason> {
    let silent = origin.format != Some(Format::Mcpproxy) || origin.form != Form::File;
    let disabled = fields.flag(&["disabled"])?.unwrap_or(false);
    let enabled = fields.flag(&["enabled", "isActive"])?.unwrap_or(silent);
    Ok(enabled && !disabled)
}

fn tools(fields: &mut Fields<'_>) -> Result<ToolFilter, Reason> {
    let mut names = |keys: &[&str]| Ok(fields.texts(keys)?.map(|names| names.into_iter().collect::<BTreeSet<_>>()));
    let only = names(&["enabled_tools", "includeTools", "enabledTools"])?.filter(|names| !names.is_empty());
    let except = names(&["disabled_tools", "excludeTools", "disabledTools"])?.filter(|names| !names.is_empty());
    Ok(match (only, except) {
        (None, None) => ToolFilter::All,
        (None, Some(except)) => ToolFilter::Except(except),
        (Some(only), except) => {
            let left: BTreeSet<_> = only.difference(&except.unwrap_or_default()).cloned().collect();
            if left.is_empty() { ToolFilter::Except(only) } else { ToolFilter::Only(left) }
        }
    })
}

fn rest(fields: &mut Fields<'_>, format: Option<Format>) -> Rest {
    let mut rest = Map::new();
    if format == Some(Format::Mcpproxy) {
        rest.extend(
            OURS.iter().filter_map(|key| fields.take(&[key])).map(|(key, value)| (key.to_owned(), value.clone())),
        );
        return Rest(rest);
    }
    if let Some((key, value)) = fields.take(&["oauth", "auth"]) {
        let (ours, left) = oauth::translate(value);
        rest.extend(ours.map(|ours| ("oauth".to_owned(), ours)));
        for below in left {
            fields.warn(format!("left out, because nothing here answers to it: {key}.{}", Shown::new(&below)));
        }
    }
    let seconds = fields.take(&["startup_timeout_sec"]).and_then(|(_, value)| value.as_f64());
    let millis = fields.take(&["startup_timeout_ms"]).and_then(|(_, value)| value.as_f64());
    if let Some(seconds) = seconds.or(millis.map(|millis| millis / 1000.0)) {
        // what our settings allow
        let seconds = if seconds.is_nan() { 1.0 } else { seconds.ceil().clamp(1.0, 1800.0) };
        rest.insert("init_timeout".into(), format!("{seconds:.0}s").into());
    }
    Rest(rest)
}
