//! One server that is to be added: its entry, what it runs, and what became of it. Not here: asking and writing.

use std::{path::Path, sync::Arc};

use mcpproxy_config::{Config, server_of};
use mcpproxy_domain::{Code, ServerSpec};
use mcpproxy_import::{Draft, Form};
use mcpproxy_ipc_proto::view::Probe;
use mcpproxy_management::servers::{fingerprint, runs};
use serde_json::{Map, Value};

use super::Add;
use crate::{commands::upstream::pairs, exit::Failure, output::escape::escaped};

/// A server that is to be added.
pub(super) struct Candidate {
    /// Its entry, as it will stand in the settings but for whether it is held.
    pub(super) entry: Map<String, Value>,
    /// What the entry means.
    pub(super) spec: Arc<ServerSpec>,
    /// What a person should know.
    pub(super) notes: Vec<String>,
    /// What it told when it was looked at.
    pub(super) probe: Option<Probe>,
    /// Whether it is held whatever is decided about others: a look at it failed.
    pub(super) must_wait: bool,
    /// What became of it.
    pub(super) fate: Fate,
}

/// What became of a server.
#[derive(Debug)]
pub(super) enum Fate {
    /// Nothing yet.
    Open,
    /// There is one of its name already, which was no reason to complain.
    Exists,
    /// It was only shown.
    Shown,
    /// It was not added.
    Failed(Failure),
    /// It stands in the settings.
    Added {
        /// Whether it may run.
        approved: bool,
        /// Why it may not, although that was asked for.
        trouble: Option<Failure>,
    },
}

impl Candidate {
    /// Makes one of what was read. What was typed is meant as seen from this folder.
    ///
    /// # Errors
    /// The settings cannot hold it.
    pub(super) fn new(config: &Config, draft: &Draft) -> Result<Self, Failure> {
        let Value::Object(mut entry) = draft.to_entry() else {
            return Err(Failure::internal("an entry of the settings is an object"));
        };
        let is_typed = matches!(draft.source.form, Form::CommandLine | Form::ClientCommand);
        if let (true, Ok(here)) = (is_typed, std::env::current_dir()) {
            settle(&mut entry, &here);
        }
        let mut notes = draft.warnings.clone();
        if !draft.fields_skipped.is_empty() {
            notes.push(format!("left out, since there is nothing like it here: {}", draft.fields_skipped.join(", ")));
        }
        if let Some(project) = &draft.source.project {
            notes.push(format!("it was meant for the project {project} only"));
        }
        if !draft.enabled {
            notes.push("it is switched off where it comes from, and stays so".to_owned());
        }
        let spec = spec_of(config, &entry)?;
        Ok(Self { entry, spec, notes, probe: None, must_wait: false, fate: Fate::Open })
    }

    /// Adds what flags say of its variables and headers.
    ///
    /// # Errors
    /// They do not fit the server, or one cannot be read.
    pub(super) fn apply(&mut self, config: &Config, add: &Add) -> Result<(), Failure> {
        let given = [
            ("env", pairs::variables(&add.env)?, "command", "has no process that could have variables (--env)"),
            (
                "headers",
                pairs::headers(&add.header)?,
                "url",
                "is not reached over HTTP, so it gets no headers (--header)",
            ),
        ];
        for (key, pairs, needs, why) in given {
            if pairs.is_empty() {
                continue;
            }
            if !self.entry.contains_key(needs) {
                return Err(Failure::new(Code::InvalidInput, format!("{} {why}", self.name()), ""));
            }
            if let Value::Object(there) = self.entry.entry(key).or_insert_with(|| Map::new().into()) {
                there.extend(pairs);
            }
        }
        self.spec = spec_of(config, &self.entry)?;
        Ok(())
    }

    /// Gives it another name.
    ///
    /// # Errors
    /// The settings cannot hold it under that name.
    pub(super) fn rename(&mut self, config: &Config, name: &str) -> Result<(), Failure> {
        self.entry.insert("name".to_owned(), name.into());
        self.spec = spec_of(config, &self.entry)?;
        Ok(())
    }

    /// Its name.
    pub(super) fn name(&self) -> &str {
        self.spec.name.as_str()
    }

    /// What it runs, or where it is reached, secrets hidden.
    pub(super) fn runs(&self) -> String {
        runs(&self.spec)
    }

    /// The mark of what is shown as [`Candidate::runs`].
    pub(super) fn fingerprint(&self) -> String {
        fingerprint(&self.spec)
    }

    /// Whether a look at it runs its code here.
    pub(super) fn has_code(&self) -> bool {
        self.entry.contains_key("command")
    }

    /// Whether nothing is decided about it.
    pub(super) fn is_open(&self) -> bool {
        matches!(self.fate, Fate::Open)
    }
}

/// What an entry means.
///
/// # Errors
/// The settings cannot hold it.
pub(in crate::commands) fn spec_of(config: &Config, entry: &Map<String, Value>) -> Result<Arc<ServerSpec>, Failure> {
    server_of(config, entry).map_err(|problems| {
        let told: Vec<_> = problems.iter().map(ToString::to_string).collect();
        let name = entry.get("name").and_then(Value::as_str).unwrap_or_default();
        let message = format!("the server {} cannot be used: {}", escaped(name), told.join("; "));
        Failure::new(Code::InvalidInput, message, "correct it, and add it again")
    })
}

/// A command that refers to files of this folder starts in it.
fn settle(entry: &mut Map<String, Value>, here: &Path) {
    let Some(program) = entry.get("command").and_then(Value::as_str) else { return };
    let args = entry.get("args").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    let is_here = |word: &str| {
        let path = Path::new(word);
        let named = word == "." || word == ".." || word.starts_with("./") || word.starts_with("../");
        let relative = path.is_relative() && !word.starts_with('-') && !word.starts_with('~');
        relative && (named || (word.contains(['.', '/', '\\']) && here.join(path).is_file()))
    };
    let by_path = Path::new(program).is_relative() && program.contains(std::path::is_separator);
    if (by_path || args.into_iter().any(is_here)) && !entry.contains_key("working_dir") {
        entry.insert("working_dir".to_owned(), here.to_string_lossy().into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_refers_to_this_folder_starts_in_it() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("server.js"), "").unwrap();
        for (line, settled) in [
            ("node server.js", true),
            ("node other.js", false),
            ("./server", true),
            ("bin/server", true),
            ("npx -y @scope/server", false),
            ("server-filesystem .", true),
            ("/bin/server ../data", true),
            ("/bin/server --file=./x", false),
        ] {
            let words: Vec<&str> = line.split(' ').collect();
            let mut entry = Map::from_iter([
                ("command".to_owned(), words[0].into()),
                ("args".to_owned(), Vec::from(&words[1..]).into()),
            ]);
            settle(&mut entry, folder.path());
            assert_eq!(entry.contains_key("working_dir"), settled, "{line}");
        }
    }
}
