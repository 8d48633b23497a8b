//! `call_tool_read`, `call_tool_write`, `call_tool_destructive`: the three doors to the tools of upstream servers.

use std::borrow::Cow;

use mcpproxy_domain::{Code, tool::Variant};
use mcpproxy_management::{
    Management, Refusal,
    calls::{self, Call},
};
use mcpproxy_wire::{Exchange, Object, Outcome, stateless::key};
use serde_json::{Value, json, value::RawValue};

use super::{annotations, given, result};
use crate::caller::Caller;

const SENSITIVITIES: [&str; 4] = ["public", "internal", "private", "unknown"];
const LONGEST_REASON: usize = 1000;

pub(super) fn definition(variant: Variant) -> Value {
    let (title, description, destructive) = match variant {
        Variant::Read => (
            "Call Tool (Read)",
            "Call a tool that only reads. Use it for tools whose call_with is call_tool_read.",
            false,
        ),
        Variant::Write => (
            "Call Tool (Write)",
            "Call a tool that creates or changes something. Use it for tools whose call_with is call_tool_write.",
            false,
        ),
        Variant::Destructive => (
            "Call Tool (Destructive)",
            "Call a tool that may delete or overwrite something. Use it for tools whose call_with is \
                call_tool_destructive.",
            true,
        ),
    };
    json!({
        "name": variant.tool_name(),
        "title": title,
        "description": description,
        "inputSchema": {
            "type": "object",
            "properties": {
                "name": {
                    "type": "string",
                    "description": "The tool's name exactly as retrieve_tools gives it (server:tool)",
                },
                "args": {
                    "type": "object",
                    "description": "The tool's arguments, as its inputSchema says",
                    "additionalProperties": true,
                },
                "args_json": {
                    "type": "string",
                    "description": "The arguments as JSON text, for clients that cannot send an object",
                },
                "intent_data_sensitivity": { "type": "string", "enum": SENSITIVITIES },
                "intent_reason": { "type": "string", "maxLength": LONGEST_REASON },
            },
            "required": ["name"],
        },
        "annotations": annotations(title, variant == Variant::Read, destructive, true),
    })
}

pub(super) async fn call(
    management: &Management,
    variant: Variant,
    arguments: &Object<'_>,
    meta: Option<&RawValue>,
    exchange: &Exchange,
    caller: &Caller,
) -> Outcome {
    let call = match read(variant, arguments, meta, caller) {
        Ok(call) => call,
        Err(refusal) => return Ok(result::refused(&refusal)),
    };
    let tool = call.tool.clone();
    match management.calls.call(call, exchange).await {
        Ok(outcome) => outcome,
        Err(refusal) => Ok(result::call_refused(&refusal, &tool)),
    }
}

fn read(variant: Variant, arguments: &Object<'_>, meta: Option<&RawValue>, caller: &Caller) -> Result<Call, Refusal> {
    let invalid = |message: String, hint: &str| Refusal::new(Code::InvalidInput, message, hint);
    let name = arguments.text("name").filter(|name| !name.trim().is_empty()).ok_or_else(|| {
        invalid(
            "the argument name is missing or is not a string".to_owned(),
            "give the tool's name as retrieve_tools gives it",
        )
    })?;
    if let Some(said) = given(arguments, "intent_data_sensitivity") {
        let said = plain(said);
        if !SENSITIVITIES.contains(&said.as_ref()) {
            let told = format!("INVALID_SENSITIVITY: {said:?} is not a value of intent_data_sensitivity");
            return Err(invalid(told, "give public, internal, private or unknown"));
        }
    }
    if given(arguments, "intent_reason").is_some_and(|reason| plain(reason).chars().count() > LONGEST_REASON) {
        return Err(invalid("REASON_TOO_LONG: intent_reason is too long".to_owned(), "give at most 1000 characters"));
    }
    Ok(Call {
        tool: calls::tool_named(&name)?,
        variant,
        arguments: arguments_of(arguments)?,
        meta: meta.and_then(for_the_upstream),
        principal: caller.principal,
        knows_marks: caller.is_stateless,
        origin: caller.calls(),
    })
}

/// `args_json` where that says something, else `args`. Some models write the object as text, or call it `arguments`;
/// what is neither an object nor the text of one is refused, never dropped.
fn arguments_of(arguments: &Object<'_>) -> Result<Option<Box<RawValue>>, Refusal> {
    for name in ["args_json", "args", "arguments"] {
        let Some(raw) = given(arguments, name) else { continue };
        let read = match raw.get().as_bytes().first() {
            Some(b'{') => Some(raw.to_owned()),
            Some(b'"') => {
                let text = plain(raw);
                if text.trim().is_empty() {
                    continue;
                }
                object(&text)
            }
            _ => None,
        };
        let read = read.ok_or_else(|| match name {
            "args_json" => "Invalid args_json format: it is not a JSON object".to_owned(),
            _ => format!("{name} is not an object"),
        });
        let hint = "give args as an object, for example {\"path\": \"/tmp\"}";
        return read.map(Some).map_err(|message| Refusal::new(Code::InvalidInput, message, hint));
    }
    Ok(None)
}

fn object(text: &str) -> Option<Box<RawValue>> {
    let raw: Box<RawValue> = serde_json::from_str(text).ok()?;
    raw.get().starts_with('{').then_some(raw)
}

fn plain(raw: &RawValue) -> Cow<'_, str> {
    serde_json::from_str::<String>(raw.get()).map_or(Cow::Borrowed(raw.get()), Cow::Owned)
}

/// What goes along to the upstream: all but what concerns the client's own link, which the upstream's link says anew.
pub(super) fn for_the_upstream(meta: &RawValue) -> Option<Box<RawValue>> {
    let mut meta = Object::open(meta)?;
    for name in ["progressToken", key::VERSION, key::CLIENT_INFO, key::CLIENT_CAPABILITIES, key::LOG_LEVEL] {
        meta.remove(name);
    }
    (!meta.is_empty()).then(|| meta.to_raw())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_read_as_models_write_them_and_arguments_stay_bytes() {
        let mark = mcpproxy_management::sessions::Sessions::default().opened(Default::default());
        let caller = Caller { principal: mcpproxy_domain::Principal::Local, mark, is_stateless: false };
        for (text, expected) in [
            (r#"{"name":"a:b"}"#, "a:b -"),
            (r#"{"name":"a:b","args":{ "n":1.10 }}"#, r#"a:b { "n":1.10 }"#),
            (r#"{"name":"a:b","args":null,"args_json":""}"#, "a:b -"),
            (r#"{"name":"a:b","args":{"x":1},"args_json":"{\"y\":2}"}"#, r#"a:b {"y":2}"#),
            (r#"{"name":"a:b","args":"{\"y\":2}"}"#, r#"a:b {"y":2}"#),
            (r#"{"name":"a:b","arguments":{"z":3}}"#, r#"a:b {"z":3}"#),
            (r#"{"name":"a:b","args_json":"[1]"}"#, "Invalid args_json format: it is not a JSON object"),
            (r#"{"name":"a:b","args_json":{"w":4}}"#, r#"a:b {"w":4}"#),
            (r#"{"name":"a:b","args_json":7}"#, "Invalid args_json format: it is not a JSON object"),
            (r#"{"name":"a:b","args":"x"}"#, "args is not an object"),
            (r#"{"name":"a:b","args":[1]}"#, "args is not an object"),
            (r#"{"name":" "}"#, "the argument name is missing or is not a string"),
            (
                r#"{"name":"a:b","intent_data_sensitivity":"Secret"}"#,
                "INVALID_SENSITIVITY: \"Secret\" is not a value of intent_data_sensitivity",
            ),
        ] {
            let raw = RawValue::from_string(text.to_owned()).unwrap();
            let told = match read(Variant::Read, &Object::open(&raw).unwrap(), None, &caller) {
                Ok(call) => format!("{} {}", call.tool, call.arguments.as_deref().map_or("-", RawValue::get)),
                Err(refusal) => refusal.message,
            };
            assert_eq!(told, expected, "{text}");
        }
    }

    #[test]
    fn meta_goes_along_without_what_concerns_the_link() {
        let raw = |text: &str| RawValue::from_string(text.to_owned()).unwrap();
        let kept = |text: &str| for_the_upstream(&raw(text)).map(|raw| raw.get().to_owned());
        assert_eq!(kept(r#"{"progressToken":1}"#), None);
        assert_eq!(kept(r#"{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}"#), None);
        assert_eq!(kept(r#"{"traceparent":"00-1","progressToken":1}"#).as_deref(), Some(r#"{"traceparent":"00-1"}"#));
    }
}
