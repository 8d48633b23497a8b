//! The command line: what can be written, and what it says about the settings. Not here: what the commands do.

pub(crate) mod add;
pub(crate) mod call;
pub(crate) mod connect;
pub(crate) mod serve;
pub(crate) mod tools;
pub(crate) mod upstream;

use std::{ffi::OsString, path::PathBuf};

use clap::{Args as ClapArgs, CommandFactory as _, Parser, Subcommand};
use clap_complete::Shell;
use mcpproxy_config::{Flags, WorkingDir};

use self::{
    call::Call,
    serve::Serve,
    tools::{Search, ToolsCommand},
    upstream::UpstreamCommand,
};
use crate::{
    bridge::StdioArgs,
    exit::{BAD_FORMAT, Failure},
    output::Format,
};

/// One endpoint before all your MCP servers: finds the right tool, holds what nobody approved.
#[derive(Debug, Parser)]
#[command(name = "mcpproxy", disable_version_flag = true)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) global: Global,
    /// Without a command the flags of `serve` are taken here too.
    #[command(flatten)]
    pub(crate) serve: Serve,
    /// Print the version
    #[arg(short = 'V', long)]
    pub(crate) version: bool,
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

/// What every command takes.
#[derive(Debug, ClapArgs)]
#[command(next_help_heading = "Options of every command")]
pub(crate) struct Global {
    /// The settings file [default: the one in the data folder; for a typed serve, ./mcp_config.json comes first]
    #[arg(short, long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// The folder of settings and state [default: ~/.mcpproxy]
    #[arg(short, long, global = true, value_name = "FOLDER")]
    pub(crate) data_dir: Option<PathBuf>,
    /// How much is logged: trace, debug, info, warn or error
    #[arg(long, global = true, value_name = "LEVEL")]
    pub(crate) log_level: Option<String>,
    /// The folder of the log files
    #[arg(long, global = true, value_name = "FOLDER")]
    pub(crate) log_dir: Option<PathBuf>,
    /// Whether log files are written
    #[arg(long, global = true, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true", require_equals = true)]
    pub(crate) log_to_file: Option<bool>,
    /// How the answer is printed: table, json or yaml [env: MCPPROXY_OUTPUT=] [default: table]
    #[arg(short, long, global = true, value_name = "FORMAT")]
    output: Option<String>,
    /// The same as --output json
    #[arg(long, global = true, conflicts_with = "output")]
    json: bool,
    /// Say on stderr how the core was found
    #[arg(short, long, global = true)]
    pub(crate) verbose: bool,
    /// Where the core is reached: unix:///path, on Windows npipe:////./pipe/name [default: in the data folder]
    #[arg(long, global = true, value_name = "ADDRESS")]
    pub(crate) tray_endpoint: Option<String>,
    /// Start the core where it is needed and does not run
    #[arg(long, global = true)]
    pub(crate) start: bool,
    /// Never start the core, and do not ask
    #[arg(long, global = true, conflicts_with = "start")]
    pub(crate) no_start: bool,
    /// Print the help of a command as JSON; --help-json=deep with all commands below it
    #[arg(long, global = true, value_name = "DEPTH", num_args = 0..=1, default_missing_value = "one", require_equals = true)]
    help_json: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the core (also without a command)
    Serve(Serve),
    /// Show how the core is, and where it is reached
    Status(Status),
    /// Stop the core and its servers, in order
    Stop,
    /// Add a server from whatever you have: a command, a URL, a link, a snippet of settings
    Add(Box<add::Add>),
    /// Connect AI clients on this machine to the core
    Connect(connect::Connect),
    /// Take our entry out of a client's settings
    Disconnect(connect::Disconnect),
    /// Show and change the servers
    #[command(subcommand, visible_alias = "server")]
    Upstream(UpstreamCommand),
    /// Look at the tools of servers
    #[command(subcommand)]
    Tools(ToolsCommand),
    /// Find tools as an agent would
    Search(Search),
    /// Call a tool
    Call(Call),
    /// Carry one client's standard input and output to the core, which is started if need be
    Stdio(StdioArgs),
    /// Open the web page
    Ui(Ui),
    /// Find out what is wrong; works with and without a running core
    Doctor(Doctor),
    /// Print a script that completes commands in a shell
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Print the version
    Version,
    /// Show the whole way of a call with a server that is built in
    #[command(hide = true)]
    Demo,
    /// The server of the demo, over stdio
    #[command(hide = true)]
    DemoServer,
}

/// What `status` takes.
#[derive(Debug, Default, ClapArgs)]
pub(crate) struct Status {
    /// Show the whole API key
    #[arg(long)]
    pub(crate) show_key: bool,
    /// Print the address of the web page and nothing else; it works once, for 30 seconds
    #[arg(long)]
    pub(crate) web_url: bool,
    /// Make a new API key: programs that use the old one are shut out
    #[arg(long)]
    pub(crate) reset_key: bool,
    /// Do not ask whether the key is to be replaced
    #[arg(short, long, requires = "reset_key")]
    pub(crate) yes: bool,
}

/// What `ui` takes.
#[derive(Debug, Default, ClapArgs)]
pub(crate) struct Ui {
    /// Print the address and open no browser; it works once, for 30 seconds
    #[arg(short, long)]
    pub(crate) print: bool,
}

/// What `doctor` takes.
#[derive(Debug, Default, ClapArgs)]
pub(crate) struct Doctor {
    /// Only what concerns this server
    #[arg(short, long, value_name = "NAME")]
    pub(crate) server: Option<String>,
    #[command(flatten)]
    pub(crate) log: LogShort,
}

/// The short form of `--log-level`, which not every command has free.
#[derive(Debug, Default, ClapArgs)]
pub(crate) struct LogShort {
    /// The same as --log-level
    #[arg(short = 'l', value_name = "LEVEL", hide = true, id = "log_level_short")]
    pub(crate) level: Option<String>,
}

impl Args {
    /// Reads a command line. A switch with its value behind a space is read as if it stood behind `=`.
    pub(crate) fn read(line: impl IntoIterator<Item = OsString>) -> Result<Self, clap::Error> {
        let line = joined(line);
        Ok(add::with_flags_behind(&line, Self::try_parse_from(&line)?))
    }

    /// What the command line says about the settings.
    pub(crate) fn flags(&self) -> Flags {
        let named = match &self.command {
            Some(Command::Serve(serve)) => Some(serve),
            _ => None,
        };
        let either = |take: fn(&Serve) -> Option<String>| named.and_then(take).or_else(|| take(&self.serve));
        let switch = |take: fn(&Serve) -> Option<bool>| named.and_then(take).or_else(|| take(&self.serve));
        // whoever runs another command, or starts a core by itself, may stand in a folder of strangers
        let is_typed_serve = match &self.command {
            None => !self.serve.detached,
            Some(Command::Serve(serve)) => !serve.detached && !self.serve.detached,
            Some(_) => false,
        };
        Flags {
            working_dir: if is_typed_serve { WorkingDir::Searched } else { WorkingDir::Ignored },
            config: self.global.config.clone(),
            data_dir: self.global.data_dir.clone(),
            listen: either(|serve| serve.listen.clone()),
            log_level: self.log_level(),
            log_dir: self.global.log_dir.clone(),
            log_to_file: self.global.log_to_file,
            require_mcp_auth: switch(|serve| serve.require_mcp_auth),
            tool_response_mode: either(|serve| serve.tool_response_mode.clone()),
            tray_endpoint: self.global.tray_endpoint.clone(),
            enable_socket: switch(|serve| serve.enable_socket),
            read_only: switch(|serve| serve.read_only),
            disable_management: switch(|serve| serve.disable_management),
            allow_server_add: switch(|serve| serve.allow_server_add),
            allow_server_remove: switch(|serve| serve.allow_server_remove),
        }
    }

    fn log_level(&self) -> Option<String> {
        let short = match &self.command {
            Some(Command::Tools(ToolsCommand::List(list))) => list.log.level.clone(),
            Some(Command::Call(call)) => call.log_level(),
            Some(Command::Doctor(doctor)) => doctor.log.level.clone(),
            _ => None,
        };
        short.or_else(|| self.global.log_level.clone())
    }
}

impl Global {
    /// How the answer is printed: `--json`, else `--output`, else the variable, else a table.
    pub(crate) fn format(&self, variable: Option<&str>) -> Result<Format, Failure> {
        if self.json {
            return Ok(Format::Json);
        }
        let (name, given) = match (&self.output, variable.filter(|text| !text.is_empty())) {
            (Some(name), _) => (name.as_str(), "--output"),
            (None, Some(name)) => (name, "MCPPROXY_OUTPUT"),
            (None, None) => return Ok(Format::Table),
        };
        Format::parse(name).ok_or_else(|| {
            Failure::named(BAD_FORMAT, format!("{name:?} is no output format ({given})"), "write table, json or yaml")
        })
    }
}

/// The format that a line asks for which could not be read.
pub(crate) fn format_of_unread(line: &[OsString], variable: Option<&str>) -> Format {
    let words: Vec<_> = line.iter().map(|word| word.to_string_lossy()).take_while(|word| word != "--").collect();
    let mut named = variable.and_then(Format::parse);
    for (place, word) in words.iter().enumerate() {
        let value = match word.as_ref() {
            "--json" => return Format::Json,
            "-o" | "--output" => words.get(place + 1).map(AsRef::as_ref),
            other => other.strip_prefix("--output=").or_else(|| other.strip_prefix("-o")),
        };
        named = value.and_then(Format::parse).or(named);
    }
    named.unwrap_or(Format::Table)
}

/// `--switch true` as `--switch=true`: a switch that may stand alone cannot take its value behind a space.
fn joined(line: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    let command = Args::command();
    let serve = command.find_subcommand("serve");
    let all = command.get_arguments().chain(serve.into_iter().flat_map(clap::Command::get_arguments));
    let switches: Vec<String> = all
        .filter(|arg| arg.is_require_equals_set() && arg.get_value_names().is_some_and(|names| names == ["BOOL"]))
        .filter_map(|arg| Some(format!("--{}", arg.get_long()?)))
        .collect();
    let mut words: Vec<OsString> = Vec::new();
    let mut is_open = true;
    for word in line {
        is_open &= word != "--";
        match words.last_mut() {
            Some(last)
                if is_open && (word == "true" || word == "false") && switches.iter().any(|s| last == s.as_str()) =>
            {
                last.push("=");
                last.push(word);
            }
            _ => words.push(word),
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &[&str]) -> Result<Args, clap::Error> {
        Args::read(["mcpproxy"].iter().chain(line).map(OsString::from))
    }

    #[test]
    fn the_command_line_is_sound() {
        Args::command().debug_assert();
    }

    #[test]
    fn serve_is_what_runs_without_a_command_and_takes_the_same_flags() {
        for line in [
            &["--listen", ":0", "--config=x"][..],
            &["serve", "-l", ":0", "-c", "x"],
            &["-c", "x", "serve", "--listen=:0"],
        ] {
            let flags = read(line).unwrap().flags();
            assert_eq!((flags.listen.as_deref(), flags.config), (Some(":0"), Some("x".into())), "{line:?}");
        }
        for (line, counts) in [
            (&[][..], WorkingDir::Searched),
            (&["serve"], WorkingDir::Searched),
            (&["serve", "--detached"], WorkingDir::Ignored),
            (&["--detached"], WorkingDir::Ignored),
            (&["stdio"], WorkingDir::Ignored),
            (&["status", "--start"], WorkingDir::Ignored),
        ] {
            assert_eq!(read(line).unwrap().flags().working_dir, counts, "{line:?}");
        }
        let args = read(&["--require-mcp-auth", "--log-to-file=false"]).unwrap();
        assert_eq!((args.flags().require_mcp_auth, args.flags().log_to_file), (Some(true), Some(false)));
        let args = read(&["--log-to-file", "false", "serve", "--enable-socket", "true", "--read-only"]).unwrap();
        assert_eq!(args.flags().log_to_file, Some(false));
        assert_eq!((args.flags().enable_socket, args.flags().read_only), (Some(true), Some(true)));
    }

    #[test]
    fn the_form_of_the_answer() {
        for (line, variable, format) in [
            (&["status", "--json"][..], Some("yaml"), Some(Format::Json)),
            (&["-o", "yaml", "status"], Some("json"), Some(Format::Yaml)),
            (&["status"], Some("json"), Some(Format::Json)),
            (&["status"], Some(""), Some(Format::Table)),
            (&["status", "-o", "pretty"], None, Some(Format::Table)),
            (&["status", "-o", "xml"], None, None),
            (&["status"], Some("xml"), None),
        ] {
            let found = read(line).unwrap().global.format(variable);
            assert_eq!(found.as_ref().ok().copied(), format, "{line:?}");
            assert!(found.is_ok() || found.is_err_and(|failure| failure.code == "INVALID_OUTPUT_FORMAT"));
        }
        assert!(read(&["status", "--json", "-o", "json"]).is_err());
        let unread = |line: &[&str]| format_of_unread(&line.iter().map(OsString::from).collect::<Vec<_>>(), None);
        assert_eq!(unread(&["nope", "-o", "json"]), Format::Json);
        assert_eq!(unread(&["nope", "-oyaml"]), Format::Yaml);
        assert_eq!(unread(&["nope", "--", "--json"]), Format::Table);
    }
}
