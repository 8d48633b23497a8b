//! What a line may hold: escaping of what could forge one, and clipping. Not here: secrets ([`crate::Redactor`]).

use std::{borrow::Cow, fmt::Write};

/// Escapes everything that could end a line, steer a terminal or turn the order of letters; tabs stay. The escapes are
/// those of JSON, so that a JSON line stays one.
pub(crate) fn escape(text: &str) -> Cow<'_, str> {
    if !text.contains(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut done = String::with_capacity(text.len() + 16);
    for letter in text.chars() {
        match letter {
            '\n' => done.push_str("\\n"),
            '\r' => done.push_str("\\r"),
            _ if is_unsafe(letter) => {
                let _ = write!(done, "\\u{:04x}", u32::from(letter));
            }
            _ => done.push(letter),
        }
    }
    Cow::Owned(done)
}

/// At most `limit` characters; what is cut is shown by an ellipsis.
pub(crate) fn clip(text: &str, limit: usize) -> Cow<'_, str> {
    if text.len() <= limit {
        return Cow::Borrowed(text);
    }
    match text.char_indices().nth(limit.saturating_sub(1)) {
        Some((at, _)) if text.chars().nth(limit).is_some() => {
            Cow::Owned(format!("{}…", text.get(..at).unwrap_or_default()))
        }
        _ => Cow::Borrowed(text),
    }
}

fn is_unsafe(letter: char) -> bool {
    let turns = matches!(letter, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    turns || (letter.is_control() && letter != '\t')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_forge_a_line_is_escaped() {
        for (text, expected) in [
            ("plain\tü", "plain\tü"),
            ("a\r\nb", "a\\r\\nb"),
            ("\u{1b}[31m\0\u{9b}\u{7f}", "\\u001b[31m\\u0000\\u009b\\u007f"),
            ("\u{202e}x\u{2028}", "\\u202ex\\u2028"),
        ] {
            assert_eq!(escape(text), expected);
        }
    }

    #[test]
    fn clipping_counts_characters() {
        for (text, expected) in [("üüü", "üüü"), ("üüüü", "üü…"), ("abc", "abc"), ("abcd", "ab…")] {
            assert_eq!(clip(text, 3), expected);
        }
    }
}
