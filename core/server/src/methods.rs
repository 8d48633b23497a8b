//! The methods that are offered, and what they answer.

use mcpproxy_domain::{Code, Principal, identity};
use mcpproxy_wire::{ErrorObject, Exchange, Message, Outcome, Revision};
use serde_json::{
    json,
    value::{RawValue, to_raw_value},
};

use crate::{errors::rpc_code, face::Shared, sessions::Session, tools};

/// What `initialize` answers.
pub(crate) fn hello(shared: &Shared, revision: Revision) -> Box<RawValue> {
    let instructions = shared.management.instructions().unwrap_or_else(|| shared.mode.instructions().to_owned());
    raw(&json!({
        "protocolVersion": revision.as_str(),
        "capabilities": { "tools": { "listChanged": true } },
        "serverInfo": server_info(),
        "instructions": instructions,
    }))
}

/// Who answers.
pub(crate) fn server_info() -> serde_json::Value {
    json!({ "name": identity::COMMAND, "title": identity::PRODUCT, "version": identity::VERSION })
}

/// The answers that need no work. The session, where there is one, remembers which list its client has seen.
pub(crate) fn at_once(shared: &Shared, session: Option<&Session>, message: &Message) -> Option<Outcome> {
    match message.method.as_ref() {
        "ping" => Some(Ok(raw(&json!({})))),
        "tools/list" => Some(Ok(tools::list(shared, session))),
        "tools/call" => None,
        other => Some(Err(ErrorObject::new(
            rpc_code(Code::UnknownMethod),
            format!("Method not found: {other}. Offered are initialize, ping, tools/list and tools/call"),
        ))),
    }
}

/// Carries out a request.
pub(crate) async fn run(shared: &Shared, message: Message, exchange: &Exchange, principal: Principal) -> Outcome {
    tools::call(shared.mode, &shared.management, message.params, exchange, principal).await
}

/// The answer of a call whose task ended without one.
pub(crate) fn lost() -> ErrorObject {
    ErrorObject::new(rpc_code(Code::Internal), "Internal error: the call ended without an answer")
}

pub(crate) fn raw(value: &serde_json::Value) -> Box<RawValue> {
    to_raw_value(value).unwrap_or_default()
}
