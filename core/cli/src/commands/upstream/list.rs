//! `mcpproxy upstream list`: every server in one line, those first that need a person.

use mcpproxy_ipc_proto::{
    call::ListServers,
    view::{Action, AdminState, Level, ServerList, ServerState, ServerView},
};

use crate::{
    context::Context,
    exit::Failure,
    launch, offline,
    output::{
        escape::{cut, escaped, shell_word},
        note,
        style::{Mark, Style},
        table::{Cell, Cut, Table},
    },
};

/// How much of a reason stands in the table, in columns.
const REASON: usize = 60;

/// Lists the servers of the core, or those of the settings file.
pub(super) async fn list(context: &Context) -> Result<(), Failure> {
    let list = match launch::find(context).await? {
        Some(core) => core.ask(&ListServers {}).await?,
        None => {
            let list = offline::list(&context.config()?);
            if context.output.is_for_people() && !list.servers.is_empty() {
                note("no core is running; this is what the settings say");
            }
            list
        }
    };
    context.output.show(&list, |style| table(&list, style))
}

/// How a server is, by the rules of every face: what needs a person, what moves, what is well, what is off.
pub(super) fn mark(server: &ServerView) -> Mark {
    match (server.health.admin_state, server.health.level) {
        (AdminState::Disabled, _) => Mark::Off,
        (AdminState::Quarantined, _) => Mark::Attention,
        (_, Level::Unhealthy) if matches!(server.health.action, Action::Login | Action::SetSecret) => Mark::Attention,
        (_, Level::Unhealthy) => Mark::Broken,
        (_, Level::Degraded) => Mark::Attention,
        _ if server.connecting => Mark::Motion,
        _ if server.connected || server.status == ServerState::Idle => Mark::Well,
        _ => Mark::Off,
    }
}

/// The command that helps, without `mcpproxy`.
pub(super) fn helps(server: &ServerView) -> String {
    let name = shell_word(&server.name);
    match server.health.action {
        Action::None | Action::Other => String::new(),
        Action::Approve => format!("upstream approve {name}"),
        Action::Restart => format!("upstream restart {name}"),
        Action::Enable => format!("upstream enable {name}"),
        Action::ViewLogs => format!("upstream logs {name}"),
        Action::Login | Action::SetSecret | Action::Configure => format!("upstream inspect {name}"),
    }
}

/// How a server is, in words.
fn status(server: &ServerView) -> String {
    let mut words = cut(&escaped(&server.health.summary), REASON);
    let held = server.quarantine.map_or(0, |counts| counts.pending_count + counts.changed_count);
    if held > 0 {
        words.push_str(&format!(" · {held} held"));
    }
    words
}

fn table(list: &ServerList, style: Style) -> String {
    let mut table = Table::new(&[
        ("", Cut::Never),
        ("NAME", Cut::Middle),
        ("PROTOCOL", Cut::Never),
        ("TOOLS", Cut::Never),
        ("STATUS", Cut::End),
        ("ACTION", Cut::Never),
    ]);
    let mut servers: Vec<_> = list.servers.iter().collect();
    servers.sort_by(|one, other| mark(one).cmp(&mark(other)).then_with(|| one.name.cmp(&other.name)));
    for server in servers {
        table.row([
            Cell::Mark(mark(server)),
            server.name.as_str().into(),
            server.protocol.as_str().into(),
            server.tool_count.to_string().into(),
            if style.unicode { status(server) } else { status(server).replace('·', "-") }.into(),
            helps(server).into(),
        ]);
    }
    table.render(style)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::golden;

    #[test]
    fn servers_in_each_form_with_texts_of_hostile_servers() {
        let list: ServerList = golden::sample("servers");
        golden::check_forms("upstream_list", &list, |style| table(&list, style));
        golden::check("upstream_list_empty.txt", &table(&ServerList::default(), Style::default()));
    }
}
