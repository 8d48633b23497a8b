//! Watches: no gap and nothing twice, and what becomes of those who do not keep up.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use mcpproxy_ipc_proto::{
    FRAME_CAP,
    call::{Ping, Watch},
    frame::Kind,
    view::PhaseView,
    watch::{Event, Topic},
};
use serde_json::json;
use tokio::time::timeout;

use super::stage::{HUNG, Stage, ended};
use crate::Limits;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_missing_and_nothing_comes_twice_between_snapshot_and_events() {
    let stage = Stage::new(Limits::default()).await;
    let (client, mut incoming, _) = stage.client().await.unwrap();
    let (stub, enough) = (Arc::clone(&stage.stub), Arc::new(AtomicBool::new(false)));
    let ends = Arc::clone(&enough);
    let world = tokio::task::spawn_blocking(move || {
        while !ends.load(Ordering::Relaxed) {
            stub.happen();
            std::thread::sleep(Duration::from_micros(20));
        }
    });
    let mut last = 0;
    for _ in 0..50 {
        let snapshot = client.call(&Watch { topics: Vec::new() }, HUNG).await.unwrap();
        let mut count = snapshot.status.upstream_stats.calls;
        assert!(snapshot.seq >= last, "numbers go on");
        let mut seq = snapshot.seq;
        for _ in 0..20 {
            let (number, event) = loop {
                let (number, event) = timeout(HUNG, incoming.next()).await.unwrap().unwrap();
                if number > snapshot.seq {
                    break (number, event);
                }
            };
            if event == (Event::Lagged {}) {
                break;
            }
            (seq, count) = (seq + 1, count + 1);
            assert_eq!((number, event), (seq, ended(count)));
        }
        last = seq;
    }
    enough.store(true, Ordering::Relaxed);
    world.await.unwrap();
}

#[tokio::test]
async fn whoever_does_not_read_is_told_once_that_it_lagged() {
    let stage = Stage::new(Limits::default()).await;
    let mut raw = stage.raw().await;
    raw.ask(1, "watch", json!({ "topics": ["calls"] }), 60_000).await;
    assert_eq!(raw.told().await.3["ok"]["seq"], 0);
    for _ in 0..50_000 {
        stage.stub.happen();
    }
    let mut next = 1;
    loop {
        let (kind, _, seq, body) = raw.told().await;
        assert_eq!((kind, seq), (Kind::Event, Some(next)));
        if body["event"] == "lagged" {
            break;
        }
        assert_eq!(body["call"]["id"], next.to_string());
        next += 1;
    }
    assert!(next < 50_000, "the events were bounded");
    stage.stub.happen();
    raw.ask(2, "ping", json!({}), 60_000).await;
    assert_eq!(raw.told().await.1, Some(2), "nothing more is told, and calls are answered");
    raw.ask(3, "watch", json!({}), 60_000).await;
    let (_, id, _, body) = raw.told().await;
    assert_eq!((id, &body["ok"]["seq"]), (Some(3), &json!(next)));
    assert_eq!(body["ok"]["status"]["upstream_stats"]["calls"], 50_001);
    stage.stub.happen();
    let (_, _, seq, body) = raw.told().await;
    assert_eq!((seq, &body["call"]["id"]), (Some(next + 1), &json!("50002")));
}

#[tokio::test]
async fn whoever_reads_nothing_for_too_long_is_let_go_and_nobody_waits_for_them() {
    let stage = Stage::new(Limits { silence: Duration::from_millis(50), ..Limits::default() }).await;
    let mut raw = stage.raw().await;
    raw.ask(1, "watch", json!({}), 60_000).await;
    assert_eq!(raw.told().await.0, Kind::Reply);
    // more than the system holds for a reader
    for _ in 0..100 {
        stage.stub.tell(Event::SettingsRead { problems: vec!["x".repeat(FRAME_CAP / 2)] });
    }
    let (client, _incoming, _) = stage.client().await.unwrap();
    client.call(&Ping {}, HUNG).await.unwrap();
    drop(client);
    stage.empty().await;
    while raw.next().await.is_some() {}
}

#[tokio::test]
async fn only_what_was_asked_for_is_told_and_the_last_watch_counts() {
    let stage = Stage::new(Limits::default()).await;
    let (client, mut incoming, _) = stage.client().await.unwrap();
    let phase = || Event::PhaseChanged { phase: PhaseView::Ready, deadline_ms: None };
    let mut seq = 0;
    for (topics, expected) in [
        (vec![Topic::Core], vec![phase()]),
        (vec![Topic::Other], vec![]),
        (vec![Topic::Servers, Topic::Calls], vec![ended(1)]),
        (vec![], vec![ended(1), phase()]),
    ] {
        let snapshot = client.call(&Watch { topics: topics.clone() }, HUNG).await.unwrap();
        assert_eq!(snapshot.seq, seq, "{topics:?}");
        stage.stub.tell(ended(1));
        stage.stub.tell(phase());
        for event in expected {
            seq += 1;
            assert_eq!(timeout(HUNG, incoming.next()).await.unwrap(), Some((seq, event)), "{topics:?}");
        }
    }
}

#[tokio::test]
async fn an_event_that_no_frame_holds_and_a_watcher_that_breaks_down_cost_only_the_watch() {
    let stage = Stage::new(Limits::default()).await;
    let (client, mut incoming, _) = stage.client().await.unwrap();
    let watch = Watch { topics: Vec::new() };
    client.call(&watch, HUNG).await.unwrap();
    stage.stub.tell(Event::SettingsRead { problems: vec!["x".repeat(FRAME_CAP)] });
    assert_eq!(timeout(HUNG, incoming.next()).await.unwrap(), Some((1, Event::Lagged {})));
    assert_eq!(client.call(&watch, HUNG).await.unwrap().seq, 1);
    // a phase that the stand-in does not know how to tell
    stage.stub.phase.send_replace(mcpproxy_domain::phase::Phase::Stopped);
    assert_eq!(timeout(HUNG, incoming.next()).await.unwrap(), Some((2, Event::Lagged {})));
    client.call(&Ping {}, HUNG).await.unwrap();
    assert_eq!(stage.stub.snapshots.load(Ordering::Relaxed), 2);
}
