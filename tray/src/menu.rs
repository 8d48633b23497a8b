//! The menu as data. Pure: made from a [`View`], compared with `==`, drawn elsewhere.
//!
//! Every text is one escaped line of a bounded length; letters that mean something in menus (`_` in GTK, `&` in Windows) are
//! left to whoever draws. No line says by colour alone how something is.

mod calls;
mod clients;
mod head;
mod servers;

use crate::{
    link::State,
    text::{LINE, line},
    view::View,
    wish::{Place, Wish},
    words::{Way, switch},
};

/// A menu: what stands in it, from top to bottom.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Menu(pub Vec<Item>);

/// One line of a menu.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    /// A line between groups.
    Separator,
    /// Words that cannot be clicked.
    Label {
        /// Its name among its neighbours: stays the same when the words change.
        id: String,
        /// The words.
        text: String,
    },
    /// Something that can be clicked.
    Entry {
        /// As above.
        id: String,
        /// The words.
        text: String,
        /// Whether it can be clicked now.
        enabled: bool,
        /// A mark before the words that is on or off; `None` = it has none.
        checked: Option<bool>,
        /// What it asks for.
        wish: Wish,
    },
    /// A menu inside the menu.
    Submenu {
        /// As above.
        id: String,
        /// The words.
        text: String,
        /// What stands in it.
        items: Vec<Item>,
    },
}

/// The menu for what is known.
#[must_use]
pub fn menu(view: &View) -> Menu {
    let linked = matches!(view.link.state, State::Linked(_));
    let groups = [
        head::head(view),
        servers::servers(view, linked),
        calls::calls(view, linked),
        clients::clients(view, linked),
        vec![open("open", "Open MCPProxy..", ""), Item::entry("browser", "Open Web UI", Wish::Browser).when(linked)],
        settings(view),
        vec![
            Item::entry("about", "About MCPProxy", Wish::About),
            Item::entry("quit", "Quit MCPProxy", Wish::Quit).when(!matches!(view.link.state, State::Quitting { .. })),
        ],
    ];
    let mut items: Vec<Item> = Vec::new();
    for group in groups.into_iter().filter(|group| !group.is_empty()) {
        if !items.is_empty() {
            items.push(Item::Separator);
        }
        items.extend(group);
    }
    Menu(items)
}

/// What belongs to this machine: start at sign-in, the process, the folders.
fn settings(view: &View) -> Vec<Item> {
    let on = view.autostart.unwrap_or(false);
    let autostart = Item::entry("autostart", "Run at startup", Wish::Autostart(!on)).when(view.autostart.is_some());
    let folder = |id: &str, text: &str, place, path: &std::path::Path| {
        Item::entry(id, text, Wish::Reveal(place)).when(!path.as_os_str().is_empty())
    };
    let mut items = vec![autostart.checked(on)];
    items.extend(switch(view).map(Item::from));
    items.push(folder("settings-folder", "Open settings folder", Place::Settings, &view.places.settings));
    items.push(folder("logs-folder", "Open logs folder", Place::Logs, &view.places.logs));
    items
}

/// An entry that shows a page in the window.
fn open(id: &str, text: &str, path: &str) -> Item {
    Item::entry(id, text, Wish::Window { path: path.to_owned() })
}

impl Item {
    fn label(id: impl Into<String>, text: &str) -> Self {
        Self::Label { id: id.into(), text: text.to_owned() }
    }

    fn entry(id: impl Into<String>, text: &str, wish: Wish) -> Self {
        Self::Entry { id: id.into(), text: text.to_owned(), enabled: true, checked: None, wish }
    }

    fn submenu(id: impl Into<String>, text: &str, items: Vec<Self>) -> Self {
        Self::Submenu { id: id.into(), text: text.to_owned(), items }
    }

    /// An entry with a mark that is on or off.
    fn checked(mut self, on: bool) -> Self {
        if let Self::Entry { checked, .. } = &mut self {
            *checked = Some(on);
        }
        self
    }

    /// Leaves it, and all that is in it, as it is under a condition; else it is shown and cannot be clicked.
    fn when(mut self, condition: bool) -> Self {
        match &mut self {
            Self::Entry { enabled, .. } => *enabled &= condition,
            Self::Submenu { items, .. } => {
                *items = std::mem::take(items).into_iter().map(|item| item.when(condition)).collect();
            }
            Self::Separator | Self::Label { .. } => {}
        }
        self
    }
}

impl From<Way> for Item {
    fn from(way: Way) -> Self {
        Self::entry(way.id, &line(&way.text, LINE), way.wish)
    }
}

#[cfg(test)]
mod tests;
