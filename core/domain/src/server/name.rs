//! The name of a server: its key everywhere.

use std::{borrow::Borrow, fmt, sync::Arc};

/// A name that is not empty, has no colon (it ends at the first colon of a tool id) and no control character.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServerName(Arc<str>);

/// Why a text is not the name of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidServerName {
    /// Nothing but white space.
    #[error("a server needs a name")]
    Empty,
    /// A colon separates server and tool, so it cannot be part of the server's name.
    #[error("a server's name cannot contain a colon")]
    Colon,
    /// Control characters could forge lines of a log or a terminal.
    #[error("a server's name cannot contain control characters")]
    Control,
    /// White space around a name could not be seen.
    #[error("a server's name cannot begin or end with white space")]
    Space,
}

impl ServerName {
    /// Checks a text and makes it a name.
    ///
    /// # Errors
    /// Says which rule the text breaks.
    pub fn new(text: &str) -> Result<Self, InvalidServerName> {
        if text.trim().is_empty() {
            return Err(InvalidServerName::Empty);
        }
        if text.contains(':') {
            return Err(InvalidServerName::Colon);
        }
        if text.chars().any(char::is_control) {
            return Err(InvalidServerName::Control);
        }
        if text.trim() != text {
            return Err(InvalidServerName::Space);
        }
        Ok(Self(text.into()))
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for ServerName {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ServerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for ServerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", &self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_checked() {
        for (text, expected) in [
            ("github", Ok(())),
            ("io.github.x/y z", Ok(())),
            ("", Err(InvalidServerName::Empty)),
            (" \t", Err(InvalidServerName::Empty)),
            ("a:b", Err(InvalidServerName::Colon)),
            ("a\nb", Err(InvalidServerName::Control)),
            (" a", Err(InvalidServerName::Space)),
        ] {
            assert_eq!(ServerName::new(text).map(|_| ()), expected, "{text:?}");
        }
    }
}
