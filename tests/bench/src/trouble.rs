//! What goes wrong here: told to a person, never decided upon.

/// Any error. Nothing is decided by it: a row that fails is told, and the run goes on or ends.
pub type Trouble = Box<dyn std::error::Error + Send + Sync>;
/// A result of anything here.
pub type Result<T> = std::result::Result<T, Trouble>;

/// A trouble in words.
pub fn trouble(words: impl Into<String>) -> Trouble {
    words.into().into()
}
