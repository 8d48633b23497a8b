//! Whatever stands after `mcpproxy add`: finds out what it is. Not here: the forms themselves, each has a file.

use serde_json::{Value, json};

use crate::{
    Draft, Form, Format, ImportError, Reason, client,
    client::{Options, is_address},
    command,
    entry::Origin,
    error::Shown,
    file, gather, jsonc, link, name,
    placeholder::Dialect,
    shape::{self, Found},
};

/// The most that is read of what was pasted, in bytes.
pub const PASTE_LIMIT: usize = 1 << 20;

/// Reads a URL, a command, a snippet, a link, or a line that adds a server to another program. `name` wins over the name
/// that is found, and fits only one server.
///
/// # Errors
/// What could not be read, and why; a text that could be several things is refused with the forms that are understood.
pub fn parse(words: &[String], name: Option<&str>) -> Result<Vec<Draft>, ImportError> {
    if words.iter().map(String::len).sum::<usize>() > PASTE_LIMIT {
        return Err(ImportError::TooLarge { limit: PASTE_LIMIT });
    }
    if let Some(name) = name.filter(|name| !name::is_name(name)) {
        return Err(ImportError::Name { name: Shown::new(name) });
    }
    let pieces = match words {
        [text] => of_text(unwrapped(text))?,
        // a shell has taken the quotes of a snippet away
        [first, ..] if first.starts_with(['{', '[']) => vec![of_json(&words.join(" "))?],
        words => vec![of_words(words)?],
    };
    let mut found = Vec::new();
    for piece in &pieces {
        found.extend(piece.found()?.into_iter().map(|found| (found, &piece.origin)));
    }
    if let (Some(name), [(found, _)]) = (name, found.as_mut_slice()) {
        found.name = Some(name);
    } else if name.is_some() && !found.is_empty() {
        return Err(ImportError::NameForMany { count: found.len() });
    }
    let (mut drafts, skipped) = gather::drafts(&found);
    let mut own = None;
    for skipped in skipped {
        match skipped.reason {
            Reason::Own => own = Some(skipped),
            Reason::Same(_) => {}
            reason => return Err(ImportError::Entry { name: Shown::new(&skipped.name), reason }),
        }
    }
    match (drafts.first_mut(), own) {
        (Some(first), Some(own)) => {
            first.warnings.push(format!("the server {} {} and is left out", own.name, own.reason))
        }
        (None, Some(own)) => return Err(ImportError::Entry { name: Shown::new(&own.name), reason: own.reason }),
        (None, None) => return Err(ImportError::NoServers),
        (Some(_), None) => {}
    }
    Ok(drafts)
}

/// A piece of settings, and how it came.
struct Piece {
    value: Value,
    origin: Origin,
}

impl Piece {
    /// What a shell would have seen first.
    fn typed(value: Value, form: Form, format: Option<Format>) -> Self {
        Self { value, origin: Origin { dialect: Dialect::SHELL, ..Origin::new(form, format) } }
    }

    fn found(&self) -> Result<Vec<Found<'_>>, ImportError> {
        // what was typed is one entry by its name, whatever that name is
        if !matches!(self.origin.form, Form::Snippet | Form::Link)
            && let Some((name, value)) =
                self.value.as_object().filter(|map| map.len() == 1).and_then(|map| map.iter().next())
            && value.is_object()
        {
            return Ok(vec![Found { name: Some(name), value, project: None }]);
        }
        shape::find(&self.value)
            .map(|(_, found)| found)
            .or_else(|| shape::piece(&self.value))
            .ok_or(ImportError::NoServers)
    }
}

/// What stands around a pasted text: white space, the marks of a code block, the prompt of a terminal.
fn unwrapped(text: &str) -> &str {
    let text = text.trim_start_matches('\u{feff}').trim();
    let text = match text.strip_prefix("```") {
        Some(block) => block.split_once('\n').map_or(block, |(_, inside)| inside).trim_end_matches("```").trim(),
        None => text,
    };
    text.strip_prefix("$ ").unwrap_or(text).trim()
}

fn of_text(text: &str) -> Result<Vec<Piece>, ImportError> {
    if text.is_empty() {
        return Err(ImportError::Nothing);
    }
    if text.lines().any(|line| line.trim_start().starts_with("[mcp_servers.")) {
        let origin = Origin::new(Form::Snippet, Some(Format::Codex));
        return Ok(vec![Piece { value: file::toml(text)?, origin }]);
    }
    if text.starts_with(['{', '[']) || text.starts_with("/*") || text.starts_with("//") || is_fragment(text) {
        return Ok(vec![of_json(text)?]);
    }
    let lines = lines(text);
    lines.iter().map(|line| of_line(line)).collect()
}

/// `"name": {..}`, cut out of settings.
fn is_fragment(text: &str) -> bool {
    let Some(inside) = text.strip_prefix('"') else { return false };
    inside.split_once('"').is_some_and(|(_, rest)| rest.trim_start().starts_with(':'))
}

fn of_json(text: &str) -> Result<Piece, ImportError> {
    let value = if is_fragment(text) {
        let inside = text.trim_end().trim_end_matches(',');
        jsonc::read(&format!("{{{inside}\n}}"))?
    } else {
        jsonc::read(text)?
    };
    let format = shape::find(&value).map(|(format, _)| format);
    Ok(Piece { value, origin: Origin::new(Form::Snippet, format) })
}

/// Lines that stand for themselves: one that ends in a backslash, or inside a quotation, goes on in the next.
fn lines(text: &str) -> Vec<&str> {
    let (mut lines, mut start, mut quote, mut escaped) = (Vec::new(), 0, None, false);
    for (at, c) in text.char_indices() {
        match (c, quote) {
            ('\n', None) if !escaped => {
                lines.push(text.get(start..at).unwrap_or_default());
                start = at + 1;
            }
            ('"' | '\'', None) if !escaped => quote = Some(c),
            (c, Some(open)) if c == open && !(escaped && c == '"') => quote = None,
            _ => {}
        }
        escaped = c == '\\' && !escaped && quote != Some('\'') || (c == '\r' && escaped);
    }
    lines.push(text.get(start..).unwrap_or_default());
    lines.retain(|line| !line.trim().is_empty() && !line.trim_start().starts_with('#'));
    lines
}

fn of_line(line: &str) -> Result<Piece, ImportError> {
    let line = line.trim();
    let line = line.strip_prefix("$ ").unwrap_or(line);
    // links may hold JSON as it is, with spaces
    if (!line.contains(char::is_whitespace) || line.starts_with("vscode"))
        && let Some(link) = link::read(line)
    {
        let (format, value) = link?;
        return Ok(Piece { value, origin: Origin::new(Form::Link, Some(format)) });
    }
    of_words(&command::split(line)?)
}

fn of_words(words: &[String]) -> Result<Piece, ImportError> {
    let ambiguous = |text: &str, why| Err(ImportError::Ambiguous { text: Shown::word(text), why });
    if let Some(added) = client::read(words) {
        let (format, value) = added?;
        return Ok(Piece::typed(value, Form::ClientCommand, Some(format)));
    }
    match words {
        [] => Err(ImportError::Nothing),
        [dashes, rest @ ..] if dashes == "--" => started(rest, None),
        [called, dashes, rest @ ..] if dashes == "--" => started(rest, Some(called)),
        [url, rest @ ..] if is_address(url) => reached(url, rest, None),
        [called, url, rest @ ..] if is_address(url) && name::is_name(called) && !command::is_runner(called) => {
            reached(url, rest, Some(called))
        }
        [option, ..] if option.starts_with('-') => ambiguous(option, "is an option that is not known here"),
        [word] => of_word(word),
        [called, program, ..] if command::is_runner(program) && name::is_name(called) && is_bare_name(called) => {
            ambiguous(
                called,
                "could be a name or a program; write -- between a name and its command, or in front of a program",
            )
        }
        words => started(words, None),
    }
}

/// One word could be many things; only a path can be nothing but a program.
fn of_word(word: &str) -> Result<Piece, ImportError> {
    if let Some((scheme, _)) = word.split_once("://") {
        return Err(ImportError::Scheme { scheme: Shown::new(scheme) });
    }
    let is_path = ["/", "./", "../", "~/", ".\\", "..\\", "\\\\"].iter().any(|start| word.starts_with(start))
        || word.get(1..3) == Some(":\\");
    if is_path {
        return started(&[word.to_owned()], None);
    }
    let why = if word.starts_with('@') {
        "looks like a package; write npx -y in front of it"
    } else if word.contains('.') && word.contains('/') && !word.contains('@') {
        "looks like an address; write https:// in front of it"
    } else {
        "is one word and could be a program, a package or a name; write -- in front of a program"
    };
    Err(ImportError::Ambiguous { text: Shown::word(word), why })
}

/// Whether a first word is rather a name than a program that runs others.
fn is_bare_name(word: &str) -> bool {
    !command::is_runner(word) && !command::is_shell(word) && !["env", "sudo", "time", "nice", "exec"].contains(&word)
}

fn started(words: &[String], called: Option<&str>) -> Result<Piece, ImportError> {
    let entry = Options::default().start(words).ok_or(ImportError::Nothing)?;
    Ok(Piece::typed(with_name(entry, called), Form::CommandLine, None))
}

fn reached(url: &str, rest: &[String], called: Option<&str>) -> Result<Piece, ImportError> {
    let mut options = Options::default();
    let mut rest: &[&str] = &rest.iter().map(String::as_str).collect::<Vec<_>>();
    while let [first, ..] = rest {
        let len = if first.starts_with('-') { options.take(rest, false) } else { Err(String::new()) };
        let Ok(len) = len else {
            return Err(ImportError::AfterUrl);
        };
        rest = rest.get(len..).unwrap_or_default();
    }
    Ok(Piece::typed(with_name(options.reach(Some(url)), called), Form::Url, None))
}

fn with_name(entry: Value, called: Option<&str>) -> Value {
    match called {
        Some(called) => json!({ called: entry }),
        None => entry,
    }
}
