//! The settings file as a person typed it. Not here: what its keys mean ([`crate::resolve()`]).

use std::{fmt, path::PathBuf};

use mcpproxy_domain::Problem;
use serde_json::{Map, Value};

use crate::json::{self, Document};

/// The settings file as a person typed it: every key optional, unknown ones kept. `Debug` shows no value.
#[derive(Clone, Default, PartialEq)]
pub struct ConfigFile {
    pub(crate) path: PathBuf,
    pub(crate) entries: Map<String, Value>,
    pub(crate) repeated: Vec<Problem>,
}

impl ConfigFile {
    /// Reads the bytes of the file at `path` (which is not opened). No bytes at all are fine: all keys are optional.
    ///
    /// # Errors
    /// What keeps the bytes from being a JSON object, with line and column.
    pub fn parse(path: impl Into<PathBuf>, bytes: &[u8]) -> Result<Self, Problem> {
        let path = path.into();
        let Document { entries, repeated } = json::read(&path.display().to_string(), bytes)?;
        Ok(Self { path, entries, repeated })
    }

    /// What the file at `path` would be if it held this document.
    pub fn of(path: impl Into<PathBuf>, document: Map<String, Value>) -> Self {
        Self { path: path.into(), entries: document, repeated: Vec::new() }
    }
}

impl fmt::Debug for ConfigFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keys: Vec<_> = self.entries.keys().collect();
        f.debug_struct("ConfigFile").field("path", &self.path).field("keys", &keys).finish_non_exhaustive()
    }
}
