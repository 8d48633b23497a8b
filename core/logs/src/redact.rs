//! Secrets that must not appear in any line.
//!
//! Not here: finding secrets that nobody told us of.

use std::{
    borrow::Cow,
    collections::BTreeSet,
    fmt,
    sync::{Arc, PoisonError, RwLock},
};

use aho_corasick::AhoCorasick;
use mcpproxy_domain::Secret;

/// Shorter texts are not hidden: they would be found everywhere, and give themselves away by it.
const SHORTEST: usize = 6;
/// A secret of several lines (a key file) may be printed line by line; shorter lines than this are no secrets.
const SHORTEST_LINE: usize = 16;
const MASK: &str = "***";

/// The set of secrets known so far. Clones share it; a secret is hidden from the moment it is added.
#[derive(Clone, Default)]
pub struct Redactor(Arc<RwLock<Known>>);

#[derive(Default)]
struct Known {
    texts: BTreeSet<String>,
    matcher: Option<Arc<AhoCorasick>>,
}

impl Redactor {
    /// A set that is still empty.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Hides a secret from now on, also as it looks inside JSON, inside the output of `Debug`, and inside a URL. Texts
    /// of less than 6 characters are not hidden.
    pub fn add(&self, secret: &Secret) {
        self.add_all([secret]);
    }

    /// Hides many secrets at once, which is cheaper than one after the other.
    pub fn add_all<'a>(&self, secrets: impl IntoIterator<Item = &'a Secret>) {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let before = known.texts.len();
        for secret in secrets {
            known.texts.extend(appearances(secret.reveal()));
        }
        if known.texts.len() != before {
            known.matcher = AhoCorasick::new(&known.texts).ok().map(Arc::new);
        }
    }

    /// The text with every secret in it replaced. Costs one pass and no copy where there is none.
    #[must_use]
    pub fn redact<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let matcher = self.0.read().unwrap_or_else(PoisonError::into_inner).matcher.clone();
        let Some(matcher) = matcher else { return Cow::Borrowed(text) };
        // All matches, also those that overlap: else the end of a secret could stay behind another one.
        let Ok(found) = matcher.try_find_overlapping_iter(text) else { return Cow::Borrowed(text) };
        let mut found: Vec<(usize, usize)> = found.map(|hit| (hit.start(), hit.end())).collect();
        if found.is_empty() {
            return Cow::Borrowed(text);
        }
        found.sort_unstable();
        let (mut done, mut at) = (String::with_capacity(text.len()), 0);
        for (start, end) in found {
            if start >= at {
                done.push_str(text.get(at..start).unwrap_or_default());
                done.push_str(MASK);
            }
            at = at.max(end);
        }
        done.push_str(text.get(at..).unwrap_or_default());
        Cow::Owned(done)
    }
}

impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Redactor(..)")
    }
}

/// The ways in which a secret may be written.
fn appearances(secret: &str) -> BTreeSet<String> {
    let lines = secret.lines().map(str::trim).filter(|line| line.len() >= SHORTEST_LINE);
    let mut all = BTreeSet::new();
    for text in lines.chain([secret, secret.trim()]).filter(|text| text.chars().count() >= SHORTEST) {
        let debug = inside(&format!("{text:?}"));
        all.insert(inside(&serde_json::Value::from(debug.as_str()).to_string()));
        all.insert(inside(&serde_json::Value::from(text).to_string()));
        all.insert(percent(text, false));
        all.insert(percent(text, true));
        all.insert(debug);
        all.insert(text.to_owned());
    }
    all
}

fn inside(quoted: &str) -> String {
    quoted.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(quoted).to_owned()
}

fn percent(text: &str, lower: bool) -> String {
    let mut done = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => done.push(char::from(byte)),
            _ if lower => done.push_str(&format!("%{byte:02x}")),
            _ => done.push_str(&format!("%{byte:02X}")),
        }
    }
    done
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_hidden_in_every_spelling() {
        let redactor = Redactor::new();
        for secret in ["short", "hunter2!", "q\"uo\\te", "abcdefgh", "efghijkl", "first line of the key\nx\n"] {
            redactor.add(&Secret::from(secret));
        }
        for (text, expected) in [
            ("short text", "short text"),
            ("hunter2!hunter2!, hunter", "******, hunter"),
            ("url=hunter2%21&x", "url=***&x"),
            (r#"{"a":"q\"uo\\te"}"#, r#"{"a":"***"}"#),
            ("<abcdefghijkl>", "<***>"),
            ("  first line of the key", "  ***"),
            ("ü hunter2! ü", "ü *** ü"),
        ] {
            assert_eq!(redactor.redact(text), expected);
        }
        assert_eq!(redactor.redact(&format!("{:?}", "q\"uo\\te")), r#""***""#);
        let twice = serde_json::Value::from(format!("{:?}", "q\"uo\\te")).to_string();
        assert_eq!(redactor.redact(&twice), r#""\"***\"""#);
        assert!(matches!(redactor.redact("nothing"), Cow::Borrowed(_)));
        assert_eq!(format!("{redactor:?}"), "Redactor(..)");
    }
}
