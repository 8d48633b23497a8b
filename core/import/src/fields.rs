//! The members of one entry, taken one by one, so that what nobody took can be told. Not here: what they mean.

use std::collections::{BTreeMap, BTreeSet};

use mcpproxy_domain::Secret;
use serde_json::{Map, Value};

use crate::{Reason, error::Shown, placeholder::Dialect};

/// An entry, what was taken of it, and what is to be told of it.
pub(crate) struct Fields<'a> {
    map: &'a Map<String, Value>,
    taken: BTreeSet<&'a str>,
    pub(crate) dialect: Dialect,
    pub(crate) warnings: Vec<String>,
}

impl<'a> Fields<'a> {
    pub(crate) fn new(map: &'a Map<String, Value>, dialect: Dialect) -> Self {
        Self { map, taken: BTreeSet::new(), dialect, warnings: Vec::new() }
    }

    /// The first of these keys that is there; `null` counts as absent.
    pub(crate) fn take(&mut self, keys: &[&str]) -> Option<(&'a str, &'a Value)> {
        let found = keys.iter().find_map(|key| self.map.get_key_value(*key).filter(|(_, value)| !value.is_null()));
        let (key, value) = found?;
        self.taken.insert(key);
        Some((key, value))
    }

    /// A text as it stands, white space around it left out. An empty one counts as absent.
    pub(crate) fn text(&mut self, keys: &[&str]) -> Result<Option<&'a str>, Reason> {
        let Some((key, value)) = self.take(keys) else { return Ok(None) };
        let text = value.as_str().ok_or_else(|| wrong(key, "a text"))?.trim();
        Ok(Some(text).filter(|text| !text.is_empty()))
    }

    /// Yes or no.
    pub(crate) fn flag(&mut self, keys: &[&str]) -> Result<Option<bool>, Reason> {
        let Some((key, value)) = self.take(keys) else { return Ok(None) };
        value.as_bool().map(Some).ok_or_else(|| wrong(key, "true or false"))
    }

    /// A list of texts as they stand; numbers and truth values count as texts.
    pub(crate) fn texts(&mut self, keys: &[&str]) -> Result<Option<Vec<String>>, Reason> {
        let Some((key, value)) = self.take(keys) else { return Ok(None) };
        list(value).map(Some).ok_or_else(|| wrong(key, "a list of texts"))
    }

    /// Texts by name, placeholders replaced; what is `null` is left out.
    pub(crate) fn secrets(&mut self, keys: &[&str]) -> Result<BTreeMap<String, Secret>, Reason> {
        let mut secrets = BTreeMap::new();
        let Some((key, value)) = self.take(keys) else { return Ok(secrets) };
        for (name, value) in value.as_object().ok_or_else(|| wrong(key, "an object of texts"))? {
            match (value, scalar(value)) {
                (Value::Null, _) => {
                    self.warnings.push(format!("{key}.{} has no value and is left out", Shown::new(name)))
                }
                (_, Some(text)) => {
                    let text = self.dialect.translate(&text, Some(name), &mut self.warnings);
                    secrets.insert(name.clone(), Secret::new(text));
                }
                (_, None) => return Err(wrong(key, "an object of texts")),
            }
        }
        Ok(secrets)
    }

    /// A text, placeholders replaced.
    pub(crate) fn translate(&mut self, text: &str) -> String {
        self.dialect.translate(text, None, &mut self.warnings)
    }

    /// Adds to what is told.
    pub(crate) fn warn(&mut self, text: impl Into<String>) {
        self.warnings.push(text.into());
    }

    /// Keys that nobody took and that are not in `quiet`, fit to be shown.
    pub(crate) fn left(&self, quiet: &[&str]) -> Vec<String> {
        let left = self.map.iter().filter(|(key, value)| {
            !value.is_null() && !self.taken.contains(key.as_str()) && !quiet.contains(&key.as_str())
        });
        left.map(|(key, _)| Shown::new(key).to_string()).collect()
    }
}

pub(crate) fn wrong(key: &str, expected: &'static str) -> Reason {
    Reason::Type { key: Shown::new(key), expected }
}

/// A list of texts; `None` if it is something else.
pub(crate) fn list(value: &Value) -> Option<Vec<String>> {
    value.as_array()?.iter().map(scalar).collect()
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}
