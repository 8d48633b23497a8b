//! The log of a server, for whoever reads or follows it.

use std::time::Duration;

use mcpproxy_domain::Code;
use mcpproxy_ipc_proto::{
    call::GetServerLogs,
    view::{LogEntry, Logs},
};
use mcpproxy_logs::{LogLine, Read};

use super::Servers;
use crate::Refusal;

/// The most lines in one answer.
const MOST: usize = 5000;
/// The longest time that an answer is held back until there is something new.
const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// How often is looked for something new.
const PAUSE: Duration = Duration::from_millis(200);

impl Servers {
    /// The last lines, or those behind a cursor; with a wait, the answer is held back until there are some.
    ///
    /// # Errors
    /// [`Code::ServerNotFound`], or the file cannot be read.
    pub async fn logs(&self, ask: &GetServerLogs) -> Result<Logs, Refusal> {
        let server = self.find(&ask.name)?;
        let log = self.runtime.logs().open(&server.spec.name);
        let tail = ask.tail.clamp(1, MOST);
        let until = tokio::time::Instant::now() + Duration::from_millis(ask.wait_ms).min(LONGEST_WAIT);
        loop {
            let (log, cursor) = (log.clone(), ask.cursor);
            let read = tokio::task::spawn_blocking(move || log.read(tail, cursor))
                .await
                .map_err(|_| Refusal::internal("reading the log broke off"))?
                .map_err(|error| {
                    let told = format!("the log of {} cannot be read: {error}", ask.name);
                    Refusal::new(Code::Internal, told, "check the permissions of the folder of logs")
                })?;
            if !read.lines.is_empty() || tokio::time::Instant::now() >= until {
                return Ok(view(&ask.name, read));
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
}

fn view(server: &str, read: Read) -> Logs {
    let entry = |LogLine { time, kind, text }: LogLine| LogEntry {
        timestamp: time,
        level: if kind == "EVENT" { "INFO".to_owned() } else { kind },
        message: text,
        server: Some(server.to_owned()),
    };
    let logs: Vec<_> = read.lines.into_iter().map(entry).collect();
    Logs { server_name: server.to_owned(), count: logs.len(), logs, cursor: read.cursor }
}
