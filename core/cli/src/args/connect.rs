//! What `connect` and `disconnect` take.

use clap::Args as ClapArgs;
use mcpproxy_domain::identity::COMMAND;

/// What `connect` takes.
#[derive(Debug, ClapArgs)]
pub(crate) struct Connect {
    /// The client, such as claude-code, cursor or vscode [default: you are asked]
    pub(crate) client: Option<String>,
    /// Show the clients and whether they are connected, and change nothing
    #[arg(long, conflicts_with_all = ["client", "all"])]
    pub(crate) list: bool,
    /// Every client that is installed
    #[arg(long, conflicts_with = "client")]
    pub(crate) all: bool,
    /// Take the place of an entry of this name that leads elsewhere; make the settings of a client that was not found
    #[arg(long)]
    pub(crate) force: bool,
    /// The name of the entry
    #[arg(long, value_name = "NAME", default_value = COMMAND)]
    pub(crate) name: String,
    /// Write the entry and nothing else: Codex is then not told to show our tools to its model at once
    #[arg(long)]
    pub(crate) entry_only: bool,
    /// Print what to do by hand instead; it holds the API key where clients need it
    #[arg(long, requires = "client")]
    pub(crate) print: bool,
    /// Show what would change, and change nothing
    #[arg(short = 'n', long)]
    pub(crate) dry_run: bool,
    /// Do not ask
    #[arg(short, long)]
    pub(crate) yes: bool,
}

/// What `disconnect` takes.
#[derive(Debug, ClapArgs)]
pub(crate) struct Disconnect {
    /// The client
    pub(crate) client: String,
    /// The name of the entry
    #[arg(long, value_name = "NAME", default_value = COMMAND)]
    pub(crate) name: String,
    /// Remove the entry although it leads elsewhere
    #[arg(long)]
    pub(crate) force: bool,
    /// Do not ask
    #[arg(short, long)]
    pub(crate) yes: bool,
}
