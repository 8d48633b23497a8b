//! Arguments that headers repeat: `x-mcp-header` in the input schema of a tool names a parameter's header, so that whoever
//! stands on the way can decide without reading the body.
//!
//! Not here: which links send such headers (`http`), what becomes of a tool whose annotations break the rule (whoever
//! lists).

use std::{borrow::Cow, collections::HashSet, sync::Arc};

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Map, Value, value::RawValue};

use super::header_value;
use crate::{Object, object};

const ANNOTATION: &str = "x-mcp-header";
/// What the name of each such header begins with.
const PREFIX: &str = "mcp-param-";
/// How much of a place in a schema is told, in characters.
const PLACE: usize = 200;
/// Up to here each integer has a float of its own.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// Keywords of a schema that hold schemas by name.
const SCHEMAS_BY_NAME: [&str; 5] = ["patternProperties", "dependentSchemas", "dependencies", "$defs", "definitions"];
/// Keywords of a schema that hold a schema, or a list of them.
const SCHEMAS: [&str; 16] = [
    "items",
    "prefixItems",
    "additionalItems",
    "unevaluatedItems",
    "contains",
    "additionalProperties",
    "unevaluatedProperties",
    "propertyNames",
    "contentSchema",
    "allOf",
    "anyOf",
    "oneOf",
    "not",
    "if",
    "then",
    "else",
];

/// Which arguments of a tool are repeated in headers. Cheap to clone; the default is none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ParamHeaders(Option<Arc<[ParamHeader]>>);

#[derive(Debug, PartialEq, Eq)]
struct ParamHeader {
    name: HeaderName,
    /// The names that lead from the arguments to the value.
    path: Box<[Box<str>]>,
}

/// Why the annotations of a schema cannot be followed, and where: the revision wants its tool left out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidAnnotation {
    /// The schema is nested too deeply, or is no JSON.
    #[error("the input schema cannot be read")]
    Schema,
    /// Only a chain of `properties` leads to a value that is there or not in one way.
    #[error("x-mcp-header at {0} is not on a parameter that is reached through `properties` alone")]
    OutOfReach(String),
    /// It is not a text, is empty, or holds what the name of a header cannot.
    #[error("x-mcp-header at {0} is not a name that a header can have")]
    Name(String),
    /// Other values have no one form as a text.
    #[error("x-mcp-header at {0} is on a parameter that is not a string, an integer or a boolean")]
    Type(String),
    /// Names of headers that differ in case only are the same.
    #[error("x-mcp-header at {0} names the same header as another parameter")]
    Twice(String),
}

impl ParamHeaders {
    /// Reads the annotations of an input schema.
    ///
    /// # Errors
    /// The first annotation that breaks the rule.
    pub fn read(schema: &RawValue) -> Result<Self, InvalidAnnotation> {
        // nearly no schema has any, and then it is not parsed
        if memchr::memmem::find(schema.get().as_bytes(), ANNOTATION.as_bytes()).is_none() {
            return Ok(Self::default());
        }
        let schema: Value = serde_json::from_str(schema.get()).map_err(|_| InvalidAnnotation::Schema)?;
        let mut walk = Walk::default();
        walk.schema(&schema, true)?;
        Ok(Self((!walk.found.is_empty()).then(|| walk.found.into())))
    }

    /// Whether no argument is repeated.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// Adds the headers that repeat these arguments. What is absent or null has none.
    pub(crate) fn add(&self, arguments: Option<&RawValue>, headers: &mut HeaderMap) {
        let Some(annotated) = &self.0 else { return };
        let Some(arguments) = arguments.and_then(Object::open) else { return };
        for ParamHeader { name, path } in annotated.iter() {
            let value = value_at(&arguments, path).and_then(|value| HeaderValue::from_str(&header_value(&value)).ok());
            if let Some(mut value) = value {
                value.set_sensitive(true);
                // fails where a map is full, which costs this one header
                let _ = headers.try_insert(name.clone(), value);
            }
        }
    }
}

/// A walk through everything in a schema that is a schema.
#[derive(Default)]
struct Walk<'a> {
    /// Where it is: names of properties, and off their chain keywords as well.
    path: Vec<&'a str>,
    names: HashSet<HeaderName>,
    found: Vec<ParamHeader>,
}

impl<'a> Walk<'a> {
    /// `reachable` = `properties` alone led here.
    fn schema(&mut self, schema: &'a Value, reachable: bool) -> Result<(), InvalidAnnotation> {
        let Value::Object(members) = schema else { return Ok(()) };
        if let Some(name) = members.get(ANNOTATION) {
            self.annotation(members, name, reachable)?;
        }
        for (keyword, value) in members {
            match (keyword.as_str(), value) {
                ("properties", Value::Object(properties)) => self.named(properties, reachable)?,
                (keyword, Value::Object(schemas)) if SCHEMAS_BY_NAME.contains(&keyword) => {
                    self.below(keyword, |walk| walk.named(schemas, false))?;
                }
                (keyword, Value::Array(schemas)) if SCHEMAS.contains(&keyword) => {
                    self.below(keyword, |walk| schemas.iter().try_for_each(|schema| walk.schema(schema, false)))?;
                }
                (keyword, schema) if SCHEMAS.contains(&keyword) => {
                    self.below(keyword, |walk| walk.schema(schema, false))?;
                }
                // data, or nothing that this revision knows
                _ => {}
            }
        }
        Ok(())
    }

    fn named(&mut self, schemas: &'a Map<String, Value>, reachable: bool) -> Result<(), InvalidAnnotation> {
        schemas.iter().try_for_each(|(name, schema)| self.below(name, |walk| walk.schema(schema, reachable)))
    }

    fn below(
        &mut self,
        name: &'a str,
        walk: impl FnOnce(&mut Self) -> Result<(), InvalidAnnotation>,
    ) -> Result<(), InvalidAnnotation> {
        self.path.push(name);
        walk(self)?;
        self.path.pop();
        Ok(())
    }

    fn annotation(
        &mut self,
        schema: &Map<String, Value>,
        name: &Value,
        reachable: bool,
    ) -> Result<(), InvalidAnnotation> {
        if !reachable || self.path.is_empty() {
            return Err(InvalidAnnotation::OutOfReach(self.place()));
        }
        let name = name.as_str().filter(|name| !name.is_empty());
        let name = name.and_then(|name| HeaderName::from_bytes(format!("{PREFIX}{name}").as_bytes()).ok());
        let name = name.ok_or_else(|| InvalidAnnotation::Name(self.place()))?;
        if !matches!(schema.get("type").and_then(Value::as_str), Some("string" | "integer" | "boolean")) {
            return Err(InvalidAnnotation::Type(self.place()));
        }
        if !self.names.insert(name.clone()) {
            return Err(InvalidAnnotation::Twice(self.place()));
        }
        self.found.push(ParamHeader { name, path: self.path.iter().map(|&name| name.into()).collect() });
        Ok(())
    }

    fn place(&self) -> String {
        format!("/{}", self.path.join("/")).chars().take(PLACE).collect()
    }
}

/// The value at the end of a path as a text, if one is there that has such a form.
fn value_at(object: &Object<'_>, path: &[Box<str>]) -> Option<String> {
    let (name, rest) = path.split_first()?;
    let value = object.get(name)?;
    if rest.is_empty() { text(value).map(Cow::into_owned) } else { value_at(&Object::open(value)?, rest) }
}

/// A value of one piece. What its server reads decides what the header has to say, not the type that the schema wants.
fn text(value: &RawValue) -> Option<Cow<'_, str>> {
    match value.get().bytes().next()? {
        b'"' => object::text(value),
        b't' | b'f' => Some(Cow::Borrowed(value.get())),
        b'-' | b'0'..=b'9' => Some(number(value.get())),
        _ => None,
    }
}

/// A number as it stands. One with an exponent is written out where it is whole: servers compare decimals only.
fn number(text: &str) -> Cow<'_, str> {
    let whole = |number: &f64| number.fract() == 0.0 && number.abs() <= EXACT;
    match text.contains(['e', 'E']).then(|| text.parse().ok().filter(whole)).flatten() {
        Some(number) => Cow::Owned(format!("{number:.1}")),
        None => Cow::Borrowed(text),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn raw(text: &str) -> Box<RawValue> {
        RawValue::from_string(text.to_owned()).unwrap()
    }

    fn read(schema: &Value) -> Result<ParamHeaders, InvalidAnnotation> {
        ParamHeaders::read(&raw(&schema.to_string()))
    }

    /// The headers that are found, each with its path.
    fn found(schema: &Value) -> Vec<String> {
        let headers = read(schema).unwrap_or_else(|fault| panic!("{schema}: {fault}")).0;
        let told = |header: &ParamHeader| format!("{} {}", header.name, header.path.join("."));
        headers.iter().flat_map(|headers| headers.iter()).map(told).collect()
    }

    fn annotated(name: &str) -> Value {
        json!({ "type": "string", ANNOTATION: name })
    }

    #[test]
    fn annotations_are_found_on_chains_of_properties() {
        let inner = json!({ "type": "object", "properties": { "b": annotated("Inner"), "c": true } });
        for (schema, expected) in [
            (json!({ "type": "object" }), &[][..]),
            (json!({ "properties": { "a": { "type": "string" } } }), &[]),
            (json!({ "properties": { "a": annotated("Region") } }), &["mcp-param-region a"]),
            (
                json!({ "properties": { "n": { "type": "integer", ANNOTATION: "N" }, "a": inner,
                    "f": { "type": "boolean", ANNOTATION: "!#$%&'*+-.^_`|~9" } } }),
                &["mcp-param-n n", "mcp-param-inner a.b", "mcp-param-!#$%&'*+-.^_`|~9 f"],
            ),
            // names of parameters, and data, are no annotations
            (
                json!({ "properties": { ANNOTATION: { "type": "array" }, "properties": annotated("P") } }),
                &["mcp-param-p properties"],
            ),
            (
                json!({ "default": annotated(""), "const": annotated(""), "enum": [annotated("")], "vendor": annotated("") }),
                &[],
            ),
        ] {
            assert_eq!(found(&schema), expected, "{schema}");
        }
    }

    #[test]
    fn what_breaks_the_rule_is_told_with_its_place() {
        use InvalidAnnotation::{Name, OutOfReach, Schema, Twice, Type};
        let property = |schema: Value| json!({ "properties": { "a": schema } });
        let of = |kind: Value| property(json!({ "type": kind, ANNOTATION: "A" }));
        for (schema, expected) in [
            (annotated("Root"), OutOfReach("/".to_owned())),
            (property(annotated("")), Name("/a".to_owned())),
            (property(annotated("b d")), Name("/a".to_owned())),
            (property(annotated("b:d")), Name("/a".to_owned())),
            (property(annotated("bäd")), Name("/a".to_owned())),
            (property(annotated("b\r\nd")), Name("/a".to_owned())),
            (property(annotated(&"x".repeat(70_000))), Name("/a".to_owned())),
            (property(json!({ "type": "string", ANNOTATION: 7 })), Name("/a".to_owned())),
            (of(json!("number")), Type("/a".to_owned())),
            (of(json!("array")), Type("/a".to_owned())),
            (of(json!(["string", "null"])), Type("/a".to_owned())),
            (property(json!({ ANNOTATION: "A" })), Type("/a".to_owned())),
            (
                json!({ "properties": { "a": annotated("Same"), "b": { "properties": { "c": annotated("sAME") } } } }),
                Twice("/b/c".to_owned()),
            ),
            (property(json!({ "items": annotated("A") })), OutOfReach("/a/items".to_owned())),
            (property(json!({ "oneOf": [true, annotated("A")] })), OutOfReach("/a/oneOf".to_owned())),
            (json!({ "then": { "properties": { "x": annotated("A") } } }), OutOfReach("/then/x".to_owned())),
            (json!({ "$defs": { "default": annotated("A") } }), OutOfReach("/$defs/default".to_owned())),
            (json!({ "additionalProperties": annotated("A") }), OutOfReach("/additionalProperties".to_owned())),
        ] {
            assert_eq!(read(&schema), Err(expected), "{schema}");
        }
        let deep = format!(r#"{}{{"{ANNOTATION}":1}}{}"#, r#"{"not":"#.repeat(300), "}".repeat(300));
        assert_eq!(ParamHeaders::read(&raw(&deep)), Err(Schema));
        let long = read(&json!({ "properties": { "ä".repeat(1000): annotated("") } })).unwrap_err();
        assert!(long.to_string().chars().count() < 300, "{long}");
    }

    #[test]
    fn headers_repeat_what_is_there_in_the_form_that_servers_compare() {
        let headers = read(&json!({ "properties": {
            "a": annotated("A"),
            "n": { "type": "integer", ANNOTATION: "N" },
            "o": { "properties": { "f": { "type": "boolean", ANNOTATION: "F" } } },
        } }))
        .unwrap();
        for (arguments, expected) in [
            (r#"{"a":"eu-1"}"#, &[("a", "eu-1")][..]),
            (r#"{"o":{"f":false},"n":-7,"a":"x y"}"#, &[("a", "x y"), ("n", "-7"), ("f", "false")]),
            (r#"{"a":"Gr\u00f6\u00dfe"}"#, &[("a", "=?base64?R3LDtsOfZQ==?=")]),
            (r#"{"a":"a\r\nb: c"}"#, &[("a", "=?base64?YQ0KYjogYw==?=")]),
            (r#"{"a":""}"#, &[("a", "=?base64??=")]),
            (r#"{"a":"first","a":"last"}"#, &[("a", "last")]),
            // as it stands, however large; written out where it has an exponent
            (r#"{"n":9007199254740993}"#, &[("n", "9007199254740993")]),
            (r#"{"n":42.0}"#, &[("n", "42.0")]),
            (r#"{"n":1e3}"#, &[("n", "1000.0")]),
            (r#"{"n":1e300}"#, &[("n", "1e300")]),
            (r#"{"n":"7","a":7}"#, &[("a", "7"), ("n", "7")]),
            // nothing to repeat
            (r#"{}"#, &[]),
            (r#"{"a":null,"n":[1],"o":{"f":{}}}"#, &[]),
            (r#"{"o":true,"f":true}"#, &[]),
            (r#"[]"#, &[]),
        ] {
            let mut sent = HeaderMap::new();
            headers.add(Some(&raw(arguments)), &mut sent);
            let told: Vec<_> = sent.iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap())).collect();
            let expected: Vec<_> = expected.iter().map(|(name, value)| (format!("{PREFIX}{name}"), *value)).collect();
            let expected: Vec<_> = expected.iter().map(|(name, value)| (name.as_str(), *value)).collect();
            assert_eq!(told, expected, "{arguments}");
        }
        let mut sent = HeaderMap::new();
        headers.add(None, &mut sent);
        assert!(sent.is_empty());
    }
}
