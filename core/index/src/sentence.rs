//! The one sentence of a description that a compact result has room for. Not here: the signature beside it.

/// Characters that stand for a description without an end of a sentence.
const LONGEST: usize = 200;

/// The first sentence of a description, or its first 200 characters and `…` when no sentence ends within them.
///
/// A CJK terminator always ends a sentence; `.`, `!` and `?` only before white space, a closing bracket or quote, or the end, so
/// that `v1.2` and `example.com` do not.
#[must_use]
pub fn first_sentence(description: &str) -> String {
    // Verbatim: whoever shows the sentence on one line makes one line of it.
    let text = if description.trim().is_empty() { "" } else { description };
    let mut chars = text.char_indices().take(LONGEST);
    let end = chars.find_map(|(at, c)| {
        let (end, rest) = (at + c.len_utf8(), text.get(at + c.len_utf8()..)?);
        let ends = match c {
            '。' | '！' | '？' => true,
            '.' | '!' | '?' => {
                rest.chars().next().is_none_or(|c| c.is_whitespace() || matches!(c, '"' | ')' | ']' | '}'))
            }
            _ => false,
        };
        ends.then_some(end)
    });
    match end.or_else(|| text.char_indices().nth(LONGEST).map(|(at, _)| at)) {
        Some(cut) => text.get(..cut).unwrap_or(text).to_owned() + if end.is_none() { "…" } else { "" },
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences() {
        let long = "é".repeat(LONGEST);
        for (description, expected) in [
            ("\n  Reads a file. Then more.", "\n  Reads a file."),
            ("Says \"hi.\" Then", "Says \"hi."),
            ("Reads v1.2 of example.com/a.b files! Really", "Reads v1.2 of example.com/a.b files!"),
            ("Really?! Yes.", "Really?!"),
            ("Wait... there is more", "Wait..."),
            ("(Reads a file.) Then", "(Reads a file."),
            ("Reads a file.\nThen", "Reads a file."),
            ("查询天气。返回结果", "查询天气。"),
            ("本当に？はい", "本当に？"),
            ("No end", "No end"),
            ("End.", "End."),
            ("", ""),
            (" \n ", ""),
            (&long, &long),
            (&format!("{long}x. y"), &format!("{long}…")),
            (&format!("{}. y", &long[2..]), &format!("{}.", &long[2..])),
        ] {
            assert_eq!(first_sentence(description), *expected, "{description:?}");
        }
    }
}
