//! The last calls.

use mcpproxy_ipc_proto::view::{CallRecord, CallStatus};

use super::{Item, open};
use crate::{
    servers::Mark,
    text::{LINE, line},
    view::View,
    wish::Wish,
};

/// How many calls there are.
const CALLS: usize = 5;

pub(super) fn calls(view: &View, linked: bool) -> Vec<Item> {
    let Some(core) = &view.core else { return Vec::new() };
    let mut items = Vec::new();
    if !core.calls.is_empty() {
        items.push(Item::label("calls", "Recent calls"));
    }
    // named by their places: a new call changes words and moves no line
    let calls = core.calls.iter().take(CALLS).enumerate();
    items.extend(calls.map(|(at, call)| entry(at, call).when(linked)));
    items.push(open("activity", "Open activity..", "activity").when(linked));
    items
}

fn entry(at: usize, call: &CallRecord) -> Item {
    let id = format!("{}:{}", call.server_name, call.tool_name);
    let (mark, outcome) = match call.status {
        CallStatus::Blocked => (Some(Mark::Attention), " - refused"),
        CallStatus::Error => (Some(Mark::Broken), " - failed"),
        CallStatus::Success | CallStatus::Other => (None, ""),
    };
    let sign = mark.map(|mark| format!("{} ", mark.sign())).unwrap_or_default();
    let name = line(&id, LINE - sign.chars().count() - outcome.len());
    let path = format!("activity?call={}", super::servers::component(&call.id));
    Item::entry(format!("call-{at}"), &format!("{sign}{name}{outcome}"), Wish::Window { path })
}
