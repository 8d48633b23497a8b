//! The compact signature of a tool, by a grammar that agents learn: `(path*:str, mode:enum[r|w], filter~:obj)`.
//!
//! `*` marks what is required, `~` what is not told in full; a signature is lossy exactly when it holds a `~`.
//! Not here: the full schema (clients ask for it), the words of a schema (`schema_text`), caching.

use std::{collections::BTreeSet, fmt::Write};

use serde_json::{Map, Value};

/// A longer enumeration is not told.
const ENUM_VALUES: usize = 5;
/// A longer default is not told. In characters, before quoting.
const LONGEST_DEFAULT: usize = 20;

/// What a tool takes, in one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    /// `(..)`; `(~)` when the schema cannot be read.
    pub text: String,
    /// Whether the full schema says more that matters for a call.
    pub lossy: bool,
}

/// The signature of the tool with this input schema (JSON text); none at all means no parameters.
#[must_use]
pub fn signature(input_schema: Option<&str>) -> Signature {
    let schema = input_schema.map(str::trim).filter(|schema| !matches!(*schema, "" | "null")).unwrap_or("{}");
    let parameters = serde_json::from_str(schema).ok().as_ref().and_then(parameters);
    let text = parameters.map_or_else(|| "(~)".to_owned(), |parameters| format!("({})", parameters.join(", ")));
    // No name and no value can hold a bare `~`, see `atom`.
    Signature { lossy: text.contains('~'), text }
}

/// The parameters, required ones first as the schema requires them, optional ones by code point.
fn parameters(schema: &Value) -> Option<Vec<String>> {
    let schema = schema.as_object()?;
    let none = Map::new();
    let properties = match schema.get("properties") {
        Some(properties) => properties.as_object()?,
        // Parameters are told elsewhere; `()` would say that there are none.
        None if ["$ref", "allOf", "anyOf", "oneOf"].iter().any(|key| schema.contains_key(*key)) => return None,
        None => &none,
    };
    if schema.get("type").and_then(Value::as_str).is_some_and(|name| name != "object") {
        return None;
    }
    let mut seen = BTreeSet::new();
    let required: Vec<_> = strings(schema.get("required")).filter(|name| seen.insert(*name)).collect();
    let optional: BTreeSet<_> = properties.keys().map(String::as_str).filter(|name| !seen.contains(name)).collect();
    let required = required.into_iter().map(|name| parameter(name, true, properties.get(name)));
    let optional = optional.into_iter().map(|name| parameter(name, false, properties.get(name)));
    Some(required.chain(optional).collect())
}

fn strings(list: Option<&Value>) -> impl Iterator<Item = &str> {
    list.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

fn parameter(name: &str, required: bool, schema: Option<&Value>) -> String {
    let schema = schema.and_then(Value::as_object);
    let kind = schema.map_or_else(|| Type::of(&["any"]), type_of);
    let default = schema.filter(|_| !required && kind.is_scalar()).and_then(|schema| schema.get("default"));
    let default = default.and_then(literal).filter(|text| text.chars().count() <= LONGEST_DEFAULT);
    let default = default.map(|text| format!("={}", atom(&text))).unwrap_or_default();
    let star = if required { "*" } else { "" };
    let tilde = if kind.lossy { "~" } else { "" };
    format!("{}{star}{tilde}:{}{default}", atom(name), kind.text)
}

struct Type {
    text: String,
    lossy: bool,
}

impl Type {
    /// One name, or a choice of several.
    fn of(names: &[&str]) -> Self {
        Self { text: names.join("|"), lossy: names.iter().any(|name| matches!(*name, "obj" | "any")) }
    }

    fn is_scalar(&self) -> bool {
        matches!(self.text.as_str(), "str" | "int" | "num" | "bool")
    }
}

fn type_of(schema: &Map<String, Value>) -> Type {
    if let Some(values) = schema.get("enum").and_then(Value::as_array) {
        let base = || Type { lossy: true, ..declared(schema).unwrap_or_else(|| Type::of(&["any"])) };
        return enumeration(values).unwrap_or_else(base);
    }
    declared(schema).or_else(|| choice(schema)).unwrap_or_else(|| {
        let object = ["$ref", "properties"].iter().any(|key| schema.contains_key(*key));
        Type::of(&[if object { "obj" } else { "any" }])
    })
}

/// What the keyword `type` says, if it is there.
fn declared(schema: &Map<String, Value>) -> Option<Type> {
    match schema.get("type")? {
        Value::String(name) if name == "array" => {
            let items = schema.get("items").and_then(|items| items.get("type")).and_then(Value::as_str);
            let items = Type::of(&[base(items.unwrap_or_default())]);
            Some(Type { text: format!("[{}]", items.text), ..items })
        }
        Value::String(name) => Some(Type::of(&[base(name)])),
        names @ Value::Array(_) => Some(union(strings(Some(names)))),
        _ => None,
    }
}

/// What `anyOf` or `oneOf` says, if one is there. Each member must name its type, or nothing can be said of any.
fn choice(schema: &Map<String, Value>) -> Option<Type> {
    let members = ["anyOf", "oneOf"].iter().find_map(|key| schema.get(*key)?.as_array())?;
    let names: Option<Vec<_>> = members.iter().map(|member| member.get("type")?.as_str()).collect();
    Some(names.map_or_else(|| Type::of(&["obj"]), union))
}

/// The types behind these names but for null, which an optional parameter tells by its absence.
fn union<'a>(names: impl IntoIterator<Item = &'a str>) -> Type {
    let mut found = Vec::new();
    for name in names.into_iter().filter(|name| *name != "null").map(base) {
        if !found.contains(&name) {
            found.push(name);
        }
    }
    Type::of(if found.is_empty() { &["any"] } else { &found })
}

fn base(name: &str) -> &'static str {
    match name {
        "string" => "str",
        "integer" => "int",
        "number" => "num",
        "boolean" => "bool",
        "object" => "obj",
        _ => "any",
    }
}

/// The values, if they are few and simple.
fn enumeration(values: &[Value]) -> Option<Type> {
    let few = (1..=ENUM_VALUES).contains(&values.len());
    let atoms: Option<Vec<_>> = values.iter().map(|value| Some(atom(&literal(value)?))).collect();
    atoms.filter(|_| few).map(|atoms| Type { text: format!("enum[{}]", atoms.join("|")), lossy: false })
}

/// A scalar in the grammar's words. A number is a double, as it is to most clients, and never has an exponent.
fn literal(value: &Value) -> Option<String> {
    match value {
        Value::Null => Some("null".to_owned()),
        Value::Bool(value) => Some(value.to_string()),
        Value::Number(number) => Some(number.as_f64().map_or_else(|| number.to_string(), |number| number.to_string())),
        Value::String(text) => Some(text.clone()),
        Value::Array(_) | Value::Object(_) => None,
    }
}

/// A name or value, in quotes where it could be taken for a part of the grammar or would break the line.
fn atom(text: &str) -> String {
    if !text.is_empty() && !text.contains(|c: char| c.is_control() || " ,:|=()*~[]\"".contains(c)) {
        return text.to_owned();
    }
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if c == '~' || c.is_control() => {
                let _ = write!(quoted, "\\u{:04X}", u32::from(c));
            }
            c => quoted.push(c),
        }
    }
    quoted + "\""
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(schema: Option<&str>, expected: &str) {
        let lossy = expected.contains('~');
        assert_eq!(signature(schema), Signature { text: expected.to_owned(), lossy }, "{schema:?}");
    }

    #[test]
    fn forms() {
        let order = r#"{"properties":{"z":{"type":"string"},"b":{"type":"integer"},"é":{"type":"number"},
            "a":{"type":"boolean"},"B":{"type":"boolean"}},"required":["z","b","z",1]}"#;
        for (schema, expected) in [
            ("", "()"),
            ("null", "()"),
            ("{}", "()"),
            (r#"{"type":"object","properties":{}}"#, "()"),
            ("not json", "(~)"),
            ("true", "(~)"),
            ("[]", "(~)"),
            (r#"{"type":"string"}"#, "(~)"),
            (r#"{"properties":[]}"#, "(~)"),
            (r##"{"$ref":"#/$defs/x"}"##, "(~)"),
            (order, "(z*:str, b*:int, B:bool, a:bool, é:num)"),
            (r#"{"properties":{},"required":["lost"]}"#, "(lost*~:any)"),
            (r#"{"required":["o"],"properties":{"o":{"type":"object"}}}"#, "(o*~:obj)"),
            (r#"{"required":["p"],"properties":{"p":{"type":"integer","default":1}}}"#, "(p*:int)"),
        ] {
            check(Some(schema), expected);
        }
        check(None, "()");
    }

    #[test]
    fn types() {
        for (property, expected) in [
            (r#"{"type":"array","items":{"type":"string"}}"#, "p:[str]"),
            (r#"{"type":"array","items":{"type":"string","enum":["a"]}}"#, "p:[str]"),
            (r#"{"type":"array","items":{"type":"object"}}"#, "p~:[obj]"),
            (r#"{"type":"array","items":{"type":"array","items":{"type":"string"}}}"#, "p~:[any]"),
            (r#"{"type":"array","items":{"anyOf":[{"type":"string"}]}}"#, "p~:[any]"),
            (r#"{"type":"array"}"#, "p~:[any]"),
            (r#"{"type":["string","null"]}"#, "p:str"),
            (r#"{"type":["integer","string","integer"]}"#, "p:int|str"),
            (r#"{"type":["array","null"]}"#, "p~:any"),
            (r#"{"type":["null"]}"#, "p~:any"),
            (r#"{"anyOf":[{"type":"string"},{"type":"null"}]}"#, "p:str"),
            (r#"{"oneOf":[{"type":"string"},{"type":"boolean"},{"type":"string","format":"uri"}]}"#, "p:str|bool"),
            (r#"{"anyOf":[{"type":"string"},{"type":"array","items":{"type":"string"}}]}"#, "p~:str|any"),
            (r#"{"anyOf":[{"type":"string"},{"type":"object"}]}"#, "p~:str|obj"),
            (r##"{"anyOf":[{"type":"string"},{"$ref":"#/$defs/x"}]}"##, "p~:obj"),
            (r#"{"type":"string","anyOf":[{"format":"date"},{"format":"time"}]}"#, "p:str"),
            (r#"{"allOf":[{"type":"integer"}]}"#, "p~:any"),
            (r##"{"$ref":"#/$defs/x"}"##, "p~:obj"),
            (r#"{"properties":{}}"#, "p~:obj"),
            ("{}", "p~:any"),
            ("true", "p~:any"),
            (r#"{"type":"null"}"#, "p~:any"),
            (r#"{"type":"file"}"#, "p~:any"),
            (r#"{"type":"string","const":"x"}"#, "p:str"),
            (r#"{"type":"string","enum":["a","b","c","d","e"],"default":"a"}"#, "p:enum[a|b|c|d|e]"),
            (r#"{"type":"string","enum":["a","b","c","d","e","f"],"default":"a"}"#, "p~:str=a"),
            (r#"{"enum":[1,2,3,4,5,6]}"#, "p~:any"),
            (r#"{"type":"string","enum":["a",{}]}"#, "p~:str"),
            (r#"{"type":"string","enum":[]}"#, "p~:str"),
            (r#"{"enum":["",true,2.0,null,"x y"]}"#, r#"p:enum[""|true|2|null|"x y"]"#),
        ] {
            check(Some(&format!(r#"{{"properties":{{"p":{property}}}}}"#)), &format!("({expected})"));
        }
    }

    #[test]
    fn defaults() {
        for (kind, default, expected) in [
            ("integer", "-10", "int=-10"),
            ("integer", "1e3", "int=1000"),
            ("number", "0.5", "num=0.5"),
            ("number", "5.0", "num=5"),
            ("boolean", "false", "bool=false"),
            ("string", "null", "str=null"),
            ("string", r#""""#, r#"str="""#),
            ("string", r#""a, b""#, r#"str="a, b""#),
            ("string", r#""12345678901234567890""#, "str=12345678901234567890"),
            ("string", r#""123456789012345678901""#, "str"),
            ("string", r#"["a"]"#, "str"),
        ] {
            let schema = format!(r#"{{"properties":{{"p":{{"type":"{kind}","default":{default}}}}}}}"#);
            check(Some(&schema), &format!("(p:{expected})"));
        }
    }

    #[test]
    fn atoms() {
        for (text, expected) in [
            ("plain-name_1.2/é\\", "plain-name_1.2/é\\"),
            ("", r#""""#),
            ("a b", r#""a b""#),
            (r#"say "\""#, r#""say \"\\\"""#),
            ("~", r#""\u007E""#),
            ("a\nb\u{1}", r#""a\u000Ab\u0001""#),
        ] {
            assert_eq!(atom(text), expected);
        }
        for special in ",:|=()*~[]\"".chars() {
            assert!(atom(&format!("a{special}")).starts_with('"'), "{special}");
        }
        assert!(!signature(Some(r#"{"properties":{"a~b":{"type":"string","default":"~"}}}"#)).lossy);
    }
}
