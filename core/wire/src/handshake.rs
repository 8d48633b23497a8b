//! The handshake of the revisions with sessions: what a client sends, and what a server told.

use std::borrow::Cow;

use serde_json::{json, value::RawValue};

use crate::{Message, Object, Revision};

/// The method that opens a session.
pub const INITIALIZE: &str = "initialize";
/// The notification that ends the handshake.
pub const INITIALIZED: &str = "notifications/initialized";

/// The opening of a session by a client without capabilities.
#[must_use]
pub fn initialize(name: &str, version: &str) -> Message {
    Message::new(
        INITIALIZE,
        &json!({
            "protocolVersion": Revision::LATEST.as_str(),
            "capabilities": {},
            "clientInfo": { "name": name, "version": version },
        }),
    )
}

/// What a server says of itself.
#[derive(Clone, Debug)]
pub struct ServerHello {
    /// The revision it chose.
    pub revision: Revision,
    /// Its name for itself; empty if it gave none.
    pub name: String,
    /// Its version; empty if it gave none.
    pub version: String,
    /// How its tools want to be used.
    pub instructions: Option<String>,
    /// Whether it offers tools at all.
    pub offers_tools: bool,
}

/// Why the answer to `initialize` cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HelloError {
    /// The result is not what the protocol says.
    #[error("the answer to initialize has no {0}")]
    Missing(&'static str),
    /// The server chose a revision that is not spoken here.
    #[error("the server speaks protocol revision {0}, which is not supported")]
    Revision(String),
}

impl ServerHello {
    /// Reads the result of `initialize`.
    ///
    /// # Errors
    /// Says what is missing, or that the revision is not spoken.
    pub fn read(result: &RawValue) -> Result<Self, HelloError> {
        let result = Object::open(result).ok_or(HelloError::Missing("object"))?;
        let revision = result.text("protocolVersion").ok_or(HelloError::Missing("protocolVersion"))?;
        let revision = Revision::parse(&revision).ok_or_else(|| HelloError::Revision(revision.into_owned()))?;
        let info = result.get("serverInfo").and_then(Object::open).unwrap_or_default();
        let capabilities = result.get("capabilities").and_then(Object::open).unwrap_or_default();
        Ok(Self {
            revision,
            name: info.text("name").unwrap_or_default().into_owned(),
            version: info.text("version").unwrap_or_default().into_owned(),
            instructions: result.text("instructions").map(Cow::into_owned),
            offers_tools: capabilities.get("tools").is_some(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hello_is_read_with_whatever_else_it_holds() {
        let raw = |text: &str| RawValue::from_string(text.to_owned()).unwrap();
        let hello = ServerHello::read(&raw(
            r#"{"protocolVersion":"2025-06-18","capabilities":{"tools":{},"x":1},"serverInfo":{"name":"s","icons":[]}}"#,
        ))
        .unwrap();
        assert_eq!((hello.revision, hello.name.as_str(), hello.offers_tools), (Revision::V2025_06_18, "s", true));
        for (text, error) in [
            ("[]", HelloError::Missing("object")),
            ("{}", HelloError::Missing("protocolVersion")),
            (r#"{"protocolVersion":"1"}"#, HelloError::Revision("1".to_owned())),
        ] {
            assert_eq!(ServerHello::read(&raw(text)).unwrap_err(), error);
        }
    }
}
