//! A value that must not be seen: it prints as dots wherever it is formatted.

use std::fmt;

/// A secret text. `Debug` is silent, there is no `Display`; whoever needs the text says so with [`Secret::reveal`].
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Secret(String);

impl Secret {
    /// Takes a text into keeping.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself, for the one place that must use it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Whether there is any text at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("••••")
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

/// Why a text that refers to secrets could not be completed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MissingSecret {
    /// `${env:NAME}` names a variable that is unset or empty.
    #[error("the environment variable {0} is not set")]
    Variable(String),
    /// `${type:name}` of a type that has no store here.
    #[error("no store answers for ${{{kind}:{name}}}")]
    NoStore {
        /// The part before the colon.
        kind: String,
        /// The part after the colon.
        name: String,
    },
}

/// Replaces every reference `${type:name}` in `text` by what `lookup` says; other text, a lone `$` too, is kept as it is.
///
/// # Errors
/// The first reference that `lookup` cannot answer: a text with an unresolved reference must never be used.
pub fn expand(
    text: &str,
    lookup: &mut dyn FnMut(&str, &str) -> Result<String, MissingSecret>,
) -> Result<String, MissingSecret> {
    let mut done = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        done.push_str(before);
        match after.split_once('}').and_then(|(inside, tail)| Some((inside.split_once(':')?, tail))) {
            Some(((kind, name), tail)) if is_reference(kind, name) => {
                done.push_str(&lookup(kind, name)?);
                rest = tail;
            }
            _ => {
                done.push_str("${");
                rest = after;
            }
        }
    }
    done.push_str(rest);
    Ok(done)
}

/// A shell's `${NAME:-default}` and its like are no references: a kind is a word in small letters, and no name begins
/// with a sign that a shell would read.
fn is_reference(kind: &str, name: &str) -> bool {
    let is_word = !kind.is_empty() && kind.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    is_word && !name.is_empty() && !name.starts_with(['-', '+', '=', '?'])
}

/// Parts of a variable's name that say that its value is a secret.
const SECRET_WORDS: [&str; 14] = [
    "TOKEN",
    "SECRET",
    "KEY",
    "PASSWORD",
    "PASSWD",
    "PASS",
    "CREDENTIAL",
    "AUTH",
    "BEARER",
    "PRIVATE",
    "CERT",
    "DSN",
    "CONNECTION_STRING",
    "CONN_STR",
];

/// Whether a variable of this name usually holds a secret.
#[must_use]
pub fn names_a_secret(variable: &str) -> bool {
    let variable = variable.to_ascii_uppercase();
    SECRET_WORDS.iter().any(|word| variable.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_never_shows_in_debug_output() {
        let secret = Secret::new("hunter2");
        assert!(!format!("{secret:?} {:?}", Some(&secret)).contains("hunter2"));
        assert_eq!(secret.reveal(), "hunter2");
    }

    #[test]
    fn references_are_replaced_and_everything_else_is_kept() {
        let mut lookup = |kind: &str, name: &str| match (kind, name) {
            ("env", "USER") => Ok("ann".to_owned()),
            ("env", _) => Err(MissingSecret::Variable(name.to_owned())),
            _ => Err(MissingSecret::NoStore { kind: kind.to_owned(), name: name.to_owned() }),
        };
        for (text, expected) in [
            ("", Ok("")),
            ("plain $HOME ${HOME} ${}", Ok("plain $HOME ${HOME} ${}")),
            ("${HOME:-x} ${env:-x} ${x#*\"id\":}", Ok("${HOME:-x} ${env:-x} ${x#*\"id\":}")),
            ("Bearer ${env:USER}!${env:USER}", Ok("Bearer ann!ann")),
            ("${env:", Ok("${env:")),
            ("${env:NONE}", Err(MissingSecret::Variable("NONE".to_owned()))),
            ("${keyring:k}", Err(MissingSecret::NoStore { kind: "keyring".to_owned(), name: "k".to_owned() })),
        ] {
            assert_eq!(expand(text, &mut lookup).as_deref(), expected.as_ref().map(|e| *e), "{text}");
        }
    }
}
