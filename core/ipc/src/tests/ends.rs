//! How it ends: the core stops, or is asked to.

use std::time::Duration;

use mcpproxy_domain::phase::Phase;
use mcpproxy_ipc_proto::{
    ConnectionError,
    call::{Ping, Shutdown},
    endpoint::Endpoint,
    frame::Kind,
    hello::ByeReason,
    transport::{TransportError, connect},
};
use serde_json::{Value, json};
use tokio::time::timeout;

use super::stage::{HUNG, Stage};
use crate::Limits;

#[tokio::test]
async fn a_drain_is_told_what_runs_may_finish_and_then_comes_the_farewell() {
    let limits = Limits { finish: Duration::from_millis(50), ..Limits::default() };
    for (tool, expected) in [("a:wait", json!("gone")), ("a:never", Value::Null)] {
        let stage = Stage::new(limits).await;
        let mut running = stage.stub.running.subscribe();
        let mut silent = stage.silent().await;
        let mut raw = stage.raw().await;
        raw.ask(1, "watch", json!({}), 1000).await;
        assert_eq!(raw.told().await.0, Kind::Reply);
        raw.call(2, tool).await;
        timeout(HUNG, running.wait_for(|count| *count == 1)).await.unwrap().unwrap();
        stage.stub.phase.send_replace(Phase::Draining(Duration::from_secs(45)));
        stage.scope.cancel();
        let event = json!({ "event": "core.phase", "phase": "draining", "deadline_ms": 45_000 });
        assert_eq!(raw.told().await, (Kind::Event, None, Some(1), event));
        stage.stub.go.notify_one();
        let (kind, id, _, body) = raw.told().await;
        assert_eq!((kind, id, &body["ok"]), (Kind::Reply, Some(2), &expected));
        assert_eq!(body["error"]["code"].as_str(), expected.is_null().then_some("DRAINING"));
        assert_eq!(raw.bye().await, "stopping");
        assert_eq!(silent.bye().await, "stopping");
        assert_eq!(stage.scope.drain(HUNG).await, Ok(()));
        let Endpoint::Socket(path) = &stage.endpoint else { panic!() };
        assert!(!path.exists(), "the socket goes with its listener");
        assert!(matches!(connect(&stage.endpoint).await, Err(TransportError::Absent { .. })));
    }
}

#[tokio::test]
async fn the_client_tells_why_the_connection_ended() {
    let stage = Stage::new(Limits::default()).await;
    let (client, mut incoming, _) = stage.client().await.unwrap();
    client.call(&Ping {}, HUNG).await.unwrap();
    stage.scope.cancel();
    assert!(timeout(HUNG, incoming.next()).await.unwrap().is_none());
    let Err(ConnectionError::Bye(bye)) = client.call(&Ping {}, HUNG).await else { panic!() };
    assert_eq!(bye.reason, ByeReason::Stopping);
}

#[tokio::test]
async fn the_answer_to_a_request_to_stop_comes_first() {
    let stage = Stage::new(Limits::default()).await;
    let mut stopped = stage.stub.stopped.subscribe();
    let (client, _incoming, _) = stage.client().await.unwrap();
    // as the core does: whoever is told to stop closes everything
    let (scope, stub) = (stage.scope.clone(), std::sync::Arc::clone(&stage.stub));
    tokio::spawn(async move {
        stub.stopped.subscribe().wait_for(|count| *count == 1).await.unwrap();
        scope.cancel();
    });
    client.call(&Shutdown {}, HUNG).await.unwrap();
    timeout(HUNG, stopped.wait_for(|count| *count == 1)).await.unwrap().unwrap();
    assert_eq!(stage.scope.drain(HUNG).await, Ok(()));
}
