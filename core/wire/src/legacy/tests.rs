//! The link against a scripted peer that speaks plain HTTP over the loopback.

use std::sync::Mutex;

use serde_json::value::RawValue;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream, tcp::OwnedWriteHalf},
    sync::mpsc,
};

use super::*;
use crate::{Exchange, Message, Progress, Timing};

/// What has not happened by then never will.
const LONG: Duration = Duration::from_secs(20);
const ENDPOINT: &str = "event: endpoint\ndata: /post?session=1\n\n";

#[derive(Default)]
struct Ears(Mutex<Vec<String>>);

impl Listener for Ears {
    fn notified(&self, message: Message) {
        self.0.lock().unwrap().push(message.method.into_owned());
    }
    fn noise(&self, message: &[u8]) {
        self.0.lock().unwrap().push(format!("noise {}", String::from_utf8_lossy(message)));
    }
}

/// A request that came in, and the connection that waits for its answer.
struct Asked {
    line: String,
    key: bool,
    body: String,
    out: OwnedWriteHalf,
}

impl Asked {
    async fn answer(&mut self, status: &str, body: &str) {
        let head = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n\r\n{body}", body.len());
        self.out.write_all(head.as_bytes()).await.unwrap();
    }

    /// Begins an event stream that ends with the connection.
    async fn stream(&mut self, text: &str) {
        let head = format!("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n{text}");
        self.out.write_all(head.as_bytes()).await.unwrap();
    }

    async fn says(&mut self, message: &str) {
        self.out.write_all(format!("event: message\ndata: {message}\n\n").as_bytes()).await.unwrap();
    }
}

/// Where requests come in; each on a connection of its own or not, as the client likes.
struct Peer {
    url: String,
    asked: mpsc::Receiver<Asked>,
}

impl Peer {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/sse?token=t", listener.local_addr().unwrap());
        let (heard, asked) = mpsc::channel(16);
        tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                tokio::spawn(serve(connection, heard.clone()));
            }
        });
        Self { url, asked }
    }

    async fn next(&mut self) -> Asked {
        tokio::time::timeout(LONG, self.asked.recv()).await.expect("nothing more was asked").unwrap()
    }

    /// The next message that is posted, acknowledged.
    async fn posted(&mut self) -> String {
        let mut asked = self.next().await;
        asked.answer("202 Accepted", "Accepted").await;
        assert_eq!((asked.line.as_str(), asked.key), ("POST /post?session=1 HTTP/1.1", true));
        asked.body
    }
}

/// Takes one request; connections are not kept.
async fn serve(connection: TcpStream, heard: mpsc::Sender<Asked>) {
    let (read, out) = connection.into_split();
    let mut read = BufReader::new(read);
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if read.read_line(&mut line).await.unwrap_or(0) == 0 {
            return;
        }
        match line.trim_end() {
            "" => break,
            line => lines.push(line.to_owned()),
        }
    }
    let of = |name: &str| lines.iter().find_map(|line| line.strip_prefix(name)).map(str::trim);
    let length = of("content-length:").map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    read.read_exact(&mut body).await.unwrap();
    let key = of("x-key:") == Some("k");
    let asked = Asked { line: lines[0].clone(), key, body: String::from_utf8(body).unwrap(), out };
    let _ = heard.send(asked).await;
}

fn link(peer: &Peer, patience: Duration, cap: usize) -> (Link, Arc<Ears>) {
    let ears = Arc::new(Ears::default());
    let limits = Limits { message_cap: cap };
    let (link, work) = connect(&peer.url, [("x-key", "k")], patience, limits, Arc::clone(&ears) as _).unwrap();
    tokio::spawn(work);
    (link, ears)
}

/// A link whose stream is open; the stream is the peer's to write to.
async fn opened(cap: usize) -> (Link, Arc<Ears>, Peer, Asked) {
    let mut peer = Peer::start().await;
    let (link, ears) = link(&peer, LONG, cap);
    let mut stream = peer.next().await;
    assert_eq!((stream.line.as_str(), stream.key), ("GET /sse?token=t HTTP/1.1", true));
    stream.stream(ENDPOINT).await;
    (link, ears, peer, stream)
}

fn ask(link: &Link, exchange: Exchange) -> tokio::task::JoinHandle<String> {
    let link = link.clone();
    tokio::spawn(async move {
        let params = RawValue::from_string("{\"n\":1.10}".to_owned()).unwrap();
        let message = Message { method: "tools/call".into(), params: Some(params) };
        match link.request(&message, &exchange, Timing::within(LONG)).await {
            Ok(Ok(result)) => result.get().to_owned(),
            Ok(Err(error)) => format!("error {}", error.raw().get()),
            Err(error) => format!("link: {error}"),
        }
    })
}

/// One call, known by its number: the first is 1.
async fn called(link: &Link, peer: &mut Peer, number: u32) -> tokio::task::JoinHandle<String> {
    let call = ask(link, Exchange::default());
    let expected = format!(r#"{{"jsonrpc":"2.0","id":{number},"method":"tools/call","params":{{"n":1.10}}}}"#);
    assert_eq!(peer.posted().await, expected);
    call
}

#[test]
fn messages_go_where_the_server_says_but_to_no_other_origin() {
    let stream = Url::parse("https://me:pass@host/a/sse?token=t").unwrap();
    for (said, expected) in [
        ("/post?session=1", Some("https://me:pass@host/post?session=1")),
        ("post", Some("https://me:pass@host/a/post")),
        ("?session=1", Some("https://me:pass@host/a/sse?session=1")),
        (" https://host:443/post ", Some("https://me:pass@host/post")),
        ("https://other:word@host/post", Some("https://me:pass@host/post")),
        ("http://host/post", None),
        ("https://host:8443/post", None),
        ("//elsewhere/post", None),
        ("https://host.elsewhere/post", None),
        ("file:///post", None),
        ("https://", None),
    ] {
        let url = message_url(&stream, said.as_bytes());
        assert_eq!(url.as_ref().ok().map(Url::as_str), expected, "{said}");
    }
    assert!(matches!(message_url(&stream, b"//elsewhere/post"), Err(LinkError::Endpoint(_))));
    assert!(matches!(message_url(&stream, b"\xff"), Err(LinkError::Protocol(_))));
}

#[tokio::test]
async fn answers_find_their_callers_in_any_order_and_unchanged() {
    let (link, ears, mut peer, mut stream) = opened(1 << 20).await;
    let first = called(&link, &mut peer, 1).await;
    let second = called(&link, &mut peer, 2).await;
    assert_eq!(link.in_flight(), 2);
    stream.says(r#"{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}"#).await;
    stream.says(r#"{"jsonrpc":"2.0","id":"p","method":"ping"}"#).await;
    assert_eq!(peer.posted().await, r#"{"jsonrpc":"2.0","id":"p","result":{}}"#);
    stream.says(r#"{"jsonrpc":"2.0","id":9,"method":"roots/list"}"#).await;
    assert!(peer.posted().await.contains("-32601"));
    stream.says("nonsense").await;
    stream.out.write_all(b": comment\n\nevent: other\ndata: {}\n\nevent: message\ndata:\n\n").await.unwrap();
    stream.says(r#"{"jsonrpc":"2.0","id":77,"result":"for nobody"}"#).await;
    stream.says(r#"{"result":{"b": 1.10,"a":null},"jsonrpc":"2.0","id":2}"#).await;
    stream.says(r#"{"jsonrpc":"2.0","id":1,"error":{"code":4711,"message":"m","data":{"x":[]}}}"#).await;
    assert_eq!(second.await.unwrap(), r#"{"b": 1.10,"a":null}"#);
    assert_eq!(first.await.unwrap(), r#"error {"code":4711,"message":"m","data":{"x":[]}}"#);
    assert_eq!(*ears.0.lock().unwrap(), ["notifications/tools/list_changed", "noise nonsense"]);
}

#[tokio::test]
async fn a_post_that_is_not_acknowledged_holds_up_nobody() {
    let (link, _, mut peer, mut stream) = opened(1 << 20).await;
    let first = ask(&link, Exchange::default());
    let held = peer.next().await;
    let second = called(&link, &mut peer, 2).await;
    stream.says(r#"{"jsonrpc":"2.0","id":2,"result":2}"#).await;
    stream.says(r#"{"jsonrpc":"2.0","id":1,"result":1}"#).await;
    assert_eq!((second.await.unwrap(), first.await.unwrap()), ("2".to_owned(), "1".to_owned()));
    // a notification is told once it is delivered: what follows must not overtake it
    let notifier = link.clone();
    let telling = tokio::spawn(async move { notifier.notify(&Message::bare("notifications/initialized")).await });
    let mut told = peer.next().await;
    assert!(!telling.is_finished());
    told.answer("200 OK", "").await;
    assert!(telling.await.unwrap().is_ok());
    drop(held);
}

#[tokio::test]
async fn progress_comes_in_order_under_the_callers_token_and_before_the_result() {
    let (link, _, mut peer, mut stream) = opened(1 << 20).await;
    let (sink, mut seen) = mpsc::channel(16);
    let token = RawValue::from_string("\"tok\"".to_owned()).unwrap();
    let exchange = Exchange { progress: Some(Progress::new(token, sink)), ..Exchange::default() };
    let call = ask(&link, exchange);
    assert!(peer.posted().await.contains(r#""_meta":{"progressToken":1}"#));
    for step in 0..5 {
        let params = format!(r#"{{"progressToken":1,"progress":{step},"v":{{}}}}"#);
        stream.says(&format!(r#"{{"jsonrpc":"2.0","method":"notifications/progress","params":{params}}}"#)).await;
    }
    stream.says(r#"{"jsonrpc":"2.0","id":1,"result":1}"#).await;
    assert_eq!(call.await.unwrap(), "1");
    for step in 0..5 {
        let told = seen.try_recv().unwrap();
        assert_eq!(told.get(), format!(r#"{{"progressToken":"tok","progress":{step},"v":{{}}}}"#));
    }
}

#[tokio::test]
async fn whoever_gives_up_cancels_with_our_id() {
    let (link, _, mut peer, _stream) = opened(1 << 20).await;
    let exchange = Exchange::default();
    let call = ask(&link, exchange.clone());
    peer.posted().await;
    exchange.cancel.cancel();
    assert_eq!(call.await.unwrap(), "link: the request was cancelled");
    assert!(peer.posted().await.contains(r#""method":"notifications/cancelled","params":{"requestId":1"#));
    let call = called(&link, &mut peer, 2).await;
    call.abort();
    assert!(peer.posted().await.contains(r#""requestId":2"#));
    assert_eq!(link.in_flight(), 0);
}

#[tokio::test]
async fn the_end_of_the_stream_ends_every_call_at_once() {
    for ends_by_event in [false, true] {
        let (link, _, mut peer, mut stream) = opened(1000).await;
        let first = called(&link, &mut peer, 1).await;
        let second = called(&link, &mut peer, 2).await;
        let expected = if ends_by_event {
            // whose answer it was cannot be told
            stream.says(&format!(r#"{{"result":"{}"}}"#, "x".repeat(2000))).await;
            "link: a message is larger than 1000 bytes"
        } else {
            drop(stream);
            "link: the connection to the server is closed"
        };
        assert_eq!((first.await.unwrap().as_str(), second.await.unwrap().as_str()), (expected, expected));
        link.closed().await;
        let later = ask(&link, Exchange::default()).await.unwrap();
        assert_eq!(later, "link: the connection to the server is closed");
    }
}

#[tokio::test]
async fn a_message_that_is_too_large_costs_its_own_call_only() {
    let (link, ears, mut peer, mut stream) = opened(1000).await;
    let (first, second) = (called(&link, &mut peer, 1).await, called(&link, &mut peer, 2).await);
    let third = called(&link, &mut peer, 3).await;
    let filler = format!("\\\"id\\\":3 {}", "x".repeat(100_000));
    // nobody waits for the end of what says at once whose it is
    let beginning = format!(r#"data: {{"jsonrpc":"2.0","id":1,"result":"{filler}"#);
    stream.out.write_all(beginning.as_bytes()).await.unwrap();
    let told = "link: a message is larger than 1000 bytes";
    assert_eq!(first.await.unwrap(), told);
    stream.out.write_all(b"\"}\n\n").await.unwrap();
    stream.says(&format!(r#"{{"jsonrpc":"2.0","method":"notifications/message","params":"{filler}"}}"#)).await;
    stream.says(&filler).await;
    stream.says(&format!(r#"{{"result":{{"t":"{filler}"}},"jsonrpc":"2.0","id":2}}"#)).await;
    stream.says(r#"{"jsonrpc":"2.0","id":3,"result":3}"#).await;
    assert_eq!([second.await.unwrap(), third.await.unwrap()], [told, "3"]);
    assert_eq!(*ears.0.lock().unwrap(), [""; 0]);
}

#[tokio::test]
async fn a_message_that_is_refused_fails_alone_unless_the_session_is_gone() {
    let (link, _, mut peer, mut stream) = opened(1000).await;
    let waiting = called(&link, &mut peer, 1).await;
    let refused = ask(&link, Exchange::default());
    peer.next().await.answer("400 Bad Request", "Could not parse").await;
    assert_eq!(refused.await.unwrap(), "link: the server answered with HTTP status 400: Could not parse");
    let message = Message::new("tools/call", &"x".repeat(1000));
    let too_large = link.request(&message, &Exchange::default(), Timing::within(LONG)).await;
    assert!(matches!(too_large, Err(LinkError::TooLarge(1000))));
    stream.says(r#"{"jsonrpc":"2.0","id":1,"result":1}"#).await;
    assert_eq!(waiting.await.unwrap(), "1");

    let waiting = called(&link, &mut peer, 4).await;
    let lost = ask(&link, Exchange::default());
    peer.next().await.answer("404 Not Found", "").await;
    for call in [waiting, lost] {
        assert_eq!(call.await.unwrap(), "link: the server has forgotten the session (HTTP status 404)");
    }
    link.closed().await;
}

#[tokio::test]
async fn a_stream_that_cannot_be_used_says_why_to_all() {
    let other = "event: endpoint\ndata: http://elsewhere.example/post\n\n";
    for (status, text, expected) in [
        ("401 Unauthorized", "", "link: the server wants a sign-in (HTTP status 401)"),
        ("404 Not Found", "none", "link: the server answered with HTTP status 404: none"),
        ("200 OK", "{}", "link: the server broke the protocol: the answer to GET is not an event stream"),
        ("", "", "link: the connection to the server is closed"),
        ("", other, "link: the server wants messages at another origin (http://elsewhere.example)"),
        ("", "data: {}\n\n", "link: the server broke the protocol: its event stream does not begin with the event"),
    ] {
        let mut peer = Peer::start().await;
        let (link, _) = link(&peer, LONG, 1000);
        let early = ask(&link, Exchange::default());
        let mut asked = peer.next().await;
        if status.is_empty() {
            asked.stream(text).await
        } else {
            asked.answer(status, text).await
        }
        drop(asked);
        link.closed().await;
        let late = ask(&link, Exchange::default());
        for call in [early, late] {
            let told = call.await.unwrap();
            assert!(told.starts_with(expected), "{told}");
        }
        assert!(peer.asked.try_recv().is_err(), "nothing is posted");
    }
}

#[tokio::test]
async fn a_stream_that_stays_silent_is_given_up_and_one_that_is_hung_up_is_closed() {
    let mut peer = Peer::start().await;
    let (silent, _) = link(&peer, Duration::from_millis(50), 1000);
    let mut asked = peer.next().await;
    asked.stream(": nothing\n\n").await;
    let told = ask(&silent, Exchange::default()).await.unwrap();
    assert_eq!(told, "link: the server did not answer within 50 ms");

    let (link, _, mut peer, mut stream) = opened(1000).await;
    let call = called(&link, &mut peer, 1).await;
    link.hang_up();
    assert_eq!(call.await.unwrap(), "link: the connection to the server is closed");
    let closed = async { while stream.out.write_all(b": still there\n\n").await.is_ok() {} };
    assert!(tokio::time::timeout(LONG, closed).await.is_ok(), "the server sees the end of its stream");
}
