//! Lists of tools: each definition kept verbatim, opened only as far as a proxy must see.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::Object;

/// One tool as its server defines it.
#[derive(Clone, Debug)]
pub struct Definition {
    /// The whole definition, byte for byte.
    pub raw: Box<RawValue>,
    /// Its name.
    pub name: String,
    /// What it does; empty if the server does not say.
    pub description: String,
    /// The JSON Schema of its arguments, byte for byte.
    pub input_schema: Option<Box<RawValue>>,
    /// The annotations, byte for byte.
    pub annotations: Option<Box<RawValue>>,
}

/// One page of `tools/list`.
#[derive(Debug, Default)]
pub struct Page {
    /// The tools that could be read.
    pub tools: Vec<Definition>,
    /// How many entries could not be read: one bad tool must not hide the others.
    pub unreadable: usize,
    /// Where the next page begins; an empty text is a cursor too.
    pub next: Option<String>,
}

impl Definition {
    /// Reads a definition; `None` if it is not an object with a name.
    #[must_use]
    pub fn read(raw: &RawValue) -> Option<Self> {
        let object = Object::open(raw)?;
        let name = object.text("name").filter(|name| !name.trim().is_empty())?.into_owned();
        let object_at = |key: &str| object.get(key).filter(|value| value.get().starts_with('{')).map(ToOwned::to_owned);
        Some(Self {
            description: object.text("description").map(Cow::into_owned).unwrap_or_default(),
            input_schema: object_at("inputSchema"),
            annotations: object_at("annotations"),
            name,
            raw: raw.to_owned(),
        })
    }
}

impl Page {
    /// Reads the result of `tools/list`; `None` if it holds no list.
    #[must_use]
    pub fn read(result: &RawValue) -> Option<Self> {
        #[derive(Deserialize)]
        struct Wire<'a> {
            #[serde(borrow)]
            tools: &'a RawValue,
            #[serde(borrow, default, rename = "nextCursor")]
            next: Option<&'a RawValue>,
        }
        let wire: Wire<'_> = serde_json::from_str(result.get()).ok()?;
        // a list that is null is an empty one
        let listed: Vec<&RawValue> = serde_json::from_str::<Option<_>>(wire.tools.get()).ok()?.unwrap_or_default();
        let tools: Vec<_> = listed.iter().filter_map(|raw| Definition::read(raw)).collect();
        Some(Self {
            unreadable: listed.len() - tools.len(),
            tools,
            next: wire.next.and_then(crate::object::text).map(Cow::into_owned),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_bad_tool_does_not_hide_the_others() {
        let text = r#"{"tools":[{"name":"a","inputSchema":null,"vendor":{"x":1.0}},7,{"name":" "},{"title":"t"},
            {"name":"b","description":null,"inputSchema":{"type":"object"},"annotations":{"readOnlyHint":true}}],
            "nextCursor":""}"#;
        let page = Page::read(&RawValue::from_string(text.to_owned()).unwrap()).unwrap();
        let names: Vec<_> = page.tools.iter().map(|tool| tool.name.as_str()).collect();
        assert_eq!((names, page.unreadable, page.next.as_deref()), (vec!["a", "b"], 3, Some("")));
        assert_eq!(page.tools[0].raw.get(), r#"{"name":"a","inputSchema":null,"vendor":{"x":1.0}}"#);
        assert!(page.tools[0].input_schema.is_none() && page.tools[1].annotations.is_some());
    }

    #[test]
    fn lists_of_other_makes_are_read() {
        for (text, expected) in [
            (r#"{"tools":null}"#, Some((0, None))),
            (r#"{"tools":[{"name":"a"}],"nextCursor":7}"#, Some((1, None))),
            (r#"{"tools":[],"nextCursor":null}"#, Some((0, None))),
            (r#"{"tools":{}}"#, None),
            (r#"{"items":[]}"#, None),
        ] {
            let page = Page::read(&RawValue::from_string(text.to_owned()).unwrap());
            assert_eq!(page.map(|page| (page.tools.len(), page.next)), expected, "{text}");
        }
    }
}
