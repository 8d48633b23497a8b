//! The upstream of every row: an MCP server on the primitives of `wire`, over stdio or HTTP, that does next to nothing.
//!
//! Its tool `echo` gives back `text`, or as many bytes as `bytes` says. Not here: sessions, events, anything optional.

use std::{
    collections::HashMap,
    convert::Infallible,
    io::{Read, Write},
    net::SocketAddr,
    sync::Arc,
};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{Method, Request, Response, StatusCode, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use mcpproxy_task::Scope;
use mcpproxy_wire::{
    Envelope, ErrorObject, Object, Outcome,
    envelope::{decode, response},
    error_code,
};
use serde_json::{
    json,
    value::{RawValue, to_raw_value},
};
use tokio::net::TcpListener;

use crate::trouble::Result;

const CHUNK: usize = 256 << 10;

/// Serves the pipes of this process until they close. Blocking: one reader, one writer, nothing else to do.
pub fn stdio(tools: usize) -> Result<()> {
    let mut server = Server::new(tools);
    let (mut input, mut output) = (std::io::stdin().lock(), std::io::stdout().lock());
    let (mut held, mut answers) = (Vec::new(), Vec::new());
    let mut chunk = vec![0; CHUNK];
    loop {
        let read = input.read(&mut chunk)?;
        if read == 0 {
            return Ok(());
        }
        held.extend_from_slice(chunk.get(..read).unwrap_or_default());
        let mut from = 0;
        while let Some(rest) = held.get(from..)
            && let Some(length) = memchr::memchr(b'\n', rest)
        {
            if let Some(answer) = server.answer(rest.get(..length).unwrap_or_default()) {
                answers.extend_from_slice(&answer);
                answers.push(b'\n');
            }
            from += length + 1;
        }
        held.drain(..from);
        output.write_all(&answers)?;
        output.flush()?;
        answers.clear();
        answers.shrink_to(CHUNK);
    }
}

/// Serves streamable HTTP on a port until the process is ended.
pub async fn http(port: u16, tools: usize) -> Result<()> {
    let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], port))).await?;
    let scope = Scope::new();
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let server = Arc::new(std::sync::Mutex::new(Server::new(tools)));
        scope.spawn("connection", async move {
            let service = service_fn(move |request| take(Arc::clone(&server), request));
            let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

type Reply = std::result::Result<Response<Full<Bytes>>, Infallible>;

async fn take(server: Arc<std::sync::Mutex<Server>>, request: Request<Incoming>) -> Reply {
    let bare = |status| {
        let mut response = Response::new(Full::default());
        *response.status_mut() = status;
        Ok(response)
    };
    if request.method() != Method::POST {
        return bare(StatusCode::METHOD_NOT_ALLOWED);
    }
    let Ok(body) = request.into_body().collect().await else { return bare(StatusCode::BAD_REQUEST) };
    let answer = server.lock().ok().and_then(|mut server| server.answer(&body.to_bytes()));
    let Some(answer) = answer else { return bare(StatusCode::ACCEPTED) };
    let mut response = Response::new(Full::new(Bytes::from(answer)));
    let json = hyper::header::HeaderValue::from_static("application/json");
    response.headers_mut().insert(hyper::header::CONTENT_TYPE, json);
    Ok(response)
}

/// What it knows: its list, and the results that it has made before.
struct Server {
    list: Box<RawValue>,
    /// Made once a size, so that a large answer costs the server a copy and no more.
    made: HashMap<usize, Box<RawValue>>,
}

impl Server {
    fn new(tools: usize) -> Self {
        Self { list: list(tools), made: HashMap::new() }
    }

    /// The answer to one message, if it wants one.
    fn answer(&mut self, message: &[u8]) -> Option<Vec<u8>> {
        let Ok(Envelope::Request { id, method, params }) = decode(message) else { return None };
        let outcome: Outcome = match &*method {
            "tools/call" => Ok(self.echo(params)),
            "tools/list" => Ok(self.list.clone()),
            "ping" => Ok(raw(&json!({}))),
            "initialize" => Ok(raw(&json!({
                "protocolVersion": "2025-06-18",
                "capabilities": { "tools": {} },
                "serverInfo": { "name": "echo", "version": "1" },
            }))),
            _ => Err(ErrorObject::new(error_code::METHOD_NOT_FOUND, "Method not found")),
        };
        Some(response(&id, &outcome))
    }

    fn echo(&mut self, params: Option<&RawValue>) -> Box<RawValue> {
        let params = params.and_then(Object::open).unwrap_or_default();
        let arguments = params.get("arguments").and_then(Object::open).unwrap_or_default();
        if let Some(bytes) = arguments.get("bytes").and_then(|raw| raw.get().parse().ok()) {
            return self.made.entry(bytes).or_insert_with(|| result(&"x".repeat(bytes))).clone();
        }
        let text = arguments.get("text").map_or("\"\"", RawValue::get);
        let text = format!(r#"{{"content":[{{"type":"text","text":{text}}}]}}"#);
        RawValue::from_string(text).unwrap_or_default()
    }
}

/// What the list offers besides `echo` has a schema of the usual size and is never called.
fn list(tools: usize) -> Box<RawValue> {
    let tools: Vec<_> = (0..tools.max(1))
        .map(|number| {
            let name =
                if number == 0 { "echo".to_owned() } else { format!("{}_{number}", crate::corpus::verb(number)) };
            json!({
                "name": name,
                "description": crate::corpus::sentence(number),
                "inputSchema": {
                    "type": "object",
                    "properties": {
                        "text": { "type": "string", "description": "The text to give back" },
                        "bytes": { "type": "integer", "minimum": 0, "description": "How many bytes to give back" },
                    },
                },
                "annotations": { "readOnlyHint": true },
            })
        })
        .collect();
    raw(&json!({ "tools": tools }))
}

fn result(text: &str) -> Box<RawValue> {
    raw(&json!({ "content": [{ "type": "text", "text": text }] }))
}

fn raw(value: &serde_json::Value) -> Box<RawValue> {
    to_raw_value(value).unwrap_or_default()
}
