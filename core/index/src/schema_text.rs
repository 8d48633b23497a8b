//! The words of an input schema that say what a tool takes: names and descriptions of parameters, and a few of their
//! permitted values. Never the schema's own vocabulary. Not here: the compact signature.

use serde_json::Value;

/// Parameters of parameters of .. are followed this far.
const DEPTH: usize = 4;
/// A longer enumeration is data.
const ENUM_VALUES: usize = 20;
/// Bytes of text that one schema can contribute.
const LONGEST_TEXT: usize = 32 * 1024;

/// The words of a schema, separated by spaces; empty for what is no schema.
pub(crate) fn schema_text(schema: &str) -> String {
    let mut text = String::new();
    if let Ok(schema) = serde_json::from_str(schema) {
        walk(&schema, DEPTH, &mut text);
    }
    text
}

fn walk(schema: &Value, depth: usize, text: &mut String) {
    if let Some(description) = schema.get("description").and_then(Value::as_str) {
        push(text, description);
    }
    for value in list(schema, "enum").iter().filter_map(Value::as_str).take(ENUM_VALUES) {
        push(text, value);
    }
    let Some(depth) = depth.checked_sub(1) else { return };
    if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
        for (name, property) in properties {
            push(text, name);
            walk(property, depth, text);
        }
    }
    // These add no name of their own and still use up depth: a schema from outside must not set the length of the walk.
    if let Some(items) = schema.get("items") {
        walk(items, depth, text);
    }
    for choice in ["anyOf", "oneOf", "allOf"].into_iter().flat_map(|key| list(schema, key)) {
        walk(choice, depth, text);
    }
}

fn list<'a>(schema: &'a Value, key: &str) -> &'a [Value] {
    schema.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn push(text: &mut String, words: &str) {
    if text.len() + words.len() < LONGEST_TEXT {
        text.push_str(words);
        text.push(' ');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_words_about_parameters() {
        let long: Vec<_> = (0..30).map(|n| format!("v{n}")).collect();
        let deep = r#"{"properties":{"a":{"properties":{"b":{"properties":{"c":{"properties":{"d":{"properties":{"e":
            {}}}}}}}}}}}"#;
        for (schema, expected) in [
            (r#"{"type":"object","properties":{},"$schema":"x","title":"t","required":["q"]}"#.to_owned(), ""),
            (
                r#"{"properties":{"repo":{"type":"string","description":"Which one","default":"d"}}}"#.to_owned(),
                "repo Which one",
            ),
            (
                r#"{"properties":{"type":{"enum":["open",1,null]},"properties":true}}"#.to_owned(),
                "type open properties",
            ),
            (
                r#"{"properties":{"ids":{"items":{"description":"Of users","properties":{"id":{}}}}}}"#.to_owned(),
                "ids Of users id",
            ),
            (r#"{"properties":{"unit":{"anyOf":[{"enum":["kelvin"]},{"type":"null"}]}}}"#.to_owned(), "unit kelvin"),
            (deep.to_owned(), "a b c d"),
            (format!(r#"{{"enum":{}}}"#, serde_json::json!(long)), &*long[..20].join(" ")),
            ("[1]".to_owned(), ""),
            ("{not json".to_owned(), ""),
        ] {
            assert_eq!(schema_text(&schema).trim_end(), expected, "{schema}");
        }
    }

    #[test]
    fn a_hostile_schema_is_cut() {
        let schema = serde_json::json!({"properties": {"a": {"description": "x".repeat(LONGEST_TEXT)}, "b": {}}});
        assert_eq!(schema_text(&schema.to_string()), "a b ");
    }
}
