//! Why a core ended, in its own words: the last line of its stderr.

use std::{io, process::ExitStatus};

use mcpproxy_ipc_proto::endpoint::Endpoint;
use serde::Deserialize;

use super::{Ended, tail::Tail};
use crate::{platform, view::Reason};

/// The last line of the stderr of a core that does not start. Its `code` says no more than the exit code, its `path` no
/// more than the message.
#[derive(Deserialize)]
struct LastLine {
    message: String,
    #[serde(default)]
    hint: String,
    #[serde(default)]
    free_port: Option<u16>,
    #[serde(default)]
    endpoint: Option<String>,
}

/// What is to be told of the end of a core.
pub(super) fn ended(status: io::Result<ExitStatus>, tail: &Tail) -> Ended {
    let status = match status {
        Ok(status) => status,
        Err(error) => {
            let message = format!("what became of the core is not known: {error}");
            return Ended { code: None, signal: false, reason: Reason { message, ..Reason::default() } };
        }
    };
    let signal = platform::signal(status);
    let reason =
        if status.success() { Reason::default() } else { own(tail).unwrap_or_else(|| seen(status, signal, tail)) };
    Ended { code: status.code(), signal: signal.is_some(), reason }
}

fn own(tail: &Tail) -> Option<Reason> {
    let line: LastLine = serde_json::from_str(&tail.last()?).ok()?;
    Some(Reason {
        message: line.message,
        hint: line.hint,
        free_port: line.free_port.filter(|port| *port > 0),
        holder: line.endpoint.filter(|text| Endpoint::parse(text).is_ok()),
    })
}

/// Where the core does not say why: how it ended, and its last words.
fn seen(status: ExitStatus, signal: Option<i32>, tail: &Tail) -> Reason {
    let how = match (status.code(), signal) {
        (Some(code), _) => format!("the core ended with exit code {code}"),
        (None, Some(signal)) => format!("the core was ended by signal {signal}"),
        (None, None) => "the core ended".to_owned(),
    };
    let message = match tail.last() {
        Some(words) => format!("{how}; its last words: {words}"),
        None => how,
    };
    Reason { message, hint: "look into its log".to_owned(), ..Reason::default() }
}
