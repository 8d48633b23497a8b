//! Calls: answered, refused, cancelled, late, large, too many.

use std::{collections::BTreeSet, time::Duration};

use mcpproxy_ipc_proto::{
    ConnectionError,
    call::{CallTool, NAMES, Ping},
    frame::{Frame, Kind},
    view::PhaseView,
};
use serde_json::{Value, json, value::RawValue};
use tokio::time::timeout;

use super::stage::{HUNG, Stage};
use crate::Limits;

fn tool(name: &str, args: Option<String>) -> CallTool {
    let args = args.map(|args| RawValue::from_string(args).unwrap());
    CallTool { tool: name.to_owned(), variant: "read".to_owned(), args }
}

#[tokio::test]
async fn a_call_has_one_reply_whatever_is_asked() {
    let stage = Stage::new(Limits::default()).await;
    let (client, _incoming, hello) = stage.client().await.unwrap();
    assert_eq!((hello.role.as_str(), hello.launched_by.as_str(), hello.instance.as_str()), ("core", "tray", "i-1"));
    assert_eq!(hello.phase, Some(PhaseView::Ready));
    assert!(NAMES.iter().chain(&["http"]).all(|name| hello.can(name)) && !hello.can("teleport"));
    client.call(&Ping {}, HUNG).await.unwrap();
    let Err(ConnectionError::Refused(panicked)) = client.call(&tool("a:panic", None), HUNG).await else { panic!() };
    assert_eq!(panicked.code, "INTERNAL");

    let mut raw = stage.raw().await;
    for (id, body, code) in [
        (1, json!({ "call": "tools.fly", "deadline_ms": 1000 }), "UNKNOWN_METHOD"),
        (2, json!({ "call": "servers.get", "args": { "name": 5 }, "deadline_ms": 1000 }), "INVALID_INPUT"),
        (3, json!({ "call": "servers.get", "deadline_ms": 1000 }), "INVALID_INPUT"),
        (4, json!({ "call": "ping" }), "INVALID_INPUT"),
        (5, json!([1]), "INVALID_INPUT"),
        (6, Value::Null, "INVALID_INPUT"),
        (7, json!({ "call": "ping", "args": [], "deadline_ms": 1000 }), "INVALID_INPUT"),
    ] {
        raw.send(Frame::new(Kind::Request, Some(id), None, &body).unwrap()).await;
        assert_eq!(raw.refusal().await, (id, code.to_owned()));
    }
    raw.ask(8, "servers.get", json!({ "name": 5 }), 1000).await;
    assert!(raw.told().await.3["error"]["message"].as_str().unwrap().contains("name: "), "the field is named");
    // members and kinds of a later version are passed over
    raw.bytes(b"\0\0\0\x18{\"kind\":\"later\",\"id\":\"x\"}").await;
}

#[tokio::test]
async fn what_a_later_version_says_is_passed_over() {
    let stage = Stage::new(Limits::default()).await;
    let mut raw = stage.raw().await;
    raw.send(Frame::new(Kind::Other, Some(1), None, &"?").unwrap()).await;
    raw.send(Frame::new(Kind::Event, None, Some(9), &json!({ "event": "x" })).unwrap()).await;
    raw.ask(1, "ping", json!({ "loudly": true }), 1000).await;
    assert_eq!(raw.told().await, (Kind::Reply, Some(1), None, json!({ "ok": {} })));
}

#[tokio::test]
async fn five_megabytes_go_both_ways_and_small_calls_between_them() {
    let stage = Stage::new(Limits::default()).await;
    let (client, _incoming, _) = stage.client().await.unwrap();
    let text = format!("\"{}\"", "ü\\n".repeat(1_250_000));
    let large = tool("a:echo", Some(text.clone()));
    let echoed = client.call(&large, HUNG);
    tokio::pin!(echoed);
    let mut between = 0;
    let echoed = loop {
        tokio::select! {
            biased;
            echoed = &mut echoed => break echoed.unwrap(),
            pong = client.call(&Ping {}, HUNG) => {
                pong.unwrap();
                between += 1;
            }
        }
    };
    assert!(echoed.get() == text, "{} of {} bytes", echoed.get().len(), text.len());
    assert!(between > 0, "a small call does not wait for a large one");
}

#[tokio::test]
async fn a_cancelled_call_ends_and_has_its_one_reply() {
    let stage = Stage::new(Limits::default()).await;
    let mut running = stage.stub.running.subscribe();
    let (client, _incoming, _) = stage.client().await.unwrap();
    let dropped = tool("a:never", None);
    {
        let mut call = std::pin::pin!(client.call(&dropped, HUNG));
        tokio::select! {
            _ = &mut call => panic!("it never ends"),
            begun = running.wait_for(|count| *count == 1) => drop(begun),
        }
    }
    timeout(HUNG, running.wait_for(|count| *count == 0)).await.expect("whoever drops a call ends it").unwrap();
    client.call(&Ping {}, HUNG).await.unwrap();

    let mut raw = stage.raw().await;
    raw.call(1, "a:never").await;
    timeout(HUNG, running.wait_for(|count| *count == 1)).await.unwrap().unwrap();
    raw.cancel(1).await;
    raw.cancel(1).await;
    raw.cancel(77).await;
    assert_eq!(raw.refusal().await, (1, "CANCELLED".to_owned()));
    raw.ask(1, "ping", json!({}), 1000).await;
    assert_eq!(raw.told().await.3, json!({ "ok": {} }), "one reply, and the id is free again");
}

#[tokio::test]
async fn a_large_reply_that_is_given_up_in_the_middle_is_cut_short() {
    let stage = Stage::new(Limits::default()).await;
    let mut raw = stage.raw().await;
    let text = "x".repeat(10_000_000);
    let body = json!({ "call": "tools.call", "deadline_ms": 60_000,
        "args": { "tool": "a:echo", "variant": "read", "args": text } });
    let body = serde_json::value::to_raw_value(&body).unwrap();
    for frame in mcpproxy_ipc_proto::chunk::Pieces::new(Kind::Request, 1, body).unwrap() {
        raw.send(frame.unwrap()).await;
    }
    assert_eq!(raw.told().await.0, Kind::Chunk);
    raw.cancel(1).await;
    raw.ask(2, "ping", json!({}), 1000).await;
    let (mut chunks, mut replies) = (0, Vec::new());
    while replies.len() < 2 {
        match raw.told().await {
            (Kind::Chunk, ..) => chunks += 1,
            (Kind::Reply, id, _, body) => replies.push((id, body["error"]["code"].clone())),
            other => panic!("{other:?}"),
        }
    }
    replies.sort_by_key(|(id, _)| *id);
    assert_eq!(replies, [(Some(1), json!("CANCELLED")), (Some(2), Value::Null)]);
    assert!(chunks < 60, "{chunks} chunks of 77 were sent all the same");
}

#[tokio::test]
async fn a_call_that_is_late_is_told_so() {
    let stage = Stage::new(Limits::default()).await;
    let mut raw = stage.raw().await;
    raw.ask(1, "tools.call", json!({ "tool": "a:never", "variant": "read" }), 20).await;
    assert_eq!(raw.refusal().await, (1, "TIMEOUT".to_owned()));
    assert_eq!(*stage.stub.running.borrow(), 0);
    let (client, _incoming, _) = stage.client().await.unwrap();
    let late = client.call(&tool("a:never", None), Duration::from_millis(20)).await;
    assert!(matches!(late, Err(ConnectionError::Timeout(_) | ConnectionError::Refused(_))), "{late:?}");
}

#[tokio::test]
async fn more_calls_than_there_are_places_wait_and_can_be_cancelled() {
    let stage = Stage::new(Limits { calls: 2, ..Limits::default() }).await;
    let mut running = stage.stub.running.subscribe();
    let mut raw = stage.raw().await;
    for id in 1..=2 {
        raw.call(id, "a:wait").await;
    }
    timeout(HUNG, running.wait_for(|count| *count == 2)).await.unwrap().unwrap();
    raw.ask(3, "ping", json!({}), 60_000).await;
    raw.call(4, "a:wait").await;
    raw.cancel(4).await;
    // had the third been let in, its reply would be here before the one to the cancel that was sent after it
    assert_eq!(raw.refusal().await, (4, "CANCELLED".to_owned()));
    stage.stub.go.notify_one();
    let first = raw.told().await.1.unwrap();
    assert!(first < 3, "{first}");
    assert_eq!(raw.told().await.1, Some(3));
    stage.stub.go.notify_one();
    assert_eq!(BTreeSet::from([first, raw.told().await.1.unwrap()]), BTreeSet::from([1, 2]));
}

#[tokio::test]
async fn who_breaks_the_protocol_is_told_so() {
    let stage = Stage::new(Limits::default()).await;
    let chunk = |seq| Frame::new(Kind::Chunk, Some(1), Some(seq), &"x").unwrap().encode().unwrap();
    let ask = Frame::new(
        Kind::Request,
        Some(1),
        None,
        &json!({ "call": "tools.call", "deadline_ms": 9000,
        "args": { "tool": "a:never", "variant": "read" } }),
    );
    let ask = ask.unwrap().encode().unwrap();
    for bytes in [
        [ask.clone(), ask.clone()].concat(),
        chunk(1),
        [chunk(0), chunk(0)].concat(),
        Frame { kind: Kind::Request, id: None, seq: None, body: None }.encode().unwrap(),
        b"\0\0\0\x02[]".to_vec(),
        b"\0\x7F\0\0{\"kind\":".to_vec(),
        b"GET / HTTP/1.1\r\n\r\n".to_vec(),
    ] {
        let mut raw = stage.raw().await;
        raw.bytes(&bytes).await;
        let mut last = raw.told().await;
        while last.0 == Kind::Reply {
            last = raw.told().await;
        }
        assert_eq!((last.0, last.3["reason"].as_str()), (Kind::Bye, Some("fault")), "{bytes:?}");
    }
    stage.empty().await;
    assert_eq!(*stage.stub.running.borrow(), 0, "the calls of a connection end with it");
}
