//! Calls and lists over the pipes of a real child.

use std::sync::Arc;

use mcpproxy_domain::{Code, server::Transport};
use mcpproxy_upstream::probe;
use mcpproxy_wire::{Exchange, LinkError, Message, Progress};
use serde_json::{Value, json, value::RawValue};
use tokio::sync::mpsc;

use crate::world::{NOBODY, PATIENT, World, ask, fake, has_tool, is_ready, told, tool_call};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_page_is_listed_past_noise_and_malformed_tools() {
    let world = World::new();
    let server = world.start(fake(&["--tools", "25", "--page", "10", "--malformed-tool", "--banner"]));
    let snapshot = server.ready().await;
    let names: Vec<_> = snapshot.tools.iter().map(|tool| &*tool.id.tool).collect();
    let (first, rest) = names.split_at(10);
    assert_eq!((first[0], first[9]), ("echo", "pids"));
    assert_eq!(rest, (0..25).map(|number| format!("tool_{number:03}")).collect::<Vec<_>>());
    assert!(snapshot.tools[0].definition.raw.get().contains(r#""x-vendor":{"kept":1.5}"#), "kept as it was sent");
    let hello = snapshot.hello.as_ref().unwrap();
    assert_eq!((hello.name.as_str(), hello.instructions.as_deref()), ("fake-mcp", Some("Use with care.")));
    server.stop().await;
    world.ends().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_caller_sends_and_what_a_server_answers_pass_unchanged() {
    let world = World::new();
    let server = world.start(fake(&[]));
    let handle = server.ready().await.handle.clone().unwrap();
    let params = r#"{"name":"echo","arguments":{"b":null,"a":[12345678901234567890]},"_meta":{"v/k":1},"new":true}"#;
    let params = RawValue::from_string(params.to_owned()).unwrap();
    let message = Message { method: "tools/call".into(), params: Some(params.clone()) };
    let result = handle.request(&message, &Exchange::default(), PATIENT).await.unwrap().unwrap();
    let result: Value = serde_json::from_str(result.get()).unwrap();
    assert_eq!(result["structuredContent"].to_string(), params.get(), "no member added, lost or moved");

    let error = ask(&handle, "fail", json!({})).await.unwrap().unwrap_err();
    assert_eq!(error.raw().get(), r#"{"code":-32050,"message":"it failed","data":{"why":["on",1.5]}}"#);
    let result = ask(&handle, "tool_error", json!({})).await.unwrap().unwrap();
    assert!(result.get().contains(r#""isError":true"#));
    let big = ask(&handle, "big", json!({ "bytes": 3 << 20 })).await.unwrap().unwrap();
    assert!(big.get().len() > 3 << 20);
    assert!(is_ready(&server.actor.snapshot()), "no answer of a tool, whatever its words, breaks the link");
    server.stop().await;
    world.ends().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn progress_comes_in_order_and_before_the_result_under_the_callers_token() {
    let world = World::new();
    let server = world.start(fake(&[]));
    let handle = server.ready().await.handle.clone().unwrap();
    let (sink, mut seen) = mpsc::channel(64);
    let token = RawValue::from_string(r#""the caller's""#.to_owned()).unwrap();
    let exchange = Exchange { progress: Some(Progress::new(token, sink)), ..Exchange::default() };
    handle.request(&tool_call("burst", &json!({})), &exchange, PATIENT).await.unwrap().unwrap();
    for step in 0..50 {
        let params: Value = serde_json::from_str(seen.try_recv().unwrap().get()).unwrap();
        assert_eq!(params, json!({ "progressToken": "the caller's", "progress": step, "total": 50 }));
    }
    let echoed = told(&handle, "echo", json!({})).await;
    assert_eq!(echoed.get("_meta"), None, "a token that nobody sent is not invented");
    server.stop().await;
    world.ends().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn callers_are_not_queued_and_a_cancel_reaches_the_server_with_our_id() {
    let world = World::new();
    let server = world.start(fake(&[]));
    let handle = server.ready().await.handle.clone().unwrap();
    let (sink, mut working) = mpsc::channel(1);
    let token = RawValue::from_string("9".to_owned()).unwrap();
    let exchange = Exchange { progress: Some(Progress::new(token, sink)), ..Exchange::default() };
    let (slow, slow_handle, company) = (tool_call("slow", &json!({ "ms": 600_000 })), handle.clone(), exchange.clone());
    let slow = tokio::spawn(async move { slow_handle.request(&slow, &company, PATIENT).await });
    working.recv().await.unwrap();
    let echoed = told(&handle, "echo", json!({ "n": 1 })).await;
    assert_eq!(echoed["arguments"], json!({ "n": 1 }), "answered while the other call is at work");
    exchange.cancel.cancel();
    assert!(matches!(slow.await.unwrap(), Err(LinkError::Cancelled)));
    let ids = told(&handle, "cancelled_ids", json!({})).await;
    let number = ids["ids"][0].as_u64().unwrap();
    assert!(ids["ids"].as_array().unwrap().len() == 1 && number > 2, "one of ours, after initialize and list: {ids}");
    assert!(is_ready(&server.actor.snapshot()));
    server.stop().await;
    world.ends().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_of_the_tools_is_seen_even_when_it_comes_during_a_list() {
    let world = World::new();
    for (during, what) in [("0", "during the first list"), ("1", "during a later list"), ("99", "at rest")] {
        let server = world.start(fake(&["--page", "6", "--change-during-list", during]));
        let handle = server.ready().await.handle.clone().unwrap();
        if during == "0" {
            server.until(what, |snapshot| has_tool(snapshot, "late_first_page")).await;
        }
        told(&handle, "change", json!({})).await;
        let changed = server.until(what, |snapshot| has_tool(snapshot, "added_0")).await;
        assert!(is_ready(&changed), "the link stays as it is");
        if during == "1" {
            server.until(what, |snapshot| has_tool(snapshot, "late_first_page")).await;
        }
        assert!(server.actor.snapshot().handle.is_some());
        server.stop().await;
    }
    world.ends().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_look_tells_what_a_server_is_and_leaves_nothing() {
    let world = World::new();
    let report =
        probe::look(&fake(&["--tools", "3", "--grandchild"]), &world.surroundings, &world.scope).await.unwrap();
    assert_eq!((report.hello.name.as_str(), report.tools.len()), ("fake-mcp", 13));
    assert_eq!(world.survivors(), NOBODY);
    let mut spec = fake(&["--exit-before-init", "4", "--stderr", "key ${env:KNOWN}"]);
    let failure = probe::look(&spec, &world.surroundings, &world.scope).await.unwrap_err();
    assert_eq!(failure.code, Code::UpstreamFailed);
    assert_eq!(failure.detail, "the server's process exited with code 4; its last lines: key ***");
    if let Transport::Stdio(command) = &mut spec.transport {
        command.program = "no-such-program".to_owned();
    }
    let failure = probe::look(&spec, &world.surroundings, &world.scope).await.unwrap_err();
    assert!(failure.code == Code::InvalidInput && failure.detail.contains("no-such-program"), "{failure}");
    world.ends().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_that_wait_end_at_once_with_their_server() {
    let world = World::new();
    let server = world.start(fake(&[]));
    let handle = Arc::new(server.ready().await.handle.clone().unwrap());
    let waiting = Arc::clone(&handle);
    let slow = tokio::spawn(async move { ask(&waiting, "slow", json!({ "ms": 600_000 })).await });
    assert!(matches!(ask(&handle, "crash", json!({})).await, Err(LinkError::Closed | LinkError::Io(_))));
    assert!(matches!(slow.await.unwrap(), Err(LinkError::Closed | LinkError::Io(_))));
    let back = server.until("back again", |snapshot| is_ready(snapshot) && snapshot.failures == 1).await;
    assert!(ask(&handle, "echo", json!({})).await.is_err(), "the old way stays closed");
    told(back.handle.as_ref().unwrap(), "echo", json!({})).await;
    server.stop().await;
    world.ends().await;
}
