//! The command line.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};
use mcpproxy_config::Flags;

/// One endpoint before all your MCP servers: finds the right tool, holds what nobody approved.
#[derive(Debug, Parser)]
#[command(name = "mcpproxy", disable_version_flag = true)]
pub(crate) struct Args {
    /// The settings file [default: ./mcp_config.json, else the one in the data folder]
    #[arg(short, long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The folder of settings and state [default: ~/.mcpproxy]
    #[arg(short, long, global = true, value_name = "FOLDER")]
    data_dir: Option<PathBuf>,
    /// How much is logged: trace, debug, info, warn or error
    #[arg(long, global = true, value_name = "LEVEL")]
    log_level: Option<String>,
    /// The folder of the log files
    #[arg(long, global = true, value_name = "FOLDER")]
    log_dir: Option<PathBuf>,
    /// Whether log files are written
    #[arg(long, global = true, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true", require_equals = true)]
    log_to_file: Option<bool>,
    #[command(flatten)]
    pub(crate) output: Output,
    /// Without a command the flags of `serve` are taken here too.
    #[command(flatten)]
    pub(crate) serve: Serve,
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Output {
    /// How the answer is printed
    #[arg(short, long, global = true, value_enum, env = "MCPPROXY_OUTPUT", default_value = "table")]
    output: Format,
    /// The same as --output json
    #[arg(long, global = true)]
    json: bool,
}

/// How an answer is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    Table,
    /// For programs
    Json,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the core (also without a command)
    Serve(Serve),
    /// Look at the tools of servers
    Tools(Tools),
    /// Print the version
    Version,
    /// Show the whole way of a call with a server that is built in
    #[command(hide = true)]
    Demo,
    /// The server of the demo, over stdio
    #[command(hide = true)]
    DemoServer,
}

#[derive(Clone, Debug, Default, ClapArgs)]
pub(crate) struct Serve {
    /// Where to listen, as HOST:PORT [default: the first free of 127.0.0.1:8080 to 8089]
    #[arg(short, long, value_name = "ADDRESS")]
    listen: Option<String>,
    /// Whether MCP clients must present the API key
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true", require_equals = true)]
    require_mcp_auth: Option<bool>,
    /// How retrieve_tools shows tools unless it is asked otherwise: full or compact
    #[arg(long, value_name = "MODE")]
    tool_response_mode: Option<String>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Tools {
    #[command(subcommand)]
    pub(crate) command: ToolsCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ToolsCommand {
    /// Start one server of the settings by itself, list its tools, stop it again
    List {
        /// The server's name. Listing its tools runs its code
        #[arg(short, long, value_name = "NAME")]
        server: String,
    },
}

impl Args {
    /// What the command line says about the settings.
    pub(crate) fn flags(&self) -> Flags {
        let named = match &self.command {
            Some(Command::Serve(serve)) => serve.clone(),
            _ => Serve::default(),
        };
        Flags {
            config: self.config.clone(),
            data_dir: self.data_dir.clone(),
            listen: named.listen.or_else(|| self.serve.listen.clone()),
            log_level: self.log_level.clone(),
            log_dir: self.log_dir.clone(),
            log_to_file: self.log_to_file,
            require_mcp_auth: named.require_mcp_auth.or(self.serve.require_mcp_auth),
            tool_response_mode: named.tool_response_mode.or_else(|| self.serve.tool_response_mode.clone()),
        }
    }
}

impl Output {
    pub(crate) fn format(&self) -> Format {
        if self.json { Format::Json } else { self.output }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Args::command().debug_assert();
    }

    #[test]
    fn serve_is_what_runs_without_a_command_and_takes_the_same_flags() {
        for line in [
            &["mcpproxy", "--listen", ":0", "--config=x"][..],
            &["mcpproxy", "serve", "-l", ":0", "-c", "x"],
            &["mcpproxy", "-c", "x", "serve", "--listen=:0"],
        ] {
            let flags = Args::try_parse_from(line).unwrap().flags();
            assert_eq!((flags.listen.as_deref(), flags.config), (Some(":0"), Some("x".into())), "{line:?}");
        }
        let args = Args::try_parse_from(["mcpproxy", "--require-mcp-auth", "--log-to-file=false"]).unwrap();
        assert_eq!((args.flags().require_mcp_auth, args.flags().log_to_file), (Some(true), Some(false)));
    }
}
