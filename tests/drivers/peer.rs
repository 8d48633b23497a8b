//! A scripted streamable HTTP server that can forget, refuse and break off on demand, and that writes down what it is asked.
//!
//! Written without our wire code and without that of others: here the faults are the point.

use std::{
    convert::Infallible,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use http_body_util::{BodyExt, Channel, Either, Full, channel::Sender};
use hyper::{Method, Request, Response, StatusCode, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::{
    net::TcpListener,
    sync::{Notify, Semaphore},
};

pub type Body = Either<Full<Bytes>, Channel<Bytes>>;

/// A running server; its tasks end with the runtime of the test.
pub struct Peer {
    pub url: String,
    shared: Arc<Shared>,
}

struct Shared {
    state: Mutex<State>,
    asked: Notify,
    /// Each handshake takes one permit.
    handshakes: Semaphore,
}

/// What a test may change at any time.
pub struct State {
    pub tools: Vec<&'static str>,
    /// 0 = no session; else the number in the id of the one session that is known.
    pub session: u32,
    /// The status for a session that is not known.
    pub lost: StatusCode,
    /// Questions for the tools are never answered.
    pub holds_lists: bool,
    /// Everything is answered with this status, and with the key that was sent.
    pub refusal: Option<StatusCode>,
    /// The stream of the server's own messages, as long as somebody hears it.
    pub stream: Option<Sender<Bytes>>,
    /// What was asked: `METHOD rpc-method session last-event-id`.
    pub log: Vec<String>,
    /// The answer that a broken stream still owes.
    owed: Option<Value>,
    sessions: u32,
}

impl Peer {
    pub async fn start() -> Self {
        Self::at(TcpListener::bind("127.0.0.1:0").await.unwrap())
    }

    pub fn at(listener: TcpListener) -> Self {
        let url = format!("http://{}/mcp", listener.local_addr().unwrap());
        let state = State {
            tools: vec!["json", "sse", "broken", "torn", "hang"],
            session: 0,
            lost: StatusCode::NOT_FOUND,
            holds_lists: false,
            refusal: None,
            stream: None,
            log: Vec::new(),
            owed: None,
            sessions: 0,
        };
        let shared = Arc::new(Shared {
            state: Mutex::new(state),
            asked: Notify::new(),
            handshakes: Semaphore::new(Semaphore::MAX_PERMITS),
        });
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

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state()
    }

    /// As after a restart: no session is known any more.
    pub fn forget(&self, lost: StatusCode) {
        let mut state = self.state();
        (state.session, state.lost) = (0, lost);
    }

    /// No handshake is answered until [`Peer::let_handshakes_through`].
    pub fn hold_handshakes(&self) {
        self.shared.handshakes.forget_permits(Semaphore::MAX_PERMITS);
    }

    pub fn let_handshakes_through(&self) {
        self.shared.handshakes.add_permits(100);
    }

    /// How often it was asked for something whose line begins so.
    pub fn count(&self, beginning: &str) -> usize {
        self.state().log.iter().filter(|line| line.starts_with(beginning)).count()
    }

    /// Waits until it was asked that often.
    pub async fn asked(&self, beginning: &str, times: usize) {
        let asked = async {
            while self.count(beginning) < times {
                self.shared.asked.notified().await;
            }
        };
        let in_time = tokio::time::timeout(crate::world::DEADLINE, asked).await;
        assert!(in_time.is_ok(), "never asked: {beginning}; {:#?}", self.state().log);
    }

    /// Sends one of its own messages on the stream that is being heard.
    pub async fn tell(&self, event: &str) {
        // it was asked for the stream a moment before the stream is there
        let opened = async {
            loop {
                let opened = self.shared.asked.notified();
                if let Some(stream) = self.state().stream.take() {
                    return stream;
                }
                opened.await;
            }
        };
        let mut stream = tokio::time::timeout(crate::world::DEADLINE, opened).await.unwrap();
        stream.send_data(Bytes::from(event.to_owned())).await.unwrap();
        self.state().stream = Some(stream);
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn answer(shared: Arc<Shared>, request: Request<Incoming>) -> Result<Response<Body>, Infallible> {
    let (parts, body) = request.into_parts();
    let header = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("-").to_owned();
    let (session, from, key) = (header("mcp-session-id"), header("last-event-id"), header("x-key"));
    let body = body.collect().await.unwrap().to_bytes();
    let message: Value = serde_json::from_slice(&body).unwrap_or_default();
    let method = message["method"].as_str().unwrap_or("-").to_owned();
    let (refusal, known, lost) = {
        let mut state = shared.state();
        state.log.push(format!("{} {method} {session} {from}", parts.method));
        (state.refusal, format!("s{}", state.session), state.lost)
    };
    shared.asked.notify_one();
    if let Some(refusal) = refusal {
        return Ok(status(refusal, &format!("key {key} is not accepted")));
    }
    if method == "initialize" {
        let permit = shared.handshakes.acquire().await.unwrap();
        permit.forget();
        return Ok(opened(&shared, &message));
    }
    if session != known {
        let absent = session == "-";
        return Ok(status(if absent { StatusCode::BAD_REQUEST } else { lost }, "no such session"));
    }
    Ok(match parts.method {
        Method::GET => stream(&shared, &from).await,
        Method::POST if message.get("id").is_none() => status(StatusCode::ACCEPTED, ""),
        Method::POST => posted(&shared, &message).await,
        _ => status(StatusCode::OK, ""),
    })
}

fn opened(shared: &Shared, message: &Value) -> Response<Body> {
    let mut state = shared.state();
    state.sessions += 1;
    state.session = state.sessions;
    let id = format!("s{}", state.session);
    let result = json!({
        "protocolVersion": message["params"]["protocolVersion"],
        "capabilities": { "tools": { "listChanged": true } },
        "serverInfo": { "name": "peer", "version": "1" },
    });
    let mut response = result_of(message, &result);
    response.headers_mut().insert("mcp-session-id", id.parse().unwrap());
    response
}

async fn posted(shared: &Shared, message: &Value) -> Response<Body> {
    let name = message["params"]["name"].as_str().unwrap_or_default();
    match (message["method"].as_str().unwrap_or_default(), name) {
        ("tools/list", _) if shared.state().holds_lists => std::future::pending().await,
        ("tools/list", _) => {
            let tools: Vec<_> = shared.state().tools.iter().map(|name| json!({ "name": name })).collect();
            result_of(message, &json!({ "tools": tools }))
        }
        ("tools/call", "sse" | "broken" | "torn" | "hang") => streamed(shared, message, name).await,
        ("tools/call", _) => result_of(message, &json!({ "structuredContent": message["params"] })),
        _ => result_of(message, &json!({})),
    }
}

/// An answer as a stream: whole, or ended before its result, or ended in the middle of it.
async fn streamed(shared: &Shared, message: &Value, name: &str) -> Response<Body> {
    let (mut sender, body) = Channel::new(16);
    let token = &message["params"]["_meta"]["progressToken"];
    let progress = json!({ "jsonrpc": "2.0", "method": "notifications/progress",
        "params": { "progressToken": token, "progress": 1 } });
    let result = json!({ "jsonrpc": "2.0", "id": message["id"], "result": { "structuredContent": message["params"] } });
    sender.send_data(Bytes::from(format!("retry: 5\nid: 7\ndata: {progress}\n\n"))).await.unwrap();
    match name {
        "sse" => sender.send_data(Bytes::from(format!("id: 8\r\ndata: {result}\r\n\r\n"))).await.unwrap(),
        "hang" => {
            // open until the client goes
            tokio::spawn(async move {
                while sender.send_data(Bytes::from_static(b": still at it\n\n")).await.is_ok() {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
            });
        }
        _ => {
            shared.state().owed = Some(result);
            if name == "torn" {
                sender.send_data(Bytes::from_static(b"id: 8\ndata: {\"jsonrpc\":")).await.unwrap();
            }
        }
    }
    events(body)
}

/// The stream of the server's own messages, or the rest of an answer.
async fn stream(shared: &Shared, from: &str) -> Response<Body> {
    let (mut sender, body) = Channel::new(16);
    if from == "7" {
        let owed = shared.state().owed.take();
        if let Some(owed) = owed {
            sender.send_data(Bytes::from(format!("id: 8\ndata: {owed}\n\n"))).await.unwrap();
        }
    } else if from == "-" {
        sender.send_data(Bytes::from_static(b": open\n\n")).await.unwrap();
        shared.state().stream = Some(sender);
        shared.asked.notify_one();
    }
    events(body)
}

pub fn events(body: Channel<Bytes>) -> Response<Body> {
    let mut response = Response::new(Either::Right(body));
    response.headers_mut().insert("content-type", "text/event-stream".parse().unwrap());
    response
}

fn result_of(message: &Value, result: &Value) -> Response<Body> {
    let answer = json!({ "jsonrpc": "2.0", "id": message["id"], "result": result }).to_string();
    let mut response = Response::new(Either::Left(Full::from(answer)));
    response.headers_mut().insert("content-type", "application/json".parse().unwrap());
    response
}

pub fn status(status: StatusCode, text: &str) -> Response<Body> {
    let mut response = Response::new(Either::Left(Full::from(text.to_owned())));
    *response.status_mut() = status;
    response
}
