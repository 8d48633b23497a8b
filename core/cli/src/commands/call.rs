//! `mcpproxy call`: calls a tool through the door that was named, and prints what it answers.

mod arguments;
mod result;

use std::{process::ExitCode, time::Duration};

use mcpproxy_domain::{Code, ToolId};
use mcpproxy_ipc_proto::{
    call::{CallTool, ListServerTools},
    view::{Hint, ToolView},
};

use super::{
    tools::{door, patience},
    upstream::wait::until_up,
};
use crate::{
    args::{call::Call, tools::Risk},
    client::Core,
    context::Context,
    exit::Failure,
    launch::ensure_running,
    output::escape::shell_word,
    progress::Progress,
};

/// How long a call may take when nobody says: the limits of the server count then, and this is beyond them.
const USUAL: Duration = Duration::from_secs(60 * 60);

/// Calls a tool.
pub(super) async fn call(context: &Context, call: &Call) -> Result<ExitCode, Failure> {
    let wanted = call.wanted();
    let limit = wanted.timeout.map(patience).transpose()?.unwrap_or(USUAL);
    let id = ToolId::parse(wanted.tool).map_err(|_| no_tool(wanted.tool))?;
    let mut core = ensure_running(context).await?;
    until_up(&mut core).await?;
    let known = if arguments::need_schema(&wanted.arguments) { find(&core, &id).await? } else { None };
    let schema = known.as_ref().and_then(|tool| tool.schema.as_deref());
    let args = arguments::read(&wanted.arguments, schema)?;
    let variant = door(wanted.door.hint()).to_owned();
    let ask = CallTool { tool: wanted.tool.to_owned(), variant, args: Some(args) };
    let mut progress = Progress::new(format!("calling {}", wanted.tool));
    let answer = match progress.during(core.ask_within(&ask, limit)).await {
        Ok(answer) => answer,
        Err(failure) if failure.is(Code::WrongVariant) => {
            return Err(other_door(&core, &id, wanted.door, failure).await);
        }
        Err(mut failure) if failure.is(Code::ToolNotFound) => {
            if !failure.context.contains_key("nearest") {
                failure.hint =
                    format!("see its tools: mcpproxy tools list --server {}", shell_word(id.server.as_str()));
            }
            return Err(failure);
        }
        Err(failure) => return Err(failure),
    };
    result::show(context, &answer)
}

/// The tool as its server lists it; `None` = it does not, or that cannot be told now. The call itself says why.
async fn find(core: &Core, id: &ToolId) -> Result<Option<ToolView>, Failure> {
    match core.ask(&ListServerTools { name: id.server.to_string() }).await {
        Ok(tools) => Ok(tools.tools.into_iter().find(|tool| *tool.name == *id.tool)),
        Err(failure) if failure.is(Code::ServerNotFound) => Ok(None),
        Err(failure) => Err(failure),
    }
}

/// Which flag opens the door that the tool asks for.
async fn other_door(core: &Core, id: &ToolId, tried: Risk, mut failure: Failure) -> Failure {
    let asked = find(core, id).await.ok().flatten().map(|tool| tool.call_with);
    let (flag, long) = match asked {
        Some(Hint::Write) => ("--write", "tool-write"),
        Some(Hint::Destructive) => ("--destructive", "tool-destructive"),
        _ if tried == Risk::Read => ("--write", "tool-write"),
        _ => ("--destructive", "tool-destructive"),
    };
    failure.hint = format!("the tool may change something: add {flag} to the command, or use: mcpproxy call {long}");
    failure
}

fn no_tool(text: &str) -> Failure {
    if text == "tool" {
        let hint =
            "use call tool-read, call tool-write or call tool-destructive, or shorter: mcpproxy call SERVER:TOOL";
        return Failure::new(Code::InvalidInput, "call tool does not say what the tool may do", hint);
    }
    let message = format!("{text:?} is not the name of a tool");
    Failure::new(Code::InvalidInput, message, "write SERVER:TOOL").with_command("mcpproxy tools list")
}
