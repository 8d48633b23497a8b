//! What `call` takes: the long form with the door in its name, and the short one.

use clap::{Args as ClapArgs, Subcommand};

use super::{LogShort, tools::Risk};

/// What `call` takes.
#[derive(Debug, ClapArgs)]
#[command(
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    after_help = "Examples:\n  mcpproxy call time:get_current_time timezone=Europe/Berlin\n  \
                  mcpproxy call files:write_file '{\"path\": \"a.txt\", \"content\": \"b\"}' --write"
)]
pub(crate) struct Call {
    /// The tool, as SERVER:TOOL
    #[arg(required = true)]
    pub(crate) tool: Option<String>,
    /// Its arguments: KEY=VALUE each, KEY:=JSON, or one JSON object
    #[arg(value_name = "ARGUMENT")]
    pub(crate) arguments: Vec<String>,
    /// The tool may change something
    #[arg(long)]
    pub(crate) write: bool,
    /// The tool may destroy something
    #[arg(long, conflicts_with = "write")]
    pub(crate) destructive: bool,
    /// How long to wait, such as 30s [default: as long as the server may take]
    #[arg(long, value_name = "TIME")]
    pub(crate) timeout: Option<String>,
    #[command(flatten)]
    log: LogShort,
    #[command(subcommand)]
    pub(crate) long: Option<LongCall>,
}

/// The long form: the door is a part of the name.
#[derive(Debug, Subcommand)]
pub(crate) enum LongCall {
    /// Call a tool that changes nothing
    ToolRead(Named),
    /// Call a tool that may change something
    ToolWrite(Named),
    /// Call a tool that may destroy something
    ToolDestructive(Named),
    /// What there was before the three above; it only says so
    #[command(hide = true)]
    Tool {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        rest: Vec<String>,
    },
}

/// What the long form takes.
#[derive(Debug, ClapArgs)]
pub(crate) struct Named {
    /// The tool, as SERVER:TOOL
    #[arg(short, long, value_name = "SERVER:TOOL")]
    pub(crate) tool_name: String,
    /// Its arguments, a JSON object
    #[arg(short, long = "json_args", visible_alias = "json-args", value_name = "JSON", default_value = "{}")]
    pub(crate) json_args: String,
    /// How long to wait, such as 30s [default: as long as the server may take]
    #[arg(long, value_name = "TIME")]
    pub(crate) timeout: Option<String>,
    /// Why the call is made
    #[arg(long, value_name = "TEXT", hide = true)]
    pub(crate) reason: Option<String>,
    /// How sensitive the data is
    #[arg(long, value_name = "LEVEL", hide = true)]
    pub(crate) sensitivity: Option<String>,
    #[command(flatten)]
    log: LogShort,
}

/// A call, whichever form it was written in.
pub(crate) struct Wanted<'a> {
    /// `server:tool`
    pub(crate) tool: &'a str,
    /// The words behind it.
    pub(crate) arguments: Vec<&'a str>,
    /// The door.
    pub(crate) door: Risk,
    /// How long to wait.
    pub(crate) timeout: Option<&'a str>,
}

impl Call {
    /// What is to be called.
    pub(crate) fn wanted(&self) -> Wanted<'_> {
        let (named, door) = match &self.long {
            Some(LongCall::ToolRead(named)) => (named, Risk::Read),
            Some(LongCall::ToolWrite(named)) => (named, Risk::Write),
            Some(LongCall::ToolDestructive(named)) => (named, Risk::Destructive),
            Some(LongCall::Tool { .. }) => {
                return Wanted { tool: "tool", arguments: Vec::new(), door: Risk::Read, timeout: None };
            }
            None => {
                let door = match (self.write, self.destructive) {
                    (_, true) => Risk::Destructive,
                    (true, false) => Risk::Write,
                    (false, false) => Risk::Read,
                };
                let arguments = self.arguments.iter().map(String::as_str).collect();
                let tool = self.tool.as_deref().unwrap_or_default();
                return Wanted { tool, arguments, door, timeout: self.timeout.as_deref() };
            }
        };
        let arguments = vec![named.json_args.as_str()];
        Wanted { tool: &named.tool_name, arguments, door, timeout: named.timeout.as_deref() }
    }

    /// What `-l` says, in either form.
    pub(crate) fn log_level(&self) -> Option<String> {
        let log = match &self.long {
            Some(LongCall::ToolRead(named) | LongCall::ToolWrite(named) | LongCall::ToolDestructive(named)) => {
                &named.log
            }
            Some(LongCall::Tool { .. }) | None => &self.log,
        };
        log.level.clone()
    }
}
