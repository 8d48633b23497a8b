//! MCP by hand, over HTTP and over pipes: results and errors are kept as the bytes that came.

use std::{
    io::{self, BufRead, BufReader, Write},
    net::SocketAddr,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    sync::mpsc::{Receiver, sync_channel},
};

use serde::Deserialize;
use serde_json::{Value, json, value::RawValue};

use crate::{
    DEADLINE, Result, Trouble,
    http::{Connection, Reply, Request},
    until,
};

/// The revision that is asked for.
pub const REVISION: &str = "2025-11-25";
const SESSION: &str = "Mcp-Session-Id";

/// What came of a request.
#[derive(Debug)]
pub struct Answer {
    /// The text of the member `result`, or that of the member `error`.
    pub outcome: Result<String, String>,
    /// What came before it: the texts of whole messages.
    pub before: Vec<String>,
}

/// Whoever answers requests.
pub trait Peer {
    /// Sends a request and waits for its answer. `params` is JSON.
    ///
    /// # Errors
    /// There is no answer.
    fn ask(&mut self, method: &str, params: &str) -> Result<Answer>;

    /// Calls a tool. `arguments` is JSON.
    ///
    /// # Errors
    /// There is no answer.
    fn call(&mut self, tool: &str, arguments: &str) -> Result<Answer> {
        self.ask("tools/call", &format!(r#"{{"name":{},"arguments":{arguments}}}"#, Value::from(tool)))
    }
}

/// A session over HTTP.
#[derive(Debug)]
pub struct Session {
    address: SocketAddr,
    path: &'static str,
    /// The id that the server gave it.
    pub id: String,
    /// The revision that the server answered.
    pub revision: String,
    next: u64,
}

/// A server that was started here, over its pipes. Dropped, it is killed.
#[derive(Debug)]
pub struct Pipes {
    child: Child,
    input: Option<ChildStdin>,
    lines: Receiver<io::Result<String>>,
    next: u64,
}

/// The members of an answer; whatever else stands in a message is not looked at.
#[derive(Deserialize)]
struct Frame {
    id: Option<u64>,
    method: Option<String>,
    result: Option<Box<RawValue>>,
    error: Option<Box<RawValue>>,
}

impl Answer {
    /// The result, opened.
    ///
    /// # Errors
    /// It is an error.
    pub fn result(&self) -> Result<Value> {
        let raw = self.outcome.as_ref().map_err(|error| Trouble::new(format!("an error was answered: {error}")))?;
        serde_json::from_str(raw).map_err(Trouble::with(raw))
    }

    /// The first text in the result of a tool.
    ///
    /// # Errors
    /// It is an error, or has no text.
    pub fn text(&self) -> Result<String> {
        let result = self.result()?;
        let text = result.pointer("/content/0/text").and_then(Value::as_str);
        text.map(str::to_owned).ok_or_else(|| Trouble::new(format!("there is no text in {result}")))
    }

    /// The JSON document that is the first text in the result of a tool.
    ///
    /// # Errors
    /// There is none.
    pub fn document(&self) -> Result<Value> {
        let text = self.text()?;
        serde_json::from_str(&text).map_err(Trouble::with(text))
    }

    /// Whether it is the result of a tool that failed.
    #[must_use]
    pub fn is_tool_error(&self) -> bool {
        self.result().is_ok_and(|result| result.get("isError") == Some(&Value::Bool(true)))
    }
}

impl Session {
    /// Opens a session without capabilities.
    ///
    /// # Errors
    /// The server refuses it.
    pub fn open(address: SocketAddr) -> Result<Self> {
        Self::open_at(address, REVISION)
    }

    /// Opens a session that asks for this revision.
    ///
    /// # Errors
    /// The server refuses it.
    pub fn open_at(address: SocketAddr, revision: &str) -> Result<Self> {
        Self::open_path(address, "/mcp", revision)
    }

    /// Opens a session at an endpoint.
    ///
    /// # Errors
    /// The server refuses it.
    pub fn open_path(address: SocketAddr, path: &'static str, revision: &str) -> Result<Self> {
        let post = Request::post(address, path, &message(0, "initialize", &hello(revision)));
        let reply = Connection::open(address)?.ask(&post)?;
        let id = reply.header(SESSION).map(str::to_owned);
        let id = id.ok_or_else(|| Trouble::new(format!("no session was opened: {reply:?}")))?;
        let result = read(&reply, 0)?.result()?;
        let revision = result.get("protocolVersion").and_then(Value::as_str).unwrap_or_default().to_owned();
        let session = Self { address, path, id, revision, next: 1 };
        session.tell("notifications/initialized", "{}")?;
        Ok(session)
    }

    /// Sends a notification.
    ///
    /// # Errors
    /// It is refused.
    pub fn tell(&self, method: &str, params: &str) -> Result<()> {
        let reply = self.send(&format!(r#"{{"jsonrpc":"2.0","method":"{method}","params":{params}}}"#))?;
        if reply.status == 202 { Ok(()) } else { Err(Trouble::new(format!("{method} was refused: {reply:?}"))) }
    }

    /// A `POST` in this session.
    #[must_use]
    pub fn post(&self, body: &str) -> Request {
        Request::post(self.address, self.path, body)
            .with(SESSION, &self.id)
            .with("MCP-Protocol-Version", &self.revision)
    }

    /// Sends a body in this session, over a connection of its own.
    ///
    /// # Errors
    /// The connection breaks.
    pub fn send(&self, body: &str) -> Result<Reply> {
        Connection::open(self.address)?.ask(&self.post(body))
    }
}

impl Peer for Session {
    fn ask(&mut self, method: &str, params: &str) -> Result<Answer> {
        let id = self.next;
        self.next += 1;
        read(&self.send(&message(id, method, params))?, id)
    }
}

impl Pipes {
    /// Starts a server and opens a session without capabilities.
    ///
    /// # Errors
    /// It does not start, or does not answer.
    pub fn open(command: &mut Command) -> Result<Self> {
        let mut pipes = Self::start(command)?;
        pipes.ask("initialize", &hello(REVISION))?.result()?;
        pipes.say(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#)?;
        Ok(pipes)
    }

    /// Starts a server and says nothing yet.
    ///
    /// # Errors
    /// It does not start.
    pub fn start(command: &mut Command) -> Result<Self> {
        let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().map_err(Trouble::with("a server could not be started"))?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(Trouble::new("a server was started without pipes"));
        };
        Ok(Self { child, input: Some(input), lines: lines(output), next: 0 })
    }

    /// Sends a line.
    ///
    /// # Errors
    /// The server has closed its side.
    pub fn say(&mut self, line: &str) -> Result<()> {
        let Some(input) = &mut self.input else { return Err(Trouble::new("the pipe is closed")) };
        let written = input.write_all(format!("{line}\n").as_bytes()).and_then(|()| input.flush());
        written.map_err(Trouble::with("writing to a server"))
    }

    /// Waits for a line.
    ///
    /// # Errors
    /// None comes.
    pub fn hear(&self) -> Result<String> {
        let line = self.lines.recv_timeout(DEADLINE).map_err(|_| Trouble::new("the server said nothing"))?;
        line.map_err(Trouble::with("reading from a server"))
    }

    /// Closes the server's stdin and waits for its end. Gives its exit code and the lines that still came.
    ///
    /// # Errors
    /// It does not end.
    pub fn finish(mut self) -> Result<(Option<i32>, Vec<String>)> {
        self.input = None;
        let ended = until("the end of a server", || self.child.try_wait().map_err(Trouble::with("waiting")))?;
        Ok((ended.code(), self.lines.iter().filter_map(io::Result::ok).collect()))
    }
}

impl Peer for Pipes {
    fn ask(&mut self, method: &str, params: &str) -> Result<Answer> {
        let id = self.next;
        self.next += 1;
        self.say(&message(id, method, params))?;
        let mut before = Vec::new();
        loop {
            let line = self.lines.recv_timeout(DEADLINE);
            let line = line.map_err(|_| Trouble::new(format!("the server gave no answer to {method}")))?;
            let line = line.map_err(Trouble::with("reading from a server"))?;
            match answer(&line, id)? {
                Some(outcome) => return Ok(Answer { outcome, before }),
                None => before.push(line),
            }
        }
    }
}

impl Drop for Pipes {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The lines of a server; a thread reads them, so that waiting for one has an end.
fn lines(output: ChildStdout) -> Receiver<io::Result<String>> {
    let (sender, receiver) = sync_channel(64);
    std::thread::spawn(move || {
        for line in BufReader::new(output).lines() {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    receiver
}

/// The answer in an HTTP reply, be it JSON or a stream of events.
///
/// # Errors
/// It holds no answer to the request with this id.
pub fn read(reply: &Reply, id: u64) -> Result<Answer> {
    let messages: Vec<&str> = if reply.is_event_stream() {
        let data = reply.body.lines().filter_map(|line| line.strip_prefix("data:"));
        data.map(str::trim).filter(|data| !data.is_empty()).collect()
    } else {
        vec![&reply.body]
    };
    let mut before = Vec::new();
    for text in messages {
        match answer(text, id)? {
            Some(outcome) => return Ok(Answer { outcome, before }),
            None => before.push(text.to_owned()),
        }
    }
    Err(Trouble::new(format!("there is no answer in {reply:?}")))
}

fn answer(text: &str, id: u64) -> Result<Option<Result<String, String>>> {
    let frame: Frame = serde_json::from_str(text).map_err(Trouble::with(text))?;
    Ok(match (frame.method, frame.result, frame.error) {
        (None, Some(result), None) if frame.id == Some(id) => Some(Ok(result.get().to_owned())),
        (None, None, Some(error)) if frame.id == Some(id) => Some(Err(error.get().to_owned())),
        _ => None,
    })
}

/// A request as text.
#[must_use]
pub fn message(id: u64, method: &str, params: &str) -> String {
    format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"{method}","params":{params}}}"#)
}

/// The params of `initialize`, without capabilities.
#[must_use]
pub fn hello(revision: &str) -> String {
    let client = json!({ "name": "whole-tests", "version": "1" });
    json!({ "protocolVersion": revision, "capabilities": {}, "clientInfo": client }).to_string()
}
