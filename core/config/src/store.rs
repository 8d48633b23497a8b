//! The only writer of the settings file. A change replaces the bytes of the keys it names and leaves all others as they
//! stand: order, unknown keys, blank lines. Not here: whether a change makes sense (resolve the result first).
//!
//! Blocking. What is written is complete or not there: a temporary file beside the real one, synced, then renamed over it.

use std::{
    ffi::OsString,
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use mcpproxy_domain::identity;
use serde_json::Value;
use tempfile::NamedTempFile;

use crate::{ConfigError, json};

#[cfg(unix)]
mod unix;
#[cfg(unix)]
use unix as platform;
#[cfg(windows)]
mod windows;
#[cfg(windows)]
use windows as platform;

/// How often a change is tried anew because somebody else wrote the file in between.
const TRIES: usize = 5;

/// Writes a file that does not exist yet: no server, and `listen` if it is given. An existing file is left as it is.
///
/// # Errors
/// The file or its folder cannot be made.
pub fn create_default(path: &Path, listen: Option<&str>) -> Result<(), ConfigError> {
    let failed = |source| ConfigError::Write { path: path.to_owned(), source };
    let mut text = "{}".to_owned();
    if let Some(listen) = listen {
        text = set(&text, "listen", &Value::from(listen));
    }
    text = set(&text, "mcpServers", &Value::Array(Vec::new()));
    platform::create_folder(folder_of(path)).map_err(failed)?;
    let file = write_beside(path, text.as_bytes()).map_err(failed)?;
    match file.persist_noclobber(path) {
        Ok(_) => {
            platform::sync_folder(folder_of(path));
            Ok(())
        }
        Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(failed(error.error)),
    }
}

/// Sets top-level keys of the file as it is on disk now. A missing file counts as an empty one.
///
/// # Errors
/// The file has faults (it is left as it is), cannot be read or written, or keeps changing.
pub fn patch(path: &Path, changes: &[(&str, Value)]) -> Result<(), ConfigError> {
    let failed = |source| ConfigError::Write { path: path.to_owned(), source };
    let real = follow(path).map_err(failed)?;
    for _ in 0..TRIES {
        let before = read(&real)?;
        let text = apply(path, &before, changes)?;
        let file = write_beside(&real, text.as_bytes()).map_err(failed)?;
        // an editor may have saved in the meantime; its words must not be lost
        if read(&real)? == before {
            file.persist(&real).map_err(|error| failed(error.error))?;
            platform::sync_folder(folder_of(&real));
            return Ok(());
        }
    }
    Err(ConfigError::Busy { path: path.to_owned() })
}

/// Keeps a copy of a settings file that another make of the product wrote, before we write it for the first time: once,
/// and only if that make's database stands in the data folder. Gives the path of a copy that was made now.
///
/// # Errors
/// The file cannot be read, or the copy cannot be written.
pub fn adopt(path: &Path, data_dir: &Path) -> Result<Option<PathBuf>, ConfigError> {
    let suffix = identity::ADOPTED_CONFIG_FILE.strip_prefix(identity::CONFIG_FILE).unwrap_or(".before");
    let mut name = path.file_name().map(OsString::from).unwrap_or_default();
    name.push(suffix);
    let copy = path.with_file_name(name);
    if !data_dir.join(identity::FOREIGN_DATABASE).exists() || copy.exists() || !path.exists() {
        return Ok(None);
    }
    let bytes = read(path)?;
    let failed = |source| ConfigError::Write { path: copy.clone(), source };
    let file = write_beside(&copy, &bytes).map_err(failed)?;
    match file.persist_noclobber(&copy) {
        Ok(_) => {}
        Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => return Ok(None),
        Err(error) => return Err(failed(error.error)),
    }
    platform::sync_folder(folder_of(&copy));
    Ok(Some(copy))
}

/// The bytes with the changes in them; only of a file that could be read without a fault.
fn apply(path: &Path, bytes: &[u8], changes: &[(&str, Value)]) -> Result<String, ConfigError> {
    let name = path.display().to_string();
    let invalid = |problems| ConfigError::Invalid { path: path.to_owned(), problems };
    let document = json::read(&name, bytes).map_err(|problem| invalid(vec![problem]))?;
    if !document.repeated.is_empty() {
        return Err(invalid(document.repeated));
    }
    let text = json::text(&name, bytes).map_err(|problem| invalid(vec![problem]))?;
    let start = if text.trim().is_empty() { "{}" } else { text };
    Ok(changes.iter().fold(start.to_owned(), |text, (key, value)| set(&text, key, value)))
}

/// Sets one top-level key in the text of an object.
fn set(text: &str, key: &str, value: &Value) -> String {
    // the alternate form is indented by two spaces; texts in it hold no line breaks
    let value = format!("{value:#}").replace('\n', "\n  ");
    let spans = json::top_level(text);
    if let Some((_, span)) = spans.iter().find(|(name, _)| name == key) {
        let (before, rest) = text.split_at(span.start);
        return format!("{before}{value}{}", rest.split_at(span.len()).1);
    }
    let entry = format!("{}: {value}", Value::from(key));
    let Some((_, last)) = spans.last() else {
        return format!("{{\n  {entry}\n}}\n");
    };
    let (before, after) = text.split_at(last.end);
    let inside = text.split_once('{').map_or("", |(_, inside)| inside);
    let gap = inside.split_at(inside.find(|c: char| !c.is_ascii_whitespace()).unwrap_or(0)).0;
    format!("{before},{gap}{entry}{after}")
}

/// Nothing counts as an empty file.
fn read(path: &Path) -> Result<Vec<u8>, ConfigError> {
    match fs::read(path) {
        Ok(bytes) => Ok(bytes),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(source) => Err(ConfigError::Read { path: path.to_owned(), source }),
    }
}

/// A temporary file in the same folder that holds the bytes and has reached the disk. It is removed if it is not renamed,
/// and nobody else can read it.
fn write_beside(path: &Path, bytes: &[u8]) -> io::Result<NamedTempFile> {
    let mut prefix = path.file_name().map(OsString::from).unwrap_or_default();
    prefix.push(".tmp.");
    let mut file = tempfile::Builder::new().prefix(&prefix).rand_bytes(16).tempfile_in(folder_of(path))?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    Ok(file)
}

/// The file that a symbolic link leads to: renaming over the link itself would part it from its target.
fn follow(path: &Path) -> io::Result<PathBuf> {
    match fs::canonicalize(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound && !path.is_symlink() => Ok(path.to_owned()),
        answer => answer,
    }
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

#[cfg(test)]
mod tests;
