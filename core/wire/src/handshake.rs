//! How a server is met: the handshake of the revisions with sessions, the question of the stateless one, and what a
//! server tells of itself.

use std::borrow::Cow;

use serde_json::{json, value::RawValue};

use crate::{
    Era, Message, Object, Revision,
    stateless::{self, DISCOVER, signed},
};

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

/// The question whether a server is of the stateless era, asked in its own form.
#[must_use]
pub fn discover(name: &str, version: &str) -> Message {
    Message { method: DISCOVER.into(), params: Some(signed(None, name, version)) }
}

/// What a server says of itself.
#[derive(Clone, Debug)]
pub struct ServerHello {
    /// How it wants to be spoken to.
    pub era: Era,
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
        Ok(Self::told(Era::Sessions(revision), &result, result.get("serverInfo")))
    }

    /// Reads the result of `server/discover`.
    ///
    /// # Errors
    /// Says what is missing, or that the stateless revision is not among those that the server speaks.
    pub fn read_discovered(result: &RawValue) -> Result<Self, HelloError> {
        let result = Object::open(result).ok_or(HelloError::Missing("object"))?;
        let versions = result.get("supportedVersions").ok_or(HelloError::Missing("supportedVersions"))?;
        let versions: Vec<String> = serde_json::from_str(versions.get()).unwrap_or_default();
        if !versions.iter().any(|version| version == stateless::VERSION) {
            return Err(HelloError::Revision(versions.join(", ")));
        }
        let meta = result.get("_meta").and_then(Object::open).unwrap_or_default();
        Ok(Self::told(Era::Stateless, &result, meta.get(stateless::key::SERVER_INFO)))
    }

    fn told(era: Era, result: &Object<'_>, info: Option<&RawValue>) -> Self {
        let info = info.and_then(Object::open).unwrap_or_default();
        let capabilities = result.get("capabilities").and_then(Object::open).unwrap_or_default();
        Self {
            era,
            name: info.text("name").unwrap_or_default().into_owned(),
            version: info.text("version").unwrap_or_default().into_owned(),
            instructions: result.text("instructions").map(Cow::into_owned),
            offers_tools: capabilities.get("tools").is_some(),
        }
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
        let era = Era::Sessions(Revision::V2025_06_18);
        assert_eq!((hello.era, hello.name.as_str(), hello.offers_tools), (era, "s", true));
        let discovered =
            ServerHello::read_discovered(&raw(r#"{"supportedVersions":["x","2026-07-28"],"capabilities":{"tools":{}},
                "_meta":{"io.modelcontextprotocol/serverInfo":{"name":"n"}}}"#))
            .unwrap();
        assert_eq!((discovered.era, discovered.name.as_str()), (Era::Stateless, "n"));
        let older = ServerHello::read_discovered(&raw(r#"{"supportedVersions":["2025-11-25"]}"#));
        assert_eq!(older.unwrap_err(), HelloError::Revision("2025-11-25".to_owned()));
        for (text, error) in [
            ("[]", HelloError::Missing("object")),
            ("{}", HelloError::Missing("protocolVersion")),
            (r#"{"protocolVersion":"1"}"#, HelloError::Revision("1".to_owned())),
        ] {
            assert_eq!(ServerHello::read(&raw(text)).unwrap_err(), error);
        }
    }
}
