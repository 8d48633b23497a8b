//! Views for the tests of this crate.

use mcpproxy_ipc_proto::{
    hello::Hello,
    view::{CallRecord, ServerStats, ServerView},
};
use serde_json::{Value, json};

use crate::{
    link::{Link, Linked, Owner, State},
    view::{Core, Places, View},
};

pub fn view(state: State, core: Option<Core>) -> View {
    let mut link = Link::default();
    link.state = state;
    View {
        link,
        core,
        autostart: Some(false),
        places: Places { settings: "/home/a/.mcpproxy".into(), logs: "/home/a/.mcpproxy/logs".into() },
        ..View::default()
    }
}

pub fn linked(owner: Owner) -> State {
    State::Linked(Linked { owner, outdated: false, missed: 0 })
}

pub fn core(servers: Vec<ServerView>) -> Core {
    let stats = ServerStats {
        total_servers: servers.len(),
        connected_servers: servers.iter().filter(|server| server.connected).count(),
        total_tools: servers.iter().map(|server| server.tool_count).sum(),
        ..ServerStats::default()
    };
    Core {
        hello: Hello { build: "1.2.3".to_owned(), ..Hello::of("core") },
        servers,
        stats,
        calls: Vec::new(),
        settings_problems: Vec::new(),
        clients: Vec::new(),
    }
}

pub fn call(id: &str, server: &str, tool: &str, status: &str) -> CallRecord {
    serde_json::from_value(json!({
        "id": id, "server_name": server, "tool_name": tool, "status": status, "duration_ms": 1.0,
        "timestamp": "2026-01-02T03:04:05Z", "source": "mcp", "tool_variant": "read", "request_bytes": 1,
        "response_bytes": 1
    }))
    .unwrap()
}

pub fn ready(name: &str) -> ServerView {
    of(name, &json!({ "connected": true, "status": "ready", "tool_count": 3 }))
}

pub fn starting(name: &str) -> ServerView {
    of(name, &json!({ "connecting": true, "status": "connecting" }))
}

pub fn held(name: &str) -> ServerView {
    let health = json!({ "level": "healthy", "admin_state": "quarantined", "summary": "Held", "action": "approve" });
    of(name, &json!({ "quarantined": true, "status": "disconnected", "health": health }))
}

pub fn broken(name: &str) -> ServerView {
    failed(name, "unhealthy", "Cannot connect", "exited with code 3", "restart")
}

pub fn signed_out(name: &str) -> ServerView {
    let mut server = failed(name, "degraded", "Sign-in required", "", "login");
    server.status = mcpproxy_ipc_proto::view::ServerState::PendingAuth;
    server
}

pub fn failed(name: &str, level: &str, summary: &str, detail: &str, action: &str) -> ServerView {
    let health =
        json!({ "level": level, "admin_state": "enabled", "summary": summary, "detail": detail, "action": action });
    of(name, &json!({ "status": "error", "health": health }))
}

pub fn off(name: &str) -> ServerView {
    let health = json!({ "level": "healthy", "admin_state": "disabled", "summary": "Disabled", "action": "enable" });
    of(name, &json!({ "enabled": false, "status": "disabled", "health": health }))
}

fn of(name: &str, more: &Value) -> ServerView {
    let mut server = json!({
        "id": name, "name": name, "protocol": "stdio", "command": "npx", "enabled": true, "quarantined": false,
        "connected": false, "connecting": false, "reconnect_count": 0, "tool_count": 0, "authenticated": false,
        "health": { "level": "healthy", "admin_state": "enabled", "summary": "" },
        "runs": "npx -y @acme/server", "fingerprint": format!("mark-of-{name}")
    });
    server.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    serde_json::from_value(server).unwrap()
}
