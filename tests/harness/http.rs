//! HTTP/1.1 by hand: what goes out and what comes back are the very bytes. One connection, one request after the other.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
};

use crate::{DEADLINE, Result, Trouble};

/// A request that is put together piece by piece.
#[derive(Clone, Debug)]
pub struct Request {
    first: String,
    headers: Vec<(String, String)>,
    body: String,
}

/// An answer, its head as it came.
#[derive(Debug)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// Status line and headers, as they came.
    pub head: String,
    /// The body; empty while a stream is still to be read.
    pub body: String,
}

/// A connection to a server.
#[derive(Debug)]
pub struct Connection {
    stream: BufReader<TcpStream>,
}

impl Request {
    /// A `POST` of a message, as clients of the protocol send it.
    #[must_use]
    pub fn post(address: SocketAddr, path: &str, body: &str) -> Self {
        let request = Self::new("POST", address, path);
        let request = request.with("Content-Type", "application/json");
        Self { body: body.to_owned(), ..request.with("Accept", "application/json, text/event-stream") }
    }

    /// A `GET`.
    #[must_use]
    pub fn get(address: SocketAddr, path: &str) -> Self {
        Self::new("GET", address, path)
    }

    /// Any method, with nothing but a `Host`.
    #[must_use]
    pub fn new(method: &str, address: SocketAddr, path: &str) -> Self {
        let headers = vec![("Host".to_owned(), address.to_string())];
        Self { first: format!("{method} {path} HTTP/1.1"), headers, body: String::new() }
    }

    /// Sets a header, in place of one of the same name.
    #[must_use]
    pub fn with(self, name: &str, value: &str) -> Self {
        let mut request = self.without(name);
        request.headers.push((name.to_owned(), value.to_owned()));
        request
    }

    /// Takes a header away.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(other, _)| !other.eq_ignore_ascii_case(name));
        self
    }

    /// Sets the body, which is JSON.
    #[must_use]
    pub fn with_body(self, body: &str) -> Self {
        Self { body: body.to_owned(), ..self.with("Content-Type", "application/json") }
    }

    /// The bytes to send.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        let headers: String = self.headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        format!("{}\r\n{headers}Content-Length: {}\r\n\r\n{}", self.first, self.body.len(), self.body).into_bytes()
    }
}

impl Reply {
    /// The value of a header.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.head.lines().skip(1).filter_map(|line| line.split_once(':'));
        headers.find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    }

    /// Whether the body is a stream of events.
    #[must_use]
    pub fn is_event_stream(&self) -> bool {
        self.header("content-type").is_some_and(|value| value.starts_with("text/event-stream"))
    }

    fn is_chunked(&self) -> bool {
        self.header("transfer-encoding").is_some_and(|value| value.eq_ignore_ascii_case("chunked"))
    }
}

impl Connection {
    /// Connects.
    ///
    /// # Errors
    /// Nobody listens.
    pub fn open(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect_timeout(&address, DEADLINE).map_err(Trouble::with(address))?;
        let ready = stream.set_read_timeout(Some(DEADLINE)).and_then(|()| stream.set_nodelay(true));
        ready.map_err(Trouble::with(address))?;
        Ok(Self { stream: BufReader::new(stream) })
    }

    /// Sends a request and reads the whole answer. One that never ends is not to be asked for like this.
    ///
    /// # Errors
    /// The connection breaks, or what comes is not HTTP.
    pub fn ask(&mut self, request: &Request) -> Result<Reply> {
        self.send(&request.bytes())?;
        let reply = self.head()?;
        self.rest(reply)
    }

    /// Reads what is still to come of the body of an answer.
    ///
    /// # Errors
    /// The connection breaks, or what comes is not HTTP.
    pub fn rest(&mut self, mut reply: Reply) -> Result<Reply> {
        let mut body = Vec::new();
        if reply.is_chunked() {
            while let Some(chunk) = self.chunk()? {
                body.extend(chunk);
            }
        } else if let Some(length) = reply.header("content-length") {
            let length: u64 = length.parse().map_err(Trouble::with("Content-Length"))?;
            (&mut self.stream).take(length).read_to_end(&mut body).map_err(Trouble::with("the body"))?;
        }
        reply.body += std::str::from_utf8(&body).map_err(Trouble::with("the body"))?;
        Ok(reply)
    }

    /// Sends bytes as they are.
    ///
    /// # Errors
    /// The connection breaks.
    pub fn send(&mut self, bytes: &[u8]) -> Result<()> {
        let stream = self.stream.get_mut();
        stream.write_all(bytes).and_then(|()| stream.flush()).map_err(Trouble::with("sending"))
    }

    /// Reads the head of an answer; its body is still to come.
    ///
    /// # Errors
    /// The connection breaks, or what comes is not HTTP.
    pub fn head(&mut self) -> Result<Reply> {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if self.stream.read_line(&mut head).map_err(Trouble::with("the head of an answer"))? == 0 {
                return Err(Trouble::new(format!("the connection ended in the head of an answer: {head:?}")));
            }
        }
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
        let status = status.ok_or_else(|| Trouble::new(format!("this is not HTTP: {head:?}")))?;
        Ok(Reply { status, head, body: String::new() })
    }

    /// Reads one chunk of a body that comes in chunks; `None` at its end.
    ///
    /// # Errors
    /// The connection breaks, or what comes is no chunk.
    pub fn chunk(&mut self) -> Result<Option<Vec<u8>>> {
        let mut line = String::new();
        self.stream.read_line(&mut line).map_err(Trouble::with("a chunk"))?;
        let length = usize::from_str_radix(line.trim_end(), 16).map_err(Trouble::with(format!("chunk {line:?}")))?;
        let mut chunk = vec![0; length + 2];
        self.stream.read_exact(&mut chunk).map_err(Trouble::with("a chunk"))?;
        chunk.truncate(length);
        Ok(Some(chunk).filter(|chunk| !chunk.is_empty()))
    }
}
