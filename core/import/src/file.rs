//! A whole settings file of some program. Not here: reading it from the disk, and where it is.

use serde_json::Value;

use crate::{Draft, Form, Format, ImportError, Reason, entry::Origin, gather, jsonc, shape};

/// The most that is read of a file, in bytes.
pub const FILE_LIMIT: usize = 32 << 20;

/// What a file held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imported {
    /// Whose file it is, told or found out.
    pub format: Format,
    /// Its servers, in the order of the file, each with a name of its own.
    pub servers: Vec<Draft>,
    /// What was left out.
    pub skipped: Vec<Skipped>,
}

/// An entry that was left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// What it is called there, fit to be shown.
    pub name: String,
    /// The project that it was meant for; `None` = everywhere.
    pub project: Option<String>,
    /// Why.
    pub reason: Reason,
}

/// Reads a settings file. Without a `format` it is found out by what stands in it.
///
/// # Errors
/// The text is too large, is neither JSON nor TOML, or holds no servers although nobody said whose it is.
pub fn import(text: &str, format: Option<Format>) -> Result<Imported, ImportError> {
    if text.len() > FILE_LIMIT {
        return Err(ImportError::TooLarge { limit: FILE_LIMIT });
    }
    if let (true, Some(format)) = (text.trim().is_empty(), format) {
        return Ok(Imported { format, servers: Vec::new(), skipped: Vec::new() });
    }
    let value = if is_toml(text, format) { toml(text)? } else { jsonc::read(text)? };
    let (format, found) = match (shape::find(&value), format) {
        (Some((guess, found)), told) => (told.unwrap_or(guess), found),
        // a file of theirs that has no servers yet
        (None, Some(told)) if value.is_object() => (told, shape::piece(&value).unwrap_or_default()),
        (None, _) => return Err(ImportError::NoServers),
    };
    let origin = Origin::new(Form::File, Some(format));
    let (servers, skipped) = gather::drafts(&found.into_iter().map(|found| (found, &origin)).collect::<Vec<_>>());
    Ok(Imported { format, servers, skipped })
}

/// Only Codex writes TOML. A table of it and a list of JSON both begin with a bracket.
pub(crate) fn is_toml(text: &str, format: Option<Format>) -> bool {
    let start = text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    match format {
        _ if start.starts_with(['{', '/', '"']) => false,
        Some(format) => format == Format::Codex,
        None => {
            let list = start.strip_prefix('[').map(str::trim_start);
            !list.is_some_and(|list| list.starts_with(['{', '/', ']']) || list.starts_with("\"name\""))
                && !start.is_empty()
        }
    }
}

/// Reads TOML. Its errors show the line that they are about, which may hold a secret: only its number is told.
pub(crate) fn toml(text: &str) -> Result<Value, ImportError> {
    let text = text.trim_start_matches('\u{feff}');
    toml::from_str(text).map_err(|error| {
        let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        ImportError::Toml { line: before.matches('\n').count() + 1, reason: error.message().to_owned() }
    })
}
