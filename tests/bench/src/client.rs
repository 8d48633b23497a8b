//! One HTTP/1.1 connection of the load generator: bytes out, the answer in, as little as possible in between.
//!
//! Not here: pipelining, redirects, TLS. A connection that the other side closes is an error.

use std::net::SocketAddr;

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::trouble::{Result, trouble};

const REVISION: &str = "2025-06-18";
const ROOM: usize = 64 << 10;

/// One connection, and what it has read of the current answer.
pub struct Client {
    stream: TcpStream,
    address: SocketAddr,
    path: String,
    session: Option<String>,
    buffer: Vec<u8>,
    head: usize,
}

impl Client {
    /// Connects and opens a session, where there are any.
    pub async fn open(address: SocketAddr, path: &str) -> Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let path = path.to_owned();
        let mut client = Self { stream, address, path, session: None, buffer: Vec::with_capacity(ROOM), head: 0 };
        let hello = json!({
            "jsonrpc": "2.0", "id": 0, "method": "initialize",
            "params": {
                "protocolVersion": REVISION,
                "capabilities": {},
                "clientInfo": { "name": "mcpproxy-bench", "version": "1" },
            },
        });
        let status = client.exchange(&client.request(&hello.to_string())).await?;
        if status != 200 {
            return Err(trouble(format!("initialize was answered with {status}")));
        }
        client.session = client.header("mcp-session-id");
        let ready = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
        client.exchange(&client.request(&ready.to_string())).await?;
        Ok(client)
    }

    /// A whole request with this message.
    pub fn request(&self, message: &str) -> Vec<u8> {
        let mut request = self.head(&format!("Content-Length: {}", message.len()));
        request.extend_from_slice(message.as_bytes());
        request
    }

    /// The head of a request whose body is framed in this way.
    pub fn head(&self, framing: &str) -> Vec<u8> {
        let session = self.session.as_ref().map(|id| format!("Mcp-Session-Id: {id}\r\n")).unwrap_or_default();
        format!(
            "POST {} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\n\
             Accept: application/json, text/event-stream\r\nMCP-Protocol-Version: {REVISION}\r\n\
             {session}{framing}\r\n\r\n",
            self.path, self.address
        )
        .into_bytes()
    }

    /// Sends a request and reads its answer; the status is told.
    pub async fn exchange(&mut self, request: &[u8]) -> Result<u16> {
        self.send(request).await?;
        self.receive().await
    }

    /// Sends bytes as they are.
    pub async fn send(&mut self, bytes: &[u8]) -> Result<()> {
        Ok(self.stream.write_all(bytes).await?)
    }

    /// Reads an answer; its status is told.
    pub async fn receive(&mut self) -> Result<u16> {
        self.buffer.clear();
        self.head = 0;
        while self.head == 0 {
            self.more().await?;
            self.head = memchr::memmem::find(&self.buffer, b"\r\n\r\n").map_or(0, |at| at + 4);
        }
        match self.header("content-length").and_then(|length| length.parse::<usize>().ok()) {
            Some(length) => {
                let whole = self.head + length;
                self.buffer.reserve(whole.saturating_sub(self.buffer.len()));
                while self.buffer.len() < whole {
                    self.more().await?;
                }
            }
            None if self.header("transfer-encoding").is_some() => {
                while !self.buffer.ends_with(b"0\r\n\r\n") {
                    self.more().await?;
                }
            }
            None => {}
        }
        let status = self.buffer.get(9..12).and_then(|status| std::str::from_utf8(status).ok());
        status.and_then(|status| status.parse().ok()).ok_or_else(|| trouble("an answer without a status"))
    }

    /// Whether the answer is the result of the request with this id.
    pub fn is_result(&self, id: &[u8]) -> bool {
        let body = self.buffer.get(self.head..).unwrap_or_default();
        let (first, last) = (body.get(..body.len().min(512)), body.get(body.len().saturating_sub(512)..));
        let has = |part: &[u8]| {
            let holds = |needle: &[u8]| memchr::memmem::find(part, needle).is_some();
            (holds(id), holds(b"\"isError\":true") || holds(b"\"error\":"))
        };
        let (first, last) = (has(first.unwrap_or_default()), has(last.unwrap_or_default()));
        (first.0 || last.0) && !first.1 && !last.1
    }

    /// Whether these bytes stand in the body of the answer.
    pub fn holds(&self, bytes: &[u8]) -> bool {
        memchr::memmem::find(self.buffer.get(self.head..).unwrap_or_default(), bytes).is_some()
    }

    /// The message in the answer, whether it came as JSON or as an event.
    pub fn message(&self) -> Result<Value> {
        let body = self.buffer.get(self.head..).unwrap_or_default();
        let whole = if self.header("transfer-encoding").is_some() { unchunked(body) } else { body.to_vec() };
        let from = memchr::memchr(b'{', &whole).unwrap_or_default();
        let mut values = serde_json::Deserializer::from_slice(whole.get(from..).unwrap_or_default()).into_iter();
        values.next().ok_or_else(|| trouble("an answer without a message"))?.map_err(Into::into)
    }

    async fn more(&mut self) -> Result<()> {
        self.buffer.reserve(ROOM);
        match self.stream.read_buf(&mut self.buffer).await? {
            0 => Err(trouble("the connection was closed in the middle of an answer")),
            _ => Ok(()),
        }
    }

    fn header(&self, name: &str) -> Option<String> {
        let head = std::str::from_utf8(self.buffer.get(..self.head)?).ok()?;
        head.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
        })
    }
}

/// The body without the framing of its chunks.
fn unchunked(mut body: &[u8]) -> Vec<u8> {
    let mut whole = Vec::new();
    while let Some(end) = memchr::memmem::find(body, b"\r\n") {
        let size = body.get(..end).and_then(|size| std::str::from_utf8(size).ok());
        let size = size.and_then(|size| usize::from_str_radix(size.trim(), 16).ok()).unwrap_or_default();
        let Some(chunk) = body.get(end + 2..end + 2 + size).filter(|chunk| !chunk.is_empty()) else { break };
        whole.extend_from_slice(chunk);
        body = body.get(end + 4 + size..).unwrap_or_default();
    }
    whole
}
