//! Arguments that headers repeat, before a scripted server that writes down the headers of its calls and can change its
//! mind about them.

use std::{
    convert::Infallible,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use http_body_util::{BodyExt, Either, Full};
use hyper::{Request, Response, StatusCode, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use mcpproxy_upstream::{Snapshot, Tool};
use mcpproxy_wire::{Exchange, Outcome};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::{
    peer::Body,
    world::{PATIENT, World, has_tool, remote, tool_call},
};

/// What a test may change at any time.
struct Shelf {
    is_stateless: bool,
    tools: Value,
    /// The header without which no call is answered.
    wanted: Option<&'static str>,
    /// How often the list was asked for.
    lists: usize,
    /// The headers of each call that repeat arguments.
    calls: Vec<Vec<String>>,
}

type Shared = Arc<Mutex<Shelf>>;

fn look(shelf: &Shared) -> MutexGuard<'_, Shelf> {
    shelf.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How many calls and lists there were.
fn asked(shelf: &Shared) -> (usize, usize) {
    let shelf = look(shelf);
    (shelf.calls.len(), shelf.lists)
}

async fn start(is_stateless: bool, tools: Value) -> (String, Shared) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/mcp", listener.local_addr().unwrap());
    let shelf = Arc::new(Mutex::new(Shelf { is_stateless, tools, wanted: None, lists: 0, calls: vec![] }));
    let served = Arc::clone(&shelf);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let shelf = Arc::clone(&served);
            let service = service_fn(move |request| answer(Arc::clone(&shelf), request));
            tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
        }
    });
    (url, shelf)
}

async fn answer(shelf: Shared, request: Request<Incoming>) -> Result<Response<Body>, Infallible> {
    let (parts, body) = request.into_parts();
    let message: Value = serde_json::from_slice(&body.collect().await.unwrap().to_bytes()).unwrap_or_default();
    let params = parts.headers.iter().filter(|(name, _)| name.as_str().starts_with("mcp-param-"));
    let params: Vec<_> = params.map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect();
    let mut shelf = look(&shelf);
    let result = |result: Value| Ok(("result", result, StatusCode::OK));
    let error = |code: i64, status| Err(("error", json!({ "code": code, "message": "no" }), status));
    let said = match message["method"].as_str().unwrap_or_default() {
        "server/discover" if shelf.is_stateless => {
            result(json!({ "supportedVersions": ["2026-07-28"], "capabilities": { "tools": {} } }))
        }
        "initialize" if !shelf.is_stateless => {
            result(json!({ "protocolVersion": "2025-11-25", "capabilities": { "tools": {} }, "serverInfo": {} }))
        }
        "tools/list" => {
            shelf.lists += 1;
            result(json!({ "tools": shelf.tools }))
        }
        "tools/call" => {
            shelf.calls.push(params.clone());
            let misses = shelf.wanted.is_some_and(|wanted| !params.iter().any(|header| header.starts_with(wanted)));
            if misses { error(-32020, StatusCode::BAD_REQUEST) } else { result(json!({ "content": [] })) }
        }
        _ => error(-32601, StatusCode::NOT_FOUND),
    };
    let (member, value, status) = said.unwrap_or_else(|error| error);
    let body = json!({ "jsonrpc": "2.0", "id": message["id"], member: value }).to_string();
    let mut response = Response::new(Either::Left(Full::from(body)));
    *response.status_mut() = if message["id"].is_null() { StatusCode::ACCEPTED } else { status };
    response.headers_mut().insert("content-type", "application/json".parse().unwrap());
    Ok(response)
}

/// A tool with a parameter `region` whose annotation is this.
fn tool(name: &str, header: &Value) -> Value {
    let region = match header {
        Value::Null => json!({ "type": "string" }),
        header => json!({ "type": "string", "x-mcp-header": header }),
    };
    json!({ "name": name, "inputSchema": { "type": "object", "properties": { "region": region } } })
}

fn the<'a>(snapshot: &'a Snapshot, name: &str) -> &'a Tool {
    snapshot.tools.iter().find(|tool| &*tool.id.tool == name).unwrap()
}

async fn call(snapshot: &Snapshot, name: &str, arguments: Value) -> Outcome {
    let handle = snapshot.handle.clone().unwrap();
    handle.call(the(snapshot, name), &tool_call(name, &arguments), &Exchange::default(), PATIENT).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn annotated_arguments_go_along_as_headers_and_a_bad_annotation_hides_its_tool_only() {
    let world = World::new();
    let tools =
        json!([tool("annotated", &json!("Region")), tool("bad", &json!("no name")), tool("plain", &Value::Null)]);
    for is_stateless in [true, false] {
        let (url, shelf) = start(is_stateless, tools.clone()).await;
        let server = world.start(remote(&url, &[]));
        let snapshot = server.ready().await;
        assert!(has_tool(&snapshot, "annotated") && has_tool(&snapshot, "plain"));
        assert_eq!(has_tool(&snapshot, "bad"), !is_stateless, "other servers want no headers");
        for (name, arguments) in [
            ("annotated", json!({ "region": "eu-1" })),
            ("annotated", json!({ "region": "Größe" })),
            ("annotated", json!({ "other": "eu-1" })),
            ("plain", json!({ "region": "eu-1" })),
        ] {
            assert!(call(&snapshot, name, arguments).await.is_ok());
        }
        let sent: [&[&str]; 4] = match is_stateless {
            true => [&["mcp-param-region: eu-1"], &["mcp-param-region: =?base64?R3LDtsOfZQ==?="], &[], &[]],
            false => [&[]; 4],
        };
        assert_eq!(look(&shelf).calls, sent);
        server.stop().await;
    }
    world.ends().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_header_that_a_server_misses_is_looked_up_and_the_call_sent_once_more() {
    let world = World::new();
    let (url, shelf) = start(true, json!([tool("moving", &json!("Old"))])).await;
    let server = world.start(remote(&url, &[]));
    let first = server.ready().await;
    {
        let mut shelf = look(&shelf);
        (shelf.tools, shelf.wanted) = (json!([tool("moving", &json!("New"))]), Some("mcp-param-new"));
    }
    assert!(call(&first, "moving", json!({ "region": "x" })).await.is_ok());
    assert_eq!(look(&shelf).calls, [["mcp-param-old: x"], ["mcp-param-new: x"]]);
    let second =
        server.until("the new list", |now| the(now, "moving").param_headers != the(&first, "moving").param_headers);
    let second = second.await;
    assert!(call(&second, "moving", json!({ "region": "y" })).await.is_ok());
    assert_eq!(asked(&shelf), (3, 2), "nothing is looked up that is known");
    server.stop().await;
    world.ends().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_that_would_fail_again_or_do_something_else_is_not_repeated() {
    let world = World::new();
    let before = tool("moving", &json!("Old"));
    let mut grown = tool("moving", &json!("New"));
    grown["annotations"] = json!({ "destructiveHint": true });
    let bad = tool("moving", &json!(""));
    for after in [json!([before]), json!([grown]), json!([bad]), json!([])] {
        let (url, shelf) = start(true, json!([before])).await;
        let server = world.start(remote(&url, &[]));
        let snapshot = server.ready().await;
        {
            let mut shelf = look(&shelf);
            (shelf.tools, shelf.wanted) = (after.clone(), Some("mcp-param-new"));
        }
        let error = call(&snapshot, "moving", json!({ "region": "x" })).await.unwrap_err();
        assert_eq!((error.code(), &*error.message()), (Some(-32020), "no"), "the server's own answer");
        assert_eq!(asked(&shelf), (1, 2), "{after}");
        server.stop().await;
    }
    world.ends().await;
}
