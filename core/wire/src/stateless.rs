//! The stateless era (revision 2026-07-28): no handshake and no session; every request says who asks and what it can
//! do, in its `_meta` and, over HTTP, in headers that must agree with it.

mod params;

use std::borrow::Cow;

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{
    json,
    value::{RawValue, to_raw_value},
};

pub use self::params::{InvalidAnnotation, ParamHeaders};
use crate::{ErrorObject, Object};

/// The revision.
pub const VERSION: &str = "2026-07-28";
/// The method that tells what a server offers.
pub const DISCOVER: &str = "server/discover";
/// The long request on whose stream changes are told.
pub const LISTEN: &str = "subscriptions/listen";
/// The first message of that stream.
pub const ACKNOWLEDGED: &str = "notifications/subscriptions/acknowledged";
/// The header that repeats the method.
pub const METHOD_HEADER: &str = "mcp-method";
/// The header that repeats the name in the parameters.
pub const NAME_HEADER: &str = "mcp-name";

/// The keys of `_meta` that belong to the protocol.
pub mod key {
    /// The revision that the request speaks.
    pub const VERSION: &str = "io.modelcontextprotocol/protocolVersion";
    /// Who asks.
    pub const CLIENT_INFO: &str = "io.modelcontextprotocol/clientInfo";
    /// What the one that asks can do.
    pub const CLIENT_CAPABILITIES: &str = "io.modelcontextprotocol/clientCapabilities";
    /// From which level on the one that asks wants to hear log messages.
    pub const LOG_LEVEL: &str = "io.modelcontextprotocol/logLevel";
    /// Who answers.
    pub const SERVER_INFO: &str = "io.modelcontextprotocol/serverInfo";
    /// Which `subscriptions/listen` a message belongs to.
    pub const SUBSCRIPTION: &str = "io.modelcontextprotocol/subscriptionId";
}

/// The numbers of the errors of this era.
pub mod code {
    /// A header is missing or says something else than the body.
    pub const HEADER_MISMATCH: i64 = -32020;
    /// The request needs a capability that the client did not declare.
    pub const MISSING_CAPABILITY: i64 = -32021;
    /// The revision is not spoken.
    pub const UNSUPPORTED_VERSION: i64 = -32022;
    /// Whether an error can only come from a peer that speaks this era.
    #[must_use]
    pub const fn is_of_this_era(code: i64) -> bool {
        matches!(code, HEADER_MISMATCH | MISSING_CAPABILITY | UNSUPPORTED_VERSION)
    }
}

/// What one of our requests says of us: the protocol's keys put into its `_meta`, whatever else stands there.
#[must_use]
pub fn signed(params: Option<&RawValue>, name: &str, version: &str) -> Box<RawValue> {
    let said = json!({
        key::VERSION: VERSION,
        key::CLIENT_INFO: { "name": name, "version": version },
        key::CLIENT_CAPABILITIES: {},
    });
    let mut params = params.and_then(Object::open).unwrap_or_default();
    let held = params.get("_meta").map(ToOwned::to_owned);
    let mut meta = held.as_deref().and_then(Object::open).unwrap_or_default();
    for (name, value) in said.as_object().into_iter().flatten() {
        meta.set(name, Cow::Owned(to_raw_value(value).unwrap_or_default()));
    }
    let meta = meta.to_raw();
    params.set("_meta", Cow::Owned(meta));
    params.to_raw()
}

/// The member of the parameters that `Mcp-Name` repeats, for the methods that have one.
#[must_use]
pub fn named_by(method: &str) -> Option<&'static str> {
    match method {
        "tools/call" | "prompts/get" => Some("name"),
        "resources/read" | "resources/subscribe" | "resources/unsubscribe" => Some("uri"),
        "tasks/get" | "tasks/update" | "tasks/cancel" => Some("taskId"),
        _ => None,
    }
}

/// A text as the value of a header: as it is where a header can hold it, in the Base64 form of the specification where
/// not.
#[must_use]
pub fn header_value(text: &str) -> String {
    let edges = [text.chars().next(), text.chars().next_back()];
    let plain = text.bytes().all(|byte| (0x20..=0x7e).contains(&byte))
        && !edges.iter().flatten().any(|c| matches!(c, ' ' | '\t'))
        && !(text.starts_with("=?base64?") && text.ends_with("?="));
    if plain && !text.is_empty() { text.to_owned() } else { format!("=?base64?{}?=", STANDARD.encode(text)) }
}

/// What the value of a header says; `None` if its Base64 form is broken.
#[must_use]
pub fn header_text(value: &str) -> Option<Cow<'_, str>> {
    match value.strip_prefix("=?base64?").and_then(|rest| rest.strip_suffix("?=")) {
        Some(encoded) => String::from_utf8(STANDARD.decode(encoded).ok()?).ok().map(Cow::Owned),
        None => Some(Cow::Borrowed(value)),
    }
}

/// A result with what every result of this era says: that it is complete, unless it says something else itself. All
/// other bytes stay.
#[must_use]
pub fn complete(result: Box<RawValue>) -> Box<RawValue> {
    let text = result.get();
    let may_say = memchr::memmem::find(text.as_bytes(), b"\"resultType\"").is_some();
    if may_say && Object::open(&result).is_some_and(|object| object.get("resultType").is_some()) {
        return result;
    }
    let Some(rest) = text.strip_prefix('{') else { return result };
    let comma = if rest.trim_start().starts_with('}') { "" } else { "," };
    RawValue::from_string(format!("{{\"resultType\":\"complete\"{comma}{rest}")).unwrap_or(result)
}

/// A result for a client of the older era: without the marks that only this era knows.
#[must_use]
pub fn without_marks(result: Box<RawValue>) -> Box<RawValue> {
    let says = |what: &str| memchr::memmem::find(result.get().as_bytes(), what.as_bytes()).is_some();
    if !says("\"resultType\"") && !says(key::SERVER_INFO) {
        return result;
    }
    let Some(mut object) = Object::open(&result) else { return result };
    let mut changed = false;
    if object.text("resultType").as_deref() == Some("complete") {
        object.remove("resultType");
        changed = true;
    }
    let held = object.get("_meta").map(ToOwned::to_owned);
    if let Some(mut meta) = held.as_deref().and_then(Object::open).filter(|meta| meta.get(key::SERVER_INFO).is_some()) {
        meta.remove(key::SERVER_INFO);
        changed = true;
        if meta.is_empty() {
            object.remove("_meta");
        } else {
            object.set("_meta", Cow::Owned(meta.to_raw()));
        }
    }
    if changed { object.to_raw() } else { result }
}

/// The refusal of a revision.
#[must_use]
pub fn unsupported_version(asked: &str, supported: &[&str]) -> ErrorObject {
    let data = to_raw_value(&json!({ "supported": supported, "requested": asked })).unwrap_or_default();
    ErrorObject::with_data(code::UNSUPPORTED_VERSION, "Unsupported protocol version", Some(&data))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(text: &str) -> Box<RawValue> {
        RawValue::from_string(text.to_owned()).unwrap()
    }

    #[test]
    fn header_values_carry_any_name() {
        for (text, value) in [
            ("server:tool", "server:tool"),
            ("", "=?base64??="),
            (" x", "=?base64?IHg=?="),
            ("Größe", "=?base64?R3LDtsOfZQ==?="),
            ("=?base64?x?=", "=?base64?PT9iYXNlNjQ/eD89?="),
        ] {
            assert_eq!(header_value(text), value);
            assert_eq!(header_text(value).as_deref(), Some(text));
        }
        assert_eq!(header_text("=?base64?%?="), None);
    }

    #[test]
    fn a_result_is_marked_complete_and_nothing_else_is_touched() {
        for (before, after) in [
            ("{}", r#"{"resultType":"complete"}"#),
            (r#"{ "a":1.10 }"#, r#"{"resultType":"complete", "a":1.10 }"#),
            (r#"{"a":"\"resultType\""}"#, r#"{"resultType":"complete","a":"\"resultType\""}"#),
            (r#"{"resultType":"input_required"}"#, r#"{"resultType":"input_required"}"#),
            ("7", "7"),
        ] {
            assert_eq!(complete(raw(before)).get(), after);
        }
        for (before, after) in [
            (r#"{"resultType":"complete","a":1.10}"#, r#"{"a":1.10}"#),
            (r#"{"resultType":"task"}"#, r#"{"resultType":"task"}"#),
            (
                r#"{"_meta":{"io.modelcontextprotocol/serverInfo":{"name":"n"}},"a":1,"resultType":"complete"}"#,
                r#"{"a":1}"#,
            ),
            (r#"{"_meta":{"io.modelcontextprotocol/serverInfo":{},"k":[1.10]}}"#, r#"{"_meta":{"k":[1.10]}}"#),
            (r#"{ "a" : 1 }"#, r#"{ "a" : 1 }"#),
        ] {
            assert_eq!(without_marks(raw(before)).get(), after);
        }
    }

    #[test]
    fn requests_say_who_asks_beside_what_they_said_already() {
        let params = raw(r#"{"name":"x","_meta":{"traceparent":"00","progressToken":1}}"#);
        let said = signed(Some(&params), "us", "1");
        assert!(
            said.get().starts_with(r#"{"name":"x","_meta":{"traceparent":"00","progressToken":1,"#),
            "{}",
            said.get()
        );
        assert!(said.get().contains(r#""io.modelcontextprotocol/protocolVersion":"2026-07-28""#));
        assert!(signed(None, "us", "1").get().contains(r#""io.modelcontextprotocol/clientCapabilities":{}"#));
    }
}
