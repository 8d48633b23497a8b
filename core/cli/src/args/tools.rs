//! What `tools` and `search` take.

use clap::{Args as ClapArgs, Subcommand, ValueEnum};
use mcpproxy_ipc_proto::view::Hint;

use super::LogShort;

/// What can be asked about tools.
#[derive(Debug, Subcommand)]
pub(crate) enum ToolsCommand {
    /// List tools: of the running core, or of one server that is started by itself and stopped again
    List(List),
    /// Find tools as an agent would
    Search(Search),
}

/// What `tools list` takes.
#[derive(Debug, Default, ClapArgs)]
pub(crate) struct List {
    /// Only of this server. Where no core runs, listing its tools runs its code
    #[arg(short, long, value_name = "NAME")]
    pub(crate) server: Option<String>,
    /// Only tools that may be called, or only others
    #[arg(long, value_enum)]
    pub(crate) status: Option<ToolStatus>,
    /// Only tools that ask for this door
    #[arg(long, value_enum)]
    pub(crate) risk: Option<Risk>,
    /// How long to wait, such as 30s
    #[arg(short, long, value_name = "TIME", default_value = "30s")]
    pub(crate) timeout: String,
    #[command(flatten)]
    pub(crate) log: LogShort,
}

/// What `search` takes.
#[derive(Debug, ClapArgs)]
pub(crate) struct Search {
    /// What is wanted, in your own words
    #[arg(required = true, value_name = "QUERY")]
    pub(crate) query: Vec<String>,
    /// How many at most [default: as the settings say]
    #[arg(short, long, value_name = "COUNT")]
    pub(crate) limit: Option<usize>,
}

/// Whether a tool may be called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ToolStatus {
    /// May be called
    Enabled,
    /// Held back
    Disabled,
    /// Held back by the settings
    ConfigDenied,
}

/// What a tool may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Risk {
    /// Changes nothing
    Read,
    /// Changes something
    Write,
    /// May destroy something
    Destructive,
}

impl Risk {
    /// The door of such tools.
    pub(crate) fn hint(self) -> Hint {
        match self {
            Self::Read => Hint::Read,
            Self::Write => Hint::Write,
            Self::Destructive => Hint::Destructive,
        }
    }
}
