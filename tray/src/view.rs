//! What the tray knows: the truth that menu, icon, notices and page are made from. Pure.

use std::path::PathBuf;

use mcpproxy_ipc_proto::{
    hello::Hello,
    view::{CallRecord, ServerStats, ServerView},
};

use crate::link::Link;

/// Everything that is shown is made from this and from nothing else.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct View {
    /// Where the link to the core stands.
    pub link: Link,
    /// What the core told; kept from the last link while a new one is made, `None` when there is none to come back.
    pub core: Option<Core>,
    /// Why the core last failed, in its own words; empty if it never did.
    pub failure: Reason,
    /// The last lines that our core wrote to its stderr, oldest first.
    pub log: Vec<String>,
    /// Whether the tray starts when the person signs in; `None` where that cannot be had.
    pub autostart: Option<bool>,
    /// Why the last thing that was asked for did not come about; gone with the next one.
    pub refused: Option<String>,
    /// Where settings and logs are, as far as that is known without the core.
    pub places: Places,
}

/// What a core told about itself and its servers.
#[derive(Clone, Debug, PartialEq)]
pub struct Core {
    /// Its greeting: version, process, what it can do.
    pub hello: Hello,
    /// Its servers, sorted by name.
    pub servers: Vec<ServerView>,
    /// The counts.
    pub stats: ServerStats,
    /// The last calls, the newest first.
    pub calls: Vec<CallRecord>,
    /// What is wrong with its settings file.
    pub settings_problems: Vec<String>,
    /// AI clients on this machine, where the core can tell.
    pub clients: Vec<Client>,
}

/// An AI client on this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    /// By which it is named in requests.
    pub id: String,
    /// For people.
    pub name: String,
    /// Whether it is installed here.
    pub installed: bool,
    /// Whether our entry stands in its settings; `None` = not looked at.
    pub connected: Option<bool>,
}

/// Why something failed, for people.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reason {
    /// What happened, to what.
    pub message: String,
    /// What to do.
    pub hint: String,
    /// The port that is free, where the core's own is taken.
    pub free_port: Option<u16>,
    /// Where the core that holds our data folder is reached.
    pub holder: Option<String>,
}

/// Folders of the core.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Places {
    /// The folder of the settings file.
    pub settings: PathBuf,
    /// The folder of the logs.
    pub logs: PathBuf,
}
