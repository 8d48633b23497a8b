//! How an event is written: its names and members are those of the contract.

use bytes::Bytes;
use mcpproxy_ipc_proto::view::{CallRecord, CallStatus, ServerList};
use mcpproxy_management::{
    Management,
    history::{OwnAnswer, Started},
};
use serde::Serialize;
use serde_json::{Value, json};

use crate::routes::status_body;

/// What opens every stream.
pub(super) const OPENING: &[u8] = b": SSE connection established\nretry: 5000\n\n";

#[derive(Serialize)]
struct Wrapped<'a, T> {
    payload: &'a T,
    timestamp: u64,
}

/// An event with its payload.
pub(super) fn event<T: Serialize>(kind: &str, id: &str, payload: &T) -> Bytes {
    written(kind, Some(id), &Wrapped { payload, timestamp: now() })
}

/// How the core is.
pub(super) fn status(management: &Management, id: &str) -> Bytes {
    written("status", Some(id), &status_body(management))
}

/// A sign of life; it has no id, so that nobody comes back to it.
pub(super) fn ping() -> Bytes {
    written("ping", None, &json!({ "timestamp": now() }))
}

/// All servers, and why they are told.
pub(super) fn servers(id: &str, reason: &str, changed: &[String], removed: &[String], list: &ServerList) -> Bytes {
    let ServerList { servers, stats } = list;
    let payload = Servers { reason, changed, removed, servers, stats };
    event("servers.changed", id, &payload)
}

#[derive(Serialize)]
struct Servers<'a, S, C> {
    reason: &'a str,
    changed: &'a [String],
    removed: &'a [String],
    servers: &'a S,
    stats: &'a C,
}

/// A call that has begun.
pub(super) fn started(id: &str, started: &Started) -> Bytes {
    let payload = json!({
        "server_name": started.tool.server.as_str(),
        "tool_name": &*started.tool.tool,
        "session_id": "",
        "request_id": started.origin.request.as_deref().unwrap_or_default(),
        "source": started.origin.source.as_str(),
    });
    event("activity.tool_call.started", id, &payload)
}

/// A call that has ended: done, or held back by the gate.
pub(super) fn ended(id: &str, call: &CallRecord) -> Bytes {
    let request = call.request_id.as_deref().unwrap_or_default();
    if call.status == CallStatus::Blocked {
        let payload = json!({
            "server_name": call.server_name,
            "tool_name": call.tool_name,
            "session_id": "",
            "request_id": request,
            "decision": "blocked",
            "reason": call.error_message,
            "code": call.code,
        });
        return event("activity.policy_decision", id, &payload);
    }
    let mut payload = json!({
        "id": call.id,
        "server_name": call.server_name,
        "tool_name": call.tool_name,
        "session_id": "",
        "request_id": request,
        "source": call.source,
        "status": call.status,
        "error_message": call.error_message.as_deref().unwrap_or_default(),
        "duration_ms": call.duration_ms.round() as u64,
        "response_truncated": false,
        "tool_variant": format!("call_tool_{}", call.tool_variant),
        "request_bytes": call.request_bytes,
        "response_bytes": call.response_bytes,
    });
    if let (Some(client), Some(payload)) = (&call.client_name, payload.as_object_mut()) {
        payload.insert("client_name".to_owned(), Value::from(client.as_str()));
    }
    event("activity.tool_call.completed", id, &payload)
}

/// One of our own tools has answered. Those that call others are told as calls.
pub(super) fn answered(id: &str, answer: &OwnAnswer) -> Bytes {
    let payload = json!({
        "internal_tool_name": answer.tool,
        "session_id": "",
        "request_id": answer.origin.request.as_deref().unwrap_or_default(),
        "source": answer.origin.source.as_str(),
        "client_name": answer.origin.client.as_deref(),
        "status": if answer.error.is_none() { "success" } else { "error" },
        "error_message": answer.error.as_deref().unwrap_or_default(),
        "duration_ms": answer.took.as_millis() as u64,
    });
    event("activity.internal_tool_call.completed", id, &payload)
}

/// The settings file was written by the core.
pub(super) fn saved(id: &str, path: &str) -> Bytes {
    event("config.saved", id, &json!({ "path": path }))
}

/// The settings were read.
pub(super) fn settings(id: &str, path: &str, problems: &[String]) -> Bytes {
    if problems.is_empty() {
        return event("config.reloaded", id, &json!({ "path": path }));
    }
    event("config.rejected", id, &json!({ "path": path, "problems": problems }))
}

/// The core stops.
pub(super) fn stopping(id: &str, management: &Management) -> Bytes {
    let uptime = management.status().uptime_seconds;
    let payload = json!({ "reason": "shutdown", "signal": "", "uptime_seconds": uptime, "error_message": "" });
    event("activity.system.stop", id, &payload)
}

fn written<T: Serialize>(kind: &str, id: Option<&str>, data: &T) -> Bytes {
    let mut bytes = Vec::with_capacity(512);
    if let Some(id) = id {
        bytes.extend_from_slice(format!("id: {id}\n").as_bytes());
    }
    bytes.extend_from_slice(format!("event: {kind}\ndata: ").as_bytes());
    // JSON has no line breaks of its own
    if serde_json::to_writer(&mut bytes, data).is_err() {
        return Bytes::new();
    }
    bytes.extend_from_slice(b"\n\n");
    bytes.into()
}

fn now() -> u64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default().as_secs()
}
