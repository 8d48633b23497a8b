//! A value as text, in the style of what stands around it.

use serde_json::Value;

/// On one line.
pub fn flat(value: &Value, spaced: bool) -> String {
    let (comma, colon) = if spaced { (", ", ": ") } else { (",", ":") };
    match value {
        Value::Object(members) => {
            let members = members.iter().map(|(key, value)| [&quoted(key), colon, &flat(value, spaced)].concat());
            format!("{{{}}}", members.collect::<Vec<_>>().join(comma))
        }
        Value::Array(items) => {
            format!("[{}]", items.iter().map(|item| flat(item, spaced)).collect::<Vec<_>>().join(comma))
        }
        other => other.to_string(),
    }
}

/// A member a line. `indent` stands before the line on which the value begins. Lists stay on one line.
pub fn tall(value: &Value, unit: &str, indent: &str, end: &str) -> String {
    let Value::Object(members) = value else { return flat(value, true) };
    if members.is_empty() {
        return "{}".to_owned();
    }
    let inner = [indent, unit].concat();
    let members =
        members.iter().map(|(key, value)| [&inner, &quoted(key), ": ", &tall(value, unit, &inner, end)].concat());
    let members = members.collect::<Vec<_>>().join(&[",", end].concat());
    ["{", end, &members, end, indent, "}"].concat()
}

fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}
