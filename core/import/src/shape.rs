//! Where the entries are in what was read, and whose form that is. Not here: reading an entry (`entry`).

use serde_json::{Map, Value};

use crate::Format;

/// One entry, not read yet.
pub(crate) struct Found<'a> {
    pub(crate) name: Option<&'a str>,
    pub(crate) value: &'a Value,
    pub(crate) project: Option<&'a str>,
}

/// The entries of a settings file, or of a piece that says whose it is. None if nothing in it holds servers.
pub(crate) fn find(root: &Value) -> Option<(Format, Vec<Found<'_>>)> {
    let root = match root {
        Value::Array(items) if !items.is_empty() && items.iter().all(has_name) => {
            return Some((Format::Mcpproxy, list(items)));
        }
        root => root.as_object()?,
    };
    if let Some(found) = claude_code(root) {
        return Some((Format::ClaudeCode, found));
    }
    match root.get("mcpServers") {
        Some(Value::Array(items)) => return Some((Format::Mcpproxy, list(items))),
        Some(Value::Object(entries)) => return Some((guess(root, entries), named(entries))),
        _ => {}
    }
    let object = |key: &str| root.get(key).and_then(Value::as_object);
    if let Some(entries) = object("context_servers") {
        return Some((Format::Zed, named(entries)));
    }
    if let Some(entries) = object("mcp_servers") {
        return Some((Format::Codex, named(entries)));
    }
    // "servers" could be the name of a server
    if let Some(entries) = object("servers").filter(|entries| !is_entry(entries)) {
        return Some((Format::VsCode, named(entries)));
    }
    let inner = object("mcp").filter(|entries| !is_entry(entries))?;
    match inner.get("servers").and_then(Value::as_object).filter(|entries| !is_entry(entries)) {
        Some(entries) => {
            let format = if entries.values().any(is_of_opencode) { Format::OpenCode } else { Format::VsCode };
            Some((format, named(entries)))
        }
        None => Some((Format::OpenCode, named(inner))),
    }
}

/// The entries of a piece that does not say whose it is: one entry, or entries by their names.
pub(crate) fn piece(root: &Value) -> Option<Vec<Found<'_>>> {
    let map = root.as_object()?;
    if is_entry(map) {
        return Some(vec![Found { name: None, value: root, project: None }]);
    }
    let all = !map.is_empty() && map.values().all(|value| value.as_object().is_some_and(is_entry));
    all.then(|| named(map))
}

/// The file of Claude Code holds entries for everywhere and entries a project.
fn claude_code(root: &Map<String, Value>) -> Option<Vec<Found<'_>>> {
    let holds = |holder: &Value| holder.get("mcpServers").is_some_and(Value::is_object);
    let projects = root.get("projects").and_then(Value::as_object);
    if !root.contains_key("numStartups") && !projects.is_some_and(|projects| projects.values().any(holds)) {
        return None;
    }
    let mut found: Vec<_> = root.get("mcpServers").and_then(Value::as_object).into_iter().flat_map(named).collect();
    for (path, project) in projects.into_iter().flatten() {
        let entries = project.get("mcpServers").and_then(Value::as_object);
        found.extend(entries.into_iter().flat_map(named).map(|entry| Found { project: Some(path), ..entry }));
    }
    Some(found)
}

/// Several programs use one key; how they write an address tells them apart.
fn guess(root: &Map<String, Value>, entries: &Map<String, Value>) -> Format {
    let any = |key: &str| entries.values().any(|entry| entry.get(key).is_some());
    let gemini = ["security", "selectedAuthType", "contextFileName", "general", "ui"];
    if any("httpUrl") || gemini.iter().any(|key| root.contains_key(*key)) {
        Format::Gemini
    } else if any("serverUrl") {
        Format::Windsurf
    } else if any("type") {
        Format::ClaudeCode
    } else if any("url") || any("envFile") {
        Format::Cursor
    } else {
        Format::ClaudeDesktop
    }
}

fn is_of_opencode(entry: &Value) -> bool {
    let kind = entry.get("type").and_then(Value::as_str);
    matches!(kind, Some("local" | "remote")) || entry.get("command").is_some_and(Value::is_array)
}

/// Whether an object says how a server is reached.
fn is_entry(map: &Map<String, Value>) -> bool {
    let reached = |key: &str| map.get(key).is_some_and(Value::is_string);
    ["command", "url", "serverUrl", "httpUrl"].into_iter().any(reached)
        || map.get("command").is_some_and(Value::is_array)
        || map.get("command").and_then(|command| command.get("path")).is_some_and(Value::is_string)
}

fn has_name(item: &Value) -> bool {
    item.get("name").is_some_and(Value::is_string)
}

fn named(entries: &Map<String, Value>) -> Vec<Found<'_>> {
    entries.iter().map(|(name, value)| Found { name: Some(name), value, project: None }).collect()
}

fn list(items: &[Value]) -> Vec<Found<'_>> {
    items.iter().map(|value| Found { name: None, value, project: None }).collect()
}
