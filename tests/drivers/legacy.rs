//! Links over the older HTTP+SSE transport: what is told on the stream, a stream that ends, and servers whose settings
//! do not say that they are of the older kind.

use std::{
    convert::Infallible,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use http_body_util::{BodyExt, Channel, channel::Sender};
use hyper::{Method, Request, Response, StatusCode, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use mcpproxy_domain::{
    Code, Secret, ServerSpec,
    server::{CommandLine, Endpoint, Transport},
};
use mcpproxy_upstream::probe;
use mcpproxy_wire::LinkError;
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::Notify};

use crate::{
    peer::{self, Body},
    world::{CANARY, DEADLINE, World, ask, has_tool, is_ready, remote, spec, told},
};

/// A server of the older kind; its tasks end with the runtime of the test.
struct Older {
    url: String,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    asked: Notify,
}

#[derive(Default)]
struct State {
    /// Questions for the tools are never answered.
    holds_lists: bool,
    extra: Option<&'static str>,
    sessions: u32,
    stream: Option<Sender<Bytes>>,
    /// What was asked: `METHOD path rpc-method key`.
    log: Vec<String>,
}

impl Older {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/sse", listener.local_addr().unwrap());
        let shared = Arc::<Shared>::default();
        let served = Arc::clone(&shared);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let shared = Arc::clone(&served);
                let service = service_fn(move |request| answer(Arc::clone(&shared), request));
                tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
            }
        });
        Self { url, shared }
    }

    fn log(&self) -> Vec<String> {
        self.shared.state().log.clone()
    }

    async fn asked(&self, line: &str) {
        let asked = async {
            while !self.log().iter().any(|asked| asked == line) {
                self.shared.asked.notified().await;
            }
        };
        let in_time = tokio::time::timeout(DEADLINE, asked).await;
        assert!(in_time.is_ok(), "never asked: {line}; {:#?}", self.log());
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn tell(&self, message: &Value) {
        let mut stream = self.state().stream.take().unwrap();
        stream.send_data(Bytes::from(format!("event: message\r\ndata: {message}\r\n\r\n"))).await.unwrap();
        self.state().stream = Some(stream);
    }
}

async fn answer(shared: Arc<Shared>, request: Request<Incoming>) -> Result<Response<Body>, Infallible> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    let message: Value = serde_json::from_slice(&body).unwrap_or_default();
    let method = message["method"].as_str().unwrap_or("-");
    let key = parts.headers.get("x-key").and_then(|key| key.to_str().ok()).unwrap_or("-");
    let here = {
        let mut state = shared.state();
        state.log.push(format!("{} {} {method} {key}", parts.method, parts.uri));
        format!("/post?session={}", state.sessions)
    };
    shared.asked.notify_one();
    if parts.method == Method::GET {
        return Ok(open(&shared).await);
    }
    if parts.uri != *here {
        return Ok(peer::status(StatusCode::METHOD_NOT_ALLOWED, "only GET"));
    }
    let name = message["params"]["name"].as_str().unwrap_or_default();
    let is_held = name == "hang" || (method == "tools/list" && shared.state().holds_lists);
    if let Some(id) = message.get("id").filter(|_| !is_held) {
        let result = result(&shared, method, &message["params"]);
        shared.tell(&json!({ "jsonrpc": "2.0", "id": id, "result": result })).await;
    }
    Ok(peer::status(StatusCode::ACCEPTED, "Accepted"))
}

async fn open(shared: &Shared) -> Response<Body> {
    let (mut stream, body) = Channel::new(16);
    let session = {
        let mut state = shared.state();
        state.sessions += 1;
        state.sessions
    };
    stream.send_data(Bytes::from(format!("event: endpoint\r\ndata: /post?session={session}\r\n\r\n"))).await.unwrap();
    shared.state().stream = Some(stream);
    peer::events(body)
}

fn result(shared: &Shared, method: &str, params: &Value) -> Value {
    match method {
        "initialize" => json!({
            "protocolVersion": "2024-11-05",
            "capabilities": { "tools": { "listChanged": true } },
            "serverInfo": { "name": "older", "version": "1" },
        }),
        "tools/list" => {
            let names = ["echo", "hang"].into_iter().chain(shared.state().extra);
            json!({ "tools": names.map(|name| json!({ "name": name })).collect::<Vec<_>>() })
        }
        "tools/call" => json!({ "structuredContent": params }),
        _ => json!({}),
    }
}

fn older(url: &str) -> ServerSpec {
    let headers = [("x-key".to_owned(), Secret::from("${env:KNOWN}"))].into();
    spec("older", Transport::LegacySse(Endpoint { url: url.to_owned(), headers }))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_older_server_is_listed_called_and_heard_over_its_one_stream() {
    let world = World::new();
    let peer = Older::start().await;
    let server = world.start(older(&peer.url));
    let handle = server.ready().await.handle.clone().unwrap();
    assert_eq!(told(&handle, "echo", json!({ "n": [1.5] })).await["arguments"], json!({ "n": [1.5] }));
    peer.shared.state().extra = Some("new");
    peer.shared.tell(&json!({ "jsonrpc": "2.0", "method": "notifications/tools/list_changed" })).await;
    server.until("the new tool", |snapshot| has_tool(snapshot, "new")).await;
    let log = peer.log();
    assert_eq!(log[0], format!("GET /sse - {CANARY}"));
    assert_eq!(log[1], format!("POST /post?session=1 initialize {CANARY}"), "no question of the newer era");
    assert_eq!(log[2], format!("POST /post?session=1 notifications/initialized {CANARY}"));
    server.stop().await;
    world.ends().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_that_ends_fails_its_calls_and_is_opened_again() {
    let world = World::new();
    let peer = Older::start().await;
    let server = world.start(older(&peer.url));
    let handle = server.ready().await.handle.clone().unwrap();
    let hanging = tokio::spawn(async move { ask(&handle, "hang", json!({})).await });
    peer.asked(&format!("POST /post?session=1 tools/call {CANARY}")).await;
    peer.shared.state().extra = Some("new");
    drop(peer.shared.state().stream.take());
    assert!(matches!(hanging.await.unwrap(), Err(LinkError::Closed)));
    let again = server.until("ready again", |snapshot| is_ready(snapshot) && has_tool(snapshot, "new")).await;
    assert_eq!(told(again.handle.as_ref().unwrap(), "echo", json!({})).await["name"], "echo");
    peer.asked(&format!("POST /post?session=2 tools/call {CANARY}")).await;
    server.stop().await;
    world.ends().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_refuses_the_post_is_tried_as_an_older_one() {
    let world = World::new();
    let peer = Older::start().await;
    let server = world.start(remote(&peer.url, &[("x-key", "${env:KNOWN}")]));
    let ready = server.ready().await;
    assert_eq!((ready.failures, ready.hello.as_ref().unwrap().name.as_str()), (0, "older"));
    told(ready.handle.as_ref().unwrap(), "echo", json!({})).await;
    let log = peer.log();
    let get = log.iter().position(|line| line.starts_with("GET")).unwrap();
    assert!(get > 0 && log[..get].iter().all(|line| line.starts_with("POST /sse ")), "{log:#?}");
    assert!(log[get + 1..].iter().all(|line| line.starts_with("POST /post?session=1 ")), "{log:#?}");
    server.stop().await;
    world.ends().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_look_that_is_given_up_leaves_the_stream() {
    let world = World::new();
    let peer = Older::start().await;
    peer.shared.state().holds_lists = true;
    let spec = older(&peer.url);
    let asked = format!("POST /post?session=1 tools/list {CANARY}");
    tokio::select! {
        report = probe::look(&spec, &world.surroundings, &world.scope) => panic!("{report:?}"),
        () = peer.asked(&asked) => {}
    }
    world.ends().await;
    let mut stream = peer.shared.state().stream.take().unwrap();
    let left = async {
        while stream.send_data(Bytes::from_static(b": still there?\n\n")).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(DEADLINE, left).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_command_with_a_url_is_not_started() {
    let world = World::new();
    let command = CommandLine { program: "${env:KNOWN}".to_owned(), ..CommandLine::default() };
    let endpoint = Endpoint { url: "http://127.0.0.1:1/sse".to_owned(), ..Endpoint::default() };
    let server = world.start(spec("launched", Transport::Launcher(command, endpoint)));
    let detail = server.failed(Code::Unsupported).await;
    assert!(detail.contains("start it yourself"), "{detail}");
    server.stop().await;
    world.ends().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_of_neither_kind_says_both_reasons_and_no_secret() {
    let world = World::new();
    let peer = peer::Peer::start().await;
    peer.state().refusal = Some(StatusCode::NOT_FOUND);
    let server = world.start(remote(&peer.url, &[("x-key", "${env:KNOWN}")]));
    let detail = server.failed(Code::UpstreamFailed).await;
    assert_eq!(
        detail,
        "the server answered with HTTP status 404: key *** is not accepted; tried as a server of the older HTTP+SSE \
         transport: the server answered with HTTP status 404: key *** is not accepted"
    );
    peer.state().refusal = None;
    assert!(has_tool(&*server.ready().await, "json"), "it is still met in the newer way first");
    server.stop().await;
    world.ends().await;
}
