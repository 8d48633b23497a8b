//! The floor: the least that a forwarder of HTTP to stdio can do. Raw envelopes, an id map, one child.
//!
//! A bound to measure against and no design: no gate, no session, no limit, and whatever fails ends in an empty answer.

use std::{
    collections::HashMap,
    convert::Infallible,
    net::SocketAddr,
    process::Stdio,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{Request, Response, StatusCode, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use mcpproxy_task::Scope;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::TcpListener,
    process::{ChildStdin, ChildStdout, Command},
    sync::{mpsc, oneshot},
};

use crate::trouble::{Result, trouble};

#[derive(Deserialize, Serialize)]
struct Raw<'a> {
    jsonrpc: &'a str,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    id: Option<&'a RawValue>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    method: Option<&'a str>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    params: Option<&'a RawValue>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    result: Option<&'a RawValue>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    error: Option<&'a RawValue>,
}

struct Forwarder {
    next: AtomicU64,
    waiting: Mutex<HashMap<u64, oneshot::Sender<Vec<u8>>>>,
    out: mpsc::Sender<Vec<u8>>,
}

/// Forwards a port to a child until the process is ended.
pub async fn serve(port: u16, command: &[String]) -> Result<()> {
    let (program, args) = command.split_first().ok_or_else(|| trouble("the floor needs a command"))?;
    let mut child = Command::new(program).args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let (Some(stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
        return Err(trouble("the child has no pipes"));
    };
    let (out, letters) = mpsc::channel(1024);
    let forwarder = Arc::new(Forwarder { next: AtomicU64::new(1), waiting: Mutex::default(), out });
    let scope = Scope::new();
    scope.spawn("writer", write(letters, stdin));
    scope.spawn("reader", read(Arc::clone(&forwarder), stdout));
    let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], port))).await?;
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let forwarder = Arc::clone(&forwarder);
        scope.spawn("connection", async move {
            let service = service_fn(move |request| forward(Arc::clone(&forwarder), request));
            let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

async fn forward(
    forwarder: Arc<Forwarder>,
    request: Request<Incoming>,
) -> std::result::Result<Response<Full<Bytes>>, Infallible> {
    let bare = |status| {
        let mut response = Response::new(Full::default());
        *response.status_mut() = status;
        Ok(response)
    };
    let body = request.into_body().collect().await.map(|body| body.to_bytes()).unwrap_or_default();
    let Ok(envelope) = serde_json::from_slice::<Raw<'_>>(&body) else { return bare(StatusCode::BAD_REQUEST) };
    let Some(id) = envelope.id else { return bare(StatusCode::ACCEPTED) };
    let number = forwarder.next.fetch_add(1, Ordering::Relaxed);
    let own = RawValue::from_string(number.to_string()).unwrap_or_default();
    let mut line = serde_json::to_vec(&Raw { id: Some(&own), ..envelope }).unwrap_or_default();
    line.push(b'\n');
    let (sender, answer) = oneshot::channel();
    if let Ok(mut waiting) = forwarder.waiting.lock() {
        waiting.insert(number, sender);
    }
    let _ = forwarder.out.send(line).await;
    let answer = answer.await.unwrap_or_default();
    let Ok(envelope) = serde_json::from_slice::<Raw<'_>>(&answer) else { return bare(StatusCode::BAD_GATEWAY) };
    let body = serde_json::to_vec(&Raw { id: Some(id), ..envelope }).unwrap_or_default();
    let mut response = Response::new(Full::new(Bytes::from(body)));
    let json = hyper::header::HeaderValue::from_static("application/json");
    response.headers_mut().insert(hyper::header::CONTENT_TYPE, json);
    Ok(response)
}

async fn write(mut letters: mpsc::Receiver<Vec<u8>>, mut stdin: ChildStdin) {
    while let Some(mut batch) = letters.recv().await {
        while let Ok(letter) = letters.try_recv() {
            batch.extend_from_slice(&letter);
        }
        if stdin.write_all(&batch).await.is_err() {
            return;
        }
    }
}

async fn read(forwarder: Arc<Forwarder>, stdout: ChildStdout) {
    #[derive(Deserialize)]
    struct OnlyId {
        id: u64,
    }
    let mut reader = BufReader::with_capacity(64 << 10, stdout);
    let mut line = Vec::new();
    while reader.read_until(b'\n', &mut line).await.is_ok_and(|read| read > 0) {
        if let Ok(OnlyId { id }) = serde_json::from_slice(&line)
            && let Some(sender) = forwarder.waiting.lock().ok().and_then(|mut waiting| waiting.remove(&id))
        {
            let _ = sender.send(std::mem::take(&mut line));
        }
        line.clear();
    }
}
