//! `mcpproxy tools search QUERY`: what an agent would find, in the same order.

use mcpproxy_ipc_proto::{
    call::SearchTools,
    view::{Found, FoundTool},
};

use crate::{
    args::tools::Search,
    commands::{tools::door, upstream::wait::until_up},
    context::Context,
    exit::Failure,
    launch::ensure_running,
    output::{
        escape::description,
        style::Style,
        table::{Cut, Table},
    },
};

/// Asks the running core.
pub(super) async fn search(context: &Context, search: &Search) -> Result<(), Failure> {
    let mut core = ensure_running(context).await?;
    until_up(&mut core).await?;
    let found = core.ask(&SearchTools { query: search.query.join(" "), limit: search.limit }).await?;
    context.output.show(&found, |style| table(&found, style))
}

fn table(found: &Found, style: Style) -> String {
    let mut table = Table::new(&[("TOOL", Cut::Middle), ("ASKS FOR", Cut::Never), ("DESCRIPTION", Cut::End)]);
    for FoundTool { tool, .. } in &found.results {
        let name = format!("{}:{}", tool.server_name, tool.name);
        table.row([name.into(), door(tool.call_with).into(), description(&tool.description).into()]);
    }
    table.render(style)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::golden;

    #[test]
    fn what_was_found_in_each_form() {
        let found: Found = golden::sample("found");
        golden::check_forms("search", &found, |style| table(&found, style));
    }
}
