//! What is wrong with a setting, told so that a person can mend it.

use std::fmt;

/// One fault in the settings. A file is read to its end, so that all of its faults are told at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where: `mcpServers[2].command`, `MCPPROXY_LISTEN`, `--listen`, or the file itself.
    pub path: String,
    /// What stands there, shortened; empty where it would be a secret or where nothing stands.
    pub value: String,
    /// What is wrong with it.
    pub message: String,
    /// What to write instead.
    pub hint: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.path)?;
        if !self.value.is_empty() {
            write!(f, " = {}", self.value)?;
        }
        write!(f, ": {}", self.message)?;
        if !self.hint.is_empty() {
            write!(f, " ({})", self.hint)?;
        }
        Ok(())
    }
}
