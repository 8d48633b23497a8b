//! The methods that are offered, and what they answer.

use mcpproxy_domain::{Code, identity};
use mcpproxy_management::Refusal;
use mcpproxy_wire::{ErrorObject, Exchange, Message, Outcome, Revision};
use serde_json::{
    json,
    value::{RawValue, to_raw_value},
};

use crate::{caller::Caller, errors::rpc_code, face::Shared, mode::Mode, sessions::Session, tools};

/// What `initialize` answers; an error where the one server that is shown is held.
pub(crate) async fn hello(shared: &Shared, revision: Revision) -> Outcome {
    let instructions = match &shared.mode {
        Mode::Server(server) => shared.management.direct.greeting(server).await.map_err(|refusal| told(&refusal))?,
        mode => Some(shared.management.instructions().unwrap_or_else(|| mode.instructions().to_owned())),
    };
    let mut hello = json!({
        "protocolVersion": revision.as_str(),
        "capabilities": { "tools": { "listChanged": true } },
        "serverInfo": server_info(),
    });
    if let (Some(hello), Some(instructions)) = (hello.as_object_mut(), instructions) {
        hello.insert("instructions".to_owned(), instructions.into());
    }
    Ok(raw(&hello))
}

/// Waits a little until the one server that is shown is up, before its tools are listed.
pub(crate) async fn settle(shared: &Shared, message: &Message) {
    if let Mode::Server(server) = &shared.mode
        && message.method == "tools/list"
    {
        shared.management.direct.settled(server).await;
    }
}

/// A refusal as an error of the protocol.
fn told(refusal: &Refusal) -> ErrorObject {
    let data = json!({ "code": refusal.code.as_str(), "hint": refusal.hint });
    let told = format!("{}; {}", refusal.message, refusal.hint);
    ErrorObject::with_data(rpc_code(refusal.code), told, Some(&raw(&data)))
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
pub(crate) async fn run(shared: &Shared, message: Message, exchange: &Exchange, caller: &Caller) -> Outcome {
    tools::call(&shared.mode, &shared.management, message.params, exchange, caller).await
}

/// The answer of a call whose task ended without one.
pub(crate) fn lost() -> ErrorObject {
    ErrorObject::new(rpc_code(Code::Internal), "Internal error: the call ended without an answer")
}

pub(crate) fn raw(value: &serde_json::Value) -> Box<RawValue> {
    to_raw_value(value).unwrap_or_default()
}
