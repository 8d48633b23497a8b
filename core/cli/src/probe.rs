//! `mcpproxy tools list --server NAME`: one server of the settings, started by itself, for trying out a configuration.

use std::io::{self, Write};

use mcpproxy_config::{Env, Flags};
use mcpproxy_daemon::look::{Looked, look};
use serde_json::json;

use crate::{
    args::{Format, Tools, ToolsCommand},
    exit::Failure,
};

/// How much of a description is printed in a table.
const DESCRIPTION: usize = 60;

/// Lists the tools of one server.
pub(crate) async fn tools(flags: Flags, tools: &Tools, format: Format) -> Result<(), Failure> {
    let ToolsCommand::List { server } = &tools.command;
    let looked = look(&flags, &Env::from_process(), server)
        .await
        .map_err(|error| Failure::new(error.code, error.message, error.hint))?;
    let text = match format {
        Format::Table => table(&looked),
        Format::Json => json_text(&looked),
    };
    io::stdout()
        .lock()
        .write_all(text.as_bytes())
        .map_err(|error| Failure::internal(format!("stdout is closed: {error}")))
}

fn json_text(looked: &Looked) -> String {
    let tools: Vec<_> = looked
        .tools
        .iter()
        .map(|tool| json!({ "name": tool.name, "description": tool.description, "call_with": tool.call_with }))
        .collect();
    let told = json!({ "server": looked.server, "revision": looked.revision, "tools": tools });
    format!("{}\n", serde_json::to_string_pretty(&told).unwrap_or_default())
}

fn table(looked: &Looked) -> String {
    if looked.tools.is_empty() {
        return "No results found\n".to_owned();
    }
    let names: Vec<_> = looked.tools.iter().map(|tool| escaped(&tool.name)).collect();
    let width = names.iter().map(|name| name.chars().count()).max().unwrap_or_default().max(4);
    let mut text = format!("{:width$}  {:21}  DESCRIPTION\n", "NAME", "CALL WITH");
    for (tool, name) in looked.tools.iter().zip(names) {
        let description: String = escaped(&tool.description).chars().take(DESCRIPTION).collect();
        text.push_str(&format!("{name:width$}  {:21}  {description}\n", tool.call_with));
    }
    text
}

/// Text of a server never reaches a terminal as it is: it could move the cursor or forge lines.
fn escaped(text: &str) -> String {
    text.chars().flat_map(|c| if c.is_control() { c.escape_default().collect::<Vec<_>>() } else { vec![c] }).collect()
}

#[cfg(test)]
mod tests {
    use mcpproxy_daemon::look::LookedTool;

    use super::*;

    #[test]
    fn names_from_servers_cannot_move_the_cursor() {
        let tool = |name: &str, description: &str| LookedTool {
            name: name.to_owned(),
            description: description.to_owned(),
            call_with: "call_tool_read",
        };
        let tools = vec![tool("a\u{1b}[2J", "first\nsecond"), tool("longer_name", &"x".repeat(100))];
        let looked = Looked { server: "s 1".to_owned(), revision: "2025-11-25", tools };
        assert_eq!(
            table(&looked),
            format!(
                "NAME         CALL WITH              DESCRIPTION\n\
                 a\\u{{1b}}[2J   call_tool_read         first\\nsecond\n\
                 longer_name  call_tool_read         {}\n",
                "x".repeat(60)
            )
        );
    }
}
