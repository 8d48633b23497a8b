//! Typed reading of a JSON object: every wrong type is noted with its path, and reading goes on. Not here: which keys there are.

use std::{collections::BTreeMap, ops::RangeInclusive, time::Duration};

use mcpproxy_domain::Secret;
use serde_json::{Map, Value};

use crate::{
    duration,
    json::below,
    report::{Report, shown},
};

/// An object of the file and its path. One that is missing reads like an empty one; `null` counts as missing.
pub(crate) struct Object<'a> {
    pub(crate) path: String,
    entries: Option<&'a Map<String, Value>>,
}

/// What a value has to be.
#[derive(Clone, Copy)]
enum Kind {
    Text,
    Flag,
    Number,
    List,
    Object,
    Duration,
}

/// Which durations a setting allows.
pub(crate) struct Span {
    pub(crate) zero: bool,
    pub(crate) least: Duration,
    pub(crate) most: Duration,
}

impl<'a> Object<'a> {
    /// The whole file.
    pub(crate) const fn root(entries: &'a Map<String, Value>) -> Self {
        Self { path: String::new(), entries: Some(entries) }
    }

    /// The object that has to stand at a path.
    pub(crate) fn at(path: String, value: &'a Value, report: &mut Report) -> Option<Self> {
        match value {
            Value::Object(entries) => Some(Self { path, entries: Some(entries) }),
            _ => hide(report, &path, value, Kind::Object),
        }
    }

    /// What stands there; `null` counts as nothing.
    pub(crate) fn get(&self, key: &str) -> Option<&'a Value> {
        self.entries?.get(key).filter(|value| !value.is_null())
    }

    /// The path of a key.
    pub(crate) fn path(&self, key: &str) -> String {
        below(&self.path, key)
    }

    /// A text; an empty one counts as missing.
    pub(crate) fn text(&self, key: &str, report: &mut Report) -> Option<&'a str> {
        let value = self.get(key)?;
        match value.as_str() {
            Some(text) => Some(text).filter(|text| !text.is_empty()),
            None => wrong(report, &self.path(key), value, Kind::Text),
        }
    }

    /// A text that nobody may see; an empty one counts as missing.
    pub(crate) fn secret(&self, key: &str, report: &mut Report) -> Option<Secret> {
        let value = self.get(key)?;
        match value.as_str() {
            Some(text) => Some(Secret::new(text)).filter(|text| !text.is_empty()),
            None => hide(report, &self.path(key), value, Kind::Text),
        }
    }

    /// `true` or `false`.
    pub(crate) fn flag(&self, key: &str, report: &mut Report) -> Option<bool> {
        let value = self.get(key)?;
        value.as_bool().or_else(|| wrong(report, &self.path(key), value, Kind::Flag))
    }

    /// A whole number in a range.
    pub(crate) fn number(&self, key: &str, range: &RangeInclusive<u32>, report: &mut Report) -> Option<u32> {
        let value = self.get(key)?;
        if !value.is_number() {
            return wrong(report, &self.path(key), value, Kind::Number);
        }
        let number = value.as_u64().and_then(|number| u32::try_from(number).ok()).filter(|n| range.contains(n));
        if number.is_none() {
            let message = format!("is not a whole number from {} to {}", range.start(), range.end());
            report.problem(&self.path(key), &shown(value), message, "write a number within that range");
        }
        number
    }

    /// A duration.
    pub(crate) fn duration(&self, key: &str, span: &Span, report: &mut Report) -> Option<Duration> {
        let value = self.get(key)?;
        let Some(text) = value.as_str() else {
            return wrong(report, &self.path(key), value, Kind::Duration);
        };
        match duration::parse(text) {
            Err(error) => {
                report.problem(&self.path(key), &shown(value), error.to_string(), Kind::Duration.hint());
                None
            }
            Ok(time) if span.allows(time) => Some(time),
            Ok(_) => {
                report.problem(&self.path(key), &shown(value), "is out of range", span.hint());
                None
            }
        }
    }

    /// A list of texts. What is wrong in it is not shown: arguments may hold secrets.
    pub(crate) fn texts(&self, key: &str, report: &mut Report) -> Option<Vec<&'a str>> {
        let value = self.get(key)?;
        let Some(items) = value.as_array() else {
            return hide(report, &self.path(key), value, Kind::List);
        };
        let mut texts = Vec::new();
        for (index, item) in items.iter().enumerate() {
            let path = format!("{}[{index}]", self.path(key));
            texts.extend(item.as_str().or_else(|| hide(report, &path, item, Kind::Text)));
        }
        Some(texts)
    }

    /// An object below this one.
    pub(crate) fn object(&self, key: &str, report: &mut Report) -> Self {
        let path = self.path(key);
        let missing = Self { path: path.clone(), entries: None };
        self.get(key).and_then(|value| Self::at(path, value, report)).unwrap_or(missing)
    }

    /// An object of names and texts that nobody may see.
    pub(crate) fn secrets(&self, key: &str, report: &mut Report) -> BTreeMap<String, Secret> {
        let object = match self.get(key) {
            Some(value) if !value.is_object() => {
                return hide(report, &self.path(key), value, Kind::Object).unwrap_or_default();
            }
            _ => self.object(key, report),
        };
        let mut secrets = BTreeMap::new();
        for (name, value) in object.entries.into_iter().flatten() {
            match value.as_str() {
                Some(text) => {
                    secrets.insert(name.clone(), Secret::new(text));
                }
                None => {
                    hide::<()>(report, &object.path(name), value, Kind::Text);
                }
            }
        }
        secrets
    }
}

impl Span {
    const fn allows(&self, time: Duration) -> bool {
        let (time, least, most) = (time.as_nanos(), self.least.as_nanos(), self.most.as_nanos());
        if time == 0 { self.zero } else { least <= time && time <= most }
    }

    fn hint(&self) -> String {
        if self.most == Duration::MAX {
            return "write a duration longer than 0s".to_owned();
        }
        let zero = if self.zero { "0s or " } else { "" };
        format!("write {zero}a duration from {} to {}", duration::format(self.least), duration::format(self.most))
    }
}

impl Kind {
    const fn name(self) -> &'static str {
        match self {
            Self::Text => "a text",
            Self::Flag => "true or false",
            Self::Number => "a number",
            Self::List => "a list",
            Self::Object => "an object",
            Self::Duration => "a duration",
        }
    }

    const fn hint(self) -> &'static str {
        match self {
            Self::Text => "write it in double quotes",
            Self::Flag => "write true or false without quotes",
            Self::Number => "write a whole number without quotes",
            Self::List => "write a list such as [\"a\", \"b\"]",
            Self::Object => "write an object such as {\"key\": \"value\"}",
            Self::Duration => "write a duration such as \"30s\", \"2m\" or \"1h\"",
        }
    }
}

/// Notes a value of a wrong type, and shows it.
fn wrong<T>(report: &mut Report, path: &str, value: &Value, kind: Kind) -> Option<T> {
    note(report, path, value, &shown(value), kind)
}

/// Notes a value of a wrong type where secrets may stand: nothing of it is shown.
fn hide<T>(report: &mut Report, path: &str, value: &Value, kind: Kind) -> Option<T> {
    note(report, path, value, "", kind)
}

fn note<T>(report: &mut Report, path: &str, value: &Value, shown: &str, kind: Kind) -> Option<T> {
    report.problem(path, shown, format!("has to be {}, not {}", kind.name(), type_name(value)), kind.hint());
    None
}

const fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
