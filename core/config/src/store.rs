//! The only writer of the settings file. A change replaces the bytes of what it names and leaves all others as they
//! stand: order, unknown keys, blank lines. Nothing is written that could not be used.
//! Not here: the edit itself ([`crate::ConfigPatch`]), who may write while a core runs ([`crate::Settings`]).
//!
//! Blocking. What is written is complete or not there: a temporary file beside the real one, synced, then renamed over it.

use std::{
    ffi::OsString,
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
    sync::Arc,
};

use mcpproxy_domain::{Problem, identity};
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};
use tempfile::NamedTempFile;

use crate::{
    Change, Check, Config, ConfigError, ConfigPatch, Env, Flags, diff,
    json::{self, Document},
    load::{read, understand},
    rewrite::rewrite,
};

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

/// A change that stands in the file.
#[derive(Clone, Debug)]
pub struct Written {
    /// The settings with the change.
    pub config: Arc<Config>,
    /// What a person should know about them.
    pub warnings: Vec<Problem>,
    /// What is different from what the file said before; all of the settings where that had faults.
    pub changed: Vec<Change>,
    /// Which bytes the file has now.
    pub fingerprint: Fingerprint,
    /// Whether they are others than before.
    pub saved: bool,
}

/// Tells files with other bytes apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// The fingerprint of these bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }
}

/// Writes a file that does not exist yet: no server, and `listen` if it is given. An existing file is left as it is.
///
/// # Errors
/// The file or its folder cannot be made.
pub fn create_default(path: &Path, listen: Option<&str>) -> Result<(), ConfigError> {
    let failed = |source| ConfigError::Write { path: path.to_owned(), source };
    let mut document = Map::new();
    document.extend(listen.map(|listen| ("listen".to_owned(), Value::from(listen))));
    document.insert("mcpServers".to_owned(), Value::Array(Vec::new()));
    let text = rewrite("", &Map::new(), &document);
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

/// Changes the file as it is on disk now. A missing one counts as empty. What another make wrote is kept aside first.
///
/// # Errors
/// The patch does not fit what stands there, or the result has faults (nothing is written then), or the file cannot be
/// read or written, or keeps changing.
pub fn change(path: &Path, env: &Env, flags: &Flags, patch: &ConfigPatch) -> Result<Written, ConfigError> {
    change_checked(path, env, flags, patch, &|_, _| Ok(()))
}

/// The same, if the check allows it. It sees what is written and what is replaced, not what was there a moment ago.
///
/// # Errors
/// Those of [`change`], and [`ConfigError::Refused`].
pub fn change_checked(
    path: &Path,
    env: &Env,
    flags: &Flags,
    patch: &ConfigPatch,
    check: &Check,
) -> Result<Written, ConfigError> {
    change_with(path, env, flags, patch, check, &mut || {})
}

/// `between` is done between reading and writing.
fn change_with(
    path: &Path,
    env: &Env,
    flags: &Flags,
    patch: &ConfigPatch,
    check: &Check,
    between: &mut dyn FnMut(),
) -> Result<Written, ConfigError> {
    let failed = |source| ConfigError::Write { path: path.to_owned(), source };
    let real = follow(path).map_err(failed)?;
    for _ in 0..TRIES {
        let found = read(&real)?;
        let before = found.as_deref().unwrap_or_default();
        let text = apply(path, before, patch)?;
        let resolved = understand(path, text.as_bytes(), env, flags)?;
        let saved = found.as_deref() != Some(text.as_bytes());
        let was = understand(path, before, env, flags).ok();
        check(was.as_ref().map(|was| &was.config), &resolved.config).map_err(ConfigError::Refused)?;
        if saved {
            if let Some(copy) = adopt(path, &resolved.config.data_dir)? {
                tracing::info!(?copy, "the settings of another program were copied before they are changed");
            }
            platform::create_folder(folder_of(&real)).map_err(failed)?;
            let file = write_beside(&real, text.as_bytes()).map_err(failed)?;
            between();
            // an editor may have saved in the meantime; its words must not be lost
            if read(&real)? != found {
                continue;
            }
            file.persist(&real).map_err(|error| failed(error.error))?;
            platform::sync_folder(folder_of(&real));
        }
        return Ok(Written {
            changed: diff(was.as_ref().map(|was| &was.config), &resolved.config),
            config: Arc::new(resolved.config),
            warnings: resolved.warnings,
            fingerprint: Fingerprint::of(text.as_bytes()),
            saved,
        });
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
    let bytes = read(path)?.unwrap_or_default();
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

/// The bytes with the change in them; only of a file that could be read without a fault. A byte order mark stays.
fn apply(path: &Path, bytes: &[u8], patch: &ConfigPatch) -> Result<String, ConfigError> {
    let name = path.display().to_string();
    let invalid = |problems| ConfigError::Invalid { path: path.to_owned(), problems };
    let Document { entries, repeated } = json::read(&name, bytes).map_err(|problem| invalid(vec![problem]))?;
    if !repeated.is_empty() {
        return Err(invalid(repeated));
    }
    let text = json::text(&name, bytes).map_err(|problem| invalid(vec![problem]))?;
    let mark = if text.len() < bytes.len() { "\u{feff}" } else { "" };
    let new = patch.apply(path, entries.clone())?;
    Ok(format!("{mark}{}", rewrite(text, &entries, &new)))
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

pub(crate) fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

#[cfg(test)]
mod tests;
