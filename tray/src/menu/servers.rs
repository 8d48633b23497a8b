//! The servers: those that need a person with the one thing to do, and all of them with everything that can be done.

mod approve;

use mcpproxy_ipc_proto::view::{Action, ServerView};

use self::approve::approve;
use super::{Item, open};
use crate::{
    servers::{Mark, ordered, reason, state},
    text::{LINE, NAME, line},
    view::{Core, View},
    wish::{Act, Wish},
};

/// How many servers there are before the rest is left to the window.
const MOST: usize = 15;
/// The call that a core has to know for somebody to sign in.
const LOGIN: &str = "servers.login";

pub(super) fn servers(view: &View, linked: bool) -> Vec<Item> {
    let Some(core) = &view.core else { return Vec::new() };
    let add = open("add", "Add server..", "servers?add=command");
    if core.servers.is_empty() {
        return vec![add.when(linked)];
    }
    let ordered = ordered(&core.servers);
    let mut items = Vec::new();
    let need: Vec<_> = ordered.iter().filter(|server| Mark::of(server).needs_you()).collect();
    if !need.is_empty() {
        let shown = need.iter().take(MOST).map(|server| remedy(server, core)).collect();
        items.push(Item::submenu("attention", &format!("Needs Attention ({})", need.len()), rest(shown, need.len())));
    }
    let mut all = vec![add, Item::Separator];
    all.extend(ordered.iter().take(MOST).map(|server| submenu(server, core)));
    items.push(Item::submenu("servers", &format!("Servers ({})", ordered.len()), rest(all, ordered.len())));
    items.into_iter().map(|item| item.when(linked)).collect()
}

/// A word as a part of an address.
pub(super) fn component(text: &str) -> String {
    let mut done = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            done.push(char::from(byte));
        } else {
            done.push_str(&format!("%{byte:02X}"));
        }
    }
    done
}

/// What is left over is said and is one click away.
fn rest(mut items: Vec<Item>, all: usize) -> Vec<Item> {
    if all > MOST {
        items.push(Item::Separator);
        items.push(open("all", &format!("Show all {all}.."), "servers"));
    }
    items
}

/// The page of a server, or a part of it.
fn page(server: &ServerView, tab: &str) -> String {
    let name = component(&server.name);
    if tab.is_empty() { format!("servers/{name}") } else { format!("servers/{name}?tab={tab}") }
}

/// The one thing that a person can do about a server.
fn remedy(server: &ServerView, core: &Core) -> Item {
    let name = line(&server.name, NAME / 2);
    let id = format!("server-{}", server.name);
    let why = |does: &str| line(&format!("{does} - {}", line(state(server), NAME / 2)), LINE);
    let act = |verb: &str, act| {
        Item::entry(&id, &why(&format!("{verb} {name}")), Wish::Act { server: server.name.clone(), act })
    };
    let show = |text: &str, tab| open(&id, &why(text), &page(server, tab));
    if server.quarantined {
        return Item::submenu(&id, &format!("Approve {name}.."), approve(server));
    }
    match server.health.action {
        Action::Restart => act("Restart", Act::Restart),
        Action::Enable => act("Enable", Act::Enable),
        Action::Login if core.hello.can(LOGIN) => show(&format!("Sign in to {name}.."), ""),
        Action::ViewLogs | Action::Login => show(&format!("View logs of {name}.."), "logs"),
        Action::SetSecret | Action::Configure => show(&format!("Correct {name}.."), "config"),
        Action::None | Action::Approve | Action::Other => show(&format!("Look at {name}.."), ""),
    }
}

fn submenu(server: &ServerView, core: &Core) -> Item {
    let name = line(&server.name, NAME);
    let state = line(state(server), NAME / 2);
    let told = match reason(server) {
        reason if reason.is_empty() || reason == state => state.clone(),
        reason => line(&format!("{state}: {reason}"), LINE),
    };
    let act = |id: &str, text: &str, act| Item::entry(id, text, Wish::Act { server: server.name.clone(), act });
    let mut items = vec![
        Item::label("status", &told),
        Item::label("protocol", &format!("Protocol: {}", line(&server.protocol, NAME))),
        Item::Separator,
    ];
    if server.quarantined {
        items.push(Item::submenu("approve", "Approve..", approve(server)));
    }
    if server.health.action == Action::Login && core.hello.can(LOGIN) {
        items.push(open("login", "Sign in..", &page(server, "")));
    }
    let runs = server.enabled && !server.quarantined;
    items.push(if server.enabled {
        act("enabled", "Disable", Act::Disable)
    } else {
        act("enabled", "Enable", Act::Enable)
    });
    items.push(act("restart", "Restart", Act::Restart).when(runs));
    if !server.quarantined {
        items.push(act("hold", "Hold for review", Act::Quarantine));
    }
    items.push(Item::Separator);
    items.push(open("logs", "View logs..", &page(server, "logs")));
    items.push(open("page", "Open..", &page(server, "")));
    let text = format!("{} {name} - {state}", Mark::of(server).sign());
    Item::submenu(format!("server-{}", server.name), &line(&text, LINE), items)
}
