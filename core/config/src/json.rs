//! JSON read strictly: keys that stand twice are found, and a syntax error is told by line, column and what to do.
//! Not here: what keys mean, where they stand ([`crate::spans`]).

use std::fmt;

use mcpproxy_domain::Problem;
use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use crate::report::problem;

/// A text read to its end.
#[derive(Default)]
pub(crate) struct Document {
    /// What stands in it; an empty text is an empty object. Of keys that stand twice the first counts.
    pub(crate) entries: Map<String, Value>,
    /// One problem for each key that stands twice.
    pub(crate) repeated: Vec<Problem>,
}

/// Reads the whole text of a file; `name` is how the file is called in problems.
pub(crate) fn read(name: &str, bytes: &[u8]) -> Result<Document, Problem> {
    let text = text(name, bytes)?;
    if text.trim().is_empty() {
        return Ok(Document::default());
    }
    let mut repeated = Vec::new();
    let mut reader = serde_json::Deserializer::from_str(text);
    let value = Strict { path: "", repeated: &mut repeated }
        .deserialize(&mut reader)
        .and_then(|value| reader.end().map(|()| value))
        .map_err(|error| explain(name, text, &error))?;
    match value {
        Value::Object(entries) => Ok(Document { entries, repeated }),
        _ => Err(problem(name, "", "holds no JSON object", "begin the file with { and end it with }")),
    }
}

/// The text of a file without a byte order mark.
pub(crate) fn text<'a>(name: &str, bytes: &'a [u8]) -> Result<&'a str, Problem> {
    let text = std::str::from_utf8(bytes)
        .map_err(|_| problem(name, "", "is not UTF-8 text", "save the file with the encoding UTF-8"))?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
}

/// A syntax error in words: only the kind of fault is told, never what stands there, since it may be a secret.
fn explain(name: &str, text: &str, error: &serde_json::Error) -> Problem {
    let place = format!("is not JSON at line {}, column {}", error.line(), error.column());
    if error.is_eof() {
        return problem(name, "", place, "the file ends too early: close every \", [ and { that is open");
    }
    let at = offset(text, error.line(), error.column());
    let (before, rest) = text.split_at_checked(at).unwrap_or((text, ""));
    let hint = match rest.chars().next() {
        Some('/' | '#') => "JSON has no comments: remove it",
        Some('\'') => "use double quotes",
        Some('}' | ']') if before.trim_end().ends_with(',') => "remove the comma before the closing bracket",
        Some(',') if before.trim_end().ends_with(',') => "remove one of the two commas",
        Some('"') => "a comma or a colon is missing before it",
        Some('T' | 'F' | 'N') => "write true, false and null in small letters",
        Some('\n' | '\r') => "close the text with a double quote on the line where it begins",
        _ => "check the quotes, commas and brackets there and on the line before",
    };
    problem(name, "", place, hint)
}

/// The place of a line and column (both counted from 1, in bytes) in the text.
fn offset(text: &str, line: usize, column: usize) -> usize {
    let before: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    before + column.saturating_sub(1)
}

/// Builds a value and notes each key that stands twice in one object.
struct Strict<'a> {
    path: &'a str,
    repeated: &'a mut Vec<Problem>,
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        loop {
            let path = format!("{}[{}]", self.path, items.len());
            match seq.next_element_seed(Strict { path: &path, repeated: self.repeated })? {
                Some(item) => items.push(item),
                None => return Ok(Value::Array(items)),
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut entries = Map::new();
        while let Some(key) = map.next_key::<String>()? {
            let path = below(self.path, &key);
            let value = map.next_value_seed(Strict { path: &path, repeated: self.repeated })?;
            if entries.contains_key(&key) {
                self.repeated.push(problem(&path, "", "stands here twice", "remove one of the two"));
            } else {
                entries.insert(key, value);
            }
        }
        Ok(Value::Object(entries))
    }
}

/// The path of a key in the object at `path`.
pub(crate) fn below(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn syntax_errors_name_their_place_and_what_to_do() {
        for (text, expected) in [
            ("{\n  \"a\": 1,\n}", "line 3, column 1 (remove the comma before the closing bracket)"),
            ("{\"a\": [1, ]}", "line 1, column 11 (remove the comma before the closing bracket)"),
            ("{\n  // x\n  \"a\": 1}", "line 2, column 3 (JSON has no comments: remove it)"),
            ("{\"a\": 'x'}", "line 1, column 7 (use double quotes)"),
            ("{\"a\": 1\n \"b\": 2}", "line 2, column 2 (a comma or a colon is missing before it)"),
            ("{\"a\": True}", "line 1, column 7 (write true, false and null in small letters)"),
            ("{\"a\": 1", "line 1, column 7 (the file ends too early: close every \", [ and { that is open)"),
            ("{} x", "line 1, column 4 (check the quotes, commas and brackets there and on the line before)"),
        ] {
            let problem = read("f", text.as_bytes()).err().unwrap();
            assert_eq!(problem.to_string(), format!("f: is not JSON at {expected}"), "{text}");
        }
        assert!(read("f", b"[]").is_err());
        assert!(read("f", b"{\"a\": \"\xff\"}").is_err());
        assert!(read("f", "[".repeat(100_000).as_bytes()).is_err());
    }

    #[test]
    fn repeated_keys_are_found_at_every_depth() {
        let document = read("f", br#"{"a": 1, "b": [{"c": {"d": 1, "d": "hidden"}}], "a": 2}"#).unwrap();
        let paths: Vec<_> = document.repeated.iter().map(|problem| problem.path.as_str()).collect();
        assert_eq!(paths, ["b[0].c.d", "a"]);
        assert_eq!(document.entries["a"], 1);
        assert!(!format!("{:?}", document.repeated).contains("hidden"));
    }

    #[test]
    fn an_empty_file_and_a_byte_order_mark_are_fine() {
        for text in ["", " \n", "\u{feff}", "\u{feff}{}", "{}"] {
            let document = read("f", text.as_bytes()).unwrap();
            assert!(document.entries.is_empty() && document.repeated.is_empty(), "{text:?}");
        }
    }
}
