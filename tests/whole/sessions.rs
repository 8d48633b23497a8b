//! Revisions and sessions, as clients of every age open, keep, lose and end them.

use std::{net::SocketAddr, sync::Arc};

use mcpproxy_tests::{
    Core, Peer, Scratch, Session,
    http::{Connection, Reply, Request},
    mcp::{hello, message},
};
use serde_json::{Value, json};

const PING: &str = r#"{"jsonrpc":"2.0","id":7,"method":"ping"}"#;

#[test]
fn every_revision_with_sessions_is_spoken() {
    let core = empty_core();
    for (asked, answered) in [
        ("2024-11-05", "2024-11-05"),
        ("2025-03-26", "2025-03-26"),
        ("2025-06-18", "2025-06-18"),
        ("2025-11-25", "2025-11-25"),
        ("2026-07-28", "2025-11-25"),
        ("someday", "2025-11-25"),
    ] {
        let mut session = Session::open_at(core.address, asked).unwrap();
        assert_eq!(session.revision, answered, "{asked}");
        assert_eq!(session.ask("ping", "{}").unwrap().outcome.as_deref(), Ok("{}"));
        let list = session.ask("tools/list", "{}").unwrap().result().unwrap();
        assert_eq!(list["tools"].as_array().map(Vec::len), Some(5));
        // older clients send no version header
        assert_eq!(ask(core.address, &session.post(PING).without("MCP-Protocol-Version")).status, 200);
    }
}

#[test]
fn a_session_is_needed_known_and_ended_by_delete() {
    let core = empty_core();
    let session = core.session().unwrap();
    let post = session.post(PING);
    assert_eq!(ask(core.address, &post).status, 200);
    assert_eq!(ask(core.address, &post.clone().without("Mcp-Session-Id")).status, 400);
    for unknown in ["stranger".to_owned(), format!("{}0", session.id), session.id.to_ascii_uppercase()] {
        let refused = ask(core.address, &post.clone().with("Mcp-Session-Id", &unknown));
        assert_eq!(refused.status, 404, "{unknown}: {refused:?}");
    }
    let end = Request::new("DELETE", core.address, "/mcp").with("Mcp-Session-Id", &session.id);
    assert_eq!(ask(core.address, &end).status, 200);
    assert_eq!(ask(core.address, &post).status, 404);
    assert_eq!(ask(core.address, &end).status, 404);
    assert_eq!(ask(core.address, &Request::new("PUT", core.address, "/mcp")).status, 405);
}

#[test]
fn a_session_outlives_a_core_that_is_killed() {
    let scratch = Arc::new(Scratch::new().unwrap());
    let mut core = Core::start(&scratch).unwrap();
    let (mut session, ended) = (core.session().unwrap(), core.session().unwrap());
    let address = core.address.to_string();
    core.kill().unwrap();
    drop(core);

    let core = Core::start_with(&scratch, &["--listen", &address]).unwrap();
    assert_eq!(core.address.to_string(), address);
    assert_eq!(session.ask("ping", "{}").unwrap().outcome.as_deref(), Ok("{}"));
    let end = Request::new("DELETE", core.address, "/mcp").with("Mcp-Session-Id", &ended.id);
    assert_eq!(ask(core.address, &end).status, 200, "it can still be ended");
    let elsewhere = empty_core();
    let refused = ask(elsewhere.address, &session.post(PING).with("Host", &elsewhere.address.to_string()));
    assert_eq!(refused.status, 404, "another folder has another key");
}

#[test]
fn a_get_opens_a_stream_that_lives_until_the_session_ends() {
    let core = empty_core();
    let session = core.session().unwrap();
    let get = Request::get(core.address, "/mcp").with("Accept", "text/event-stream");
    let get = get.with("Mcp-Session-Id", &session.id);
    let mut stream = Connection::open(core.address).unwrap();
    stream.send(&get.bytes()).unwrap();
    let head = stream.head().unwrap();
    assert!(head.status == 200 && head.is_event_stream(), "{head:?}");
    let first = stream.chunk().unwrap().unwrap();
    assert!(first.starts_with(b":") && first.ends_with(b"\n\n"), "a comment shows that it lives: {first:?}");
    let end = Request::new("DELETE", core.address, "/mcp").with("Mcp-Session-Id", &session.id);
    assert_eq!(ask(core.address, &end).status, 200);
    assert_eq!(stream.chunk().unwrap(), None, "it ends with its session");

    assert_eq!(ask(core.address, &get.clone().without("Mcp-Session-Id")).status, 400);
    assert_eq!(ask(core.address, &get).status, 404);
    let json_only = get.with("Mcp-Session-Id", &core.session().unwrap().id).with("Accept", "application/json");
    assert_eq!(ask(core.address, &json_only).status, 406);
}

#[test]
fn initialize_says_what_clients_build_on() {
    let core = empty_core();
    let post = Request::post(core.address, "/mcp", &message(0, "initialize", &hello("2025-06-18")));
    let reply = ask(core.address, &post);
    let told: Value = serde_json::from_str(&reply.body).unwrap();
    let result = &told["result"];
    assert_eq!((&told["id"], &result["protocolVersion"]), (&json!(0), &json!("2025-06-18")));
    assert_eq!(result["serverInfo"]["name"], "mcpproxy");
    assert!(result["capabilities"]["tools"].is_object());
    assert!(result["instructions"].as_str().unwrap().contains("retrieve_tools"));
    let id = reply.header("mcp-session-id").unwrap();
    assert!(id.len() >= 32 && id.bytes().all(|byte| (0x21..=0x7e).contains(&byte)), "visible ASCII: {id}");
}

fn empty_core() -> Core {
    Core::start(&Arc::new(Scratch::new().unwrap())).unwrap()
}

fn ask(address: SocketAddr, request: &Request) -> Reply {
    Connection::open(address).unwrap().ask(request).unwrap()
}
