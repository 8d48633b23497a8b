//! `mcpproxy upstream tools enable|disable|enable-all|disable-all`: which tools of a server are let through.

use std::collections::BTreeSet;

use mcpproxy_domain::{Code, server::ToolFilter};
use mcpproxy_ipc_proto::call::ListServerTools;
use serde_json::{Map, Value, json};

use super::add::change;
use crate::{
    args::upstream::{ServerTools, SomeTools},
    context::Context,
    exit::Failure,
    launch::ensure_running,
    offline,
    output::{escape::escaped, style::Mark},
};

/// Switches tools on or off.
pub(super) async fn switch(context: &Context, tools: &ServerTools) -> Result<(), Failure> {
    let (server, filter, told) = match tools {
        ServerTools::Enable(some) => {
            (&some.server, switched(context, some, true)?, some.tools.join(", ") + ": enabled")
        }
        ServerTools::Disable(some) => {
            (&some.server, switched(context, some, false)?, some.tools.join(", ") + ": disabled")
        }
        ServerTools::EnableAll { server } => (server, ToolFilter::All, "all tools enabled".to_owned()),
        ServerTools::DisableAll { server } => {
            // which tools there are, only the server can say
            let core = ensure_running(context).await?;
            let known = core.ask(&ListServerTools { name: server.clone() }).await?;
            if known.tools.is_empty() {
                let message = format!("the tools of {server} are not known now");
                return Err(Failure::new(Code::ServerUnavailable, message, "switch the whole server off")
                    .with_command(format!("mcpproxy upstream disable {server}")));
            }
            let names = known.tools.into_iter().map(|tool| tool.name).collect();
            (server, ToolFilter::Except(names), "all tools disabled".to_owned())
        }
    };
    let changed = change(context, server, written(&filter)).await?;
    let line = format!("{}: {}", escaped(server), escaped(&told));
    context.output.show(&changed, |style| format!("{} {line}\n", style.mark(Mark::Well)))
}

/// The filter of the settings with some tools switched.
fn switched(context: &Context, some: &SomeTools, on: bool) -> Result<ToolFilter, Failure> {
    let config = context.config()?;
    let spec = config.servers.iter().find(|spec| spec.name.as_str() == some.server);
    let spec = spec.ok_or_else(|| offline::unknown(&config, &some.server))?;
    match with(spec.tools.clone(), &some.tools, on) {
        // an empty list would let everything through
        ToolFilter::Only(names) if names.is_empty() => {
            let message = format!("no tool of {} would be left", some.server);
            Err(Failure::new(Code::InvalidInput, message, "switch the whole server off")
                .with_command(format!("mcpproxy upstream disable {}", some.server)))
        }
        filter => Ok(filter),
    }
}

fn with(filter: ToolFilter, tools: &[String], on: bool) -> ToolFilter {
    let change = |mut names: BTreeSet<String>, add: bool| {
        for tool in tools {
            let _ = if add { names.insert(tool.clone()) } else { names.remove(tool) };
        }
        names
    };
    match filter {
        ToolFilter::All if on => ToolFilter::All,
        ToolFilter::All => ToolFilter::Except(change(BTreeSet::new(), true)),
        ToolFilter::Except(names) => ToolFilter::Except(change(names, !on)),
        ToolFilter::Only(names) => ToolFilter::Only(change(names, on)),
    }
}

/// The filter as the settings hold it. Keys that are not needed are removed.
fn written(filter: &ToolFilter) -> Map<String, Value> {
    let (only, except) = match filter {
        ToolFilter::All => (Value::Null, Value::Null),
        ToolFilter::Only(names) => (json!(names), Value::Null),
        ToolFilter::Except(names) if names.is_empty() => (Value::Null, Value::Null),
        ToolFilter::Except(names) => (Value::Null, json!(names)),
    };
    Map::from_iter([("enabled_tools".to_owned(), only), ("disabled_tools".to_owned(), except)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tools_are_switched_in_whichever_list_there_is() {
        let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
        let tools = ["a".to_owned(), "b".to_owned()];
        for (filter, on, expected) in [
            (ToolFilter::All, true, json!({ "enabled_tools": null, "disabled_tools": null })),
            (ToolFilter::All, false, json!({ "enabled_tools": null, "disabled_tools": ["a", "b"] })),
            (ToolFilter::Except(set(&["a", "c"])), true, json!({ "enabled_tools": null, "disabled_tools": ["c"] })),
            (ToolFilter::Except(set(&["a"])), true, json!({ "enabled_tools": null, "disabled_tools": null })),
            (ToolFilter::Only(set(&["c"])), true, json!({ "enabled_tools": ["a", "b", "c"], "disabled_tools": null })),
            (ToolFilter::Only(set(&["a", "c"])), false, json!({ "enabled_tools": ["c"], "disabled_tools": null })),
        ] {
            assert_eq!(Value::from(written(&with(filter.clone(), &tools, on))), expected, "{filter:?} {on}");
        }
    }
}
