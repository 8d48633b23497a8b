//! The approval of a held server in two steps: what it would run, in full, and then the entry that lets exactly that run.

use mcpproxy_ipc_proto::view::ServerView;

use super::component;
use crate::{
    menu::{Item, open},
    text::{LINE, wrapped},
    wish::Wish,
};

/// How many lines a command may take. What does not fit is approved where it can be read.
const LINES: usize = 12;

/// What stands in the submenu. Nothing can be approved here that is not shown in full.
pub(super) fn approve(server: &ServerView) -> Vec<Item> {
    let review = open("review", "Review in the window..", &format!("servers?approve={}", component(&server.name)));
    let Some(lines) = in_full(server) else {
        return vec![Item::label("runs", "What it would run is not shown in full here."), review];
    };
    let mut items =
        vec![Item::label("runs", if server.command.is_some() { "It will run:" } else { "It will connect to:" })];
    items.extend(lines.iter().enumerate().map(|(at, line)| Item::label(format!("runs-{at}"), line)));
    items.push(Item::Separator);
    let wish = Wish::Approve { server: server.name.clone(), fingerprint: server.fingerprint.clone() };
    let text = if server.enabled { "Approve and start" } else { "Approve" };
    // named by what was shown: a click that comes late, when something else is shown, meets no entry
    items.extend([Item::entry(format!("yes-{}", server.fingerprint), text, wish), review]);
    items
}

fn in_full(server: &ServerView) -> Option<Vec<String>> {
    if server.runs.trim().is_empty() || server.fingerprint.is_empty() || server.runs.len() > LINES * LINE * 4 {
        return None;
    }
    Some(wrapped(&server.runs, LINE)).filter(|lines| lines.len() <= LINES)
}
