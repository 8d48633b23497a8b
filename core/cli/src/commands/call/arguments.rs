//! The arguments of a call as people write them: one JSON object, or `key=value` and `key:=JSON`.
//!
//! A value is a text unless the tool's schema wants something else and the value is that. Not here: whether the
//! arguments fit (the core says so).

use mcpproxy_domain::Code;
use serde_json::{
    Map, Value,
    value::{RawValue, to_raw_value},
};

use crate::exit::Failure;

/// How deep references of a schema are followed.
const DEPTH: usize = 8;

/// Whether the schema of the tool is needed to read these words.
pub(super) fn need_schema(words: &[&str]) -> bool {
    !matches!(words, [] | [_]) || words.first().is_some_and(|word| !is_object(word))
}

/// The arguments as JSON. An object that was written as such is passed on as it stands.
pub(super) fn read(words: &[&str], schema: Option<&RawValue>) -> Result<Box<RawValue>, Failure> {
    match words {
        [] => return raw(&Map::new()),
        [object] if is_object(object) => {
            // the place is told, and not what stands there
            return serde_json::from_str::<Box<RawValue>>(object).map_err(|error| {
                let message = format!("the arguments are no JSON (line {}, column {})", error.line(), error.column());
                Failure::new(Code::InvalidInput, message, "write one object, such as '{\"path\": \"a.txt\"}'")
            });
        }
        _ => {}
    }
    let schema: Value = schema.and_then(|schema| serde_json::from_str(schema.get()).ok()).unwrap_or_default();
    let mut arguments = Map::new();
    for word in words {
        let (key, value) = pair(word, &schema)?;
        if arguments.insert(key.clone(), value).is_some() {
            return Err(Failure::new(
                Code::InvalidInput,
                format!("the argument {key} is given twice"),
                "keep one of them",
            ));
        }
    }
    raw(&arguments)
}

fn is_object(word: &str) -> bool {
    word.trim_start().starts_with('{')
}

fn pair(word: &str, schema: &Value) -> Result<(String, Value), Failure> {
    let form = || {
        let hint = "write KEY=VALUE, KEY:=JSON, or one JSON object";
        Failure::new(Code::InvalidInput, "an argument has no key", hint)
    };
    let (key, text) = word.split_once('=').ok_or_else(form)?;
    if let Some(key) = key.strip_suffix(':').filter(|key| !key.is_empty()) {
        let value = serde_json::from_str(text).map_err(|_| {
            let hint = format!("write JSON behind {key}:=, or a text behind {key}=");
            Failure::new(Code::InvalidInput, format!("the argument {key} is no JSON"), hint)
        })?;
        return Ok((key.to_owned(), value));
    }
    if key.is_empty() {
        return Err(form());
    }
    let wanted = schema.get("properties").and_then(|properties| properties.get(key));
    let value = match serde_json::from_str::<Value>(text) {
        Ok(value) if wanted.is_some_and(|wanted| wants(wanted, &value, schema, 0)) => value,
        _ => text.into(),
    };
    Ok((key.to_owned(), value))
}

/// Whether the schema wants this value as it is, and would not take its text.
fn wants(wanted: &Value, value: &Value, root: &Value, depth: usize) -> bool {
    let types = types(wanted, root, depth);
    let fits = |kind: &&str| match *kind {
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        "null" => value.is_null(),
        _ => false,
    };
    !types.contains(&"string") && types.iter().any(fits)
}

/// The types that a schema allows, as far as it says so in plain words.
fn types<'a>(schema: &'a Value, root: &'a Value, depth: usize) -> Vec<&'a str> {
    if depth > DEPTH {
        return Vec::new();
    }
    if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
        let target = reference.strip_prefix('#').and_then(|pointer| root.pointer(pointer));
        return target.map(|target| types(target, root, depth + 1)).unwrap_or_default();
    }
    match schema.get("type") {
        Some(Value::String(kind)) => return vec![kind],
        Some(Value::Array(kinds)) => return kinds.iter().filter_map(Value::as_str).collect(),
        _ => {}
    }
    let alternatives = ["anyOf", "oneOf"].iter().filter_map(|key| schema.get(*key)?.as_array()).flatten();
    alternatives.flat_map(|schema| types(schema, root, depth + 1)).collect()
}

fn raw(arguments: &Map<String, Value>) -> Result<Box<RawValue>, Failure> {
    to_raw_value(arguments).map_err(|error| Failure::internal(format!("the arguments cannot be written: {error}")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_texts_unless_the_schema_wants_something_else() {
        let schema = json!({
            "properties": {
                "text": { "type": "string" },
                "count": { "type": "integer" },
                "ratio": { "anyOf": [{ "type": "number" }, { "type": "null" }] },
                "maybe": { "type": ["string", "null"] },
                "on": { "$ref": "#/$defs/flag" },
                "list": { "type": "array" },
                "open": {},
                "loop": { "$ref": "#/properties/loop" },
            },
            "$defs": { "flag": { "type": "boolean" } },
        });
        let schema = to_raw_value(&schema).unwrap();
        let told = |words: &[&str]| {
            read(words, Some(&schema)).map(|raw| raw.get().to_owned()).map_err(|failure| failure.message)
        };
        for (words, expected) in [
            (&["text=5"][..], r#"{"text":"5"}"#),
            (&["count=5", "ratio=null", "on=true"], r#"{"count":5,"ratio":null,"on":true}"#),
            (&["count=five", "ratio=1e2", "maybe=null"], r#"{"count":"five","ratio":100.0,"maybe":"null"}"#),
            (
                &["list=[1, 2]", "open=7", "loop=7", "unknown=true"],
                r#"{"list":[1,2],"open":"7","loop":"7","unknown":"true"}"#,
            ),
            (&["open:={\"a\": [1]}", "text=a=b"], r#"{"open":{"a":[1]},"text":"a=b"}"#),
            (&["text="], r#"{"text":""}"#),
            (&[], "{}"),
            (&[" {\"z\": 1.0,  \"a\":12345678901234567890123 }"], "{\"z\": 1.0,  \"a\":12345678901234567890123 }"),
        ] {
            assert_eq!(told(words).as_deref(), Ok(expected), "{words:?}");
        }
        for bad in [&["canary"][..], &["=x"], &["a:=canary"], &["{canary"], &["a=1", "a=2"], &["{}", "a=1"]] {
            let message = told(bad).unwrap_err();
            assert!(!message.contains("canary"), "{message}");
        }
        assert!(!need_schema(&["{}"]) && !need_schema(&[]) && need_schema(&["a=1"]));
    }
}
