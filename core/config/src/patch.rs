//! Changes of the settings, in the words of what is changed. Servers are found by their names, so that a patch means the
//! same in a file that somebody else has edited meanwhile. Not here: the bytes ([`crate::rewrite`]), files
//! ([`crate::store`]), whether the result makes sense ([`crate::resolve()`]).

use std::{fmt, path::Path};

use serde_json::{Map, Value};

use crate::{ConfigError, report::problem};

const SERVERS: &str = "mcpServers";

/// Edits of the settings, made one after the other. `Debug` shows no value, since any may be a secret.
#[derive(Clone, Default, PartialEq)]
pub struct ConfigPatch {
    edits: Vec<Edit>,
}

/// Where something stands in the settings: below keys, of the whole or of the entry of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    server: Option<String>,
    above: Vec<String>,
    key: String,
}

#[derive(Clone, PartialEq)]
enum Edit {
    Set(Place, Value),
    Remove(Place),
    Append(Place, Value),
    Include(Place, Value),
    Exclude(Place, Value),
    AddServer(Map<String, Value>),
    RemoveServer(String),
    MergeServer(String, Map<String, Value>),
    Merge(Map<String, Value>),
    Replace(Map<String, Value>),
}

/// What `null` means in a merge.
#[derive(Clone, Copy, PartialEq)]
enum Null {
    IsAValue,
    Removes,
}

impl Place {
    /// A key of the whole.
    pub fn key(key: impl Into<String>) -> Self {
        Self { server: None, above: Vec::new(), key: key.into() }
    }

    /// A key of a server's entry.
    pub fn server(name: impl Into<String>, key: impl Into<String>) -> Self {
        Self { server: Some(name.into()), above: Vec::new(), key: key.into() }
    }

    /// A key of the object that stands here.
    #[must_use]
    pub fn then(mut self, key: impl Into<String>) -> Self {
        self.above.push(std::mem::replace(&mut self.key, key.into()));
        self
    }
}

impl From<&str> for Place {
    /// A key of the whole; the text is no path.
    fn from(key: &str) -> Self {
        Self::key(key)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(name) = &self.server {
            write!(f, "{SERVERS}[name={name}].")?;
        }
        for key in &self.above {
            write!(f, "{key}.")?;
        }
        f.write_str(&self.key)
    }
}

impl ConfigPatch {
    /// No change yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets a value; objects on the way to it are made.
    #[must_use]
    pub fn set(self, place: impl Into<Place>, value: impl Into<Value>) -> Self {
        self.with(Edit::Set(place.into(), value.into()))
    }

    /// Removes a key; one that is not there is no error.
    #[must_use]
    pub fn remove(self, place: impl Into<Place>) -> Self {
        self.with(Edit::Remove(place.into()))
    }

    /// Adds an item to the end of a list; a list that is not there is made.
    #[must_use]
    pub fn append(self, place: impl Into<Place>, item: impl Into<Value>) -> Self {
        self.with(Edit::Append(place.into(), item.into()))
    }

    /// Adds an item to the end of a list unless it is there; a list that is not there is made.
    #[must_use]
    pub fn include(self, place: impl Into<Place>, item: impl Into<Value>) -> Self {
        self.with(Edit::Include(place.into(), item.into()))
    }

    /// Takes an item out of a list; a list without items goes.
    #[must_use]
    pub fn exclude(self, place: impl Into<Place>, item: impl Into<Value>) -> Self {
        self.with(Edit::Exclude(place.into(), item.into()))
    }

    /// Adds a server behind the others. Its name has to be free.
    #[must_use]
    pub fn add_server(self, entry: Map<String, Value>) -> Self {
        self.with(Edit::AddServer(entry))
    }

    /// Removes a server.
    #[must_use]
    pub fn remove_server(self, name: impl Into<String>) -> Self {
        self.with(Edit::RemoveServer(name.into()))
    }

    /// Sets one key of a server.
    #[must_use]
    pub fn set_server(self, name: impl Into<String>, key: impl Into<String>, value: impl Into<Value>) -> Self {
        self.set(Place::server(name, key), value)
    }

    /// Merges an object into a server's entry as RFC 7396 says: objects merge, `null` removes, all else replaces.
    #[must_use]
    pub fn merge_server(self, name: impl Into<String>, with: Map<String, Value>) -> Self {
        self.with(Edit::MergeServer(name.into(), with))
    }

    /// Merges an object into the whole: objects merge, lists and single values (`null` too) replace.
    #[must_use]
    pub fn merge(self, with: Map<String, Value>) -> Self {
        self.with(Edit::Merge(with))
    }

    /// Puts a document in the place of the whole.
    #[must_use]
    pub fn replace(self, document: Map<String, Value>) -> Self {
        self.with(Edit::Replace(document))
    }

    /// Whether it changes nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.edits.is_empty()
    }

    /// The settings with the changes in them. `path` is the file, for errors.
    pub(crate) fn apply(
        &self,
        path: &Path,
        mut document: Map<String, Value>,
    ) -> Result<Map<String, Value>, ConfigError> {
        for edit in &self.edits {
            let whole = &mut document;
            match edit {
                Edit::Set(place, value) => drop(parent(path, whole, place)?.insert(place.key.clone(), value.clone())),
                Edit::Remove(place) => remove(path, whole, place)?,
                Edit::Append(place, item) => {
                    let slot = parent(path, whole, place)?.entry(&place.key).or_insert(Value::Null);
                    list(path, slot, &place.to_string())?.push(item.clone());
                }
                Edit::Include(place, item) => {
                    let slot = parent(path, whole, place)?.entry(&place.key).or_insert(Value::Null);
                    let items = list(path, slot, &place.to_string())?;
                    if !items.contains(item) {
                        items.push(item.clone());
                    }
                }
                Edit::Exclude(place, item) => exclude(path, whole, place, item)?,
                Edit::AddServer(entry) => add_server(path, whole, entry)?,
                Edit::RemoveServer(name) => remove_server(path, whole, name)?,
                Edit::MergeServer(name, with) => merge(server(path, whole, name)?, with, Null::Removes),
                Edit::Merge(with) => merge(whole, with, Null::IsAValue),
                Edit::Replace(with) => whole.clone_from(with),
            }
        }
        Ok(document)
    }

    fn with(mut self, edit: Edit) -> Self {
        self.edits.push(edit);
        self
    }
}

impl fmt::Debug for ConfigPatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let told = self.edits.iter().map(|edit| match edit {
            Edit::Set(place, _) => format!("set {place}"),
            Edit::Remove(place) => format!("remove {place}"),
            Edit::Append(place, _) => format!("append to {place}"),
            Edit::Include(place, _) => format!("include in {place}"),
            Edit::Exclude(place, _) => format!("exclude from {place}"),
            Edit::AddServer(_) => "add a server".to_owned(),
            Edit::RemoveServer(name) => format!("remove the server {name}"),
            Edit::MergeServer(name, _) => format!("merge into the server {name}"),
            Edit::Merge(_) => "merge".to_owned(),
            Edit::Replace(_) => "replace".to_owned(),
        });
        f.debug_list().entries(told).finish()
    }
}

/// The object that holds what the place names; it is made where it is missing.
fn parent<'a>(
    path: &Path,
    whole: &'a mut Map<String, Value>,
    place: &Place,
) -> Result<&'a mut Map<String, Value>, ConfigError> {
    let mut at = match &place.server {
        Some(name) => server(path, whole, name)?,
        None => whole,
    };
    for key in &place.above {
        let slot = at.entry(key).or_insert(Value::Null);
        if slot.is_null() {
            *slot = Value::Object(Map::new());
        }
        let Value::Object(members) = slot else { return Err(wrong(path, key, "has to be an object")) };
        at = members;
    }
    Ok(at)
}

fn remove(path: &Path, whole: &mut Map<String, Value>, place: &Place) -> Result<(), ConfigError> {
    if let Some(holder) = holder(path, whole, place)? {
        holder.shift_remove(&place.key);
    }
    Ok(())
}

fn exclude(path: &Path, whole: &mut Map<String, Value>, place: &Place, item: &Value) -> Result<(), ConfigError> {
    let Some(holder) = holder(path, whole, place)? else { return Ok(()) };
    let Some(slot) = holder.get_mut(&place.key) else { return Ok(()) };
    let items = list(path, slot, &place.to_string())?;
    items.retain(|other| other != item);
    if items.is_empty() {
        holder.shift_remove(&place.key);
    }
    Ok(())
}

/// The object that holds what the place names, if it is there.
fn holder<'a>(
    path: &Path,
    whole: &'a mut Map<String, Value>,
    place: &Place,
) -> Result<Option<&'a mut Map<String, Value>>, ConfigError> {
    let mut at = match &place.server {
        Some(name) => server(path, whole, name)?,
        None => whole,
    };
    for key in &place.above {
        let Some(Value::Object(members)) = at.get_mut(key) else { return Ok(None) };
        at = members;
    }
    Ok(Some(at))
}

fn add_server(path: &Path, whole: &mut Map<String, Value>, entry: &Map<String, Value>) -> Result<(), ConfigError> {
    let servers = list(path, whole.entry(SERVERS).or_insert(Value::Null), SERVERS)?;
    if let Some(name) = entry.get("name").and_then(Value::as_str)
        && servers.iter().any(|server| is_named(server, name))
    {
        return Err(ConfigError::NameTaken { path: path.to_owned(), name: name.to_owned() });
    }
    servers.push(Value::Object(entry.clone()));
    Ok(())
}

fn remove_server(path: &Path, whole: &mut Map<String, Value>, name: &str) -> Result<(), ConfigError> {
    server(path, whole, name)?;
    list(path, whole.entry(SERVERS).or_insert(Value::Null), SERVERS)?.retain(|server| !is_named(server, name));
    Ok(())
}

/// The entry of a server.
fn server<'a>(
    path: &Path,
    whole: &'a mut Map<String, Value>,
    name: &str,
) -> Result<&'a mut Map<String, Value>, ConfigError> {
    let servers = whole.get_mut(SERVERS).and_then(Value::as_array_mut).into_iter().flatten();
    let found = servers.filter_map(Value::as_object_mut).find(|entry| text(entry, "name") == Some(name));
    found.ok_or_else(|| ConfigError::ServerMissing { path: path.to_owned(), name: name.to_owned() })
}

/// The list that stands there; nothing and `null` become an empty one.
fn list<'a>(path: &Path, slot: &'a mut Value, place: &str) -> Result<&'a mut Vec<Value>, ConfigError> {
    if slot.is_null() {
        *slot = Value::Array(Vec::new());
    }
    slot.as_array_mut().ok_or_else(|| wrong(path, place, "has to be a list"))
}

/// Merges an object into another as RFC 7396 says: objects merge, `null` removes, all else replaces.
pub fn merge_patch(into: &mut Map<String, Value>, with: &Map<String, Value>) {
    merge(into, with, Null::Removes);
}

fn merge(into: &mut Map<String, Value>, with: &Map<String, Value>, null: Null) {
    for (key, value) in with {
        match value {
            Value::Null if null == Null::Removes => drop(into.shift_remove(key)),
            Value::Object(with) => {
                let slot = into.entry(key).or_insert(Value::Null);
                if !slot.is_object() {
                    *slot = Value::Object(Map::new());
                }
                if let Value::Object(into) = slot {
                    merge(into, with, null);
                }
            }
            value => drop(into.insert(key.clone(), value.clone())),
        }
    }
}

fn is_named(server: &Value, name: &str) -> bool {
    server.as_object().is_some_and(|entry| text(entry, "name") == Some(name))
}

fn text<'a>(entry: &'a Map<String, Value>, key: &str) -> Option<&'a str> {
    entry.get(key).and_then(Value::as_str)
}

/// What stands there cannot take the change.
fn wrong(path: &Path, place: &str, message: &str) -> ConfigError {
    let problems = vec![problem(place, "", message, "mend it in the file first")];
    ConfigError::Invalid { path: path.to_owned(), problems }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn members(value: Value) -> Map<String, Value> {
        let Value::Object(members) = value else { panic!("no object: {value}") };
        members
    }

    fn check(before: Value, patch: &ConfigPatch) -> Result<Value, ConfigError> {
        patch.apply(Path::new("f"), members(before)).map(Value::Object)
    }

    fn two() -> Value {
        json!({"mcpServers": [{"name": "a/b.c", "env": {"K": "1", "L": "2"}, "args": ["x"]}, {"name": "b"}], "n": 1})
    }

    #[test]
    fn edits_are_made_one_after_the_other() {
        let new = ConfigPatch::new;
        for (patch, expected) in [
            (new().set("n", 2).remove("none"), json!({"mcpServers": two()["mcpServers"], "n": 2})),
            (
                new().replace(members(json!({"n": 2}))).append("l", "x").append("l", "y"),
                json!({"n": 2, "l": ["x", "y"]}),
            ),
            (
                new().remove("mcpServers").set(Place::key("logging").then("level"), "warn").remove("n"),
                json!({"logging": {"level": "warn"}}),
            ),
            (
                new().remove_server("a/b.c").set_server("b", "enabled", true).remove("n"),
                json!({"mcpServers": [{"name": "b", "enabled": true}]}),
            ),
            (
                new()
                    .remove_server("b")
                    .remove("n")
                    .remove(Place::server("a/b.c", "env").then("K"))
                    .append(Place::server("a/b.c", "args"), "y"),
                json!({"mcpServers": [{"name": "a/b.c", "env": {"L": "2"}, "args": ["x", "y"]}]}),
            ),
            (
                new()
                    .remove("n")
                    .include(Place::server("a/b.c", "args"), "x")
                    .include(Place::server("a/b.c", "args"), "y")
                    .include(Place::server("b", "l"), "z")
                    .exclude(Place::server("a/b.c", "args"), "x")
                    .exclude(Place::server("b", "none"), "z"),
                json!({"mcpServers": [
                    {"name": "a/b.c", "env": {"K": "1", "L": "2"}, "args": ["y"]},
                    {"name": "b", "l": ["z"]},
                ]}),
            ),
            (
                new().remove("n").exclude(Place::server("a/b.c", "args"), "x").remove_server("b"),
                json!({"mcpServers": [{"name": "a/b.c", "env": {"K": "1", "L": "2"}}]}),
            ),
            (
                new().merge_server("a/b.c", members(json!({"env": {"K": null, "M": "3"}, "args": [], "url": null}))),
                json!({"mcpServers": [{"name": "a/b.c", "env": {"L": "2", "M": "3"}, "args": []}, {"name": "b"}], "n": 1}),
            ),
            (
                new().remove("mcpServers").add_server(members(json!({"name": "c"}))),
                json!({"mcpServers": [{"name": "c"}], "n": 1}),
            ),
            (
                new()
                    .merge(members(json!({"n": null, "o": {"p": {"q": 1}}, "mcpServers": []})))
                    .merge(members(json!({"o": {"p": {"r": 2}}}))),
                json!({"mcpServers": [], "n": null, "o": {"p": {"q": 1, "r": 2}}}),
            ),
        ] {
            assert_eq!(check(two(), &patch).unwrap(), expected, "{patch:?}");
        }
    }

    #[test]
    fn what_cannot_be_done_is_told() {
        let new = ConfigPatch::new;
        for (patch, expected) in [
            (new().add_server(members(json!({"name": "b"}))), "already has a server named b"),
            (new().remove_server("z"), "no server named z"),
            (new().set_server("z", "enabled", true), "no server named z"),
            (new().remove(Place::server("z", "env")), "no server named z"),
            (new().merge_server("z", Map::new()), "no server named z"),
            (new().set(Place::key("n").then("m"), 1), "n: has to be an object"),
            (new().append("n", 1), "n: has to be a list"),
            (new().include("n", 1), "n: has to be a list"),
            (new().exclude("n", 1), "n: has to be a list"),
            (new().set("mcpServers", 1).add_server(Map::new()), "mcpServers: has to be a list"),
        ] {
            let told = check(two(), &patch).unwrap_err().to_string();
            assert!(told.contains(expected), "{told}");
        }
    }

    #[test]
    fn debug_shows_places_and_no_values() {
        let secret = || members(json!({"name": "n", "env": {"K": "canary"}}));
        let patch = ConfigPatch::new().set("api_key", "canary").add_server(secret()).merge_server("a", secret());
        let patch = patch.merge(secret()).replace(secret()).append(Place::server("a", "args").then("x"), "canary");
        let told = format!("{patch:?}");
        assert!(!told.contains("canary") && told.contains("mcpServers[name=a].args.x"), "{told}");
    }
}
