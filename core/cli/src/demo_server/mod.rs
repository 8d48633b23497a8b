//! The demo MCP server inside the binary: a handful of tools that work offline, so that a newcomer can see the proxy
//! find, call and gate tools without installing anything. This file is the conversation: lines in, lines out.
//!
//! Not here: the tools (a file a group), and any way to the outside. The output is the only channel; nothing is
//! printed or logged.

mod dates;
mod notes;
mod password;
mod text;
mod tool;
mod units;

#[cfg(test)]
mod tests;

use std::io;

use mcpproxy_domain::identity;
use mcpproxy_wire::{
    DEFAULT_MESSAGE_CAP, Envelope, ErrorObject, Id, Object, Outcome, Revision,
    envelope::{self, DecodeError},
    error_code, handshake,
    stdio::{Line, Lines},
};
use serde_json::{
    Map, Value, json,
    value::{RawValue, to_raw_value},
};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};

use self::{notes::Notebook, tool::Tool};

/// Every tool, in the order in which they are listed.
const TOOLS: [&Tool; 8] = [
    &units::CONVERT_UNITS,
    &dates::DATE_DIFFERENCE,
    &text::HASH_TEXT,
    &text::TEXT_STATISTICS,
    &password::GENERATE_PASSWORD,
    &notes::NOTE_ADD,
    &notes::NOTE_LIST,
    &notes::NOTE_DELETE_ALL,
];

const INSTRUCTIONS: &str = "Tools that work offline, for trying things out: units, dates, text, passwords, and notes \
    that are kept in memory until this server stops.";

/// Serves one client, one message after the other, until its stream ends.
///
/// # Errors
/// Those of the two streams; that the client went away while it was being answered is one of them.
pub async fn serve(input: impl AsyncRead + Unpin, mut output: impl AsyncWrite + Unpin) -> io::Result<()> {
    let mut lines = Lines::new(input, DEFAULT_MESSAGE_CAP);
    let mut notebook = Notebook::default();
    while let Some(line) = lines.next().await? {
        let Some(mut answer) = answer(&line, &mut notebook) else { continue };
        answer.push(b'\n');
        output.write_all(&answer).await?;
        output.flush().await?;
    }
    Ok(())
}

/// The answer to a line; `None` if it wants none. This server asks nothing, so answers of the client are passed over.
fn answer(line: &Line, notebook: &mut Notebook) -> Option<Vec<u8>> {
    let Line::Whole(bytes) = line else {
        let message = format!("the message is larger than {DEFAULT_MESSAGE_CAP} bytes: send less at once");
        return Some(refusal(None, error_code::INVALID_REQUEST, message));
    };
    match envelope::decode(bytes) {
        Ok(Envelope::Request { id, method, params }) => {
            Some(envelope::response(&id, &outcome(&method, params, notebook)))
        }
        Ok(Envelope::Notification { .. } | Envelope::Response { .. }) | Err(DecodeError::Empty) => None,
        Err(error @ DecodeError::Syntax(_)) => Some(refusal(None, error_code::PARSE_ERROR, error.to_string())),
        Err(error @ DecodeError::Batch) => Some(refusal(None, error_code::INVALID_REQUEST, error.to_string())),
        Err(DecodeError::Shape { reason, id }) => Some(refusal(id.as_ref(), error_code::INVALID_REQUEST, reason)),
    }
}

fn refusal(id: Option<&Id>, code: i64, message: impl AsRef<str>) -> Vec<u8> {
    let error = ErrorObject::new(code, message);
    match id {
        Some(id) => envelope::response(id, &Err(error)),
        None => envelope::orphan_error(&error),
    }
}

fn outcome(method: &str, params: Option<&RawValue>, notebook: &mut Notebook) -> Outcome {
    let params = params.and_then(Object::open).unwrap_or_default();
    let result = match method {
        handshake::INITIALIZE => initialize(&params)?,
        "ping" => json!({}),
        "tools/list" => list(&params)?,
        "tools/call" => call(&params, notebook)?,
        other => {
            let message = format!("this server has no method {other}: it offers tools only");
            return Err(ErrorObject::new(error_code::METHOD_NOT_FOUND, message));
        }
    };
    to_raw_value(&result).map_err(|error| ErrorObject::new(error_code::INTERNAL_ERROR, error.to_string()))
}

fn initialize(params: &Object<'_>) -> Result<Value, ErrorObject> {
    let asked = params.text("protocolVersion").ok_or_else(|| {
        invalid(format!("initialize needs a protocolVersion, such as \"{}\"", Revision::LATEST.as_str()))
    })?;
    Ok(json!({
        "protocolVersion": Revision::negotiate(&asked).as_str(),
        "capabilities": { "tools": {} },
        "serverInfo": {
            "name": format!("{}-demo", identity::COMMAND),
            "title": format!("{} demo tools", identity::PRODUCT),
            "version": identity::VERSION,
        },
        "instructions": INSTRUCTIONS,
    }))
}

/// The list is the same in every revision: the older ones pass over members that they do not know.
fn list(params: &Object<'_>) -> Result<Value, ErrorObject> {
    if params.get("cursor").is_some_and(|cursor| cursor.get() != "null") {
        return Err(invalid("there is one page of tools only: ask for the list without a cursor"));
    }
    Ok(json!({ "tools": TOOLS.map(Tool::definition) }))
}

fn call(params: &Object<'_>, notebook: &mut Notebook) -> Result<Value, ErrorObject> {
    let name = params.text("name").ok_or_else(|| invalid("tools/call needs the name of a tool"))?;
    let tool = TOOLS.into_iter().find(|tool| tool.name == name).ok_or_else(|| {
        invalid(format!("there is no tool {name}: the tools are {}", TOOLS.map(|tool| tool.name).join(", ")))
    })?;
    let arguments: Option<Map<String, Value>> = match params.get("arguments") {
        Some(raw) => serde_json::from_str(raw.get())
            .map_err(|error| invalid(format!("the arguments of {name} must be a JSON object: {error}")))?,
        None => None,
    };
    Ok(tool.call(&arguments.unwrap_or_default(), notebook))
}

fn invalid(message: impl AsRef<str>) -> ErrorObject {
    ErrorObject::new(error_code::INVALID_PARAMS, message)
}
