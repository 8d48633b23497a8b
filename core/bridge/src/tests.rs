//! The bridge between a scripted client and a scripted core.

mod core;

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use http::Request;
use mcpproxy_task::Scope;
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, DuplexStream, Lines, ReadHalf, WriteHalf},
    sync::{Semaphore, mpsc},
    task::JoinHandle,
};

use self::core::{Core, Says};

const HELLO: &str =
    r#"{"jsonrpc":"2.0", "id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","z":1.10}}"#;
const HELLO_ANSWER: &str = r#"{"jsonrpc":"2.0","id":0,"result":{"protocolVersion":"2025-06-18"}}"#;
const INITIALIZED: &str = r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#;

/// The client's end.
struct Client {
    to: Option<WriteHalf<DuplexStream>>,
    from: Lines<BufReader<ReadHalf<DuplexStream>>>,
    bridge: JoinHandle<()>,
}

impl Client {
    fn of(core: &Core) -> Self {
        let (near, far) = tokio::io::duplex(1 << 16);
        let (from_client, to_client) = tokio::io::split(far);
        let core = core.clone();
        let bridge = tokio::spawn(async move {
            crate::run(from_client, to_client, Box::new(core), "/mcp".parse().unwrap(), &Scope::new()).await;
        });
        let (from, to) = tokio::io::split(near);
        Self { to: Some(to), from: BufReader::new(from).lines(), bridge }
    }

    async fn say(&mut self, line: &str) {
        self.to.as_mut().unwrap().write_all(format!("{line}\n").as_bytes()).await.unwrap();
    }

    async fn hear(&mut self) -> String {
        self.from.next_line().await.unwrap().unwrap()
    }

    async fn open(&mut self) {
        self.say(HELLO).await;
        assert_eq!(self.hear().await, HELLO_ANSWER);
        self.say(INITIALIZED).await;
    }

    /// Closes its side and gives what still came.
    async fn close(mut self) -> Vec<String> {
        self.to.take().unwrap().shutdown().await.unwrap();
        let mut rest = Vec::new();
        while let Some(line) = self.from.next_line().await.unwrap() {
            rest.push(line);
        }
        self.bridge.await.unwrap();
        rest
    }
}

fn json(text: &str) -> Says {
    Says::Whole(200, vec![], text.as_bytes().to_vec())
}

/// What every core says: it opens sessions, takes notifications, and has no stream of its own.
fn usual(request: &Request<Bytes>) -> Option<Says> {
    match (request.method().as_str(), member(request, "method").as_str(), member(request, "id").is_empty()) {
        ("POST", "initialize", _) => {
            Some(Says::Whole(200, vec![("mcp-session-id", "s1")], HELLO_ANSWER.as_bytes().to_vec()))
        }
        ("POST", _, true) => Some(Says::Whole(202, vec![], vec![])),
        ("GET", ..) => Some(Says::Whole(405, vec![], vec![])),
        ("DELETE", ..) => Some(Says::Whole(200, vec![], vec![])),
        _ => None,
    }
}

fn member(request: &Request<Bytes>, name: &str) -> String {
    let value: Value = serde_json::from_slice(request.body()).unwrap_or_default();
    match &value[name] {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn call(id: &str) -> String {
    format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"tools/call","params":{{"name":"x"}}}}"#)
}

fn code(line: &str) -> (Value, i64, String) {
    let line: Value = serde_json::from_str(line).unwrap();
    let error = &line["error"];
    (line["id"].clone(), error["code"].as_i64().unwrap(), error["message"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn bytes_go_both_ways_as_they_are_and_the_session_goes_along() {
    let (events, chunks) = mpsc::channel(8);
    let chunks = std::sync::Mutex::new(Some(chunks));
    let core = Core::new(move |request| match (request.method().as_str(), member(request, "id").as_str()) {
        ("GET", _) => Says::Events(chunks.lock().unwrap().take().unwrap()),
        ("POST", "a") => json("{\"id\" : \"a\",\r\n \"result\":{\"n\":12345678901234567890.10,\n\t\"b\":\"\\n\"}}"),
        _ => usual(request).unwrap(),
    });
    let mut client = Client::of(&core);
    client.open().await;
    let odd = r#"  { "method":"tools/call" ,"params":{"b":1.10,"a":9007199254740993},"jsonrpc":"2.0","id":"a"}  "#;
    client.say(odd).await;
    let answer = "{\"id\" : \"a\",   \"result\":{\"n\":12345678901234567890.10, \t\"b\":\"\\n\"}}";
    assert_eq!(client.hear().await, answer);
    client.say("\r").await;
    client.say("nonsense").await;
    assert_eq!(code(&client.hear().await).1, -32700);
    for event in [": alive\n\n", "data: {\"method\":\ndata: \"x\"}\n\n", "event: other\ndata: {}\n\n", "data:\n\n"] {
        events.send(Bytes::from(event)).await.unwrap();
    }
    assert_eq!(client.hear().await, r#"{"method": "x"}"#);
    assert!(client.close().await.is_empty());
    let mut asked = core.asked(5).await;
    // the stream is opened beside the rest
    asked.sort();
    assert_eq!(
        asked,
        [
            "DELETE /mcp s1/2025-06-18/- ",
            "GET /mcp s1/2025-06-18/- ",
            &format!("POST /mcp -/-/- {HELLO}"),
            &format!("POST /mcp s1/2025-06-18/- {odd}"),
            &format!("POST /mcp s1/2025-06-18/- {INITIALIZED}"),
        ]
    );
}

#[tokio::test]
async fn a_stream_is_told_in_order_until_its_answer() {
    let core = Core::new(|request| match member(request, "id").as_str() {
        "1" => {
            let (events, chunks) = mpsc::channel(8);
            for event in
                ["data: {\"n\":1}\n\nda", "ta: {\"n\":2}\n\n", "data: {\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}\n\n"]
            {
                events.try_send(Bytes::from(event)).unwrap();
            }
            Says::Events(chunks)
        }
        "2" => {
            let (events, chunks) = mpsc::channel(8);
            events.try_send(Bytes::from("data: {\"n\":3}\n\n")).unwrap();
            Says::Events(chunks)
        }
        _ => usual(request).unwrap(),
    });
    let mut client = Client::of(&core);
    client.open().await;
    client.say(&call("1")).await;
    for line in [r#"{"n":1}"#, r#"{"n":2}"#, r#"{"jsonrpc":"2.0","id":1,"result":{}}"#] {
        assert_eq!(client.hear().await, line);
    }
    client.say(&call("2")).await;
    assert_eq!(client.hear().await, r#"{"n":3}"#);
    assert_eq!(code(&client.hear().await).0, 2, "a stream without its answer is answered");
}

#[tokio::test]
async fn requests_run_side_by_side_behind_the_notifications_before_them() {
    let gate = Arc::new(Semaphore::new(0));
    let waiting = Arc::clone(&gate);
    let core = Core::new(move |request| match member(request, "id").as_str() {
        "1" => Says::Nothing,
        "2" => {
            waiting.add_permits(1);
            json(r#"{"jsonrpc":"2.0","id":2,"result":{}}"#)
        }
        _ => usual(request).unwrap(),
    });
    let mut client = Client::of(&core);
    client.open().await;
    client.say(&call("1")).await;
    client.say(r#"{"jsonrpc":"2.0","method":"notifications/roots/list_changed"}"#).await;
    client.say(&call("2")).await;
    assert_eq!(client.hear().await, r#"{"jsonrpc":"2.0","id":2,"result":{}}"#);
    let _ = gate.acquire().await.unwrap();
    let asked = core.asked(6).await;
    let place = |text: &str| asked.iter().position(|asked| asked.contains(text)).unwrap();
    assert!(place("roots/list_changed") < place("\"id\":2"), "{asked:?}");
    client.say(&call("1")).await;
    assert_eq!(code(&client.hear().await).0, 1, "an id that is under way");
}

#[tokio::test]
async fn what_is_withdrawn_is_told_and_heard_of_no_more() {
    let (ends, ended) = mpsc::channel::<Bytes>(1);
    let kept = std::sync::Mutex::new(Some(ended));
    let (answers, late) = mpsc::channel::<Bytes>(1);
    let late = std::sync::Mutex::new(Some(late));
    let core = Core::new(move |request| match member(request, "id").as_str() {
        "1" => Says::Events(late.lock().unwrap().take().unwrap()),
        "2" => Says::Events(kept.lock().unwrap().take().unwrap()),
        "3" => json(r#"{"jsonrpc":"2.0","id":3,"result":{}}"#),
        _ => usual(request).unwrap(),
    });
    let mut client = Client::of(&core);
    client.open().await;
    client.say(&call("1")).await;
    core.asked(4).await;
    let cancel = r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}"#;
    client.say(cancel).await;
    let mut asked = core.asked.subscribe();
    asked.wait_for(|asked| asked.iter().any(|asked| asked.ends_with(cancel))).await.unwrap();
    answers.send(Bytes::from("data: {\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}\n\n")).await.unwrap();
    drop(answers);
    // in the stateless era the closed connection says it
    let stateless = r#""_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}"#;
    client.say(&format!(r#"{{"jsonrpc":"2.0","id":2,"method":"tools/list","params":{{{stateless}}}}}"#)).await;
    asked.wait_for(|asked| asked.iter().any(|asked| asked.contains("-/2026-07-28/tools/list"))).await.unwrap();
    client.say(&cancel.replace(":1", ":2")).await;
    ends.closed().await;
    client.say(&call("3")).await;
    assert_eq!(client.hear().await, r#"{"jsonrpc":"2.0","id":3,"result":{}}"#);
    assert!(!asked.borrow().iter().any(|asked| asked.contains("\"requestId\":2")));
}

#[tokio::test(start_paused = true)]
async fn a_core_that_comes_back_is_waited_for_and_nothing_is_done_twice() {
    let core = Core::new(|request| match member(request, "id").as_str() {
        "1" => Says::Nothing,
        "2" => json(r#"{"jsonrpc":"2.0","id":2,"result":{}}"#),
        _ => usual(request).unwrap(),
    });
    let mut client = Client::of(&core);
    client.open().await;
    client.say(&call("1")).await;
    let before = core.asked(4).await.len();
    core.kill().await;
    let (id, number, told) = code(&client.hear().await);
    assert_eq!((id, number), (1.into(), -32000));
    assert!(told.contains("restarted"), "{told}");
    client.say(&call("2")).await;
    let mut dialed = core.dialed.subscribe();
    dialed.wait_for(|dialed| dialed.iter().filter(|is_awaited| **is_awaited).count() >= 5).await.unwrap();
    core.start();
    assert_eq!(client.hear().await, r#"{"jsonrpc":"2.0","id":2,"result":{}}"#);
    let after = core.asked(before + 1).await;
    assert!(after[before..].iter().any(|asked| asked.starts_with("POST /mcp s1/2025-06-18/- ")), "the same session");
    assert_eq!(after.iter().filter(|asked| asked.contains("\"id\":1,")).count(), 1, "never sent again");
    core.kill().await;
    client.say(&call("3")).await;
    let (id, _, told) = code(&client.hear().await);
    assert!(id == 3 && told.contains("no core runs"), "{told}");
}

#[tokio::test]
async fn a_session_that_is_lost_is_opened_anew_with_what_the_client_said_and_only_once() {
    let core = Core::new(|request| {
        let session = request.headers().get("mcp-session-id").map_or("", |id| id.to_str().unwrap());
        match (member(request, "method").as_str(), session) {
            ("initialize", _) if member(request, "id") == "0" => usual(request).map(|says| match says {
                Says::Whole(status, _, body) => Says::Whole(status, vec![("mcp-session-id", "s2")], body),
                other => other,
            }),
            ("tools/call", "s2") if member(request, "id") == "1" => {
                Some(json(r#"{"jsonrpc":"2.0","id":1,"result":{}}"#))
            }
            ("tools/call", _) => {
                let gone = r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32001,"message":"Session not found"}}"#;
                Some(Says::Whole(404, vec![], gone.as_bytes().to_vec()))
            }
            _ => usual(request),
        }
        .unwrap()
    });
    let mut client = Client::of(&core);
    client.open().await;
    client.say(&call("1")).await;
    assert_eq!(client.hear().await, r#"{"jsonrpc":"2.0","id":1,"result":{}}"#);
    client.say(&call("2")).await;
    assert_eq!(code(&client.hear().await), (2.into(), -32001, "Session not found".to_owned()));
    let asked = core.asked.borrow().clone();
    assert_eq!(asked.iter().filter(|asked| asked.contains("\"id\":2,")).count(), 2, "{asked:?}");
    assert_eq!(asked.iter().filter(|asked| asked.ends_with(HELLO)).count(), 2, "{asked:?}");
    assert_eq!(asked.iter().filter(|asked| asked.ends_with(INITIALIZED)).count(), 2, "{asked:?}");
}

#[tokio::test]
async fn whatever_http_says_is_the_answer_to_its_request() {
    let core = Core::new(|request| match member(request, "id").as_str() {
        "1" => {
            let body = br#"{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"no","data":[1.10]}}"#;
            Says::Whole(400, vec![], body.to_vec())
        }
        "2" => Says::Whole(503, vec![("content-type", "text/plain")], b"too many\nconnections".to_vec()),
        "3" => Says::Whole(202, vec![], vec![]),
        "4" => Says::Whole(404, vec![], br#"{"jsonrpc":"2.0","id":4,"error":{"code":-32601,"message":"m"}}"#.to_vec()),
        _ => usual(request).unwrap(),
    });
    let mut client = Client::of(&core);
    // without a session there is none to open anew
    client.say(&call("1")).await;
    let verbatim = r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32600,"message":"no","data":[1.10]}}"#;
    assert_eq!(client.hear().await, verbatim);
    client.say(&call("2")).await;
    let (id, _, told) = code(&client.hear().await);
    assert!(id == 2 && told.contains("503: too many"), "{told}");
    client.say(&call("3")).await;
    assert_eq!(code(&client.hear().await).0, 3);
    client.say(&call("4")).await;
    assert_eq!(client.hear().await, r#"{"jsonrpc":"2.0","id":4,"error":{"code":-32601,"message":"m"}}"#);
}

#[tokio::test(start_paused = true)]
async fn the_end_of_the_client_waits_for_its_answers_but_not_for_ever() {
    let core = Core::new(|request| match member(request, "id").as_str() {
        "1" => {
            let (events, chunks) = mpsc::channel(1);
            tokio::spawn(async move {
                tokio::time::sleep(Duration::from_secs(3)).await;
                let answer = "data: {\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}\n\n";
                events.send(Bytes::from(answer)).await.unwrap();
            });
            Says::Events(chunks)
        }
        "2" => Says::Nothing,
        _ => usual(request).unwrap(),
    });
    let mut client = Client::of(&core);
    client.open().await;
    client.say(&call("1")).await;
    client.say(&call("2")).await;
    let begun = tokio::time::Instant::now();
    assert_eq!(client.close().await, [r#"{"jsonrpc":"2.0","id":1,"result":{}}"#]);
    assert_eq!(begun.elapsed().as_secs(), 5);
    assert!(core.asked.borrow().last().unwrap().starts_with("DELETE"), "the session is ended");
}
