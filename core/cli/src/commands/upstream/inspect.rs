//! `mcpproxy upstream inspect NAME`: one server, what it runs, and its tools with what they may do.

use mcpproxy_domain::Code;
use mcpproxy_ipc_proto::{
    call::{GetServer, ListServerTools},
    view::{Hint, ServerView, ToolView},
};
use serde::Serialize;

use super::list::{helps, mark};
use crate::{
    args::upstream::Inspect,
    commands::tools::{door, state},
    context::Context,
    exit::Failure,
    launch, offline,
    output::{
        escape::{description, escaped, escaped_lines},
        style::{Mark, Style},
        table::{Cell, Cut, Table},
    },
};

/// What is shown of one server.
#[derive(Serialize)]
struct Whole {
    server: ServerView,
    tools: Vec<ToolView>,
}

/// Shows a server, or one tool of it.
pub(super) async fn inspect(context: &Context, inspect: &Inspect) -> Result<(), Failure> {
    let name = inspect.name.clone();
    let whole = match launch::find(context).await? {
        Some(core) => Whole {
            server: core.ask(&GetServer { name: name.clone() }).await?,
            tools: core.ask(&ListServerTools { name }).await?.tools,
        },
        None => Whole { server: offline::find(&context.config()?, &name)?, tools: Vec::new() },
    };
    let Some(tool) = &inspect.tool else { return context.output.show(&whole, |style| table(&whole, style)) };
    let tool = whole.tools.iter().find(|known| known.name == *tool).ok_or_else(|| {
        let names: Vec<_> = whole.tools.iter().map(|tool| tool.name.as_str()).collect();
        let known = if names.is_empty() { "its tools are not known now".to_owned() } else { names.join(", ") };
        Failure::new(Code::ToolNotFound, format!("{} has no tool {tool}", inspect.name), known)
    })?;
    context.output.show(tool, |_| text(tool))
}

fn table(whole: &Whole, style: Style) -> String {
    let server = &whole.server;
    let mut text =
        format!("{} {}  {}\n", style.mark(mark(server)), escaped(&server.name), escaped(&server.health.summary));
    let mut line = |key: &str, value: &str| {
        if !value.is_empty() {
            text.push_str(&format!("  {key:9} {}\n", escaped(value)));
        }
    };
    line("runs", &server.runs);
    line("why", &server.health.detail);
    let kind = match (&server.server_name, &server.server_version) {
        (Some(name), Some(version)) => format!("{name} {version}, {}", server.protocol),
        _ => server.protocol.clone(),
    };
    line("is", &kind);
    line("since", server.connected_at.as_deref().unwrap_or_default());
    let help = helps(server);
    line("do next", &if help.is_empty() { help } else { format!("mcpproxy {help}") });
    if whole.tools.is_empty() {
        return text;
    }
    let columns = [
        ("", Cut::Never),
        ("TOOL", Cut::Middle),
        ("MAY", Cut::Never),
        ("STATE", Cut::Never),
        ("DESCRIPTION", Cut::End),
    ];
    let mut tools = Table::new(&columns);
    for tool in &whole.tools {
        tools.row([
            Cell::Mark(danger(tool)),
            tool.name.as_str().into(),
            door(tool.call_with).into(),
            state(tool).into(),
            description(&tool.description).into(),
        ]);
    }
    format!("{text}\n{}", tools.render(style))
}

/// How dangerous a tool says it is; one that is held back does nothing.
fn danger(tool: &ToolView) -> Mark {
    match tool.call_with {
        _ if tool.config_denied => Mark::Off,
        Hint::Read => Mark::Well,
        Hint::Write => Mark::Attention,
        Hint::Destructive | Hint::Other => Mark::Broken,
    }
}

fn text(tool: &ToolView) -> String {
    let name = format!("{}:{}", tool.server_name, tool.name);
    let schema = tool.schema.as_ref().map_or_else(String::new, |schema| {
        let value: serde_json::Value = serde_json::from_str(schema.get()).unwrap_or_default();
        format!("\narguments:\n{}\n", escaped_lines(&format!("{value:#}")))
    });
    let (name, what) = (escaped(&name), escaped_lines(tool.description.trim()));
    format!("{name}  {}, {}\n\n{what}\n{schema}", door(tool.call_with), state(tool))
}

#[cfg(test)]
mod tests {
    use mcpproxy_ipc_proto::view::{ServerList, ToolList};

    use super::*;
    use crate::golden;

    #[test]
    fn one_server_with_its_tools_and_one_tool() {
        let servers: ServerList = golden::sample("servers");
        let tools: ToolList = golden::sample("tools");
        let server = servers.servers.into_iter().find(|server| server.name == "github").unwrap();
        let whole = Whole { server, tools: tools.tools };
        golden::check_forms("upstream_inspect", &whole, |style| table(&whole, style));
        golden::check("upstream_inspect_tool.txt", &text(&whole.tools[1]));
    }
}
