//! What `add` and `upstream import` take. Whatever stands behind the first word of what is added belongs to it, so that a
//! command can be pasted as it is; behind an address, a link or a snippet our own flags are understood too.

use std::{ffi::OsString, path::PathBuf};

use clap::{Args as ClapArgs, Parser as _};

use super::{Args, Command};

/// What `add` takes.
#[derive(Debug, Default, ClapArgs)]
#[command(after_help = "Examples:
  mcpproxy add npx -y @modelcontextprotocol/server-everything
  mcpproxy add https://mcp.example.com/mcp --header 'Authorization: Bearer ..'
  mcpproxy add notes -- ./notes-server --read-only
  mcpproxy add '{\"mcpServers\": {..}}'
  mcpproxy add claude mcp add time -- uvx mcp-server-time

Flags stand in front of a command: what stands behind it is its own.")]
pub(crate) struct Add {
    /// What it is called [default: made of its package or address]
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// A variable of its process, as NAME=VALUE
    #[arg(long, value_name = "NAME=VALUE")]
    pub(crate) env: Vec<String>,
    /// A header that is sent with each request, as NAME:VALUE
    #[arg(long, value_name = "NAME:VALUE")]
    pub(crate) header: Vec<String>,
    #[command(flatten)]
    pub(crate) decision: Decision,
    /// Do not look at its tools first; nothing of it runs before it is approved
    #[arg(long)]
    pub(crate) no_probe: bool,
    /// How long it may take to list its tools, such as 60s
    #[arg(long, value_name = "TIME", default_value = "60s")]
    pub(crate) timeout: String,
    /// It is no error when there is one of this name
    #[arg(long)]
    pub(crate) if_not_exists: bool,
    /// Show what would be added, and change nothing; nothing runs
    #[arg(short = 'n', long)]
    pub(crate) dry_run: bool,
    /// A URL, a command, an install link, a snippet of settings, or a line that adds it to another program; - = from stdin
    #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true, value_name = "ANYTHING")]
    pub(crate) words: Vec<String>,
}

/// What somebody has decided before being asked.
#[derive(Clone, Copy, Debug, Default, ClapArgs)]
pub(crate) struct Decision {
    /// Do not ask. This approves nothing: what is added waits for approval unless --approve stands there too
    #[arg(short, long)]
    pub(crate) yes: bool,
    /// Let it run from now on
    #[arg(long, conflicts_with = "hold")]
    pub(crate) approve: bool,
    /// Let it wait for approval
    #[arg(long)]
    pub(crate) hold: bool,
}

/// What `upstream import` takes.
#[derive(Debug, ClapArgs)]
pub(crate) struct Import {
    /// The settings file of another program
    pub(crate) path: PathBuf,
    /// Only this server, by its name there or here; several times for several
    #[arg(short, long, value_name = "NAME")]
    pub(crate) server: Vec<String>,
    /// Whose file it is, such as cursor or claude-desktop [default: found out]
    #[arg(long, value_name = "FORMAT")]
    pub(crate) format: Option<String>,
    /// Show what would be imported, and change nothing
    #[arg(short = 'n', long)]
    pub(crate) dry_run: bool,
    #[command(flatten)]
    pub(crate) decision: Decision,
    /// Let them run at once, without being asked: the same as --approve --yes
    #[arg(long)]
    pub(crate) no_quarantine: bool,
}

/// Reads flags of ours that stand behind an address, a link or a snippet. What cannot be read so stays as it is.
pub(super) fn with_flags_behind(line: &[OsString], args: Args) -> Args {
    let Some(Command::Add(add)) = &args.command else { return args };
    let words = &add.words;
    let Some((first, rest)) = words.split_first().filter(|(first, rest)| is_whole(first) && !rest.is_empty()) else {
        return args;
    };
    let front = line.get(..line.len().saturating_sub(words.len())).unwrap_or_default().iter().cloned();
    // dashes in front of the words were taken off by the first reading
    let front = front.filter(|word| word != "--");
    let behind = rest.iter().map(OsString::from);
    let again = Args::try_parse_from(front.chain(behind).chain(["--".into(), OsString::from(first)]));
    match again {
        Ok(again) if matches!(&again.command, Some(Command::Add(add)) if add.words.len() == 1) => again,
        _ => args,
    }
}

/// Whether a word is a server by itself, with nothing behind it.
fn is_whole(word: &str) -> bool {
    word.contains("://") || word.trim_start().starts_with(['{', '['])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &[&str]) -> Add {
        let line: Vec<OsString> = ["mcpproxy"].iter().chain(line).map(OsString::from).collect();
        match Args::read(line).unwrap().command {
            Some(Command::Add(add)) => *add,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_command_keeps_its_own_flags_and_whole_things_leave_us_ours() {
        for (line, words, name, yes) in [
            (
                &["add", "--yes", "npx", "-y", "pkg", "--name", "x"][..],
                &["npx", "-y", "pkg", "--name", "x"][..],
                None,
                true,
            ),
            (&["add", "--name", "t", "--", "uvx", "time", "--yes"], &["uvx", "time", "--yes"], Some("t"), false),
            (&["add", "t", "--", "uvx", "time"], &["t", "--", "uvx", "time"], None, false),
            (&["add", "https://h/mcp", "--yes", "--name", "h"], &["https://h/mcp"], Some("h"), true),
            (&["-o", "json", "add", "--name", "h", "https://h/mcp", "-y"], &["https://h/mcp"], Some("h"), true),
            (&["add", "{\"a\":1}", "--yes"], &["{\"a\":1}"], None, true),
            // a flag that is none of ours is left to whoever reads the words
            (&["add", "https://h/mcp", "-t", "sse"], &["https://h/mcp", "-t", "sse"], None, false),
            (
                &["add", "claude", "mcp", "add", "-e", "A=b", "x", "--", "y"],
                &["claude", "mcp", "add", "-e", "A=b", "x", "--", "y"],
                None,
                false,
            ),
        ] {
            let add = read(line);
            assert_eq!(
                (add.words.iter().map(String::as_str).collect::<Vec<_>>(), add.name.as_deref(), add.decision.yes),
                (words.to_vec(), name, yes),
                "{line:?}"
            );
        }
        let add = read(&["add", "https://h/mcp", "--header", "A: b", "--approve", "--json"]);
        assert!(add.header == ["A: b"] && add.decision.approve);
    }
}
