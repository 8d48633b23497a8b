//! The built-in tools: how they are listed, and which of them a call means.

mod call_tool;
mod describe_tool;
mod direct;
mod result;
mod retrieve_tools;

use std::sync::{Arc, OnceLock};

use mcpproxy_domain::{Code, tool::Variant};
use mcpproxy_management::{
    Management,
    direct::{Menu, RESULT_SIZE, RESULT_SIZE_KEY},
    nearest,
};
use mcpproxy_wire::{ErrorObject, Exchange, Object, Outcome};
use serde_json::{
    Value, json,
    value::{RawValue, to_raw_value},
};

use crate::{caller::Caller, errors::rpc_code, face::Shared, methods::raw, mode::Mode, sessions::Session};

/// Keeps a tool in the first request to the model with clients that would load it only after a search of their own
/// (Claude Code). The built-in tools are that search. In direct mode the client decides.
const ALWAYS_LOAD_KEY: &str = "anthropic/alwaysLoad";

/// The result of `tools/list`. The session, where there is one, remembers which list its client has seen.
pub(crate) fn list(shared: &Shared, session: Option<&Session>) -> Box<RawValue> {
    let Some(menu) = menu(&shared.mode, &shared.management) else { return built_in() };
    if let Some(session) = session {
        session.sees(menu.version);
    }
    direct::list(&menu)
}

/// The tools of servers that are shown; `None` = the built-in ones are.
fn menu(mode: &Mode, management: &Management) -> Option<Arc<Menu>> {
    match mode {
        Mode::Search => None,
        Mode::Direct => Some(management.direct.menu()),
        Mode::Server(server) => Some(management.direct.menu_of(server)),
    }
}

/// The built-in tools. They are the same for everybody, so the list is made once.
fn built_in() -> Box<RawValue> {
    static LIST: OnceLock<Box<RawValue>> = OnceLock::new();
    LIST.get_or_init(|| {
        let tools: Vec<Value> = [retrieve_tools::definition(), describe_tool::definition()]
            .into_iter()
            .chain(Variant::ALL.map(call_tool::definition))
            .map(|mut tool| {
                if let Some(tool) = tool.as_object_mut() {
                    let meta = json!({ RESULT_SIZE_KEY: RESULT_SIZE, ALWAYS_LOAD_KEY: true });
                    tool.insert("_meta".to_owned(), meta);
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
    mode: &Mode,
    management: &Management,
    params: Option<Box<RawValue>>,
    exchange: &Exchange,
    caller: &Caller,
) -> Outcome {
    let invalid = |told: String| ErrorObject::new(rpc_code(Code::InvalidInput), told);
    let params = params.as_deref().and_then(Object::open).unwrap_or_default();
    let name = params.text("name").ok_or_else(|| invalid("tools/call needs params.name, a string".to_owned()))?;
    let given = params.get("arguments").filter(|raw| raw.get() != "null");
    if given.is_some_and(|raw| !raw.get().starts_with('{')) {
        return Err(invalid(format!("the arguments of {name} must be an object")));
    }
    if let Some(menu) = menu(mode, management) {
        return direct::call(management, &menu, &name, given, params.get("_meta"), exchange, caller).await;
    }
    let arguments = given.and_then(Object::open).unwrap_or_default();
    if let Some(variant) = Variant::ALL.into_iter().find(|variant| variant.tool_name() == name) {
        return call_tool::call(management, variant, &arguments, params.get("_meta"), exchange, caller).await;
    }
    match name.as_ref() {
        retrieve_tools::NAME => Ok(retrieve_tools::call(&management.tools, &arguments, caller)),
        describe_tool::NAME => Ok(describe_tool::call(&management.tools, &arguments, caller)),
        _ => Err(unknown(&name)),
    }
}

fn unknown(name: &str) -> ErrorObject {
    let own = [retrieve_tools::NAME, describe_tool::NAME].into_iter().chain(Variant::ALL.map(Variant::tool_name));
    let nearest = nearest(name, own);
    let told = match nearest.first() {
        _ if name.contains(':') => format!(
            "Unknown tool: {name}. Tools of upstream servers are called with call_tool_read, call_tool_write or \
            call_tool_destructive, with name = {name:?}"
        ),
        Some(nearest) => format!("Unknown tool: {name}. Did you mean {nearest}?"),
        None => {
            format!("Unknown tool: {name}. tools/list names the tools; retrieve_tools finds those of upstream servers")
        }
    };
    let data = json!({ "code": Code::ToolNotFound.as_str(), "did_you_mean": nearest });
    let data = to_raw_value(&data).unwrap_or_default();
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
        let list = built_in();
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
            assert_eq!(tool["_meta"]["anthropic/alwaysLoad"], true);
            assert!(tool["annotations"]["readOnlyHint"].is_boolean());
        }
        // about four characters a token; the whole menu is in every client's context all the time
        assert!(list.get().len() < 1200 * 4, "the menu has grown to {} characters", list.get().len());
    }

    #[test]
    fn an_unknown_tool_is_answered_with_what_may_have_been_meant() {
        for (name, word, nearest) in [
            ("retrieve_tool", "Did you mean retrieve_tools?", json!("retrieve_tools")),
            ("call_tool_reed", "Did you mean call_tool_read?", json!("call_tool_read")),
            ("github:create_issue", "call_tool_read, call_tool_write", Value::Null),
            ("weather", "tools/list names the tools", Value::Null),
        ] {
            let error: Value = serde_json::from_str(unknown(name).raw().get()).unwrap();
            assert!(error["message"].as_str().unwrap().contains(word), "{error}");
            assert_eq!((&error["code"], &error["data"]["did_you_mean"][0]), (&json!(-32602), &nearest), "{error}");
        }
    }
}
