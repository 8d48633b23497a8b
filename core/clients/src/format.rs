//! Settings files as texts: read into one kind of value, and edited with everything else kept to the byte.
//!
//! An edit works on the text; a parser says where, and afterwards whether the text means what it should. Where it does not,
//! because somebody writes in a way that was not foreseen, the edit is refused. Not here: files, and what an entry holds.

use serde_json::{Map, Value};

mod json;
mod lines;
mod toml;
mod yaml;

/// The mark that some editors put in front.
const MARK: &str = "\u{feff}";

/// How a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// JSON, with what the client reads beyond it.
    Json {
        /// Whether comments may stand in it.
        comments: bool,
        /// Whether a comma may stand before a closing bracket.
        trailing_commas: bool,
    },
    /// TOML.
    Toml,
    /// YAML, edited where it is in plain block style.
    Yaml,
}

/// Why a text cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong there.
    pub why: String,
}

/// Why a text cannot be edited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unfit {
    /// It cannot be read.
    Malformed(Malformed),
    /// It is written in a way that cannot be edited safely, for this reason.
    Shape(String),
}

impl From<Malformed> for Unfit {
    fn from(malformed: Malformed) -> Self {
        Self::Malformed(malformed)
    }
}

impl Format {
    /// What the text means. An empty one is an empty object.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn read(self, text: &str) -> Result<Value, Malformed> {
        let (_, text) = split(text);
        let value = match self {
            Self::Json { comments, trailing_commas } => json::read(text, comments, trailing_commas)?,
            Self::Toml => toml::read(text)?,
            Self::Yaml => yaml::read(text)?,
        };
        Ok(if value.is_null() { Value::Object(Map::new()) } else { value })
    }

    /// The text with this entry at the end of `path`, in the place of one that may be there.
    ///
    /// # Errors
    /// The text cannot be read, or not be edited safely.
    pub fn set(self, text: &str, path: &[&str], entry: &Value) -> Result<String, Unfit> {
        let mut expected = self.read(text)?;
        put(&mut expected, path, entry).ok_or_else(|| not_a_table(path))?;
        self.edit(text, &expected, |text| match self {
            Self::Json { .. } => json::set(text, path, entry),
            Self::Toml => toml::set(text, path, entry),
            Self::Yaml => yaml::set(text, path, entry),
        })
    }

    /// The text without the entry at the end of `path`; as it is where there is none.
    ///
    /// # Errors
    /// The text cannot be read, or not be edited safely.
    pub fn unset(self, text: &str, path: &[&str]) -> Result<String, Unfit> {
        let mut expected = self.read(text)?;
        if get(&expected, path).is_none() {
            return Ok(text.to_owned());
        }
        take(&mut expected, path);
        self.edit(text, &expected, |text| match self {
            Self::Json { .. } => json::unset(text, path),
            Self::Toml => toml::unset(text, path),
            Self::Yaml => yaml::unset(text, path),
        })
    }

    /// The text with `item` in the list at the end of `path`, or without it. Lists are edited in TOML only.
    ///
    /// # Errors
    /// The text cannot be read, or not be edited safely.
    pub fn list(self, text: &str, path: &[&str], item: &str, wanted: bool) -> Result<String, Unfit> {
        let mut expected = self.read(text)?;
        let here = lists(&expected, path, item);
        if here == wanted {
            return Ok(text.to_owned());
        }
        let mut items = match get(&expected, path) {
            None => Vec::new(),
            Some(Value::Array(items)) => items.clone(),
            Some(_) => return Err(Unfit::Shape(format!("{} is not a list", path.join(".")))),
        };
        if wanted {
            items.push(item.into());
        } else {
            items.retain(|other| other != item);
        }
        let last = items.is_empty();
        put(&mut expected, path, &Value::Array(items)).ok_or_else(|| not_a_table(path))?;
        if last {
            take(&mut expected, path);
        }
        self.edit(text, &expected, |text| match self {
            Self::Toml if wanted => toml::list(text, path, item),
            Self::Toml => toml::unlist(text, path, item),
            _ => Err("lists are edited in TOML only".to_owned()),
        })
    }

    fn edit(
        self,
        text: &str,
        expected: &Value,
        edit: impl FnOnce(&str) -> Result<String, String>,
    ) -> Result<String, Unfit> {
        let (mark, body) = split(text);
        let edited = format!("{mark}{}", edit(body).map_err(Unfit::Shape)?);
        match self.read(&edited) {
            Ok(value) if settled(&value) == settled(expected) => Ok(edited),
            _ => Err(Unfit::Shape("it is written in a way that cannot be edited safely".to_owned())),
        }
    }
}

/// What stands at the end of `path`.
#[must_use]
pub fn get<'a>(value: &'a Value, path: &[&str]) -> Option<&'a Value> {
    path.iter().try_fold(value, |value, key| value.get(key))
}

/// Whether `item` is in the list at the end of `path`.
#[must_use]
pub fn lists(value: &Value, path: &[&str], item: &str) -> bool {
    get(value, path).and_then(Value::as_array).is_some_and(|items| items.iter().any(|other| other == item))
}

/// The value without members that are empty objects: programs differ in whether they leave them behind.
#[must_use]
pub fn settled(value: &Value) -> Value {
    let Value::Object(members) = value else { return value.clone() };
    let members = members.iter().map(|(key, value)| (key.clone(), settled(value)));
    Value::Object(members.filter(|(_, value)| value.as_object().is_none_or(|members| !members.is_empty())).collect())
}

fn not_a_table(path: &[&str]) -> Unfit {
    Unfit::Shape(format!("what stands at {} holds no entries", path.join(".")))
}

fn split(text: &str) -> (&str, &str) {
    text.strip_prefix(MARK).map_or(("", text), |body| (MARK, body))
}

fn put(value: &mut Value, path: &[&str], entry: &Value) -> Option<()> {
    let (last, parents) = path.split_last()?;
    let mut members = value.as_object_mut()?;
    for key in parents {
        let child = members.entry(*key).or_insert(Value::Null);
        if child.is_null() {
            *child = Value::Object(Map::new());
        }
        members = child.as_object_mut()?;
    }
    members.insert((*last).to_owned(), entry.clone());
    Some(())
}

fn take(value: &mut Value, path: &[&str]) {
    let Some((last, parents)) = path.split_last() else { return };
    let parent = parents.iter().try_fold(value, |value, key| value.get_mut(key));
    if let Some(members) = parent.and_then(Value::as_object_mut) {
        members.shift_remove(*last);
    }
}

#[cfg(test)]
mod tests;
