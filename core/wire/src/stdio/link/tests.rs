//! The link against a scripted peer at the other end of two pipes.

use std::{sync::Mutex, time::Duration};

use serde_json::value::RawValue;
use tokio::{
    io::{AsyncBufReadExt, BufReader, DuplexStream, ReadHalf, WriteHalf},
    sync::mpsc,
};

use super::*;
use crate::{Exchange, Message, Progress, Timing};

#[derive(Default)]
struct Ears(Mutex<Vec<String>>);

impl Listener for Ears {
    fn notified(&self, message: Message) {
        self.0.lock().unwrap().push(message.method.into_owned());
    }
    fn noise(&self, line: &[u8]) {
        self.0.lock().unwrap().push(format!("noise {}", String::from_utf8_lossy(line)));
    }
}

struct Peer {
    lines: tokio::io::Lines<BufReader<ReadHalf<DuplexStream>>>,
    out: WriteHalf<DuplexStream>,
}

impl Peer {
    async fn heard(&mut self) -> String {
        self.lines.next_line().await.unwrap().unwrap_or_else(|| "end".to_owned())
    }
    async fn says(&mut self, text: &str) {
        self.out.write_all(format!("{text}\n").as_bytes()).await.unwrap();
    }
}

fn scripted(cap: usize) -> (Link, Peer, Arc<Ears>) {
    let (ours, theirs) = tokio::io::duplex(1 << 20);
    let (from_peer, to_peer) = tokio::io::split(ours);
    let ears = Arc::new(Ears::default());
    let (link, work) = connect(from_peer, to_peer, Limits { message_cap: cap }, Arc::clone(&ears) as _);
    tokio::spawn(work);
    let (read, out) = tokio::io::split(theirs);
    (link, Peer { lines: BufReader::new(read).lines(), out }, ears)
}

fn ask(link: &Link, exchange: Exchange, limit: Duration) -> tokio::task::JoinHandle<String> {
    let link = link.clone();
    tokio::spawn(async move {
        let params = RawValue::from_string("{\n \"n\":1,\"_meta\":{\"k\":2}}".to_owned()).unwrap();
        let message = Message { method: "tools/call".into(), params: Some(params) };
        match link.request(&message, &exchange, Timing { silence: limit, total: limit * 10 }).await {
            Ok(Ok(result)) => result.get().to_owned(),
            Ok(Err(error)) => format!("error {}", error.raw().get()),
            Err(error) => format!("link: {error}"),
        }
    })
}

const LONG: Duration = Duration::from_secs(60);

#[tokio::test(start_paused = true)]
async fn answers_find_their_callers_in_any_order_and_unchanged() {
    let (link, mut peer, ears) = scripted(1 << 20);
    let (first, second) = (ask(&link, Exchange::default(), LONG), ask(&link, Exchange::default(), LONG));
    assert_eq!(
        peer.heard().await,
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{  "n":1,"_meta":{"k":2}}}"#
    );
    assert!(peer.heard().await.contains(r#""id":2"#));
    peer.says("Server started").await;
    peer.says(r#"{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}"#).await;
    peer.says(r#"{"jsonrpc":"2.0","id":"p","method":"ping"}"#).await;
    assert_eq!(peer.heard().await, r#"{"jsonrpc":"2.0","id":"p","result":{}}"#);
    peer.says(r#"{"jsonrpc":"2.0","id":9,"method":"roots/list"}"#).await;
    assert!(peer.heard().await.contains("-32601"));
    peer.says(r#"{"jsonrpc":"2.0","id":77,"result":"for nobody"}"#).await;
    peer.says(r#"{"result":{"b": 1.10,"a":null},"jsonrpc":"2.0","id":2}"#).await;
    peer.says(r#"{"jsonrpc":"2.0","id":1,"error":{"code":4711,"message":"m","data":{"x":[]}}}"#).await;
    assert_eq!(second.await.unwrap(), r#"{"b": 1.10,"a":null}"#);
    assert_eq!(first.await.unwrap(), r#"error {"code":4711,"message":"m","data":{"x":[]}}"#);
    assert_eq!(*ears.0.lock().unwrap(), ["noise Server started", "notifications/tools/list_changed"]);
}

#[tokio::test(start_paused = true)]
async fn progress_comes_in_order_under_the_callers_token_and_keeps_the_call_alive() {
    let (link, mut peer, _) = scripted(1 << 20);
    let (sink, mut seen) = mpsc::channel(16);
    let token = RawValue::from_string("\"tok\"".to_owned()).unwrap();
    let exchange = Exchange { progress: Some(Progress::new(token, sink)), ..Exchange::default() };
    let call = ask(&link, exchange, Duration::from_secs(10));
    assert!(peer.heard().await.contains(r#""_meta":{"k":2,"progressToken":1}"#));
    for step in 0..5 {
        tokio::time::sleep(Duration::from_secs(8)).await;
        peer.says(&format!(
            r#"{{"jsonrpc":"2.0","method":"notifications/progress","params":{{"progressToken":1,"progress":{step},"v":{{}}}}}}"#
        ))
        .await;
        let told = seen.recv().await.unwrap();
        assert_eq!(told.get(), format!(r#"{{"progressToken":"tok","progress":{step},"v":{{}}}}"#));
    }
    peer.says(r#"{"jsonrpc":"2.0","id":1,"result":1}"#).await;
    assert_eq!(call.await.unwrap(), "1");
}

#[tokio::test(start_paused = true)]
async fn whoever_gives_up_cancels_with_our_id() {
    let (link, mut peer, _) = scripted(1 << 20);
    let exchange = Exchange::default();
    let call = ask(&link, exchange.clone(), LONG);
    peer.heard().await;
    exchange.cancel.cancel();
    assert_eq!(call.await.unwrap(), "link: the request was cancelled");
    assert!(peer.heard().await.contains(r#""method":"notifications/cancelled","params":{"requestId":1"#));
    let call = ask(&link, Exchange::default(), Duration::from_secs(2));
    peer.heard().await;
    assert_eq!(call.await.unwrap(), "link: the server did not answer within 2 s");
    assert!(peer.heard().await.contains(r#""requestId":2"#));
    let call = ask(&link, Exchange::default(), LONG);
    peer.heard().await;
    call.abort();
    assert!(peer.heard().await.contains(r#""requestId":3"#));
}

#[tokio::test(start_paused = true)]
async fn the_end_of_the_peer_ends_every_call_at_once() {
    let (link, peer, _) = scripted(1 << 20);
    let (first, second) = (ask(&link, Exchange::default(), LONG), ask(&link, Exchange::default(), LONG));
    tokio::task::yield_now().await;
    drop(peer);
    for call in [first, second] {
        assert!(call.await.unwrap().starts_with("link: the connection to the server"));
    }
    link.closed().await;
    assert_eq!(ask(&link, Exchange::default(), LONG).await.unwrap(), "link: the connection to the server is closed");
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_too_large_fails_its_own_call_only() {
    let (link, mut peer, _) = scripted(1000);
    let mut calls: Vec<_> = (0..3).map(|_| ask(&link, Exchange::default(), LONG)).collect();
    for _ in 0..3 {
        peer.heard().await;
    }
    let too_large = "link: a message is larger than 1000 bytes";
    let filler = format!("\\\"id\\\":3 {}", "x".repeat(5000));
    // nobody waits for the end of what says at once whose it is
    let beginning = format!(r#"{{"jsonrpc":"2.0","id":1,"result":"{filler}"#);
    peer.out.write_all(beginning.as_bytes()).await.unwrap();
    assert_eq!(calls.remove(0).await.unwrap(), too_large);
    peer.says("\"}").await;
    peer.says(&format!(r#"{{"jsonrpc":"2.0","method":"notifications/message","params":"{filler}"}}"#)).await;
    peer.says(&filler).await;
    peer.says(&format!(r#"{{"result":{{"t":"{filler}"}},"jsonrpc":"2.0","id":2}}"#)).await;
    peer.says(r#"{"jsonrpc":"2.0","id":3,"result":3}"#).await;
    let mut told = vec![];
    for call in calls {
        told.push(call.await.unwrap());
    }
    assert_eq!(told, [too_large, "3"]);
}

#[tokio::test(start_paused = true)]
async fn hanging_up_lets_the_peer_see_the_end_of_its_input() {
    let (link, mut peer, _) = scripted(1000);
    link.hang_up();
    assert_eq!(peer.heard().await, "end");
}
