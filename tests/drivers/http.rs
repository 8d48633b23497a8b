//! Links over HTTP: sessions that are lost and found again, streams that break, refusals.

use std::time::Duration;

use hyper::StatusCode;
use mcpproxy_domain::{
    Code,
    server::{Action, lifecycle::State},
};
use mcpproxy_upstream::{Handle, probe};
use mcpproxy_wire::{Exchange, LinkError, Progress};
use serde_json::{Value, json, value::RawValue};
use tokio::{net::TcpListener, sync::mpsc};

use crate::{
    peer::Peer,
    world::{CANARY, PATIENT, World, ask, has_tool, is_ready, remote, told, tool_call},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_is_opened_kept_and_ended() {
    let world = World::new();
    let peer = Peer::start().await;
    let server = world.start(remote(&peer.url, &[]));
    let handle = server.ready().await.handle.clone().unwrap();
    let (sink, mut seen) = mpsc::channel(4);
    for tool in ["json", "sse"] {
        let token = RawValue::from_string("\"t\"".to_owned()).unwrap();
        let exchange = Exchange { progress: Some(Progress::new(token, sink.clone())), ..Exchange::default() };
        let result = handle.request(&tool_call(tool, &json!({ "n": [1] })), &exchange, PATIENT).await.unwrap().unwrap();
        assert!(result.get().contains(r#""arguments":{"n":[1]}"#), "{tool}: {result}");
    }
    let progress: Value = serde_json::from_str(seen.try_recv().unwrap().get()).unwrap();
    assert_eq!(progress, json!({ "progressToken": "t", "progress": 1 }), "before the result, with the caller's token");
    server.stop().await;
    peer.asked("DELETE", 1).await;
    let log = peer.state().log.clone();
    assert_eq!(log[..2], ["POST server/discover - -", "POST initialize - -"], "the newer way is tried first");
    assert!(log[2..].iter().all(|line| line.contains(" s1 ")), "{log:#?}");
    world.ends().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_session_is_renewed_once_and_the_call_succeeds() {
    let world = World::new();
    for lost in [StatusCode::NOT_FOUND, StatusCode::BAD_REQUEST] {
        let peer = Peer::start().await;
        let server = world.start(remote(&peer.url, &[]));
        let handle = server.ready().await.handle.clone().unwrap();
        peer.asked("GET", 1).await;
        peer.forget(lost);
        peer.state().tools.push("new");
        assert_eq!(told(&handle, "json", json!({ "n": 1 })).await["arguments"], json!({ "n": 1 }));
        assert_eq!((peer.count("POST initialize"), peer.count("POST tools/call")), (2, 2));
        let after = server.until("the tools of the new session", |snapshot| has_tool(snapshot, "new")).await;
        assert!(is_ready(&after) && after.failures == 0, "the link stayed as it was");
        peer.asked("GET - s2", 1).await;
        server.stop().await;
        assert_eq!(peer.count("DELETE - s2"), 1);
    }
    world.ends().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_that_comes_while_a_session_is_renewed_waits_for_it() {
    let world = World::new();
    let peer = Peer::start().await;
    let server = world.start(remote(&peer.url, &[]));
    let handle = server.ready().await.handle.clone().unwrap();
    peer.forget(StatusCode::NOT_FOUND);
    peer.hold_handshakes();
    let call = |handle: Handle| tokio::spawn(async move { ask(&handle, "json", json!({})).await });
    let first = call(handle.clone());
    peer.asked("POST initialize", 2).await;
    let mut second = call(handle);
    peer.asked("POST tools/call", 2).await;
    let early = tokio::time::timeout(Duration::from_millis(200), &mut second).await;
    assert!(early.is_err(), "it neither fails nor goes astray: {early:?}");
    peer.let_handshakes_through();
    for call in [first, second] {
        assert!(call.await.unwrap().is_ok_and(|outcome| outcome.is_ok()));
    }
    assert_eq!(peer.count("POST initialize"), 2, "one renewal for both");
    server.stop().await;
    world.ends().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_idle_link_finds_out_about_its_lost_session_by_its_stream() {
    let world = World::new();
    let peer = Peer::start().await;
    let server = world.start(remote(&peer.url, &[]));
    server.ready().await;
    peer.asked("GET", 1).await;
    peer.forget(StatusCode::NOT_FOUND);
    peer.state().tools.push("new");
    peer.state().stream.take();
    let after = server.until("the tools of the new session", |snapshot| has_tool(snapshot, "new")).await;
    assert!(is_ready(&after) && after.failures == 0);
    server.stop().await;
    world.ends().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_told_on_the_servers_stream_is_seen() {
    let world = World::new();
    let peer = Peer::start().await;
    let server = world.start(remote(&peer.url, &[]));
    server.ready().await;
    peer.asked("GET", 1).await;
    peer.state().tools.push("new");
    peer.tell("data: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/tools/list_changed\"}\n\n").await;
    server.until("the new tool", |snapshot| has_tool(snapshot, "new")).await;
    server.stop().await;
    world.ends().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_that_breaks_is_resumed() {
    resumed("broken").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_that_broke_off_is_asked_for_again() {
    resumed("torn").await;
}

async fn resumed(tool: &str) {
    let world = World::new();
    let peer = Peer::start().await;
    let server = world.start(remote(&peer.url, &[]));
    let handle = server.ready().await.handle.clone().unwrap();
    assert_eq!(told(&handle, tool, json!({ "n": 2 })).await["arguments"], json!({ "n": 2 }));
    assert_eq!((peer.count("GET - s1 7"), peer.count("POST tools/call")), (1, 1), "resumed, not asked again");
    server.stop().await;
    world.ends().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cancelled_call_is_cancelled_at_the_server() {
    let world = World::new();
    let peer = Peer::start().await;
    let server = world.start(remote(&peer.url, &[]));
    let handle = server.ready().await.handle.clone().unwrap();
    let exchange = Exchange::default();
    let (caller, company) = (handle.clone(), exchange.clone());
    let call = tokio::spawn(async move { caller.request(&tool_call("hang", &json!({})), &company, PATIENT).await });
    peer.asked("POST tools/call", 1).await;
    assert_eq!(told(&handle, "json", json!({})).await["name"], "json", "others are not queued behind it");
    exchange.cancel.cancel();
    assert!(matches!(call.await.unwrap(), Err(LinkError::Cancelled)));
    peer.asked("POST notifications/cancelled", 1).await;
    server.stop().await;
    world.ends().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_look_that_is_given_up_ends_its_session() {
    let world = World::new();
    let peer = Peer::start().await;
    peer.state().holds_lists = true;
    let spec = remote(&peer.url, &[]);
    tokio::select! {
        report = probe::look(&spec, &world.surroundings, &world.scope) => panic!("{report:?}"),
        () = peer.asked("POST tools/list", 1) => {}
    }
    world.ends().await;
    assert_eq!(peer.count("DELETE - s1"), 1, "its session is ended, and nothing waits for it");

    // so does one whose core stops while somebody still waits for it
    let stopping = async {
        peer.asked("POST tools/list", 2).await;
        world.scope.cancel();
    };
    let (report, ()) = tokio::join!(probe::look(&spec, &world.surroundings, &world.scope), stopping);
    assert_eq!(report.unwrap_err().code, Code::Cancelled);
    world.ends().await;
    assert_eq!(peer.count("DELETE - s2"), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_wants_a_sign_in_says_so_and_is_tried_again() {
    let world = World::new();
    let peer = Peer::start().await;
    peer.state().refusal = Some(StatusCode::UNAUTHORIZED);
    let server = world.start(remote(&peer.url, &[]));
    server.failed(Code::SignInNeeded).await;
    let waiting = server.until("waiting", |snapshot| snapshot.state == State::Backoff).await;
    assert_eq!(waiting.health().action, Action::Login);
    peer.state().refusal = None;
    assert_eq!(server.ready().await.failure, None);
    server.stop().await;
    world.ends().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_not_there_is_tried_until_it_is() {
    let world = World::new();
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = taken.local_addr().unwrap();
    drop(taken);
    let server = world.start(remote(&format!("http://{address}/mcp"), &[]));
    let failed = server.until("two failures", |snapshot| snapshot.failures >= 2).await;
    assert_eq!(failed.failure.as_ref().map(|failure| failure.code), Some(Code::UpstreamFailed), "{failed:?}");
    let peer = Peer::at(TcpListener::bind(address).await.unwrap());
    let ready = server.ready().await;
    assert!(ready.failure.is_none() && has_tool(&ready, "json"));
    server.stop().await;
    assert_eq!(peer.count("DELETE"), 1);
    world.ends().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_server_says_of_our_secrets_is_not_shown() {
    let world = World::new();
    let peer = Peer::start().await;
    let server = world.start(remote(&peer.url, &[("x-key", "${env:KNOWN}")]));
    let handle = server.ready().await.handle.clone().unwrap();
    peer.state().refusal = Some(StatusCode::FORBIDDEN);
    let error = ask(&handle, "json", json!({})).await.unwrap_err();
    assert_eq!(error.to_string(), "the server answered with HTTP status 403: key *** is not accepted");
    assert!(is_ready(&server.actor.snapshot()), "one refused call does not break the link");
    server.stop().await;

    let again = world.start(remote(&peer.url, &[("x-key", "${env:KNOWN}")]));
    let detail = again.failed(Code::UpstreamFailed).await;
    again.stop().await;
    assert!(detail.contains("key *** is") && !detail.contains(CANARY), "{detail}");
    world.ends().await;
}
