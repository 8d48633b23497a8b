//! Text of strangers as lines of a menu: escaped, so that it can neither forge a line nor turn the order of letters; and
//! of a bounded length. Not here: letters that mean something in menus (`_` in GTK, `&` in Windows) or in markup; whoever
//! draws takes care of those.

use unicode_width::UnicodeWidthChar;

/// How much of a text stands in one line, in columns.
pub const LINE: usize = 60;
/// How much of a name stands in a line that tells more than the name, in columns.
pub const NAME: usize = 40;

/// The text in one line of at most `most` columns. What is too long loses its middle: the tail of a name tells more.
/// Takes no longer for a longer text.
#[must_use]
pub fn line(text: &str, most: usize) -> String {
    let text = text.trim();
    if fitting(text.chars(), most).len() == text.chars().take(most.saturating_add(1)).count() {
        return escaped(text);
    }
    let room = most.saturating_sub(1);
    let mut head = fitting(text.chars(), room / 2);
    if text.chars().nth(head.len()).is_some_and(is_joined) {
        head.truncate(head.iter().rposition(|letter| !is_joined(*letter)).unwrap_or(0));
    }
    let mut tail = fitting(text.chars().rev(), room - room / 2);
    tail.truncate(tail.iter().rposition(|letter| !is_joined(*letter)).map_or(0, |last| last + 1));
    tail.reverse();
    format!("{}…{}", spelled(&head), spelled(&tail))
}

/// The whole text over lines of at most `width` columns each, broken behind spaces where there are some. Put together
/// again, the lines are the whole text, escaped.
#[must_use]
pub fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let (mut line, mut used): (Vec<char>, usize) = (Vec::new(), 0);
    for letter in text.chars() {
        while !line.is_empty() && used + columns(letter) > width {
            let rest = line.split_off(break_before(&line, letter));
            lines.push(spelled(&line));
            used = rest.iter().copied().map(columns).sum();
            line = rest;
        }
        used += columns(letter);
        line.push(letter);
    }
    if !line.is_empty() {
        lines.push(spelled(&line));
    }
    lines
}

/// The text of a person or of our core over at most `most` lines; what is left out is shown by an ellipsis. Its own line
/// breaks stay.
#[must_use]
pub fn paragraph(text: &str, most: usize) -> Vec<String> {
    let lines = pieces(text, most).into_iter().flatten().map(|line| line.trim_end().to_owned());
    // spaces that come just behind a full line would be a line of their own
    lines.filter(|line| !line.is_empty()).collect()
}

/// The same in one text, for what wraps by itself: there are no other line breaks than its own.
#[must_use]
pub fn flowing(text: &str, most: usize) -> String {
    let lines: Vec<_> = pieces(text, most).iter().map(|pieces| pieces.concat()).collect();
    lines.join("\n")
}

/// Each line of a text in pieces, at most so many together; the last ends with an ellipsis where something is left out.
fn pieces(text: &str, most: usize) -> Vec<Vec<String>> {
    let (mut lines, mut room): (Vec<Vec<String>>, _) = (Vec::new(), most);
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let mut pieces = wrapped(line, LINE - 1);
        let is_cut = pieces.len() > room;
        pieces.truncate(room);
        room -= pieces.len();
        if !pieces.is_empty() {
            lines.push(pieces);
        }
        if is_cut {
            if let Some(last) = lines.last_mut().and_then(|pieces| pieces.last_mut()) {
                *last = format!("{}…", last.trim_end());
            }
            break;
        }
    }
    lines
}

/// The text with every letter spelled out that is not simply shown.
#[must_use]
pub fn escaped(text: &str) -> String {
    spelled_out(text.chars())
}

fn spelled(letters: &[char]) -> String {
    spelled_out(letters.iter().copied())
}

fn spelled_out(letters: impl Iterator<Item = char>) -> String {
    let mut text = String::new();
    for letter in letters {
        if is_hidden(letter) { text.extend(letter.escape_default()) } else { text.push(letter) }
    }
    text
}

/// The first letters that have room in so many columns.
fn fitting(letters: impl Iterator<Item = char>, most: usize) -> Vec<char> {
    let mut used = 0;
    letters
        .take_while(|letter| {
            used += columns(*letter);
            used <= most
        })
        .collect()
}

/// Where a line that is full is broken, before `next`.
fn break_before(line: &[char], next: char) -> usize {
    let space = line.iter().rposition(|letter| *letter == ' ').map(|at| at + 1);
    let whole = if is_joined(next) { line.iter().rposition(|letter| !is_joined(*letter)) } else { None };
    space.or(whole).filter(|at| *at > 0).unwrap_or(line.len())
}

/// How wide a letter is as it is shown; one without a width counts too, so that a line has a bounded number of them.
fn columns(letter: char) -> usize {
    if is_hidden(letter) { letter.escape_default().len() } else { letter.width().unwrap_or(1).max(1) }
}

/// Whether a letter belongs to the one before it: marks above and below, colours of skin.
fn is_joined(letter: char) -> bool {
    !is_hidden(letter) && (letter.width() == Some(0) || matches!(letter, '\u{1f3fb}'..='\u{1f3ff}'))
}

/// Controls, and letters that are not seen, look like a space, or change how others are seen.
fn is_hidden(letter: char) -> bool {
    letter.is_control()
        || matches!(
            letter,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e0fff}'
        )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_line_is_one_line_and_keeps_both_ends() {
        for (text, most, shown) in [
            ("plain ü 世界", 60, "plain ü 世界"),
            (" a\nb\u{1b}[2J\u{202e}gpj.exe ", 60, "a\\nb\\u{1b}[2J\\u{202e}gpj.exe"),
            ("github:create_pull_request", 15, "github:…request"),
            ("世界世界世界", 9, "世界…世界"),
            ("aaaae\u{301}bbbbe\u{301}c", 8, "aaa…be\u{301}c"),
            ("aae\u{301}bbbbbbe\u{301}cc", 7, "aa…cc"),
            ("ab\u{202e}cdefgh", 9, "ab…efgh"),
            ("abc", 0, "…"),
        ] {
            assert_eq!(line(text, most), shown, "{text:?}");
        }
    }

    #[test]
    fn no_line_of_a_paragraph_is_empty() {
        let text = format!("{}  {}", "a".repeat(LINE - 1), "b".repeat(LINE - 1));
        assert_eq!(paragraph(&text, 9), ["a".repeat(LINE - 1), "b".repeat(LINE - 1)]);
    }

    #[test]
    fn what_is_wrapped_is_broken_behind_spaces() {
        assert_eq!(wrapped("npx -y @acme/server --root  /srv", 10), ["npx -y ", "@acme/serv", "er --root ", " /srv"]);
        assert_eq!(wrapped("", 10), Vec::<String>::new());
        assert_eq!(paragraph(" one\r\n\n two \nthree", 2), ["one", "two…"]);
        let long = "word ".repeat(30);
        assert_eq!(paragraph(&long, 2).len(), 2);
        assert_eq!(flowing(&format!(" {long}\r\n\n two"), 9), format!("{}\ntwo", long.trim_end()));
        assert_eq!(flowing(&format!("{long}\ntwo"), 3), format!("{}…", long.trim_end()));
        assert_eq!(flowing(&long, 2), format!("{}…", ["word"; 22].join(" ")));
    }

    proptest! {
        #[test]
        fn whatever_is_told_lines_are_bounded_and_nothing_wrapped_is_lost(
            letters in proptest::collection::vec(any::<char>(), 0..150),
            most in 1_usize..70,
        ) {
            let text: String = letters.into_iter().collect();
            let shown = line(&text, most);
            prop_assert!(shown.chars().map(columns).sum::<usize>() <= most, "{shown:?}");
            prop_assert!(!shown.chars().any(is_hidden));
            let lines = wrapped(&text, most.max(12));
            prop_assert!(lines.iter().all(|line| line.chars().map(columns).sum::<usize>() <= most.max(12)));
            prop_assert_eq!(lines.concat(), escaped(&text));
        }
    }
}
