//! What `upstream` and its commands take.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand};

use super::add::Import;

/// What can be done with the servers.
#[derive(Debug, Subcommand)]
pub(crate) enum UpstreamCommand {
    /// List the servers, those first that need you
    #[command(visible_alias = "ls")]
    List,
    /// Show one server: how it is, what it runs, its tools
    Inspect(Inspect),
    /// Add a server; it waits for approval
    Add(Add),
    /// Add a server from a JSON object, as in the settings file
    AddJson {
        /// Its name
        name: String,
        /// Its entry
        json: String,
    },
    /// Take over the servers of another program's settings; they wait for approval
    Import(Import),
    /// Change variables, headers or times of a server
    Patch(Patch),
    /// Remove a server from the settings
    #[command(visible_alias = "rm")]
    Remove(Remove),
    /// Switch servers on
    Enable(Which),
    /// Switch servers off
    Disable(Which),
    /// Start servers again
    Restart(Which),
    /// Look at what a held server runs, and let it run
    Approve(Approve),
    /// Hold servers until they are approved
    Quarantine(Which),
    /// Show the last lines of a server's log
    Logs(Logs),
    /// Switch single tools of a server on or off
    #[command(subcommand)]
    Tools(ServerTools),
}

/// Some servers.
#[derive(Debug, Default, ClapArgs)]
pub(crate) struct Which {
    /// Their names
    #[arg(value_name = "NAME")]
    pub(crate) names: Vec<String>,
    /// The same as NAME
    #[arg(short, long, value_name = "NAME")]
    pub(crate) server: Vec<String>,
    /// All servers
    #[arg(long, conflicts_with_all = ["names", "server"])]
    pub(crate) all: bool,
    /// Do not ask
    #[arg(long, visible_alias = "yes", short_alias = 'y')]
    pub(crate) force: bool,
    /// Do not wait until they are ready
    #[arg(long)]
    pub(crate) no_wait: bool,
}

impl Which {
    /// The names, however they were given.
    pub(crate) fn all_names(&self) -> Vec<String> {
        self.names.iter().chain(&self.server).cloned().collect()
    }
}

/// What `upstream inspect` takes.
#[derive(Debug, ClapArgs)]
pub(crate) struct Inspect {
    /// Its name
    pub(crate) name: String,
    /// Only this tool, with its schema
    #[arg(long, value_name = "TOOL")]
    pub(crate) tool: Option<String>,
}

/// What `upstream add` takes.
#[derive(Debug, ClapArgs)]
pub(crate) struct Add {
    /// Its name: letters, digits, - and _
    pub(crate) name: String,
    /// Its address
    #[arg(conflicts_with = "command")]
    pub(crate) url: Option<String>,
    /// The command that starts it, behind --
    #[arg(last = true)]
    pub(crate) command: Vec<String>,
    /// A header that is sent with each request, as NAME:VALUE
    #[arg(long, value_name = "NAME:VALUE")]
    pub(crate) header: Vec<String>,
    /// A variable of its process, as NAME=VALUE
    #[arg(long, value_name = "NAME=VALUE")]
    pub(crate) env: Vec<String>,
    /// The folder it starts in
    #[arg(long, value_name = "FOLDER")]
    pub(crate) working_dir: Option<PathBuf>,
    /// How it is spoken to: http, streamable-http, sse, stdio or auto
    #[arg(long, value_name = "NAME")]
    pub(crate) transport: Option<String>,
    /// It is no error when there is one of this name
    #[arg(long)]
    pub(crate) if_not_exists: bool,
    /// Let it run at once
    #[arg(long)]
    pub(crate) no_quarantine: bool,
    /// Who approves it: auto, scan or manual
    #[arg(long, value_name = "MODE")]
    pub(crate) trust_mode: Option<String>,
    /// Do not wait until it is ready
    #[arg(long)]
    pub(crate) no_wait: bool,
}

/// What `upstream patch` takes.
#[derive(Debug, ClapArgs)]
pub(crate) struct Patch {
    /// Its name
    pub(crate) name: String,
    /// Set a header, as NAME:VALUE
    #[arg(long, value_name = "NAME:VALUE")]
    pub(crate) header: Vec<String>,
    /// Remove a header
    #[arg(long, value_name = "NAME")]
    pub(crate) header_remove: Vec<String>,
    /// Set a variable, as NAME=VALUE
    #[arg(long, value_name = "NAME=VALUE")]
    pub(crate) env: Vec<String>,
    /// Remove a variable
    #[arg(long, value_name = "NAME")]
    pub(crate) env_remove: Vec<String>,
    /// Longest time until it is ready, such as 90s
    #[arg(long, value_name = "TIME")]
    pub(crate) init_timeout: Option<String>,
}

/// What `upstream remove` takes.
#[derive(Debug, ClapArgs)]
pub(crate) struct Remove {
    /// Its name
    pub(crate) name: String,
    /// Do not ask
    #[arg(short, long)]
    pub(crate) yes: bool,
    /// It is no error when there is none of this name
    #[arg(long)]
    pub(crate) if_exists: bool,
}

/// What `upstream approve` takes.
#[derive(Debug, ClapArgs)]
pub(crate) struct Approve {
    /// Its name
    pub(crate) name: String,
    /// Do not ask
    #[arg(short, long)]
    pub(crate) yes: bool,
    /// Do not wait until it is ready
    #[arg(long)]
    pub(crate) no_wait: bool,
}

/// What `upstream logs` takes.
#[derive(Debug, ClapArgs)]
pub(crate) struct Logs {
    /// Its name
    #[arg(required_unless_present = "server")]
    pub(crate) name: Option<String>,
    /// The same as NAME
    #[arg(short, long, value_name = "NAME", conflicts_with = "name")]
    pub(crate) server: Option<String>,
    /// How many lines
    #[arg(short = 'n', long, value_name = "LINES", default_value_t = 50)]
    pub(crate) tail: usize,
    /// Go on with what is written from now on, until Ctrl-C
    #[arg(short, long)]
    pub(crate) follow: bool,
}

/// What can be done with the tools of one server.
#[derive(Debug, Subcommand)]
pub(crate) enum ServerTools {
    /// Let tools through
    Enable(SomeTools),
    /// Hold tools back
    Disable(SomeTools),
    /// Let all tools of a server through
    EnableAll {
        /// The server's name
        server: String,
    },
    /// Hold all tools of a server back
    DisableAll {
        /// The server's name
        server: String,
    },
}

/// Some tools of one server.
#[derive(Debug, ClapArgs)]
pub(crate) struct SomeTools {
    /// The server's name
    pub(crate) server: String,
    /// The tools' names
    #[arg(required = true, value_name = "TOOL")]
    pub(crate) tools: Vec<String>,
}
