//! One server as it would be written into `mcpServers`. Not here: the reading (`entry`), the writing (`config`).

use std::{collections::BTreeMap, fmt};

use mcpproxy_domain::{
    Secret,
    server::{CommandLine, Endpoint, ToolFilter, Transport},
};
use serde_json::{Map, Value};

use crate::Format;

/// A server that was read and is written nowhere yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// Letters, digits, `-` and `_`, at most 64 of them.
    pub name: String,
    /// How it is reached. Texts may hold `${env:NAME}`.
    pub transport: Transport,
    /// Whether it was switched on where it comes from.
    pub enabled: bool,
    /// Whether it waits for a person's approval. Always so for what was just read; whoever asked for less clears it.
    pub quarantined: bool,
    /// Which of its tools are let through.
    pub tools: ToolFilter,
    /// Further keys of our settings.
    pub rest: Rest,
    /// What a person should know: each names a key or a variable, none holds a value.
    pub warnings: Vec<String>,
    /// Keys that were left out because they have no counterpart here.
    pub fields_skipped: Vec<String>,
    /// Where it comes from.
    pub source: Source,
}

/// Where a draft comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// How it was handed over.
    pub form: Form,
    /// Whose form it has, if that is known.
    pub format: Option<Format>,
    /// What it was called there, if it had a name; fit to be shown.
    pub original_name: Option<String>,
    /// The folder of the project that it was meant for, as it was written; `None` = everywhere.
    pub project: Option<String>,
}

/// How a server was handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A whole settings file.
    File,
    /// A piece of one.
    Snippet,
    /// A link that makes an editor install the server.
    Link,
    /// The command by which another program would add it.
    ClientCommand,
    /// The command that starts it.
    CommandLine,
    /// Its address.
    Url,
}

/// Keys of our settings beyond those of a draft, as they will be written. `Debug` shows the keys only, since `oauth`
/// holds a secret.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Rest(pub Map<String, Value>);

impl fmt::Debug for Rest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl Draft {
    /// The entry as our settings hold it, secrets included: it is made to be written, not to be shown.
    #[must_use]
    pub fn to_entry(&self) -> Value {
        let mut entry = Map::new();
        entry.insert("name".into(), self.name.as_str().into());
        match &self.transport {
            Transport::Stdio(command) => put_command(&mut entry, command),
            Transport::Http(endpoint) => put_endpoint(&mut entry, endpoint),
            Transport::LegacySse(endpoint) => {
                put_endpoint(&mut entry, endpoint);
                entry.insert("protocol".into(), "sse".into());
            }
            Transport::Launcher(command, endpoint) => {
                put_command(&mut entry, command);
                put_endpoint(&mut entry, endpoint);
            }
        }
        entry.insert("enabled".into(), self.enabled.into());
        entry.insert("quarantined".into(), self.quarantined.into());
        match &self.tools {
            ToolFilter::All => {}
            ToolFilter::Only(names) => drop(entry.insert("enabled_tools".into(), names.iter().cloned().collect())),
            ToolFilter::Except(names) => drop(entry.insert("disabled_tools".into(), names.iter().cloned().collect())),
        }
        entry.extend(self.rest.0.iter().map(|(key, value)| (key.clone(), value.clone())));
        Value::Object(entry)
    }
}

fn put_command(entry: &mut Map<String, Value>, command: &CommandLine) {
    entry.insert("command".into(), command.program.as_str().into());
    if !command.args.is_empty() {
        entry.insert("args".into(), command.args.clone().into());
    }
    put_secrets(entry, "env", &command.env);
    if let Some(folder) = &command.working_dir {
        entry.insert("working_dir".into(), folder.to_string_lossy().into());
    }
}

fn put_endpoint(entry: &mut Map<String, Value>, endpoint: &Endpoint) {
    entry.insert("url".into(), endpoint.url.as_str().into());
    put_secrets(entry, "headers", &endpoint.headers);
}

fn put_secrets(entry: &mut Map<String, Value>, key: &str, texts: &BTreeMap<String, Secret>) {
    if !texts.is_empty() {
        let texts = texts.iter().map(|(name, text)| (name.clone(), text.reveal().into()));
        entry.insert(key.into(), Value::Object(texts.collect()));
    }
}
