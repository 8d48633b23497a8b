//! `--help-json`: the help of a command for programs. It is answered before the line is checked, so that a command that
//! wants arguments can be asked about too.

use std::ffi::OsString;

use clap::{Arg, ArgAction, Command, CommandFactory as _};
use serde::Serialize;

use crate::args::Args;

/// The flag, and what stands behind it for all commands below.
const FLAG: &str = "--help-json";
const DEEP: &str = "--help-json=deep";

/// The help of one command.
#[derive(Serialize)]
struct Help {
    name: String,
    description: String,
    usage: String,
    flags: Vec<Flag>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    arguments: Vec<Argument>,
    commands: Vec<Below>,
}

/// A command below the one that was asked about.
#[derive(Serialize)]
#[serde(untagged)]
enum Below {
    Whole(Box<Help>),
    Named {
        name: String,
        description: String,
        usage: String,
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        has_subcommands: bool,
    },
}

#[derive(Serialize)]
struct Flag {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    shorthand: Option<String>,
    description: String,
    r#type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    default: Option<String>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    required: bool,
}

#[derive(Serialize)]
struct Argument {
    name: String,
    description: String,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    required: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    repeated: bool,
}

/// The help as JSON, if the line asks for it.
pub(crate) fn asked_for(line: &[OsString]) -> Option<String> {
    let words: Vec<String> = line.iter().skip(1).map(|word| word.to_string_lossy().into_owned()).collect();
    let words = words.split(|word| word == "--").next().unwrap_or_default();
    if !words.iter().any(|word| word == FLAG || word.starts_with("--help-json=")) {
        return None;
    }
    let mut root = Args::command();
    root.build();
    let mut command = &root;
    let mut before: Option<&String> = None;
    for word in words {
        if let Some(below) = command.find_subcommand(word)
            && !before.is_some_and(|flag| wants_a_value(command, flag))
        {
            command = below;
        }
        before = Some(word);
    }
    let help = help(command, words.iter().any(|word| word == DEEP));
    Some(format!("{}\n", serde_json::to_string_pretty(&help).unwrap_or_default()))
}

/// Whether the word is a flag whose value is the word behind it.
fn wants_a_value(command: &Command, word: &str) -> bool {
    let is_it = |arg: &&Arg| {
        arg.get_long().is_some_and(|long| word.strip_prefix("--") == Some(long))
            || arg.get_short().is_some_and(|short| word == format!("-{short}"))
    };
    command.get_arguments().find(is_it).is_some_and(|arg| takes_value(arg) && !arg.is_require_equals_set())
}

fn help(command: &Command, deep: bool) -> Help {
    let visible = || command.get_arguments().filter(|arg| !arg.is_hide_set());
    let commands = command.get_subcommands().filter(|below| !below.is_hide_set() && below.get_name() != "help");
    Help {
        name: command.get_name().to_owned(),
        description: about(command),
        usage: usage(command),
        flags: visible().filter(|arg| !arg.is_positional()).map(flag).collect(),
        arguments: visible().filter(|arg| arg.is_positional()).map(argument).collect(),
        commands: commands
            .map(|below| match deep {
                true => Below::Whole(Box::new(help(below, true))),
                false => Below::Named {
                    name: below.get_name().to_owned(),
                    description: about(below),
                    usage: usage(below),
                    has_subcommands: below.get_subcommands().any(|further| !further.is_hide_set()),
                },
            })
            .collect(),
    }
}

fn flag(arg: &Arg) -> Flag {
    let defaults: Vec<_> = arg.get_default_values().iter().map(|value| value.to_string_lossy()).collect();
    Flag {
        name: arg.get_long().map_or_else(|| arg.get_id().to_string(), str::to_owned),
        shorthand: arg.get_short().map(String::from),
        description: described(arg),
        r#type: kind(arg),
        default: (!defaults.is_empty() && takes_value(arg)).then(|| defaults.join(",")),
        required: arg.is_required_set(),
    }
}

fn argument(arg: &Arg) -> Argument {
    let names: Vec<_> = arg.get_value_names().unwrap_or_default().iter().map(ToString::to_string).collect();
    Argument {
        name: if names.is_empty() { arg.get_id().to_string() } else { names.join(" ") },
        description: described(arg),
        required: arg.is_required_set(),
        repeated: is_repeated(arg),
    }
}

fn kind(arg: &Arg) -> &'static str {
    let is_named = |names: &[&str]| {
        arg.get_value_names().is_some_and(|given| given.iter().any(|name| names.contains(&name.as_str())))
    };
    match (takes_value(arg), is_repeated(arg)) {
        (false, _) => "bool",
        (true, true) => "stringArray",
        (true, false) if is_named(&["BOOL"]) => "bool",
        (true, false) if is_named(&["COUNT", "LINES", "CHARACTERS"]) => "int",
        (true, false) if is_named(&["TIME"]) => "duration",
        (true, false) => "string",
    }
}

fn takes_value(arg: &Arg) -> bool {
    matches!(arg.get_action(), ArgAction::Set | ArgAction::Append)
}

fn is_repeated(arg: &Arg) -> bool {
    matches!(arg.get_action(), ArgAction::Append) || arg.get_num_args().is_some_and(|range| range.max_values() > 1)
}

fn described(arg: &Arg) -> String {
    arg.get_help().map(ToString::to_string).unwrap_or_default()
}

fn about(command: &Command) -> String {
    command.get_about().map(ToString::to_string).unwrap_or_default()
}

fn usage(command: &Command) -> String {
    let usage = command.clone().render_usage().to_string();
    usage
        .trim_start_matches("Usage:")
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect::<Vec<_>>()
        .join(" | ")
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::golden;

    fn asked(line: &[&str]) -> Option<Value> {
        let line: Vec<_> = ["mcpproxy"].iter().chain(line).map(OsString::from).collect();
        asked_for(&line).map(|help| serde_json::from_str(&help).unwrap())
    }

    #[test]
    fn any_command_can_be_asked_about_without_its_arguments() {
        assert_eq!(asked(&["upstream", "list"]), None);
        assert_eq!(asked(&["upstream", "add", "x", "--", "srv", "--help-json"]), None, "it belongs to the server");
        let logs = asked(&["upstream", "logs", "--help-json"]).unwrap();
        assert_eq!(logs["name"], "logs");
        let call = asked(&["--help-json", "-c", "serve", "call", "tool-read"]).unwrap();
        let tool = call["flags"].as_array().unwrap().iter().find(|flag| flag["name"] == "tool-name").unwrap();
        assert_eq!((&tool["required"], &tool["shorthand"]), (&Value::Bool(true), &Value::from("t")));
        let root = asked(&["--help-json"]).unwrap();
        let names: Vec<_> = root["commands"].as_array().unwrap().iter().map(|c| c["name"].as_str().unwrap()).collect();
        assert!(names.contains(&"upstream") && !names.contains(&"demo-server"), "{names:?}");
        let deep = asked(&["upstream", "--help-json=deep"]).unwrap();
        assert!(deep["commands"][0]["flags"].is_array());
    }

    #[test]
    fn the_help_of_every_command() {
        let mut root = Args::command();
        root.build();
        let mut text = String::new();
        tell(&root, &mut text);
        golden::check("help.txt", &text);
        golden::check("help.json", &asked_for(&["mcpproxy".into(), "upstream".into(), FLAG.into()]).unwrap());
    }

    fn tell(command: &Command, text: &mut String) {
        text.push_str(&format!("--- {}\n", command.get_display_name().unwrap_or_default()));
        text.push_str(&command.clone().render_help().to_string());
        for below in command.get_subcommands().filter(|below| !below.is_hide_set() && below.get_name() != "help") {
            tell(below, text);
        }
    }
}
