//! Text of strangers on a terminal: escaped, so that it can neither move the cursor, nor forge lines, nor turn the order
//! of letters; and cut to a width. Not here: secrets, which never get this far.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// How much of a description stands in a table, in columns.
pub(crate) const DESCRIPTION: usize = 60;

/// The text in one line, with everything spelled out that a terminal would not simply show.
pub(crate) fn escaped(text: &str) -> String {
    escape(text, |_| false)
}

/// The same, but line breaks and tabs stay: for text that is shown as a whole.
pub(crate) fn escaped_lines(text: &str) -> String {
    escape(text, |letter| matches!(letter, '\n' | '\t'))
}

/// JSON with the same letters spelled out as JSON does it. They can only stand inside of strings, so the value stays.
pub(crate) fn escaped_json(json: &str) -> String {
    let spell = |letter: char| {
        let mut units = [0; 2];
        letter.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}")).collect::<String>()
    };
    json.chars()
        .map(|letter| if is_unsafe(letter) && letter != '\n' { spell(letter) } else { letter.to_string() })
        .collect()
}

/// A description as a table shows it.
pub(crate) fn description(text: &str) -> String {
    cut(&escaped(text.trim()), DESCRIPTION)
}

/// At most `width` columns; what is cut off is shown by three dots, which every terminal has.
pub(crate) fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    format!("{}...", start_of(text, width.saturating_sub(3)))
}

/// At most `width` columns, cut in the middle: the tail of a name tells more than its middle.
pub(crate) fn cut_name(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let kept = width.saturating_sub(3);
    let mut tail: Vec<char> = Vec::new();
    let mut used = 0;
    for letter in text.chars().rev() {
        used += letter.width().unwrap_or(0);
        if used > kept.div_ceil(2) {
            break;
        }
        tail.push(letter);
    }
    let tail: String = tail.into_iter().rev().collect();
    format!("{}...{tail}", start_of(text, kept.saturating_sub(tail.width())))
}

/// A word as a shell reads it.
pub(crate) fn shell_word(word: &str) -> String {
    let is_plain =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/' | ':' | '=' | '@' | ',' | '+' | '%');
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", escaped(word).replace('\'', r"'\''"))
}

fn start_of(text: &str, width: usize) -> &str {
    let mut used = 0;
    let end = text.char_indices().find(|(_, letter)| {
        used += letter.width().unwrap_or(0);
        used > width
    });
    end.map_or(text, |(at, _)| text.split_at(at).0)
}

fn escape(text: &str, stays: impl Fn(char) -> bool) -> String {
    let mut done = String::with_capacity(text.len());
    for letter in text.chars() {
        if is_unsafe(letter) && !stays(letter) {
            done.extend(letter.escape_default());
        } else {
            done.push(letter);
        }
    }
    done
}

/// Controls, and letters that are not seen or that change how others are seen.
fn is_unsafe(letter: char) -> bool {
    letter.is_control()
        || matches!(
            letter,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
                | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_obey_is_spelled_out() {
        for (text, line) in [
            ("plain ü 世界", "plain ü 世界"),
            ("a\u{1b}[2J", "a\\u{1b}[2J"),
            ("\u{9b}2J\u{7f}", "\\u{9b}2J\\u{7f}"),
            ("one\ntwo\r\t", "one\\ntwo\\r\\t"),
            ("\u{202e}gpj.exe\u{200b}\u{e0041}", "\\u{202e}gpj.exe\\u{200b}\\u{e0041}"),
        ] {
            assert_eq!(escaped(text), line);
        }
        assert_eq!(escaped_lines("a\n\tb\u{1b}\r"), "a\n\tb\\u{1b}\\r");
        let json = "{\n  \"a\": \"\u{9b}\u{202e}\u{e0041}ü\"\n}";
        assert_eq!(escaped_json(json), "{\n  \"a\": \"\\u009b\\u202e\\udb40\\udc41ü\"\n}");
        let value = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
        assert_eq!(value(&escaped_json(json)), value(json));
    }

    #[test]
    fn cuts_count_columns() {
        assert_eq!((cut("abcdef", 6).as_str(), cut("abcdefg", 6).as_str()), ("abcdef", "abc..."));
        assert_eq!(cut("世界世界", 7), "世界...");
        assert_eq!(cut_name("github:create_pull_request", 15), "github...equest");
        assert_eq!(cut_name("世界世界世界", 9), "世界...界");
        assert_eq!(description(&format!(" {}\n", "x".repeat(70))), format!("{}...", "x".repeat(57)));
    }

    #[test]
    fn words_are_quoted_for_a_shell() {
        for (word, quoted) in
            [("npx", "npx"), ("a b", "'a b'"), ("it's", r"'it'\''s'"), ("", "''"), ("$HOME", "'$HOME'")]
        {
            assert_eq!(shell_word(word), quoted);
        }
    }
}
