//! `describe_tool`: the full definitions of tools whose names are known.

use mcpproxy_domain::Code;
use mcpproxy_management::{
    Refusal,
    tools::{MOST_DESCRIBED, Tools},
};
use mcpproxy_wire::Object;
use serde_json::{Value, json, value::RawValue};

use super::{annotations, result};
use crate::caller::Caller;

pub(super) const NAME: &str = "describe_tool";

pub(super) fn definition() -> Value {
    json!({
        "name": NAME,
        "title": "Describe Tool",
        "description": "Get the full definitions (description, input schema) of tools whose names are known, for \
            example after a compact retrieve_tools.",
        "inputSchema": {
            "type": "object",
            "properties": {
                "tool_ids": {
                    "type": "array",
                    "items": { "type": "string" },
                    "minItems": 1,
                    "maxItems": MOST_DESCRIBED,
                    "description": "Names as given by retrieve_tools (server:tool)",
                },
            },
            "required": ["tool_ids"],
        },
        "annotations": annotations("Describe Tool", true, false, false),
    })
}

pub(super) fn call(tools: &Tools, arguments: &Object<'_>, caller: &Caller) -> Box<RawValue> {
    let ids = arguments.get("tool_ids").and_then(|raw| serde_json::from_str::<Vec<String>>(raw.get()).ok());
    let described = ids
        .ok_or_else(|| {
            Refusal::new(
                Code::InvalidInput,
                "the argument tool_ids is missing or is not a list of strings",
                "give the names as retrieve_tools gives them, for example [\"github:create_issue\"]",
            )
        })
        .and_then(|ids| tools.describe(&ids, caller.origin()));
    match described {
        Ok(described) => result::document(&described),
        Err(refusal) => result::refused(&refusal),
    }
}
