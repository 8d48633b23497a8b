//! What is to be started. Not here: where its environment comes from ([`crate::environment`]).

use std::{
    ffi::{OsStr, OsString},
    fmt,
    path::PathBuf,
};

/// A program with everything that it is given. Nothing is handed to a shell, nothing is inherited.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Launch {
    /// A path, or a name that is looked up on the `PATH` of `env`.
    pub program: OsString,
    /// Its arguments.
    pub args: Vec<OsString>,
    /// The complete environment. Of a name that occurs twice the later value counts.
    pub env: Vec<(OsString, OsString)>,
    /// The folder it starts in; `None` = the folder of this process.
    pub working_dir: Option<PathBuf>,
}

impl Launch {
    /// The value of a variable as the child will see it; on Windows the case of the name does not matter.
    pub(crate) fn variable(&self, name: &str) -> Option<&OsStr> {
        let same = |key: &OsStr| if cfg!(windows) { key.eq_ignore_ascii_case(name) } else { key == name };
        self.env.iter().rev().find(|(key, _)| same(key)).map(|(_, value)| value.as_os_str())
    }
}

/// Arguments and values may hold secrets, so only their number and the names show.
impl fmt::Debug for Launch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.env.iter().map(|(name, _)| name).collect();
        f.debug_struct("Launch")
            .field("program", &self.program)
            .field("args", &self.args.len())
            .field("env", &names)
            .field("working_dir", &self.working_dir)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_output_holds_neither_values_nor_arguments() {
        let launch = Launch {
            program: "srv".into(),
            args: vec!["--key=canary".into()],
            env: vec![("TOKEN".into(), "canary".into())],
            working_dir: None,
        };
        let text = format!("{launch:?}");
        assert!(!text.contains("canary") && text.contains("TOKEN"), "{text}");
    }
}
