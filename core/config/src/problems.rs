//! What keeps the file from being used, with the lines to look at. Not here: finding it out.

use std::path::PathBuf;

use mcpproxy_domain::Problem;
use serde::de::IgnoredAny;

use crate::{ConfigError, json, report::problem, spans};

/// What keeps the settings file from being used at the moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problems {
    /// The file.
    pub path: PathBuf,
    /// All that was found in it.
    pub found: Vec<Found>,
}

/// A problem and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The line, counted from 1. Where something is missing, that of what should hold it; `None` if it is not about
    /// a place in the file.
    pub line: Option<usize>,
    /// What is wrong.
    pub problem: Problem,
}

impl Problems {
    /// The problems behind an error about the file at `path`, whose bytes these are.
    pub(crate) fn of(path: PathBuf, error: &ConfigError, bytes: &[u8]) -> Self {
        let name = path.display().to_string();
        let text = json::text(&name, bytes).unwrap_or_default();
        let text = text.trim_end();
        let syntax = serde_json::from_str::<IgnoredAny>(text).err().map(|error| error.line());
        let syntax = syntax.filter(|_| !text.is_empty());
        let found = match error {
            ConfigError::Invalid { problems, .. } => {
                let line = |problem: &Problem| syntax.or_else(|| spans::line(text, &problem.path));
                problems.iter().map(|problem| Found { line: line(problem), problem: problem.clone() }).collect()
            }
            other => vec![Found { line: None, problem: problem(&name, "", other.to_string(), "") }],
        };
        Self { path, found }
    }
}
