//! How a server is described: what the settings say of it once they are resolved.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    time::Duration,
};

use super::ServerName;
use crate::Secret;

/// One upstream server as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerSpec {
    /// Its key everywhere.
    pub name: ServerName,
    /// How it is reached.
    pub transport: Transport,
    /// Whether it should run.
    pub enabled: bool,
    /// Whether it waits for a person's approval. A held server is not started: starting it runs its code.
    pub quarantined: bool,
    /// Longest time from the opening of the link to the end of the handshake.
    pub init_timeout: Duration,
    /// Longest silence of a call; progress starts it anew.
    pub call_timeout: Duration,
    /// Time between two probes of life; `None` = never probed.
    pub health_interval: Option<Duration>,
    /// Which of its tools the settings let through.
    pub tools: ToolFilter,
}

impl ServerSpec {
    /// Whether the server's code may run at all.
    #[must_use]
    pub fn may_run(&self) -> bool {
        self.enabled && !self.quarantined
    }
}

/// How a server is reached. Texts may still hold `${type:name}` references; they are expanded when the link opens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Transport {
    /// A child process that speaks JSON-RPC in lines over its standard streams.
    Stdio(CommandLine),
    /// An HTTP endpoint (streamable HTTP, 2025-03-26 and newer).
    Http(Endpoint),
    /// The older pair of an event stream and a message endpoint (2024-11-05).
    LegacySse(Endpoint),
    /// A child process that serves an HTTP endpoint.
    Launcher(CommandLine, Endpoint),
}

/// What is executed. Nothing is handed to a shell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CommandLine {
    /// The program: a path, or a name that is looked up on the child's `PATH`.
    pub program: String,
    /// Its arguments.
    pub args: Vec<String>,
    /// Variables set for this server; they win over what is inherited.
    pub env: BTreeMap<String, Secret>,
    /// The folder it starts in; `None` = the core's own.
    pub working_dir: Option<PathBuf>,
}

/// What is asked over HTTP.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Endpoint {
    /// Absolute `http` or `https` URL.
    pub url: String,
    /// Headers sent with each request.
    pub headers: BTreeMap<String, Secret>,
}

/// Which tools of a server the settings let through.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ToolFilter {
    /// All of them.
    #[default]
    All,
    /// Only these (`enabled_tools`).
    Only(BTreeSet<String>),
    /// All but these (`disabled_tools`).
    Except(BTreeSet<String>),
}

impl ToolFilter {
    /// Whether a tool of this (bare) name is let through.
    #[must_use]
    pub fn lets_through(&self, tool: &str) -> bool {
        match self {
            Self::All => true,
            Self::Only(names) => names.contains(tool),
            Self::Except(names) => !names.contains(tool),
        }
    }
}
