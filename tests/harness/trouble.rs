//! How the harness fails, and how it waits.

use std::{
    fmt,
    time::{Duration, Instant},
};

/// What has not happened by then never will.
pub const DEADLINE: Duration = Duration::from_secs(60);
/// The pause between two looks.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// What went wrong, in words. A test unwraps it.
#[derive(Clone)]
pub struct Trouble(String);

/// What the harness returns.
pub type Result<T, E = Trouble> = std::result::Result<T, E>;

impl Trouble {
    /// Trouble in words.
    pub fn new(told: impl Into<String>) -> Self {
        Self(told.into())
    }

    /// Turns another error into trouble with `what`.
    pub fn with<E: fmt::Display>(what: impl fmt::Display) -> impl FnOnce(E) -> Self {
        move |error| Self(format!("{what}: {error}"))
    }
}

/// The text as it is: this is what `unwrap` prints.
impl fmt::Debug for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Trouble {}

/// Looks again and again until `look` sees what it looks for.
///
/// # Errors
/// It was not seen within [`DEADLINE`], or `look` found that it never will be.
pub fn until<T>(what: &str, mut look: impl FnMut() -> Result<Option<T>>) -> Result<T> {
    let end = Instant::now() + DEADLINE;
    loop {
        if let Some(seen) = look()? {
            return Ok(seen);
        }
        if Instant::now() >= end {
            return Err(Trouble(format!("never seen within {DEADLINE:?}: {what}")));
        }
        std::thread::sleep(LOOK_EVERY);
    }
}
