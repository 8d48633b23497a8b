//! Where the parts of a JSON text stand, for edits that leave all else as it is and for telling lines.
//! Not here: reading what the parts mean ([`crate::json`]), editing ([`crate::rewrite`]).

use std::{fmt, ops::Range};

use serde::de::{Deserializer as _, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// A member of an object or an item of a list.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Child {
    /// The key of a member; `None` for an item.
    pub(crate) key: Option<String>,
    /// Where it begins: a member at its key, an item at its value.
    pub(crate) start: usize,
    /// Where its value stands. It ends there too.
    pub(crate) value: Range<usize>,
}

/// Where the one value of a text stands.
pub(crate) fn root(text: &str) -> Range<usize> {
    text.len() - text.trim_start().len()..text.trim_end().len()
}

/// The children of the value that stands at a place of a text without faults; a value that is no container has none.
pub(crate) fn children(text: &str, at: &Range<usize>) -> Vec<Child> {
    let part = text.get(at.clone()).unwrap_or_default();
    let origin = (part.as_ptr() as usize).saturating_sub(at.start);
    serde_json::Deserializer::from_str(part).deserialize_any(Children { origin }).unwrap_or_default()
}

/// The line, counted from 1, of what a path such as `mcpServers[2].args[0]` names, or of the nearest thing above it
/// that exists. `None` if nothing of the path stands in the text.
pub(crate) fn line(text: &str, path: &str) -> Option<usize> {
    let (mut at, mut rest, mut found) = (root(text), path, None);
    while !rest.is_empty() {
        let children = children(text, &at);
        let next = children.iter().enumerate().filter_map(|(index, child)| {
            let left = match &child.key {
                Some(key) => rest.strip_prefix('.').unwrap_or(rest).strip_prefix(key.as_str()),
                None => rest.strip_prefix(&format!("[{index}]")),
            };
            left.filter(|left| left.is_empty() || left.starts_with(['.', '['])).map(|left| (child, left))
        });
        // a key may hold dots: the longest that fits is meant
        let Some((child, left)) = next.min_by_key(|(_, left)| left.len()) else { break };
        found = text.get(..child.start).map(|before| before.matches('\n').count() + 1);
        (at, rest) = (child.value.clone(), left);
    }
    found
}

/// Collects children. `origin` is the address of the text's first byte: what is borrowed tells its place by its own.
struct Children {
    origin: usize,
}

impl Children {
    fn place(&self, raw: &RawValue) -> Range<usize> {
        let start = (raw.get().as_ptr() as usize).saturating_sub(self.origin);
        start..start + raw.get().len()
    }
}

impl<'de> Visitor<'de> for Children {
    type Value = Vec<Child>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object or a list")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut children = Vec::new();
        while let Some((key, value)) = map.next_entry::<&RawValue, &RawValue>()? {
            let (start, value) = (self.place(key).start, self.place(value));
            let key = serde_json::from_str(key.get()).map_err(serde::de::Error::custom)?;
            children.push(Child { key: Some(key), start, value });
        }
        Ok(children)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut children = Vec::new();
        while let Some(item) = seq.next_element::<&RawValue>()? {
            let value = self.place(item);
            children.push(Child { key: None, start: value.start, value });
        }
        Ok(children)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_found_where_they_stand() {
        let text = " {\"a\" : [1, {\"\\u0062\":\"}\"} ] ,\n\"c\":null}\n";
        let parts = |at: &Range<usize>| -> Vec<(Option<String>, &str)> {
            let children = children(text, at).into_iter();
            children.map(|child| (child.key, &text[child.start..child.value.end])).collect()
        };
        let top = parts(&root(text));
        assert_eq!(top, [(Some("a".into()), "\"a\" : [1, {\"\\u0062\":\"}\"} ]"), (Some("c".into()), "\"c\":null")]);
        let list = children(text, &root(text))[0].value.clone();
        assert_eq!(parts(&list), [(None, "1"), (None, "{\"\\u0062\":\"}\"}")]);
        let object = children(text, &list)[1].value.clone();
        assert_eq!(parts(&object), [(Some("b".into()), "\"\\u0062\":\"}\"")]);
        assert_eq!(children(text, &children(text, &list)[0].value), []);
    }

    #[test]
    fn lines_are_those_of_the_nearest_thing_there_is() {
        let text = "{\n  \"a\": 1,\n  \"a.b\": {\n    \"c\": 2 },\n  \"list\": [\n    {},\n    {\n      \"x\": [\n 1,\n 2]}]\n}";
        for (path, expected) in [
            ("a", Some(2)),
            ("a.b", Some(3)),
            ("a.b.c", Some(4)),
            ("list[1].x[1]", Some(10)),
            ("list[1].name", Some(7)),
            ("list[0].name", Some(6)),
            ("ab", None),
            ("MCPPROXY_LISTEN", None),
        ] {
            assert_eq!(line(text, path), expected, "{path}");
        }
    }
}
