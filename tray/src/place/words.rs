//! A line of arguments, as words. Not here: anything else that a shell does.

/// The words of a line. A part in single or double quotes is taken as it is; a quote that is not closed ends with the line.
pub(super) fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for letter in line.chars() {
        match quote {
            Some(open) if letter == open => quote = None,
            None if letter.is_whitespace() => words.extend(word.take()),
            None if matches!(letter, '"' | '\'') => {
                quote = Some(letter);
                word.get_or_insert_default();
            }
            _ => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_hold_words_together() {
        for (line, expected) in [
            ("", &[][..]),
            ("  --read-only\t --log-level  debug ", &["--read-only", "--log-level", "debug"]),
            (r#"--log-dir "C:\My Logs" --x='a "b"'c ''"#, &["--log-dir", r"C:\My Logs", r#"--x=a "b"c"#, ""]),
            ("'open end", &["open end"]),
        ] {
            assert_eq!(words(line), expected, "{line}");
        }
    }
}
