//! What all texts share: ends of lines, indentation, positions.

/// How this text ends its lines.
pub fn newline(text: &str) -> &'static str {
    match text.find('\n') {
        Some(at) if text.get(..at).is_some_and(|before| before.ends_with('\r')) => "\r\n",
        _ => "\n",
    }
}

/// A part of a text; empty where the range is none.
pub fn part(text: &str, from: usize, to: usize) -> &str {
    text.get(from..to).unwrap_or_default()
}

/// Everything from there on.
pub fn rest(text: &str, from: usize) -> &str {
    text.get(from..).unwrap_or_default()
}

/// Where the line of this position begins.
pub fn line_start(text: &str, at: usize) -> usize {
    part(text, 0, at).rfind('\n').map_or(0, |newline| newline + 1)
}

/// Where the line after this position begins, or the text ends.
pub fn next_line(text: &str, at: usize) -> usize {
    rest(text, at).find('\n').map_or(text.len(), |newline| at + newline + 1)
}

/// The white space that the line of this position begins with.
pub fn indent(text: &str, at: usize) -> &str {
    let line = rest(text, line_start(text, at));
    part(line, 0, line.len() - line.trim_start_matches([' ', '\t']).len())
}

/// The number of the line of this position, from 1.
pub fn number(text: &str, at: usize) -> usize {
    part(text, 0, at.min(text.len())).matches('\n').count() + 1
}

/// The text with something else from `from` to `to`.
pub fn splice(text: &str, from: usize, to: usize, instead: &str) -> String {
    [part(text, 0, from), instead, rest(text, to)].concat()
}

/// The text, its last line ended, and an empty line after what is there.
pub fn room_for_a_section(text: &str) -> String {
    let end = newline(text);
    let mut text = text.to_owned();
    if !text.is_empty() {
        if !text.ends_with('\n') {
            text.push_str(end);
        }
        text.push_str(end);
    }
    text
}

/// Where a section begins, with the empty line before it.
pub fn with_empty_line_before(text: &str, start: usize) -> usize {
    let before = part(text, 0, start);
    let line = before.strip_suffix('\n').map(|before| before.strip_suffix('\r').unwrap_or(before));
    match line {
        Some("") => 0,
        Some(line) if line.ends_with('\n') => line.len(),
        _ => start,
    }
}
