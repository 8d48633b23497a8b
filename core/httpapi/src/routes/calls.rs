//! The last calls, as far as they are known, and calling a tool again.

use http::StatusCode;
use mcpproxy_domain::{Code, Principal, tool::Variant};
use mcpproxy_ipc_proto::view::CallRecord;
use mcpproxy_management::{
    Management, Refusal,
    calls::{Call, tool_named},
};
use mcpproxy_wire::Exchange;

use super::shapes::{OneToolCall, Replay, Replayed, ServerToolCalls, ToolCall, ToolCalls};
use crate::{
    envelope::{Fault, Reply, data},
    request::Asked,
};

const USUAL: usize = 50;
const MOST: usize = 100;

pub(crate) async fn list(management: &Management, asked: Asked) -> Reply {
    let (limit, offset) = asked.query.page(USUAL, MOST);
    // no call is known by the session it came from
    let all = if asked.query.text("session_id").is_some() { Vec::new() } else { all(management) };
    let path = management.info().config_path;
    let total = all.len();
    let calls = all.into_iter().skip(offset).take(limit).map(|call| ToolCall::new(call, &path));
    data(&ToolCalls { tool_calls: calls.collect(), total, limit, offset })
}

pub(crate) async fn of_server(management: &Management, asked: Asked) -> Reply {
    let server = management.servers.get(asked.name())?.name;
    let (limit, _) = asked.query.page(USUAL, MOST);
    let (mut all, path) = (all(management), management.info().config_path);
    all.retain(|call| call.server_name == server);
    let total = all.len();
    let calls = all.into_iter().take(limit).map(|call| ToolCall::new(call, &path));
    data(&ServerToolCalls { server_name: server, tool_calls: calls.collect(), total })
}

pub(crate) async fn get(management: &Management, asked: Asked) -> Reply {
    let call = known(management, asked.name())?;
    data(&OneToolCall { tool_call: ToolCall::new(call, &management.info().config_path) })
}

/// The tool and the door are those of the call that was made; everything that guards a call guards this one too.
pub(crate) async fn replay(management: &Management, asked: Asked) -> Reply {
    let Replay { arguments } = asked.read()?;
    if !arguments.get().starts_with('{') {
        return Err(Fault::input("arguments is not an object", "give the arguments of the tool"));
    }
    let before =
        known(management, asked.name()).map_err(|fault| fault.with_status(StatusCode::INTERNAL_SERVER_ERROR))?;
    let door = |variant: &Variant| variant.as_str() == before.tool_variant;
    let call = Call {
        tool: tool_named(&format!("{}:{}", before.server_name, before.tool_name))?,
        variant: Variant::ALL.into_iter().find(door).unwrap_or(Variant::Read),
        arguments: Some(arguments),
        meta: None,
        knows_marks: false,
        principal: principal(&asked),
        origin: asked.origin(),
    };
    let outcome = management.calls.call(call, &Exchange::default()).await;
    let error = match outcome {
        Ok(Ok(_)) => None,
        Ok(Err(error)) => Some(error.message()),
        Err(refusal) if refusal.code == Code::Busy => return Err(refusal.into()),
        Err(refusal) => Some(refusal.message),
    };
    let id = asked.context.request_id.as_str();
    let made = all(management).into_iter().find(|call| call.request_id.as_deref() == Some(id));
    data(&Replayed {
        success: error.is_none(),
        new_call_id: made.as_ref().map(|call| call.id.clone()).unwrap_or_default(),
        new_tool_call: made.map(|call| ToolCall::new(call, &management.info().config_path)),
        replayed_from: before.id,
        error,
    })
}

/// In whose name a call is made.
pub(crate) fn principal(asked: &Asked) -> Principal {
    asked.context.principal
}

fn all(management: &Management) -> Vec<CallRecord> {
    management.history.recent(usize::MAX)
}

fn known(management: &Management, id: &str) -> Result<CallRecord, Fault> {
    all(management).into_iter().find(|call| call.id == id).ok_or_else(|| {
        Refusal::new(Code::NotFound, format!("no call {id} is known"), "GET /api/v1/tool-calls lists them").into()
    })
}
