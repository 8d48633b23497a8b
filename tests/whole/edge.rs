//! The edge as sockets see it: names of headers, who may come in, and messages that are none.

use std::{net::SocketAddr, sync::Arc};

use mcpproxy_tests::{
    Core, Scratch,
    http::{Connection, Reply, Request},
    mcp::{self, hello, message},
};
use serde_json::Value;

const LIST: &str = r#"{"jsonrpc":"2.0","id":3,"method":"tools/list"}"#;

#[test]
fn header_names_are_written_in_title_case() {
    let core = empty_core();
    let reply = ask(&core, &Request::post(core.address, "/mcp", &message(0, "initialize", &hello("2025-11-25"))));
    let names: Vec<_> = reply.head.lines().skip(1).filter_map(|line| Some(line.split_once(':')?.0)).collect();
    assert!(names.contains(&"Mcp-Session-Id") && names.contains(&"Content-Type"), "{names:?}");
    for name in names {
        assert!(name.split('-').all(|word| word.starts_with(|c: char| c.is_ascii_uppercase())), "{name}");
    }
}

#[test]
fn accept_is_read_tolerantly() {
    let core = empty_core();
    let list = core.session().unwrap().post(LIST);
    for (accept, is_stream) in [
        (None, false),
        (Some("*/*"), false),
        (Some("application/json"), false),
        (Some("application/json, text/event-stream"), false),
        (Some("text/html"), false),
        (Some("text/event-stream"), true),
    ] {
        let request =
            accept.map_or_else(|| list.clone().without("Accept"), |accept| list.clone().with("Accept", accept));
        let reply = ask(&core, &request);
        assert_eq!((reply.status, reply.is_event_stream()), (200, is_stream), "{accept:?}: {reply:?}");
        assert!(mcp::read(&reply, 3).unwrap().result().unwrap()["tools"].is_array(), "{accept:?}");
    }
}

#[test]
fn pages_of_the_web_cannot_come_in() {
    let core = empty_core();
    let port = core.address.port();
    let list = core.session().unwrap().post(LIST);
    let opening = Request::post(core.address, "/mcp", &message(0, "initialize", &hello("2025-11-25")));
    for request in [list, opening] {
        for (name, value, status) in [
            ("Host", "evil.example".to_owned(), 403),
            ("Host", format!("evil.example:{port}"), 403),
            ("Host", format!("127.0.0.1.evil.example:{port}"), 403),
            ("Host", format!("localhost:{port}"), 200),
            ("Origin", "null".to_owned(), 403),
            ("Origin", "http://evil.example".to_owned(), 403),
            ("Origin", "chrome-extension://abcdef".to_owned(), 403),
            ("Origin", format!("http://localhost:{port}"), 200),
        ] {
            let reply = ask(&core, &request.clone().with(name, &value));
            assert_eq!(reply.status, status, "{name}: {value}: {reply:?}");
            assert_eq!(reply.header("Access-Control-Allow-Origin"), None, "no page is invited");
        }
        assert_eq!(ask(&core, &request.without("Host")).status, 400);
    }
}

#[test]
fn what_is_no_message_is_refused_clearly_and_the_connection_lives_on() {
    let core = empty_core();
    let session = core.session().unwrap();
    let mut connection = Connection::open(core.address).unwrap();
    for (body, status, code, word) in [
        ("{", 400, -32700, "JSON"),
        ("hello", 400, -32700, "JSON"),
        ("", 400, -32700, "empty"),
        ("  \r\n", 400, -32700, "empty"),
        (r#"[{"jsonrpc":"2.0","id":1,"method":"ping"}]"#, 400, -32600, "batch"),
        ("7", 400, -32600, "object"),
        (r#"{"id":1,"method":"ping"}"#, 400, -32600, "jsonrpc"),
        (r#"{"jsonrpc":"2.0","id":1,"method":"tools/list","params":["by","position"]}"#, 400, -32600, "params"),
        (r#"{"jsonrpc":"2.0","id":1,"method":"tools/list","params":"text"}"#, 400, -32600, "params"),
        (r#"{"jsonrpc":"2.0","id":1,"method":7}"#, 400, -32600, "method"),
        (r#"{"jsonrpc":"2.0","id":{},"method":"ping"}"#, 400, -32600, "id"),
        (r#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#, 400, -32600, "id"),
        (r#"{"jsonrpc":"2.0","id":1,"method":"ping","result":{}}"#, 400, -32600, "answer"),
        (r#"{"jsonrpc":"2.0","id":1,"id":2,"method":"ping"}"#, 400, -32600, "repeated"),
        (r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":7}}"#, 200, -32602, "name"),
        (
            r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"retrieve_tools","arguments":[]}}"#,
            200,
            -32602,
            "object",
        ),
        (
            r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"retrieve_tool"}}"#,
            200,
            -32602,
            "Did you mean retrieve_tools?",
        ),
        (r#"{"jsonrpc":"2.0","id":1,"method":"no/such"}"#, 200, -32601, "no/such"),
        (r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"nothing"}}"#, 200, -32602, "nothing"),
        (r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{}}"#, 200, -32602, "name"),
    ] {
        let reply = connection.ask(&session.post(body)).unwrap();
        let told: Value = serde_json::from_str(&reply.body).unwrap();
        assert_eq!((reply.status, told["error"]["code"].as_i64()), (status, Some(code)), "{body:?}: {told}");
        assert!(told["error"]["message"].as_str().unwrap().contains(word), "{body:?}: {told}");
        assert!(told.get("id").is_some(), "an error without an id says so with null: {told}");
    }
    let wrong = session.post(LIST).with("Content-Type", "text/plain");
    let reply = connection.ask(&wrong).unwrap();
    assert!(reply.status == 400 && reply.body.contains("application/json"), "{reply:?}");
    assert_eq!(
        connection.ask(&session.post("\u{feff}{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}\r\n")).unwrap().status,
        200
    );
    assert_eq!(connection.ask(&session.post(LIST)).unwrap().status, 200, "the same connection still serves");
}

#[test]
fn what_is_not_there_is_not_found() {
    let core = empty_core();
    for path in ["/nothing", "/mcp/nothing", "/api/v2/status", "/metrics"] {
        assert_eq!(ask(&core, &Request::get(core.address, path)).status, 404, "{path}");
    }
    assert_eq!(ask(&core, &Request::get(core.address, "/healthz")).status, 200);
}

fn empty_core() -> Core {
    Core::start(&Arc::new(Scratch::new().unwrap())).unwrap()
}

fn ask(core: &Core, request: &Request) -> Reply {
    let address: SocketAddr = core.address;
    Connection::open(address).unwrap().ask(request).unwrap()
}
