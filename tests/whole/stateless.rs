//! Clients of the stateless revision (2026-07-28), byte by byte, before servers of the older era.

use std::{net::SocketAddr, sync::Arc};

use mcpproxy_tests::{
    Core, Scratch,
    http::{Connection, Reply, Request},
    mcp::message,
};
use serde_json::{Value, json};

use crate::fleet::{fake, shared, until_found};

const VERSION: &str = "2026-07-28";

#[test]
fn discovering_listing_and_calling_need_no_session() {
    let fleet = shared();
    let address = fleet.core.address;
    let (reply, discovered) = answered(address, "server/discover", json!({}));
    assert_eq!(reply.header("mcp-session-id"), None);
    let result = &discovered["result"];
    assert_eq!(result["supportedVersions"][0], VERSION);
    assert_eq!((&result["resultType"], &result["cacheScope"]), (&json!("complete"), &json!("private")));
    assert!(result["ttlMs"].is_u64() && result["capabilities"]["tools"].is_object(), "{result}");
    assert!(result["instructions"].as_str().unwrap().contains("retrieve_tools"));
    assert_eq!(result["_meta"]["io.modelcontextprotocol/serverInfo"]["name"], "mcpproxy");

    let (_, listed) = answered(address, "tools/list", json!({}));
    assert_eq!(listed["result"]["tools"].as_array().map(Vec::len), Some(5));
    assert_eq!(listed["result"]["resultType"], "complete");

    let call =
        json!({ "name": "call_tool_read", "arguments": { "name": "everything:echo", "args": { "message": "hi" } } });
    let (_, called) = answered(address, "tools/call", call);
    assert_eq!(called["result"]["content"][0]["text"], "Echo: hi");
    assert_eq!(called["result"]["resultType"], "complete");
}

#[test]
fn what_the_client_says_of_itself_does_not_reach_servers_of_the_older_era() {
    let fleet = shared();
    let call = json!({ "name": "call_tool_read", "arguments": { "name": "fake:echo", "args": { "a": 1 } },
        "_meta": { "traceparent": "00-1" } });
    let (_, called) = answered(fleet.core.address, "tools/call", call);
    let seen = called["result"].to_string();
    assert!(seen.contains("traceparent") && !seen.contains("io.modelcontextprotocol/clientInfo"), "{seen}");
}

#[test]
fn headers_and_body_have_to_agree() {
    let core = Core::start(&Arc::new(Scratch::new().unwrap())).unwrap();
    let list = || post(core.address, "tools/list", json!({}));
    let call = || post(core.address, "tools/call", json!({ "name": "retrieve_tools", "arguments": { "query": "x" } }));
    let body = message(1, "tools/list", r#"{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}}"#);
    let other = message(1, "tools/list", r#"{"_meta":{"io.modelcontextprotocol/protocolVersion":"2031-01-01"}}"#);
    let raw = |body: &str, version: &str| {
        Request::post(core.address, "/mcp", body).with("MCP-Protocol-Version", version).with("Mcp-Method", "tools/list")
    };
    for (request, status, code) in [
        (list(), 200, Value::Null),
        (list().without("MCP-Protocol-Version"), 400, json!(-32020)),
        (list().with("MCP-Protocol-Version", "2025-11-25"), 400, json!(-32020)),
        (list().without("Mcp-Method"), 400, json!(-32020)),
        (list().with("Mcp-Method", "tools/call"), 400, json!(-32020)),
        (call(), 200, Value::Null),
        (call().without("Mcp-Name"), 400, json!(-32020)),
        (call().with("Mcp-Name", "describe_tool"), 400, json!(-32020)),
        (call().with("Mcp-Name", "=?base64?cmV0cmlldmVfdG9vbHM=?="), 200, Value::Null),
        (raw(&body, VERSION), 400, json!(-32602)),
        (raw(&message(1, "tools/list", "{}"), VERSION), 400, json!(-32602)),
        (raw(&other, "2031-01-01"), 400, json!(-32022)),
        (post(core.address, "resources/list", json!({})), 404, json!(-32601)),
        (list().with("Mcp-Session-Id", "of no meaning"), 200, Value::Null),
    ] {
        let reply = ask(core.address, &request);
        let told: Value = serde_json::from_str(&reply.body).unwrap();
        assert_eq!(
            (reply.status, &told["error"]["code"], &told["id"]),
            (status, &code, &json!(1)),
            "{told}\n{request:?}"
        );
    }
    let (_, refused) = answered(core.address, "initialize/none", json!({}));
    assert_eq!(refused["error"]["code"], -32601);
    for method in ["GET", "DELETE"] {
        let request = Request::new(method, core.address, "/mcp").with("MCP-Protocol-Version", VERSION);
        assert_eq!(ask(core.address, &request).status, 405, "{method}");
    }
}

#[test]
fn a_subscription_is_acknowledged_and_ends_with_an_answer() {
    let mut core = Core::start(&Arc::new(Scratch::new().unwrap())).unwrap();
    let wanted = json!({ "notifications": { "toolsListChanged": true, "promptsListChanged": true } });
    let request = post(core.address, "subscriptions/listen", wanted).with("Accept", "text/event-stream");
    let mut stream = Connection::open(core.address).unwrap();
    stream.send(&request.bytes()).unwrap();
    assert!(stream.head().unwrap().is_event_stream());
    let first = event(&stream.chunk().unwrap().unwrap());
    assert_eq!(first["method"], "notifications/subscriptions/acknowledged");
    assert_eq!(first["params"]["notifications"], json!({ "toolsListChanged": true }));
    assert_eq!(first["params"]["_meta"]["io.modelcontextprotocol/subscriptionId"], 1);
    core.ask_to_stop().unwrap();
    let last = event(&stream.chunk().unwrap().unwrap());
    assert_eq!((&last["id"], &last["result"]["resultType"]), (&json!(1), &json!("complete")));
    assert_eq!(stream.chunk().unwrap(), None);
    assert_eq!(core.wait().unwrap().code(), Some(0));
}

#[test]
fn a_connection_that_closes_withdraws_its_call() {
    let scratch = Arc::new(Scratch::with_servers(&[fake(&[]).entry("fake")]).unwrap());
    let core = Core::start(&scratch).unwrap();
    until_found(&core, "slow", &["fake:slow"]);
    let call = json!({ "name": "call_tool_read", "arguments": { "name": "fake:slow", "args": { "ms": 600_000 } } });
    let mut stream = Connection::open(core.address).unwrap();
    stream.send(&post(core.address, "tools/call", call).bytes()).unwrap();
    let ids = || json!({ "name": "call_tool_read", "arguments": { "name": "fake:cancelled_ids", "args": {} } });
    // only a call that has arrived can be withdrawn: an answer of the same server, asked after it, shows that
    answered(core.address, "tools/call", ids());
    drop(stream);
    let cancelled = mcpproxy_tests::until("the cancellation", || {
        let (_, seen) = answered(core.address, "tools/call", ids());
        let seen = seen["result"]["content"][0]["text"].as_str().unwrap().to_owned();
        Ok((seen != "[]").then_some(seen))
    });
    assert!(cancelled.is_ok(), "{cancelled:?}");
}

/// A request with all that this revision asks for.
fn post(address: SocketAddr, method: &str, mut params: Value) -> Request {
    let meta = params.as_object_mut().unwrap().entry("_meta").or_insert_with(|| json!({}));
    meta["io.modelcontextprotocol/protocolVersion"] = json!(VERSION);
    meta["io.modelcontextprotocol/clientInfo"] = json!({ "name": "story", "version": "1" });
    meta["io.modelcontextprotocol/clientCapabilities"] = json!({});
    let request = Request::post(address, "/mcp", &message(1, method, &params.to_string()))
        .with("MCP-Protocol-Version", VERSION)
        .with("Mcp-Method", method);
    match params["name"].as_str() {
        Some(name) => request.with("Mcp-Name", name),
        None => request,
    }
}

fn answered(address: SocketAddr, method: &str, params: Value) -> (Reply, Value) {
    let reply = ask(address, &post(address, method, params));
    let told = serde_json::from_str(&reply.body).unwrap_or_else(|_| panic!("{reply:?}"));
    (reply, told)
}

fn ask(address: SocketAddr, request: &Request) -> Reply {
    Connection::open(address).unwrap().ask(request).unwrap()
}

/// The document of an event.
fn event(bytes: &[u8]) -> Value {
    let text = std::str::from_utf8(bytes).unwrap();
    let data = text.lines().find_map(|line| line.strip_prefix("data: ")).unwrap_or_else(|| panic!("{text}"));
    serde_json::from_str(data).unwrap()
}
