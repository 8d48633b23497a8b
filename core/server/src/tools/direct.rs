//! The tools of servers, each under a name of its own: how they are listed and called.

use mcpproxy_domain::{Code, tool::Variant};
use mcpproxy_management::{Management, calls::Call, direct::Menu};
use mcpproxy_wire::{ErrorObject, Exchange, Object, Outcome};
use serde_json::{
    json,
    value::{RawValue, to_raw_value},
};

use super::{call_tool::for_the_upstream, result};
use crate::{caller::Caller, errors::rpc_code, methods::raw};

/// The result of `tools/list`.
pub(crate) fn list(menu: &Menu) -> Box<RawValue> {
    let mut result = Object::default();
    result.set("tools", std::borrow::Cow::Borrowed(&*menu.tools));
    result.to_raw()
}

/// Carries out `tools/call`. The client itself asked its user about the very tool, so it comes through the strongest
/// door.
pub(super) async fn call(
    management: &Management,
    menu: &Menu,
    name: &str,
    arguments: Option<&RawValue>,
    meta: Option<&RawValue>,
    exchange: &Exchange,
    caller: &Caller,
) -> Outcome {
    let tool = menu.find(name).ok_or_else(|| unknown(name, menu))?.clone();
    let call = Call {
        tool: tool.clone(),
        variant: Variant::Destructive,
        arguments: arguments.map(ToOwned::to_owned),
        meta: meta.and_then(for_the_upstream),
        principal: caller.principal,
        knows_marks: caller.is_stateless,
        origin: caller.calls(),
    };
    match management.calls.call(call, exchange).await {
        Ok(outcome) => outcome,
        Err(refusal) => Ok(result::call_refused(&refusal, &tool)),
    }
}

fn unknown(name: &str, menu: &Menu) -> ErrorObject {
    let nearest = menu.nearest(name);
    let hint = match nearest.first() {
        Some(nearest) => format!("did you mean {nearest}?"),
        None => "tools/list names the tools; those of a server that is down or held are not among them".to_owned(),
    };
    let data = json!({ "code": Code::ToolNotFound.as_str(), "did_you_mean": nearest });
    let data = to_raw_value(&data).unwrap_or_else(|_| raw(&json!({})));
    ErrorObject::with_data(rpc_code(Code::ToolNotFound), format!("Unknown tool: {name}. {hint}"), Some(&data))
}
