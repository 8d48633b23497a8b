//! Collects what is found while the settings are resolved, so that all of it is told at once. Not here: the rules.

use mcpproxy_domain::Problem;
use serde_json::Value;

/// What was found so far: faults, which keep the settings from being used, and warnings, which do not.
#[derive(Debug, Default)]
pub(crate) struct Report {
    pub(crate) problems: Vec<Problem>,
    pub(crate) warnings: Vec<Problem>,
}

impl Report {
    /// Notes a fault.
    pub(crate) fn problem(&mut self, path: &str, value: &str, message: impl Into<String>, hint: impl Into<String>) {
        self.problems.push(problem(path, value, message, hint));
    }

    /// Notes something that a person should know.
    pub(crate) fn warn(&mut self, path: &str, value: &str, message: impl Into<String>, hint: impl Into<String>) {
        self.warnings.push(problem(path, value, message, hint));
    }
}

/// A problem with its value shortened and fit to be printed.
pub(crate) fn problem(path: &str, value: &str, message: impl Into<String>, hint: impl Into<String>) -> Problem {
    Problem { path: printable(path), value: shorten(&printable(value)), message: message.into(), hint: hint.into() }
}

/// The value as it can be shown: lists and objects may hold secrets at any depth, so nothing of them is.
pub(crate) fn shown(value: &Value) -> String {
    match value {
        Value::Array(_) | Value::Object(_) => String::new(),
        Value::String(text) => text.clone(),
        Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}

/// The text with control characters spelled out, so that it can forge neither lines nor terminal commands.
fn printable(text: &str) -> String {
    let spelled = |c: char| if c.is_control() { c.escape_default().to_string() } else { c.to_string() };
    text.chars().map(spelled).collect()
}

/// At most 60 characters.
fn shorten(text: &str) -> String {
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", text.split_at(end).0),
        None => text.to_owned(),
    }
}
