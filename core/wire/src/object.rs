//! A JSON object opened by one level: keys in their order, values as the bytes that stood there.

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{MapAccess, Visitor},
    ser::SerializeMap,
};
use serde_json::value::{RawValue, to_raw_value};

/// The members of an object in the order in which they stand. A repeated key is kept; the last one counts when read.
#[derive(Clone, Debug, Default)]
pub struct Object<'a> {
    members: Vec<(Cow<'a, str>, Cow<'a, RawValue>)>,
}

impl<'a> Object<'a> {
    /// Opens a raw value; `None` if it is not an object.
    #[must_use]
    pub fn open(raw: &'a RawValue) -> Option<Self> {
        serde_json::from_str(raw.get()).ok()
    }

    /// The value of a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&RawValue> {
        self.members.iter().rev().find(|(name, _)| name == key).map(|(_, value)| value.as_ref())
    }

    /// The value of a key, if it is a string.
    #[must_use]
    pub fn text(&self, key: &str) -> Option<Cow<'_, str>> {
        self.get(key).and_then(text)
    }

    /// The value of a key, if it is a boolean.
    #[must_use]
    pub fn flag(&self, key: &str) -> Option<bool> {
        self.get(key).and_then(|raw| raw.get().parse().ok())
    }

    /// Sets a key: in its place if it stands there, at the end if not.
    pub fn set(&mut self, key: &'a str, value: Cow<'a, RawValue>) {
        match self.members.iter_mut().rev().find(|(name, _)| name == key) {
            Some((_, old)) => *old = value,
            None => self.members.push((Cow::Borrowed(key), value)),
        }
    }

    /// Takes a key away.
    pub fn remove(&mut self, key: &str) {
        self.members.retain(|(name, _)| name != key);
    }

    /// The members in their order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &RawValue)> {
        self.members.iter().map(|(key, value)| (key.as_ref(), value.as_ref()))
    }

    /// Whether it has no member.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// The object as JSON.
    #[must_use]
    pub fn to_raw(&self) -> Box<RawValue> {
        // keys are strings and values are JSON already: this cannot fail
        to_raw_value(self).unwrap_or_default()
    }
}

/// The text of a raw value that is a string; borrowed where nothing in it is escaped.
#[must_use]
pub fn text(raw: &RawValue) -> Option<Cow<'_, str>> {
    #[derive(Deserialize)]
    #[serde(transparent)]
    struct Text<'a>(#[serde(borrow)] Cow<'a, str>);
    serde_json::from_str::<Text<'_>>(raw.get()).ok().map(|text| text.0)
}

impl<'de: 'a, 'a> Deserialize<'de> for Object<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;

        #[derive(Deserialize)]
        #[serde(transparent)]
        struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

        impl<'de> Visitor<'de> for Members {
            type Value = Object<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::with_capacity(map.size_hint().unwrap_or(4));
                while let Some((Key(key), value)) = map.next_entry::<Key<'de>, &'de RawValue>()? {
                    members.push((key, Cow::Borrowed(value)));
                }
                Ok(Object { members })
            }
        }

        deserializer.deserialize_map(Members)
    }
}

impl Serialize for Object<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.members.len()))?;
        for (key, value) in &self.members {
            map.serialize_entry(key, value.as_ref())?;
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(text: &str) -> Box<RawValue> {
        RawValue::from_string(text.to_owned()).unwrap()
    }

    #[test]
    fn order_bytes_and_unknown_members_survive_an_edit() {
        let before = raw(r#"{"z":1.10,"a\u0062":{"k" : [ 9007199254740993 ]},"m":null}"#);
        let mut object = Object::open(&before).unwrap();
        object.set("m", Cow::Owned(raw("true")));
        object.set("new", Cow::Owned(raw("\"x\"")));
        assert_eq!(object.to_raw().get(), r#"{"z":1.10,"ab":{"k" : [ 9007199254740993 ]},"m":true,"new":"x"}"#);
        assert_eq!(object.text("new").as_deref(), Some("x"));
        assert_eq!(object.flag("m"), Some(true));
        object.remove("z");
        assert!(object.get("z").is_none());
    }

    #[test]
    fn what_is_no_object_is_not_opened() {
        for text in ["[]", "1", "null", "\"{}\""] {
            assert!(Object::open(&raw(text)).is_none(), "{text}");
        }
    }
}
