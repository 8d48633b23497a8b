//! What readers of events are told: nothing twice, nothing missing, or what is true now.

use std::time::Duration;

use http::Method;
use http_body_util::BodyExt as _;
use mcpproxy_domain::{Principal, phase::Phase, tool::Variant};
use mcpproxy_edge::{Body, Context, Face as _, Inbound, Origin, Request, RequestId};
use mcpproxy_management::{
    calls::{Call, tool_named},
    history,
};
use mcpproxy_wire::{Exchange, sse};
use serde_json::Value;
use tokio::time::timeout;

use super::stage::{HUNG, KEY, Stage};

/// A reader of events, by the rules of browsers.
struct Reader {
    body: Body,
    decoder: sse::Decoder,
    raw: String,
}

struct Told {
    kind: String,
    id: Option<String>,
    data: Value,
}

impl Stage {
    async fn reader(&self, last: Option<&str>) -> Reader {
        let mut request = Request::new(Inbound::empty());
        if let Some(last) = last {
            request.headers_mut().insert("last-event-id", last.parse().unwrap());
        }
        let context =
            Context { request_id: RequestId::random(), principal: Principal::KeyHolder, origin: Origin::Socket };
        let response = self.events.handle(request, context).await;
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        assert_eq!(response.headers()["cache-control"], "no-cache");
        Reader { body: response.into_body(), decoder: sse::Decoder::new(64 << 20), raw: String::new() }
    }

    /// A call that is refused at once.
    async fn call(&self, tool: &str) {
        let call = Call {
            tool: tool_named(tool).unwrap(),
            variant: Variant::Read,
            arguments: None,
            meta: None,
            knows_marks: false,
            principal: Principal::Owner,
            origin: history::Origin::default(),
        };
        self.management.calls.call(call, &Exchange::default()).await.unwrap_err();
    }
}

impl Reader {
    /// The next event; `None` = the stream has ended.
    async fn next(&mut self) -> Option<Told> {
        loop {
            if let Some(event) = self.decoder.next_event().unwrap() {
                let data = serde_json::from_slice(&event.data).unwrap();
                return Some(Told { kind: event.kind, id: event.id, data });
            }
            let frame = timeout(HUNG, self.body.frame()).await.expect("an event comes")?.unwrap();
            let bytes = frame.into_data().unwrap();
            self.raw.push_str(std::str::from_utf8(&bytes).unwrap());
            self.decoder.push(&bytes);
        }
    }

    /// The two events that tell what is true now: the number that they have.
    async fn snapshot(&mut self) -> String {
        let status = self.next().await.unwrap();
        assert_eq!((status.kind.as_str(), &status.data["running"]), ("status", &Value::from(true)));
        assert!(status.data["timestamp"].is_i64() && status.data["upstream_stats"].is_object());
        let servers = self.next().await.unwrap();
        assert_eq!(
            (servers.kind.as_str(), &servers.data["payload"]["reason"]),
            ("servers.changed", &"snapshot".into())
        );
        assert_eq!(servers.data["payload"]["servers"][0]["name"], "held");
        assert_eq!(servers.id, status.id);
        servers.id.unwrap()
    }

    /// The tools of the next calls that have ended.
    async fn calls(&mut self, count: usize) -> Vec<String> {
        let mut tools = Vec::new();
        while tools.len() < count {
            let told = self.next().await.expect("the stream goes on");
            if told.kind == "activity.tool_call.completed" {
                tools.push(told.data["payload"]["tool_name"].as_str().unwrap().to_owned());
            }
        }
        tools
    }
}

fn number(id: &str) -> u64 {
    id.split_once('-').unwrap().1.parse().unwrap()
}

#[tokio::test]
async fn what_is_true_comes_first_then_what_happens_in_order() {
    let stage = Stage::new().await;
    let mut reader = stage.reader(None).await;
    let first = reader.snapshot().await;
    assert!(reader.raw.starts_with(": SSE connection established\nretry: 5000\n\n"), "{}", reader.raw);
    let mut last = number(&first);
    for (tool, end) in [("none:one", "activity.tool_call.completed"), ("held:two", "activity.policy_decision")] {
        stage.call(tool).await;
        for kind in ["activity.tool_call.started", end] {
            let told = reader.next().await.unwrap();
            assert_eq!((told.kind.as_str(), &told.data["payload"]["tool_name"]), (kind, &Value::from(&tool[5..])));
            assert!(told.data["timestamp"].is_u64());
            let id = number(told.id.as_deref().unwrap());
            assert_eq!(id, last + 1, "no number is left out");
            last = id;
        }
    }
    let question = r#"{"tool_name":"retrieve_tools","arguments":{"query":"?"}}"#;
    let headers = [("X-API-Key", KEY), ("X-Request-Id", "mine-2")];
    stage.ask("POST", "/api/v1/tools/call", &headers, question).await;
    let told = reader.next().await.unwrap();
    let payload = &told.data["payload"];
    assert_eq!(told.kind, "activity.internal_tool_call.completed");
    assert_eq!(
        (&payload["internal_tool_name"], &payload["status"], &payload["request_id"], &payload["error_message"]),
        (&"retrieve_tools".into(), &"error".into(), &"mine-2".into(), &"the query is empty".into())
    );
    stage.api("POST", "/servers/io.x%2Foff/quarantine", "").await;
    let mut kinds = Vec::new();
    while kinds.len() < 4 {
        let told = reader.next().await.unwrap();
        if told.kind == "servers.changed" {
            let payload = &told.data["payload"];
            assert_eq!(payload["changed"], serde_json::json!(["io.x/off"]));
            assert_eq!(payload["servers"].as_array().unwrap().len(), 2);
            assert_eq!(payload["stats"]["quarantined_servers"], 2);
        }
        kinds.push(told.kind);
    }
    assert_eq!(kinds[0], "config.saved", "before anybody reads it");
    kinds.sort();
    assert_eq!(kinds, ["config.reloaded", "config.saved", "servers.changed", "status"]);
}

#[tokio::test]
async fn twenty_readers_miss_nothing() {
    let stage = Stage::new().await;
    let mut readers = Vec::new();
    for _ in 0..20 {
        let mut reader = stage.reader(None).await;
        reader.snapshot().await;
        readers.push(reader);
    }
    let expected: Vec<_> = (0..200).map(|number| format!("t{number}")).collect();
    for tool in &expected {
        stage.call(&format!("none:{tool}")).await;
    }
    for reader in &mut readers {
        assert_eq!(reader.calls(200).await, expected);
    }
}

#[tokio::test]
async fn whoever_comes_back_soon_goes_on_and_whoever_was_away_too_long_is_told_what_is_true() {
    let stage = Stage::new().await;
    let mut reader = stage.reader(None).await;
    let place = reader.snapshot().await;
    drop(reader);
    stage.call("none:meanwhile").await;
    let mut back = stage.reader(Some(&place)).await;
    assert_eq!(back.next().await.unwrap().kind, "status");
    assert_eq!(back.next().await.unwrap().kind, "activity.tool_call.started");
    assert_eq!(back.calls(1).await, ["meanwhile"]);
    for id in ["", "nonsense", "00000000-1", "00000000"] {
        stage.reader(Some(id)).await.snapshot().await;
    }
    // nobody takes anything of this one, until there is more than is kept
    let mut slow = stage.reader(None).await;
    let before = slow.snapshot().await;
    for number in 0..5000 {
        stage.call(&format!("none:t{number}")).await;
        if number % 50 == 0 {
            // the recorder has to keep up, as it does where calls take time
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
    let mut seen = 0;
    let after = loop {
        let told = slow.next().await.unwrap();
        if told.kind == "status" {
            break told.id.unwrap();
        }
        seen += 1;
    };
    assert!(seen < 5000 && number(&after) > number(&before) + 5000, "{seen} {after}");
    assert_eq!(slow.next().await.unwrap().data["payload"]["reason"], "snapshot");
    stage.call("none:last").await;
    while slow.calls(1).await != ["last"] {}
}

#[tokio::test(start_paused = true)]
async fn signs_of_life_and_the_end() {
    let stage = Stage::new().await;
    let mut reader = stage.reader(None).await;
    reader.snapshot().await;
    tokio::time::advance(Duration::from_secs(30)).await;
    let ping = reader.next().await.unwrap();
    assert_eq!((ping.kind.as_str(), ping.data["timestamp"].is_u64()), ("ping", true));
    stage.phase.send_replace(Phase::Draining(Duration::from_secs(1)));
    let status = reader.next().await.unwrap();
    assert_eq!((status.kind.as_str(), &status.data["status"]["phase"]), ("status", &"Stopping".into()));
    stage.scope.cancel();
    let mut kinds = Vec::new();
    while let Some(told) = reader.next().await {
        kinds.push(told.kind);
    }
    assert_eq!(kinds, ["activity.system.stop"]);
}

#[tokio::test(start_paused = true)]
async fn what_happens_while_nobody_reads_is_recorded_for_a_minute_and_no_longer() {
    let stage = Stage::new().await;
    let mut reader = stage.reader(None).await;
    let place = reader.snapshot().await;
    drop(reader);
    stage.call("none:soon").await;
    tokio::time::sleep(Duration::from_secs(40)).await;
    let mut back = stage.reader(Some(&place)).await;
    assert_eq!(back.calls(1).await, ["soon"]);
    drop(back);
    for number in 0..4 {
        stage.call(&format!("none:t{number}")).await;
        tokio::time::sleep(Duration::from_secs(20)).await;
    }
    stage.reader(Some(&place)).await.snapshot().await;
}

#[tokio::test]
async fn whoever_asks_for_the_head_gets_no_more() {
    let stage = Stage::new().await;
    let key = [("X-API-Key", KEY)];
    let reply = stage.ask("HEAD", "/events", &key, "").await;
    assert_eq!((reply.status, reply.header("Content-Type"), reply.body.as_str()), (200, Some("text/event-stream"), ""));
    assert!(reply.head.contains("\r\nCache-Control: no-cache\r\n"), "{}", reply.head);
    assert_eq!(stage.ask("GET", "/events", &[], "").await.status, 401);
    assert_eq!(stage.ask(Method::POST.as_str(), "/events", &key, "").await.status, 405);
}
