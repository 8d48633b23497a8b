//! The whole edge over loopback, spoken to in raw bytes: what a client sees, and what it cannot break.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{HeaderValue, header};
use mcpproxy_task::Scope;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
    sync::{Notify, mpsc, watch},
    time::timeout,
};

use crate::{
    Access, Body, Context, EdgeSettings, Limits, Request, Response, Routes, TrustedHosts, bind, read_body, serve,
};

/// Ends a test that hangs; no test waits for it.
const HUNG: Duration = Duration::from_secs(20);
const SMALL: usize = 10;

struct Server {
    addr: SocketAddr,
    scope: Scope,
    settings: watch::Sender<Arc<EdgeSettings>>,
}

struct Client(BufReader<TcpStream>);

struct Answer {
    status: u16,
    head: String,
    body: String,
}

async fn server(routes: Routes, limits: Limits) -> Server {
    let listener = bind("127.0.0.1", 0).await.unwrap();
    let (addr, scope) = (listener.local_addr().unwrap(), Scope::new());
    let (settings, receiver) = watch::channel(Arc::default());
    serve(listener, routes, receiver, limits, &scope);
    Server { addr, scope, settings }
}

/// `/echo` answers with its body, `/small` too but takes ten bytes only, `/panic` breaks down.
fn routes() -> Routes {
    let echo = |cap: usize, silence: Duration| {
        Arc::new(move |request: Request, context: Context| async move {
            let mut response = match read_body(request.into_body(), cap, silence).await {
                Ok(bytes) => Response::new(Body::full(bytes)),
                Err(error) => error.response(),
            };
            let principal = format!("{:?}", context.principal);
            response.headers_mut().insert("x-principal", HeaderValue::try_from(principal).unwrap());
            response
        })
    };
    async fn breaks_down(_: Request, _: Context) -> Response {
        panic!("on purpose")
    }
    Routes::new()
        .prefix("/echo", Access::Checked, echo(64 * 1024 * 1024, HUNG))
        .exact("/small", Access::Checked, echo(SMALL, Duration::from_millis(50)))
        .exact("/panic", Access::Checked, Arc::new(breaks_down))
        .health(|| false)
}

impl Server {
    async fn client(&self) -> Client {
        Client(BufReader::new(TcpStream::connect(self.addr).await.unwrap()))
    }
}

impl Client {
    async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        timeout(HUNG, self.0.get_mut().write_all(bytes.as_ref())).await.unwrap().unwrap();
    }

    async fn ask(&mut self, request: &str) -> Answer {
        self.send(request).await;
        self.answer().await
    }

    async fn line(&mut self) -> String {
        let mut line = String::new();
        timeout(HUNG, self.0.read_line(&mut line)).await.unwrap().unwrap();
        line
    }

    async fn answer(&mut self) -> Answer {
        let mut head = String::new();
        loop {
            let line = self.line().await;
            assert!(!line.is_empty(), "closed in the middle of: {head:?}");
            if line == "\r\n" {
                break;
            }
            head.push_str(&line);
        }
        let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: ")).unwrap_or("0");
        let mut body = vec![0; length.parse().unwrap()];
        timeout(HUNG, self.0.read_exact(&mut body)).await.unwrap().unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Answer { status, head, body: String::from_utf8(body).unwrap() }
    }

    async fn is_closed(&mut self) -> bool {
        timeout(HUNG, self.0.read(&mut [0])).await.unwrap().map_or(true, |read| read == 0)
    }
}

impl Answer {
    fn has(&self, line: &str) -> bool {
        self.head.lines().any(|found| found == line)
    }
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_order_in_title_case() {
    let server = server(routes(), Limits::default()).await;
    let mut client = server.client().await;
    client
        .send(
            "POST /echo HTTP/1.1\r\nhost: localhost\r\nx-request-id: mine-1\r\ncontent-length: 5\r\n\r\nhello\
             GET /nope HTTP/1.1\r\nhost: localhost\r\n\r\n\
             GET /healthz HTTP/1.1\r\nhost: anything.example\r\n\r\n\
             GET /readyz HTTP/1.1\r\nhost: localhost\r\n\r\n\
             POST /readyz HTTP/1.1\r\nhost: localhost\r\ncontent-length: 0\r\n\r\n\
             HEAD /livez HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n",
        )
        .await;
    let echoed = client.answer().await;
    assert_eq!((echoed.status, echoed.body.as_str()), (200, "hello"), "{}", echoed.head);
    assert!(echoed.has("X-Request-Id: mine-1") && echoed.has("X-Principal: Local"), "{}", echoed.head);
    let unknown = client.answer().await;
    assert_eq!((unknown.status, unknown.body.as_str()), (404, "404 page not found\n"));
    assert!(unknown.has("Content-Type: text/plain; charset=utf-8"), "{}", unknown.head);
    assert!(unknown.head.lines().any(|line| line.starts_with("X-Request-Id: ")), "{}", unknown.head);
    let alive = client.answer().await;
    assert_eq!((alive.status, alive.body.as_str()), (200, r#"{"status":"ok"}"#));
    let ready = client.answer().await;
    assert_eq!((ready.status, ready.body.as_str()), (503, r#"{"ready":false}"#));
    assert_eq!(client.answer().await.status, 405);
    assert!(client.line().await.contains("200"));
}

#[tokio::test]
async fn refusals_and_whether_the_connection_lives_on() {
    let server = server(routes(), Limits { head_bytes: 16 * 1024, ..Limits::default() }).await;
    server.settings.send_replace(Arc::new(EdgeSettings {
        api_key: "sesame".into(),
        require_auth: true,
        trusted_hosts: TrustedHosts::new(["proxy.lan"]),
    }));
    let key = "Host: proxy.lan\r\nX-API-Key: sesame\r\n";
    let post = |headers: &str, body: &str| format!("POST /small HTTP/1.1\r\n{key}{headers}\r\n{body}");
    for (request, status, lives) in [
        (post("Content-Length: 10\r\n", "0123456789"), 200, true),
        (post("Content-Length: 11\r\n", "0123456789a"), 413, true),
        (post("Content-Length: 99999999\r\nExpect: 100-continue\r\n", ""), 413, false),
        (post("Transfer-Encoding: chunked\r\n", "6\r\n012345\r\n5\r\n6789a\r\n0\r\n\r\n"), 413, true),
        (post("Transfer-Encoding: chunked\r\n", "5\r\n01234\r\n5\r\n56789\r\n0\r\n\r\n"), 200, true),
        (post("Transfer-Encoding: chunked\r\n", "not a size\r\n"), 400, false),
        (post("Content-Length: 5\r\n", "012"), 408, false),
        ("GET /echo HTTP/1.1\r\n\r\n".to_owned(), 400, true),
        (format!("GET /echo HTTP/1.1\r\nHost: localhost\r\n{key}\r\n"), 400, true),
        ("GET /echo HTTP/1.1\r\nHost: evil.example\r\nX-API-Key: sesame\r\n\r\n".to_owned(), 403, true),
        (format!("GET /echo HTTP/1.1\r\n{key}Origin: null\r\n\r\n"), 403, true),
        ("GET /echo HTTP/1.1\r\nHost: localhost\r\n\r\n".to_owned(), 401, true),
        ("GET /echo?apikey=wrong HTTP/1.1\r\nHost: localhost\r\n\r\n".to_owned(), 401, true),
        ("GET /echo?apikey=sesame HTTP/1.1\r\nHost: localhost\r\n\r\n".to_owned(), 200, true),
        (format!("GET /panic HTTP/1.1\r\n{key}\r\n"), 500, true),
        (format!("GET /echo HTTP/1.1\r\n{key}X-Long: {}\r\n\r\n", "x".repeat(32 * 1024)), 431, false),
        ("nonsense\r\n\r\n".to_owned(), 400, false),
    ] {
        let told = &request[..request.len().min(100)];
        let mut client = server.client().await;
        let answer = client.ask(&request).await;
        assert_eq!(answer.status, status, "{told:?}: {}", answer.head);
        let json = answer.body.starts_with(r#"{"error":""#) && answer.has("Content-Type: application/json");
        assert_eq!(json, matches!(status, 401 | 408 | 413 | 500) || answer.body.contains("broke"), "{}", answer.body);
        assert_eq!(answer.has("Www-Authenticate: Bearer"), status == 401);
        assert_eq!(answer.body.contains("trusted_hosts"), status == 403, "{}", answer.body);
        assert!(!answer.body.contains("sesame"));
        if lives {
            let again = client.ask(&post("Content-Length: 2\r\n", "ok")).await;
            assert_eq!((again.status, again.body.as_str()), (200, "ok"), "{told:?}");
            assert!(again.has("X-Principal: KeyHolder"));
        } else {
            client.0.get_mut().shutdown().await.unwrap();
            assert!(client.is_closed().await, "{told:?}");
        }
    }
    // the very next request follows a change of the settings, on a connection that is open already
    let mut client = server.client().await;
    assert_eq!(client.ask("GET /echo HTTP/1.1\r\nHost: localhost\r\n\r\n").await.status, 401);
    server.settings.send_replace(Arc::default());
    assert_eq!(client.ask("GET /echo HTTP/1.1\r\nHost: localhost\r\n\r\n").await.status, 200);
}

#[tokio::test]
async fn a_client_that_sends_too_much_in_one_go_still_reads_why() {
    let server = server(routes(), Limits::default()).await;
    let large = "x".repeat(8 * 1024 * 1024);
    let mut client = server.client().await;
    client.send(format!("POST /small HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n", large.len())).await;
    client.send(&large).await;
    assert_eq!(client.answer().await.status, 413);
    let mut client = server.client().await;
    let request = format!("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n{large}", large.len());
    assert!(client.ask(&request).await.body == large, "a large body comes back whole");
}

#[tokio::test]
async fn a_head_that_does_not_end_and_an_idle_connection_are_closed() {
    let short = Duration::from_millis(50);
    let server = server(routes(), Limits { head: short, idle: Some(short), ..Limits::default() }).await;
    for sent in ["", "GET /echo HTTP/1.1\r\nHost: local"] {
        let mut client = server.client().await;
        client.send(sent).await;
        assert!(client.is_closed().await, "{sent:?}");
    }
    let mut client = server.client().await;
    assert_eq!(client.ask("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n").await.status, 200);
    assert!(client.is_closed().await);
}

#[tokio::test]
async fn cancelling_finishes_what_runs_and_takes_nothing_new() {
    let (begun, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let face = {
        let (begun, go) = (Arc::clone(&begun), Arc::clone(&go));
        move |_: Request, _: Context| {
            let (begun, go) = (Arc::clone(&begun), Arc::clone(&go));
            async move {
                begun.notify_one();
                go.notified().await;
                Response::new(Body::full("done"))
            }
        }
    };
    let server = server(Routes::new().exact("/slow", Access::Checked, Arc::new(face)), Limits::default()).await;
    let (mut fresh, mut rested, mut working) = (server.client().await, server.client().await, server.client().await);
    assert_eq!(rested.ask("GET /nope HTTP/1.1\r\nHost: localhost\r\n\r\n").await.status, 404);
    working.send("GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    timeout(HUNG, begun.notified()).await.unwrap();
    server.scope.cancel();
    assert!(fresh.is_closed().await && rested.is_closed().await);
    let refused = async { while TcpStream::connect(server.addr).await.is_ok() {} };
    timeout(HUNG, refused).await.expect("the listener is closed");
    go.notify_one();
    let answer = working.answer().await;
    assert_eq!((answer.status, answer.body.as_str()), (200, "done"));
    assert!(answer.has("Connection: close") && working.is_closed().await, "{}", answer.head);
    assert_eq!(server.scope.drain(HUNG).await, Ok(()));
}

#[tokio::test]
async fn a_stream_goes_out_chunk_by_chunk_and_its_sender_learns_of_the_end() {
    let (hand_out, mut handed_out) = mpsc::channel(1);
    let face = move |_: Request, _: Context| {
        let hand_out = hand_out.clone();
        async move {
            let (sender, receiver) = mpsc::channel::<Bytes>(1);
            hand_out.send(sender).await.unwrap();
            let mut response = Response::new(Body::stream(receiver));
            response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
            response
        }
    };
    let server = server(Routes::new().exact("/events", Access::Checked, Arc::new(face)), Limits::default()).await;
    let mut client = server.client().await;
    let answer = client.ask("GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    assert!(answer.has("Transfer-Encoding: chunked") && answer.has("Cache-Control: no-cache"), "{}", answer.head);
    let sender = timeout(HUNG, handed_out.recv()).await.unwrap().unwrap();
    for text in ["data: 1\n\n", "data: 2\n\n"] {
        sender.send(Bytes::from(text)).await.unwrap();
        assert_eq!(client.line().await, "9\r\n");
        assert_eq!([client.line().await, client.line().await, client.line().await].concat(), format!("{text}\r\n"));
    }
    drop(client);
    timeout(HUNG, sender.closed()).await.unwrap();
}

#[tokio::test]
async fn a_connection_too_many_is_told_so() {
    let server = server(routes(), Limits { connections: 1, ..Limits::default() }).await;
    let mut first = server.client().await;
    assert_eq!(first.ask("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n").await.status, 200);
    let mut second = server.client().await;
    let answer = second.answer().await;
    assert_eq!(answer.status, 503);
    assert!(second.is_closed().await);
    assert_eq!(first.ask("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n").await.status, 200);
}
