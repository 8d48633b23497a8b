//! The methods that are offered, and what they answer.

use mcpproxy_domain::{Code, Principal, identity};
use mcpproxy_management::Management;
use mcpproxy_wire::{ErrorObject, Exchange, Message, Outcome, Revision};
use serde_json::{
    json,
    value::{RawValue, to_raw_value},
};

use crate::{errors::rpc_code, tools};

const INSTRUCTIONS: &str = "This server stands before many MCP servers and finds the right tool among all of theirs. \
    First call retrieve_tools with a short description of what you want to do. Then call the tool it names with \
    call_tool_read, call_tool_write or call_tool_destructive, as the tool's call_with says: name is the tool's name \
    exactly as given (server:tool), args an object that fits its inputSchema.";

/// What `initialize` answers.
pub(crate) fn hello(management: &Management, revision: Revision) -> Box<RawValue> {
    let instructions = management.instructions().unwrap_or_else(|| INSTRUCTIONS.to_owned());
    raw(&json!({
        "protocolVersion": revision.as_str(),
        "capabilities": { "tools": { "listChanged": true } },
        "serverInfo": { "name": identity::COMMAND, "title": identity::PRODUCT, "version": identity::VERSION },
        "instructions": instructions,
    }))
}

/// The answers that need no work.
pub(crate) fn at_once(message: &Message) -> Option<Outcome> {
    match message.method.as_ref() {
        "ping" => Some(Ok(raw(&json!({})))),
        "tools/list" => Some(Ok(tools::list())),
        "tools/call" => None,
        other => Some(Err(ErrorObject::new(
            rpc_code(Code::UnknownMethod),
            format!("Method not found: {other}. Offered are initialize, ping, tools/list and tools/call"),
        ))),
    }
}

/// Carries out a request.
pub(crate) async fn run(
    management: &Management,
    message: Message,
    exchange: &Exchange,
    principal: Principal,
) -> Outcome {
    tools::call(management, message.params, exchange, principal).await
}

/// The answer of a call whose task ended without one.
pub(crate) fn lost() -> ErrorObject {
    ErrorObject::new(rpc_code(Code::Internal), "Internal error: the call ended without an answer")
}

pub(crate) fn raw(value: &serde_json::Value) -> Box<RawValue> {
    to_raw_value(value).unwrap_or_default()
}
