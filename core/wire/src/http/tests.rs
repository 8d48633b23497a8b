//! The link against a scripted peer that writes its answers byte by byte.

use std::{sync::Arc, time::Duration};

use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};

use super::*;
use crate::{Exchange, Limits, Listener, Message, Timing};

/// What has not happened by then never will.
const LONG: Duration = Duration::from_secs(20);
const CAP: usize = 1000;
/// Keeps the connection open behind the answer: who waits for its end waits for ever.
const OPEN: &str = "x-stays: open\r\n";
const EVENTS: &str = "content-type: text/event-stream\r\nconnection: close\r\n\r\n";

struct Deaf;

impl Listener for Deaf {
    fn notified(&self, _: Message) {}
    fn noise(&self, _: &[u8]) {}
}

/// A server whose answer to `n` is the `n`-th of these; each may say `ID` for the id of the request.
async fn server(answers: Vec<String>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/mcp", listener.local_addr().unwrap());
    let answers = Arc::new(answers);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, Arc::clone(&answers)));
        }
    });
    url
}

/// One request; then the connection ends once the client has read, or has gone.
async fn serve(stream: TcpStream, answers: Arc<Vec<String>>) {
    let mut stream = BufReader::new(stream);
    let (mut line, mut length) = (String::new(), 0);
    while line != "\r\n" {
        line.clear();
        if stream.read_line(&mut line).await.unwrap_or(0) == 0 {
            return;
        }
        if let Some(said) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = said.trim().parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.unwrap();
    let asked: serde_json::Value = serde_json::from_slice(&body).unwrap();
    let Some(which) = asked["params"].as_u64() else { return };
    let answer = answers[usize::try_from(which).unwrap()].replace("ID", &asked["id"].to_string());
    let _ = stream.get_mut().write_all(format!("HTTP/1.1 200 OK\r\n{answer}").as_bytes()).await;
    if answer.contains(OPEN) {
        let _ = stream.read(&mut [0]).await;
    }
}

async fn ask(link: &Link, which: usize) -> String {
    let message = Message::new("tools/call", &which);
    match link.request(&message, &Exchange::default(), Timing::within(LONG)).await {
        Ok(Ok(result)) => result.get().to_owned(),
        other => format!("{other:?}"),
    }
}

#[tokio::test]
async fn an_answer_that_is_too_large_fails_its_own_call_without_being_awaited() {
    let filler = "x".repeat(2 * CAP);
    let large = format!(r#"{{"jsonrpc":"2.0","id":ID,"result":"{filler}"}}"#);
    let small = r#"{"jsonrpc":"2.0","id":ID,"result":"small"}"#;
    let json = "content-type: application/json\r\nconnection: close\r\n";
    let chunk = |text: &str| format!("{:x}\r\n{text}\r\n", text.len());
    let url = server(vec![
        format!("{json}{OPEN}content-length: 9000000000\r\n\r\n"),
        format!("{json}{OPEN}transfer-encoding: chunked\r\n\r\n{}", chunk(&filler)),
        format!("{json}\r\n{large}"),
        format!("{OPEN}{EVENTS}data: {filler}"),
        format!("{OPEN}{EVENTS}{}", format!("data: {}\n", "x".repeat(100)).repeat(20)),
        format!("{EVENTS}: {filler}\nid: {filler}\n\ndata: {small}\n\n"),
        format!("{json}\r\n{small}"),
    ])
    .await;
    let link = Link::new(&url, [], Limits { message_cap: CAP }, Arc::new(Deaf)).unwrap();
    for which in 0..5 {
        let told = tokio::time::timeout(LONG, ask(&link, which)).await;
        assert_eq!(told.as_deref(), Ok("Err(TooLarge(1000))"), "{which}");
    }
    for which in 5..7 {
        assert_eq!(ask(&link, which).await, "\"small\"", "{which}");
    }
    assert_eq!(link.in_flight(), 0);
}
