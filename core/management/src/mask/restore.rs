//! Telling a hidden value that comes back from a new one: the first keeps what is stored. What cannot be told is refused,
//! so that dots never take the place of a secret.

use mcpproxy_domain::Code;
use mcpproxy_ipc_proto::view::FieldError;
use serde_json::{Map, Value};

use super::{
    DOTS,
    address::{uncovered, url},
    arguments, hidden,
};
use crate::Refusal;

/// Members that came in, with stored secrets in the place of their hidden forms.
///
/// # Errors
/// A hidden value of which nobody knows what it stood for; its place is named.
pub fn restored(incoming: Map<String, Value>, stored: &Value) -> Result<Map<String, Value>, Refusal> {
    let mut incoming = Value::Object(incoming);
    restore(&mut incoming, stored);
    if let Some(field) = still_hidden(&incoming) {
        let message = format!("{field} holds {DOTS}, the form in which a secret is shown, and not the secret itself");
        let hint = format!("write the value of {field}, or leave the member out");
        let faults = vec![FieldError { field, message: message.clone() }];
        return Err(Refusal { faults, ..Refusal::new(Code::InvalidInput, message, hint) });
    }
    match incoming {
        Value::Object(restored) => Ok(restored),
        _ => Err(Refusal::internal("a document is an object")),
    }
}

/// The place of the first text that holds a hidden value, as `mcpServers[0].env.A_TOKEN`.
#[must_use]
pub fn still_hidden(value: &Value) -> Option<String> {
    let place = place(value)?;
    Some(place.strip_prefix('.').map(str::to_owned).unwrap_or(place))
}

fn place(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => text.contains(DOTS).then(String::new),
        Value::Array(items) => {
            items.iter().enumerate().find_map(|(index, item)| Some(format!("[{index}]{}", place(item)?)))
        }
        Value::Object(members) => members.iter().find_map(|(name, member)| Some(format!(".{name}{}", place(member)?))),
        _ => None,
    }
}

/// Puts stored secrets in the place of their hidden forms; what it cannot tell stays as it came.
fn restore(incoming: &mut Value, stored: &Value) {
    match (incoming, stored) {
        (Value::Object(incoming), Value::Object(stored)) => {
            for (key, value) in incoming {
                if let Some(stored) = stored.get(key) {
                    restore(value, stored);
                }
            }
        }
        (Value::Array(incoming), Value::Array(stored)) => match (texts(incoming), texts(stored)) {
            (Some(args), Some(stored)) => {
                let back = (0..args.len()).map(|index| argument(&args, index, &stored));
                *incoming = back.map(Value::String).collect();
            }
            _ => items(incoming, stored),
        },
        (Value::String(incoming), Value::String(stored)) => {
            if *incoming == hidden(stored) || *incoming == url(stored) {
                incoming.clone_from(stored);
            } else if let Some(found) = uncovered(incoming, stored) {
                *incoming = found;
            }
        }
        _ => {}
    }
}

/// Entries of servers are known by their names, everything else by its place.
fn items(incoming: &mut [Value], stored: &[Value]) {
    for (index, value) in incoming.iter_mut().enumerate() {
        let twin = match value.get("name") {
            Some(name) => stored.iter().find(|it| it.get("name") == Some(name)),
            None => stored.get(index),
        };
        if let Some(twin) = twin {
            restore(value, twin);
        }
    }
}

fn texts(items: &[Value]) -> Option<Vec<String>> {
    items.iter().map(|item| item.as_str().map(str::to_owned)).collect()
}

/// The argument at `index`, with its secret if it is known which one: arguments move, so their options tell.
fn argument(args: &[String], index: usize, stored: &[String]) -> String {
    let Some(arg) = args.get(index) else { return String::new() };
    if !arg.contains(DOTS) {
        return arg.clone();
    }
    let shown = arguments(stored);
    let alike =
        |list: &[String]| -> Vec<usize> { (0..list.len()).filter(|at| look(list, *at) == look(args, index)).collect() };
    let (here, there) = (alike(args), alike(&shown));
    let mut secrets = there.iter().filter_map(|at| stored.get(*at));
    let known = if here.len() == there.len() {
        here.iter().position(|at| *at == index).and_then(|nth| secrets.nth(nth))
    } else {
        // of several that look alike it is only known which one is meant when all are the same
        secrets.next().filter(|first| secrets.all(|other| other == *first))
    };
    known
        .cloned()
        .or_else(|| stored.iter().find_map(|it| moved(arg, it).filter(|found| !found.contains(DOTS))))
        .unwrap_or_else(|| arg.clone())
}

/// What an argument looks like: itself, after the option it is the value of if it is all hidden.
fn look(args: &[String], index: usize) -> (Option<&String>, Option<&String>) {
    let arg = args.get(index);
    let is_a_value = arg.is_some_and(|arg| arg.starts_with(DOTS));
    (arg, index.checked_sub(1).filter(|_| is_a_value).and_then(|before| args.get(before)))
}

/// A URL that was changed elsewhere than in its secrets, alone or after `--option=`.
fn moved(arg: &str, stored: &str) -> Option<String> {
    let is_option = |name: &str| !name.contains("://");
    match (arg.split_once('='), stored.split_once('=')) {
        (Some((name, address)), Some((same, stored))) if name == same && is_option(name) => {
            Some(format!("{name}={}", uncovered(address, stored)?))
        }
        _ => uncovered(arg, stored),
    }
}
