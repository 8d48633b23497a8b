//! `mcpproxy upstream logs NAME [-f]`: the last lines of a server's log, and what is written from now on.

use std::time::Duration;

use anstyle::AnsiColor;
use mcpproxy_domain::{Code, ServerName};
use mcpproxy_ipc_proto::{
    call::GetServerLogs,
    view::{LogEntry, Logs as LogView},
};
use mcpproxy_logs::{Limits, LogLine, Redactor, ServerLogs};

use crate::{
    args::upstream::Logs,
    client::{Core, SOON},
    context::Context,
    exit::Failure,
    launch, offline,
    output::{Format, escape::escaped, style::Style, write},
};

/// How long an answer is held back until there is something new, in milliseconds.
const WAIT_MS: u64 = 20_000;
/// How many lines at most in one answer while a log is followed.
const MOST: usize = 1000;

/// Shows a log.
pub(super) async fn logs(context: &Context, logs: &Logs) -> Result<(), Failure> {
    let name = logs.name.as_ref().or(logs.server.as_ref()).cloned().unwrap_or_default();
    let found = if logs.follow { Some(launch::ensure_running(context).await?) } else { launch::find(context).await? };
    let core = match found {
        Some(core) => core,
        None => {
            let read = from_file(context, &name, logs.tail)?;
            return context.output.show(&read, |style| lines(&read.logs, style));
        }
    };
    let ask = GetServerLogs { name, tail: logs.tail, cursor: None, wait_ms: 0 };
    let first = core.ask(&ask).await?;
    if !logs.follow {
        return context.output.show(&first, |style| lines(&first.logs, style));
    }
    tokio::select! {
        done = follow(context, &core, ask, first) => done,
        // whoever follows a log ends it so: that is no failure
        _ = tokio::signal::ctrl_c() => Ok(()),
    }
}

/// Prints what is new until nobody reads any more. As JSON and YAML each entry is a document of its own.
async fn follow(context: &Context, core: &Core, mut ask: GetServerLogs, mut read: LogView) -> Result<(), Failure> {
    ask.wait_ms = WAIT_MS;
    ask.tail = MOST;
    loop {
        let text = match context.output.format {
            Format::Table => lines(&read.logs, context.output.style),
            Format::Json => {
                read.logs.iter().map(|entry| serde_json::to_string(entry).unwrap_or_default() + "\n").collect()
            }
            Format::Yaml => {
                let one = |entry| Ok(format!("---\n{}", context.output.text(entry, |_| String::new())?));
                read.logs.iter().map(one).collect::<Result<String, Failure>>()?
            }
        };
        if !write(&text)? {
            return Ok(());
        }
        ask.cursor = Some(read.cursor);
        read = core.ask_within(&ask, Duration::from_millis(WAIT_MS) + SOON).await?;
    }
}

/// The log as it lies on the disk, where no core runs.
fn from_file(context: &Context, name: &str, tail: usize) -> Result<LogView, Failure> {
    let config = context.config()?;
    offline::find(&config, name)?;
    let folder = offline::log_directory(&config);
    let failed = |error: &dyn std::fmt::Display| {
        let message = format!("the log of {name} in {} cannot be read: {error}", folder.display());
        Failure::new(Code::FolderDenied, message, "check the permissions of the folder")
    };
    let mut view = LogView { server_name: name.to_owned(), ..LogView::default() };
    if !folder.is_dir() {
        return Ok(view);
    }
    let server = ServerName::new(name).map_err(|error| failed(&error))?;
    let logs = ServerLogs::new(folder.clone(), Limits::default(), Redactor::new()).map_err(|error| failed(&error))?;
    let read = logs.open(&server).read(tail, None).map_err(|error| failed(&error))?;
    let entry = |LogLine { time, kind, text }: LogLine| LogEntry {
        timestamp: time,
        level: if kind == "EVENT" { "INFO".to_owned() } else { kind },
        message: text,
        server: Some(name.to_owned()),
    };
    view.logs = read.lines.into_iter().map(entry).collect();
    (view.count, view.cursor) = (view.logs.len(), read.cursor);
    Ok(view)
}

fn lines(entries: &[LogEntry], style: Style) -> String {
    let line = |entry: &LogEntry| {
        let level = format!("{:8}", escaped(&entry.level));
        let level = if entry.level == "STDERR" { style.paint(&level, AnsiColor::Yellow) } else { level };
        format!("{}  {level}  {}\n", style.dim(&escaped(&entry.timestamp)), escaped(&entry.message))
    };
    entries.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::golden;

    #[test]
    fn lines_of_a_log() {
        let entry = |level: &str, message: &str| LogEntry {
            timestamp: "2026-01-02T03:04:05.678Z".to_owned(),
            level: level.to_owned(),
            message: message.to_owned(),
            server: Some("a".to_owned()),
        };
        let logs = vec![entry("INFO", "started"), entry("STDERR", "\u{1b}[31mboom\nforged: line\u{202e}")];
        let view = LogView { server_name: "a".to_owned(), count: logs.len(), logs, cursor: 77 };
        golden::check_forms("upstream_logs", &view, |style| lines(&view.logs, style));
    }
}
