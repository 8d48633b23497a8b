//! What the demo shows: each step with the time it took.

use std::{
    io::{self, Write},
    time::Instant,
};

use crate::exit::Failure;

/// The stage of the demo, on stdout.
pub(super) struct Stage {
    since: Instant,
}

impl Stage {
    pub(super) fn open() -> Self {
        Self { since: Instant::now() }
    }

    /// A step is done.
    pub(super) fn done(&mut self, what: &str) -> Result<(), Failure> {
        let took = self.since.elapsed();
        self.since = Instant::now();
        self.say(&format!("[{:6.3} s] {what}", took.as_secs_f64()))
    }

    /// A line by itself.
    pub(super) fn say(&self, line: &str) -> Result<(), Failure> {
        let mut stdout = io::stdout().lock();
        writeln!(stdout, "{line}")
            .and_then(|()| stdout.flush())
            .map_err(|error| Failure::internal(format!("stdout is closed: {error}")))
    }
}
