//! Hiding secrets in what is shown, by the contract's rules: which headers, which variables, which parts of a URL, and
//! how a hidden value looks. Not here: what a program is started with (`mask::command`), and telling a hidden value that
//! comes back from a new one (`mask::restore`).

mod address;
mod command;
mod restore;

use std::collections::BTreeMap;

use mcpproxy_domain::{Secret, secret::names_a_secret};
use serde_json::Value;

pub use self::{
    address::url,
    command::{arguments, command_url},
    restore::{restored, still_hidden},
};

/// Headers that hold a credential.
const HEADERS: [&str; 8] = [
    "authorization",
    "x-api-key",
    "cookie",
    "set-cookie",
    "x-access-token",
    "x-refresh-token",
    "x-auth-token",
    "proxy-authorization",
];

/// How a hidden value begins.
const DOTS: &str = "••••";

/// A value as it is shown: its last two characters and its length. A reference to a secret hides nothing.
#[must_use]
pub fn hidden(value: &str) -> String {
    if value.is_empty() {
        return "(empty)".to_owned();
    }
    if is_a_reference(value) {
        return value.to_owned();
    }
    let length = value.chars().count();
    if length <= 4 {
        return DOTS.to_owned();
    }
    let last: String = value.chars().skip(length - 2).collect();
    format!("{DOTS}{last} ({length} chars)")
}

/// Whether the whole value is one `${keyring:..}` or `${env:..}`.
fn is_a_reference(value: &str) -> bool {
    let inside = value.strip_prefix("${").and_then(|rest| rest.strip_suffix('}'));
    inside.is_some_and(|inside| {
        !inside.contains('}')
            && ["keyring:", "env:"].iter().any(|kind| inside.strip_prefix(kind).is_some_and(|name| !name.is_empty()))
    })
}

/// Variables as they are shown.
#[must_use]
pub fn variables(env: &BTreeMap<String, Secret>) -> BTreeMap<String, String> {
    shown(env, variable)
}

/// Headers as they are shown.
#[must_use]
pub fn headers(headers: &BTreeMap<String, Secret>) -> BTreeMap<String, String> {
    shown(headers, header)
}

fn shown(values: &BTreeMap<String, Secret>, show: impl Fn(&str, &str) -> String) -> BTreeMap<String, String> {
    values.iter().map(|(name, value)| (name.clone(), show(name, value.reveal()))).collect()
}

fn variable(name: &str, value: &str) -> String {
    if names_a_secret(name) {
        hidden(value)
    } else if value.contains("://") {
        url(value)
    } else {
        value.to_owned()
    }
}

fn header(name: &str, value: &str) -> String {
    if is_a_secret_header(name) { hidden(value) } else { value.to_owned() }
}

fn is_a_secret_header(name: &str) -> bool {
    HEADERS.contains(&name.to_ascii_lowercase().as_str())
}

/// A settings document as it is shown.
#[must_use]
pub fn document(document: &Value) -> Value {
    let mut shown = document.clone();
    let Value::Object(root) = &mut shown else { return shown };
    change(root.get_mut("api_key"), hidden);
    change_each(root.get_mut("environment").and_then(|it| it.get_mut("custom_vars")), variable);
    match root.get_mut("mcpServers") {
        Some(Value::Array(servers)) => servers.iter_mut().for_each(entry),
        // not valid here, but a file that was copied from another program has its secrets too
        Some(Value::Object(servers)) => servers.values_mut().for_each(entry),
        _ => {}
    }
    shown
}

/// Hides the secrets in the entry of a server.
fn entry(server: &mut Value) {
    let Value::Object(server) = server else { return };
    change_each(server.get_mut("env"), variable);
    change_each(server.get_mut("headers"), header);
    change(server.get_mut("url"), url);
    if let Some(Value::Array(args)) = server.get_mut("args") {
        let texts: Vec<_> = args.iter().map(|arg| arg.as_str().unwrap_or_default().to_owned()).collect();
        for (arg, shown) in args.iter_mut().zip(arguments(&texts)) {
            change(arg, |_| shown);
        }
    }
    if let Some(Value::Object(oauth)) = server.get_mut("oauth") {
        change(oauth.get_mut("client_secret"), hidden);
        change_each(oauth.get_mut("extra_params"), variable);
    }
}

fn change<'a>(value: impl Into<Option<&'a mut Value>>, show: impl FnOnce(&str) -> String) {
    if let Some(Value::String(text)) = value.into() {
        *text = show(text);
    }
}

fn change_each(members: Option<&mut Value>, show: impl Fn(&str, &str) -> String) {
    for (name, value) in members.and_then(Value::as_object_mut).into_iter().flatten() {
        change(value, |text| show(name, text));
    }
}

#[cfg(test)]
mod tests;
