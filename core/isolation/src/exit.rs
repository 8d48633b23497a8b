//! How a child ended, and how it is to be ended. Not here: doing it ([`crate::Process`]).

use std::{fmt, process::ExitStatus, time::Duration};

/// How a child ended. Both empty = its status could not be learned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exit {
    /// The code that it exited with.
    pub code: Option<i32>,
    /// The signal that killed it (Unix).
    pub signal: Option<i32>,
}

impl Exit {
    pub(crate) const UNKNOWN: Self = Self { code: None, signal: None };

    /// Whether it ended by itself with code 0.
    #[must_use]
    pub fn is_success(self) -> bool {
        self.code == Some(0)
    }
}

impl From<ExitStatus> for Exit {
    fn from(status: ExitStatus) -> Self {
        #[cfg(unix)]
        let signal = std::os::unix::process::ExitStatusExt::signal(&status);
        #[cfg(not(unix))]
        let signal = None;
        Self { code: status.code(), signal }
    }
}

impl fmt::Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.code, self.signal) {
            (Some(code), _) => write!(f, "exited with code {code}"),
            (None, Some(signal)) => match crate::platform::signal_name(signal) {
                Some(name) => write!(f, "killed by signal {signal} ({name})"),
                None => write!(f, "killed by signal {signal}"),
            },
            (None, None) => f.write_str("ended with an unknown status"),
        }
    }
}

/// How long each step of a stop may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StopPolicy {
    /// How long the child may take to go by itself once its stdin is closed.
    pub close_wait: Duration,
    /// How long its group may take after SIGTERM (Windows: CTRL_BREAK).
    pub term_wait: Duration,
    /// How often the group is looked at.
    pub poll: Duration,
}

impl Default for StopPolicy {
    fn default() -> Self {
        Self {
            close_wait: Duration::from_secs(10),
            term_wait: Duration::from_secs(9),
            poll: Duration::from_millis(100),
        }
    }
}

/// How far a stop had to go until the whole group was gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Closing stdin was enough.
    Closed,
    /// The group was asked to end.
    Terminated,
    /// The group was killed.
    Killed,
}

/// What a stop came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stopped {
    /// How the child itself ended.
    pub exit: Exit,
    /// How far the stop had to go, for the child or for what it had started.
    pub phase: Phase,
    /// Whether something of the group was still there after it was killed (a process stuck in the kernel).
    pub survivors: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exit_reads_as_a_sentence() {
        for (code, signal, text) in [
            (Some(3), None, "exited with code 3"),
            #[cfg(unix)]
            (None, Some(9), "killed by signal 9 (SIGKILL)"),
            (None, Some(64), "killed by signal 64"),
            (None, None, "ended with an unknown status"),
        ] {
            assert_eq!(Exit { code, signal }.to_string(), text);
        }
    }
}
