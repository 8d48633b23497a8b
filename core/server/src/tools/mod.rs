//! The built-in tools: how they are listed, and which of them a call means.

mod call_tool;
mod describe_tool;
mod result;
mod retrieve_tools;

use std::sync::OnceLock;

use mcpproxy_domain::{Code, Principal, tool::Variant};
use mcpproxy_management::Management;
use mcpproxy_wire::{ErrorObject, Exchange, Object, Outcome};
use serde_json::{
    Value, json,
    value::{RawValue, to_raw_value},
};

use crate::{errors::rpc_code, methods::raw};

/// What a client may keep of one result, in characters; told with every tool.
const RESULT_SIZE: u32 = 500_000;

/// The result of `tools/list`. It is the same for everybody, so it is made once.
pub(crate) fn list() -> Box<RawValue> {
    static LIST: OnceLock<Box<RawValue>> = OnceLock::new();
    LIST.get_or_init(|| {
        let tools: Vec<Value> = [retrieve_tools::definition(), describe_tool::definition()]
            .into_iter()
            .chain(Variant::ALL.map(call_tool::definition))
            .map(|mut tool| {
                if let Some(tool) = tool.as_object_mut() {
                    tool.insert("_meta".to_owned(), json!({ "anthropic/maxResultSizeChars": RESULT_SIZE }));
                }
                tool
            })
            .collect();
        raw(&json!({ "tools": tools }))
    })
    .clone()
}

/// Carries out `tools/call`.
pub(crate) async fn call(
    management: &Management,
    params: Option<Box<RawValue>>,
    exchange: &Exchange,
    principal: Principal,
) -> Outcome {
    let invalid = |told: String| ErrorObject::new(rpc_code(Code::InvalidInput), told);
    let params = params.as_deref().and_then(Object::open).unwrap_or_default();
    let name = params.text("name").ok_or_else(|| invalid("tools/call needs params.name, a string".to_owned()))?;
    let arguments = match params.get("arguments").filter(|raw| raw.get() != "null") {
        None => Object::default(),
        Some(raw) => Object::open(raw).ok_or_else(|| invalid(format!("the arguments of {name} must be an object")))?,
    };
    if let Some(variant) = Variant::ALL.into_iter().find(|variant| variant.tool_name() == name) {
        return call_tool::call(management, variant, &arguments, params.get("_meta"), exchange, principal).await;
    }
    match name.as_ref() {
        retrieve_tools::NAME => Ok(retrieve_tools::call(&management.tools, &arguments)),
        describe_tool::NAME => Ok(describe_tool::call(&management.tools, &arguments)),
        _ => Err(unknown(&name)),
    }
}

fn unknown(name: &str) -> ErrorObject {
    let told = if name.contains(':') {
        format!(
            "Unknown tool: {name}. Tools of upstream servers are called with call_tool_read, call_tool_write or \
            call_tool_destructive, with name = {name:?}"
        )
    } else {
        format!("Unknown tool: {name}. tools/list names the tools; retrieve_tools finds those of upstream servers")
    };
    let data = to_raw_value(&json!({ "code": Code::ToolNotFound.as_str() })).unwrap_or_default();
    ErrorObject::with_data(rpc_code(Code::ToolNotFound), told, Some(&data))
}

/// An argument that is given; `null` is none.
fn given<'a>(arguments: &'a Object<'_>, name: &str) -> Option<&'a RawValue> {
    arguments.get(name).filter(|raw| raw.get() != "null")
}

/// The three annotations that every built-in tool carries.
fn annotations(title: &str, read_only: bool, destructive: bool, open_world: bool) -> Value {
    json!({
        "title": title,
        "readOnlyHint": read_only,
        "destructiveHint": destructive,
        "openWorldHint": open_world,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_menu_is_small_and_says_what_a_model_needs() {
        let list = list();
        let parsed: Value = serde_json::from_str(list.get()).unwrap();
        let tools = parsed["tools"].as_array().unwrap();
        let names: Vec<_> = tools.iter().map(|tool| tool["name"].as_str().unwrap()).collect();
        assert_eq!(
            names,
            ["retrieve_tools", "describe_tool", "call_tool_read", "call_tool_write", "call_tool_destructive"]
        );
        for tool in tools {
            assert!(tool["inputSchema"]["type"] == "object" && tool["description"].as_str().unwrap().len() > 40);
            assert_eq!(tool["_meta"]["anthropic/maxResultSizeChars"], 500_000);
            assert!(tool["annotations"]["readOnlyHint"].is_boolean());
        }
        // about four characters a token; the whole menu is in every client's context all the time
        assert!(list.get().len() < 1200 * 4, "the menu has grown to {} characters", list.get().len());
    }
}
