//! What other programs know of a server's sign-in, as our settings hold it. Not here: signing in.

use serde_json::{Map, Value};

/// Our `oauth` block of somebody's, and the keys that it has no place for. None if it says nothing.
pub(crate) fn translate(value: &Value) -> (Option<Value>, Vec<String>) {
    let Some(theirs) = value.as_object() else { return (None, Vec::new()) };
    let (mut ours, mut left) = (Map::new(), Vec::new());
    for (key, value) in theirs {
        let plain = key.to_ascii_lowercase().replace(['_', '-'], "");
        match (plain.as_str(), value) {
            ("clientid", Value::String(_)) => drop(ours.insert("client_id".into(), value.clone())),
            ("clientsecret", Value::String(_)) => drop(ours.insert("client_secret".into(), value.clone())),
            ("redirecturi", Value::String(_)) => drop(ours.insert("redirect_uri".into(), value.clone())),
            ("scopes", Value::Array(items)) if items.iter().all(Value::is_string) => {
                ours.insert("scopes".into(), value.clone());
            }
            ("scopes" | "scope", Value::String(text)) => {
                let scopes: Vec<_> = text.split_whitespace().map(Value::from).collect();
                ours.insert("scopes".into(), scopes.into());
            }
            ("enabled", Value::Bool(_)) => {}
            _ => left.push(key.clone()),
        }
    }
    ((!ours.is_empty()).then(|| Value::Object(ours)), left)
}
