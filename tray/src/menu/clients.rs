//! AI clients on this machine, and our entry in their settings.

use super::{Item, open};
use crate::{
    text::{NAME, line},
    view::{Client, View},
    wish::Wish,
};

/// The call that a core has to know for this to be done from here.
const CONNECT: &str = "clients.connect";
/// How many clients there are at most.
const MOST: usize = 25;

pub(super) fn clients(view: &View, linked: bool) -> Vec<Item> {
    let Some(core) = &view.core else { return Vec::new() };
    if !core.hello.can(CONNECT) {
        return vec![open("connect", "Connect a client..", "").when(linked)];
    }
    let mut items: Vec<_> =
        core.clients.iter().filter(|client| client.installed && !client.id.is_empty()).map(entry).collect();
    items.truncate(MOST);
    if items.is_empty() {
        items.push(Item::label("none", "No client was found on this machine"));
    }
    items.push(Item::Separator);
    items.push(open("show", "Show how..", ""));
    vec![Item::submenu("connect", "Connect a client", items).when(linked)]
}

/// One that is connected is only shown: to disconnect it is a matter of the page.
fn entry(client: &Client) -> Item {
    let wish = Wish::Connect { client: client.id.clone() };
    let name = if client.name.trim().is_empty() { &client.id } else { &client.name };
    let item = Item::entry(format!("client-{}", client.id), &line(name, NAME), wish);
    let connected = client.connected == Some(true);
    item.checked(connected).when(!connected)
}
