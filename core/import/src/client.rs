//! Lines by which other programs add a server: `claude mcp add ..`, `codex mcp add ..`, `gemini mcp add ..`,
//! `code --add-mcp ..`. Not here: running them.

use serde_json::{Map, Value, json};

use crate::{Format, ImportError, command, error::Shown, jsonc};

/// Programs that add servers by a command, and whose form their entries have.
const CLIENTS: [(&str, Format); 9] = [
    ("claude", Format::ClaudeCode),
    ("codex", Format::Codex),
    ("gemini", Format::Gemini),
    ("qwen", Format::Gemini),
    ("code", Format::VsCode),
    ("code-insiders", Format::VsCode),
    ("codium", Format::VsCode),
    ("cursor", Format::Cursor),
    ("windsurf", Format::Windsurf),
];

/// Reads such a line as a piece of settings; `None` if it is none. A program of these may be a server too.
pub(crate) fn read(words: &[String]) -> Option<Result<(Format, Value), ImportError>> {
    let (program, rest) = words.split_first()?;
    let base = command::base(program);
    let format = CLIENTS.iter().find(|(client, _)| *client == base)?.1;
    let rest: Vec<&str> = rest.iter().map(String::as_str).collect();
    let piece = match rest.as_slice() {
        ["mcp", "add", rest @ ..] => add(rest, format),
        ["mcp", "add-json", rest @ ..] => add_json(rest),
        ["mcp", verb, ..] if verb.starts_with("add") => {
            Err(format!("mcp {} adds nothing that stands in it", Shown::new(verb)))
        }
        ["--add-mcp", text, ..] => json_of(text),
        ["--add-mcp"] => Err("the JSON after --add-mcp is missing".to_owned()),
        [first, ..] => json_of(first.strip_prefix("--add-mcp=")?),
        [] => return None,
    };
    let failed = |reason| ImportError::Command { program: Shown::new(&base), reason };
    Some(piece.map(|piece| (format, piece)).map_err(failed))
}

/// What options say of an entry.
#[derive(Default)]
pub(crate) struct Options {
    entry: Map<String, Value>,
    env: Map<String, Value>,
    headers: Map<String, Value>,
}

impl Options {
    /// Takes one option and its value. Gives back how many words that were.
    pub(crate) fn take(&mut self, words: &[&str], codex: bool) -> Result<usize, String> {
        let Some((first, rest)) = words.split_first() else { return Ok(0) };
        let (option, glued) = match first.split_once('=').filter(|(option, _)| option.starts_with("--")) {
            Some((option, value)) => (option, Some(value)),
            None => (*first, None),
        };
        if matches!(option, "--trust" | "--client-secret" | "--no-trust") {
            return Ok(1);
        }
        let value = glued.or_else(|| rest.first().copied());
        let value = value.ok_or_else(|| format!("the value of {} is missing", Shown::word(option)))?;
        match option {
            "-e" | "--env" => drop(self.variable(value)?),
            "-H" | "--header" => self.header(value)?,
            "-t" | "--transport" | "--type" => drop(self.entry.insert("type".into(), value.into())),
            "--url" => drop(self.entry.insert("url".into(), value.into())),
            "--bearer-token-env-var" if codex => drop(self.entry.insert("bearer_token_env_var".into(), value.into())),
            "--cwd" | "--working-dir" => drop(self.entry.insert("cwd".into(), value.into())),
            "--include-tools" | "--exclude-tools" => {
                let key = if option == "--include-tools" { "includeTools" } else { "excludeTools" };
                let names: Vec<_> = value.split(',').map(|name| Value::from(name.trim())).collect();
                self.entry.insert(key.into(), names.into());
            }
            "--client-id" => drop(self.entry.insert("oauth".into(), json!({ "clientId": value }))),
            "-s" | "--scope" | "--description" | "--callback-port" | "--timeout" | "--oauth-resource" => {}
            _ => return Err(format!("the option {} is not known", Shown::word(option))),
        }
        Ok(if glued.is_some() { 1 } else { 2 })
    }

    /// A word that follows an option of many values, before the name of the server.
    fn take_more(&mut self, word: &str) -> bool {
        if !self.env.is_empty() && command::variable(word).is_some() {
            return self.variable(word).is_ok();
        }
        !self.headers.is_empty() && word.contains(": ") && self.header(word).is_ok()
    }

    fn variable(&mut self, word: &str) -> Result<(), String> {
        let (name, value) = command::variable(word).ok_or("a variable has to be NAME=value")?;
        self.env.insert(name.to_owned(), value.into());
        Ok(())
    }

    fn header(&mut self, text: &str) -> Result<(), String> {
        let (name, value) = text.split_once(':').ok_or("a header has to be \"Name: value\"")?;
        self.headers.insert(name.trim().to_owned(), value.trim().into());
        Ok(())
    }

    /// The entry of an address.
    pub(crate) fn reach(mut self, url: Option<&str>) -> Value {
        self.entry.extend(url.map(|url| ("url".to_owned(), url.into())));
        self.finish()
    }

    /// The entry of a command.
    pub(crate) fn start(mut self, words: &[String]) -> Option<Value> {
        let mut entry = command::entry(words)?;
        if let Some(Value::Object(env)) = entry.remove("env") {
            self.env.extend(env);
        }
        self.entry.extend(entry);
        Some(self.finish())
    }

    fn finish(mut self) -> Value {
        for (key, texts) in [("env", self.env), ("headers", self.headers)] {
            if !texts.is_empty() {
                self.entry.insert(key.into(), texts.into());
            }
        }
        Value::Object(self.entry)
    }
}

/// `[options] name [options] url [options]`, or `[options] name [options] [--] command args`.
fn add(words: &[&str], format: Format) -> Result<Value, String> {
    let codex = format == Format::Codex;
    let (mut options, mut name, mut url, mut rest) = (Options::default(), None, None, words);
    let mut command: &[&str] = &[];
    while let Some((first, tail)) = rest.split_first() {
        match *first {
            "--" => {
                command = tail;
                break;
            }
            option if option.starts_with('-') => {
                rest = rest.get(options.take(rest, codex)?..).unwrap_or_default();
                continue;
            }
            word if name.is_none() => {
                if !options.take_more(word) {
                    name = Some(word);
                }
            }
            word if is_address(word) && url.is_none() => url = Some(word),
            _ if url.is_none() => {
                command = rest;
                break;
            }
            _ => return Err("there is more after the url".to_owned()),
        }
        rest = tail;
    }
    let name = name.ok_or("the name of the server is missing")?;
    let command: Vec<String> = command.iter().map(|word| (*word).to_owned()).collect();
    let entry = match (url.is_some() || options.entry.contains_key("url"), command.is_empty()) {
        (true, true) => options.reach(url),
        (true, false) => return Err("there is both a url and a command".to_owned()),
        (false, _) => options.start(&command).ok_or("the command or the url of the server is missing")?,
    };
    Ok(json!({ name: entry }))
}

/// `[options] name json`.
fn add_json(words: &[&str]) -> Result<Value, String> {
    let (mut found, mut rest) = (Vec::new(), words);
    while let Some((first, tail)) = rest.split_first() {
        let len = if first.starts_with('-') { Options::default().take(rest, false)? } else { 1 };
        if len == 1 && !first.starts_with('-') {
            found.push(*first);
        }
        rest = if len == 1 { tail } else { rest.get(len..).unwrap_or_default() };
    }
    match found.as_slice() {
        [name, text] => Ok(json!({ *name: json_of(text)? })),
        _ => Err("it has to be: mcp add-json name '{..}'; mind the single quotes".to_owned()),
    }
}

fn json_of(text: &str) -> Result<Value, String> {
    jsonc::read(text).map_err(|_| "its JSON is not valid; put it into single quotes".to_owned())
}

/// Whether a word is an address and no program.
pub(crate) fn is_address(word: &str) -> bool {
    let lower = word.get(..8).unwrap_or(word).to_ascii_lowercase();
    lower.starts_with("http://") || lower.starts_with("https://")
}
