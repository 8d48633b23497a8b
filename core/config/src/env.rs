//! What the process was started with, as a value: variables, home, working directory. Not here: asking the system ([`crate::load()`]).

use std::{
    collections::BTreeMap,
    fmt,
    path::{Component, Path, PathBuf},
};

use mcpproxy_domain::{identity, secret::MissingSecret};

use crate::Flags;

/// What the process was started with. `Debug` shows no variable, since any may be a secret.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Env {
    variables: BTreeMap<String, String>,
    home: Option<PathBuf>,
    working_dir: PathBuf,
}

impl Env {
    /// Variables, home directory and working directory as given; what is not Unicode is left out by the caller.
    pub fn new(
        variables: impl IntoIterator<Item = (String, String)>,
        home: Option<PathBuf>,
        working_dir: PathBuf,
    ) -> Self {
        Self { variables: variables.into_iter().collect(), home, working_dir }
    }

    /// The text of a variable; an empty one counts as unset.
    #[must_use]
    pub fn variable(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str).filter(|text| !text.is_empty())
    }

    /// The data folder that is used when nobody names one.
    pub(crate) fn default_data_dir(&self) -> Option<PathBuf> {
        self.home.as_ref().map(|home| home.join(identity::DATA_FOLDER))
    }

    /// The data folder that a flag or a variable names; either comes before the file.
    pub(crate) fn named_data_dir<'a>(&'a self, flags: &'a Flags) -> Option<&'a Path> {
        let flag = flags.data_dir.as_deref().filter(|path| !path.as_os_str().is_empty());
        let variable = || self.variable("MCPPROXY_DATA_DIR").or_else(|| self.variable("MCPPROXY_DATA"));
        flag.or_else(|| variable().map(Path::new))
    }

    /// Answers `${env:NAME}`; no other kind of reference.
    pub(crate) fn answer(&self, kind: &str, name: &str) -> Result<String, MissingSecret> {
        if kind != "env" {
            return Err(MissingSecret::NoStore { kind: kind.to_owned(), name: name.to_owned() });
        }
        self.variable(name).map(str::to_owned).ok_or_else(|| MissingSecret::Variable(name.to_owned()))
    }

    /// The path as it is seen from the working directory, with a leading `~` replaced by the home directory.
    pub(crate) fn absolute(&self, path: &Path) -> PathBuf {
        let path = match (path.strip_prefix("~"), &self.home) {
            (Ok(below), Some(home)) => home.join(below),
            _ => self.working_dir.join(path),
        };
        path.components().filter(|part| *part != Component::CurDir).collect()
    }
}

impl fmt::Debug for Env {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Env").field("home", &self.home).field("working_dir", &self.working_dir).finish_non_exhaustive()
    }
}
