//! `mcpproxy tools list`: the tools of the running core; of one server also where no core runs, by a look at it.

use std::time::Duration;

use mcpproxy_config::parse_duration;
use mcpproxy_daemon::look::look;
use mcpproxy_domain::Code;
use mcpproxy_ipc_proto::{
    call::{ListServerTools, ListTools},
    view::{Hint, Probe, ServerTools, ToolList, ToolView},
};

use crate::{
    args::tools::{List, ToolStatus},
    commands::upstream::wait::until_up,
    context::Context,
    exit::Failure,
    launch::{self, ensure_running},
    output::{
        escape::description,
        style::Style,
        table::{Cut, Table},
    },
    progress::Progress,
};

/// Lists tools.
pub(super) async fn list(context: &Context, list: &List) -> Result<(), Failure> {
    let Some(server) = &list.server else {
        let mut core = ensure_running(context).await?;
        until_up(&mut core).await?;
        let mut tools = core.ask(&ListTools {}).await?;
        tools.tools.retain(|tool| is_wanted(tool, list));
        return context.output.show(&tools, |style| all(&tools, style));
    };
    if let Some(mut core) = launch::find(context).await? {
        until_up(&mut core).await?;
        let mut tools = core.ask(&ListServerTools { name: server.clone() }).await?;
        tools.tools.retain(|tool| is_wanted(tool, list));
        tools.count = tools.tools.len();
        return context.output.show(&tools, |style| of_server(&tools, style));
    }
    let probe = look_at(context, server, patience(&list.timeout)?).await?;
    context.output.show(&probe, |style| {
        let tools = probe.tools.iter().filter(|tool| list.risk.is_none_or(|risk| risk.hint() == tool.call_with));
        rows(tools.map(|tool| (tool.name.as_str(), tool.call_with, tool.description.as_str())), style)
    })
}

/// What a door is called on the command line.
pub(super) fn door(hint: Hint) -> &'static str {
    match hint {
        Hint::Read => "read",
        Hint::Write => "write",
        Hint::Destructive => "destructive",
        Hint::Other => "?",
    }
}

/// A time as it was written.
pub(super) fn patience(text: &str) -> Result<Duration, Failure> {
    parse_duration(text).map_err(|error| {
        Failure::new(Code::InvalidInput, format!("{text:?} is no time: {error}"), "write it as 30s, 5m or 1h30m")
    })
}

/// Starts one server by itself, lists its tools, and stops it.
async fn look_at(context: &Context, server: &str, patience: Duration) -> Result<Probe, Failure> {
    context.location()?;
    let mut progress = Progress::new(format!("starting {server} by itself to look at its tools"));
    let looking = Box::pin(look(&context.flags, &context.env, server, patience));
    progress.during(looking).await.map_err(|error| {
        let failure = Failure::new(error.code, error.message, error.hint);
        match error.code {
            Code::Timeout => failure.with_command(format!("mcpproxy upstream logs {server}")),
            _ => failure,
        }
    })
}

fn is_wanted(tool: &ToolView, list: &List) -> bool {
    let status = match list.status {
        None => true,
        Some(ToolStatus::Enabled) => !tool.config_denied,
        Some(ToolStatus::Disabled | ToolStatus::ConfigDenied) => tool.config_denied,
    };
    status && list.risk.is_none_or(|risk| risk.hint() == tool.call_with)
}

fn all(tools: &ToolList, style: Style) -> String {
    let mut table = Table::new(&[
        ("NAME", Cut::Middle),
        ("SERVER", Cut::Middle),
        ("STATE", Cut::Never),
        ("ASKS FOR", Cut::Never),
        ("USAGE", Cut::Never),
        ("LAST USED", Cut::Never),
        ("DESCRIPTION", Cut::End),
    ]);
    for tool in &tools.tools {
        table.row([
            tool.name.as_str().into(),
            tool.server_name.as_str().into(),
            state(tool).into(),
            door(tool.call_with).into(),
            tool.usage.to_string().into(),
            tool.last_used.as_deref().unwrap_or("-").into(),
            description(&tool.description).into(),
        ]);
    }
    table.render(style)
}

fn of_server(tools: &ServerTools, style: Style) -> String {
    rows(tools.tools.iter().map(|tool| (tool.name.as_str(), tool.call_with, tool.description.as_str())), style)
}

fn rows<'a>(tools: impl Iterator<Item = (&'a str, Hint, &'a str)>, style: Style) -> String {
    let mut table = Table::new(&[("NAME", Cut::Middle), ("ASKS FOR", Cut::Never), ("DESCRIPTION", Cut::End)]);
    for (name, hint, text) in tools {
        table.row([name.into(), door(hint).into(), description(text).into()]);
    }
    table.render(style)
}

/// Whether a tool may be called, in a word.
pub(super) fn state(tool: &ToolView) -> &'static str {
    if tool.config_denied { "held by settings" } else { "enabled" }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::golden;

    #[test]
    fn tools_in_each_form_with_texts_of_a_hostile_server() {
        let tools: ToolList = golden::sample("tools");
        golden::check_forms("tools_list", &tools, |style| all(&tools, style));
        let tools = ServerTools { server_name: "s".into(), count: tools.tools.len(), tools: tools.tools };
        golden::check_forms("tools_list_server", &tools, |style| of_server(&tools, style));
    }
}
