//! The id of a JSON-RPC request, kept as it was written.

use std::fmt;

use serde_json::value::RawValue;

/// A string or a number, byte for byte as the peer wrote it: `0`, `"0"` and `0.0` are three ids.
#[derive(Clone)]
pub struct Id(Box<RawValue>);

impl Id {
    /// Takes a raw value that is a string or a number; `None` for anything else (`null` is no id).
    #[must_use]
    pub fn from_raw(raw: &RawValue) -> Option<Self> {
        match raw.get().as_bytes().first()? {
            b'"' | b'-' | b'0'..=b'9' => Some(Self(raw.to_owned())),
            _ => None,
        }
    }

    /// The id as JSON.
    #[must_use]
    pub fn raw(&self) -> &RawValue {
        &self.0
    }

    /// The number of an id of our own making, also where the peer gives it back as a text or with a fraction of zero.
    #[must_use]
    pub fn as_u64(&self) -> Option<u64> {
        let text = self.0.get().trim_matches('"');
        text.strip_suffix(".0").unwrap_or(text).parse().ok()
    }
}

impl From<u64> for Id {
    fn from(number: u64) -> Self {
        // a decimal number is JSON; the fallback is never taken
        Self(RawValue::from_string(number.to_string()).unwrap_or_default())
    }
}

impl PartialEq for Id {
    fn eq(&self, other: &Self) -> bool {
        self.0.get() == other.0.get()
    }
}

impl Eq for Id {}

impl std::hash::Hash for Id {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.get().hash(state);
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.get())
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.get())
    }
}
