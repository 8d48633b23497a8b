//! JSON as people write it: with comments and trailing commas. Not here: what stands in it.

use serde_json::Value;

use crate::ImportError;

/// Reads JSON with comments. Nesting is limited by the reader of the strict form; places in errors are those of the text.
pub(crate) fn read(text: &str) -> Result<Value, ImportError> {
    serde_json::from_slice(&strict(text.trim_start_matches('\u{feff}')))
        .map_err(|error| ImportError::Json { reason: error.to_string() })
}

/// The same text, comments and trailing commas overwritten by spaces.
fn strict(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let mut strict = bytes.to_vec();
    let mut blank = |from: usize, to: usize| {
        for byte in strict.get_mut(from..to).into_iter().flatten().filter(|byte| **byte != b'\n') {
            *byte = b' ';
        }
    };
    let (mut at, mut comma) = (0, None);
    while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
        let len = match rest {
            [b'"', ..] => string(rest),
            [b'/', b'/', ..] => rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len()),
            [b'/', b'*', ..] => rest.windows(2).skip(2).position(|two| two == b"*/").map_or(rest.len(), |end| end + 4),
            _ => 1,
        };
        match rest {
            [b'/', b'/' | b'*', ..] => blank(at, at + len),
            [b',', ..] => comma = Some(at),
            [b'}' | b']', ..] => {
                if let Some(comma) = comma.take() {
                    blank(comma, comma + 1);
                }
            }
            [byte, ..] if byte.is_ascii_whitespace() => {}
            _ => comma = None,
        }
        at += len;
    }
    strict
}

/// How long the string is that begins here.
fn string(rest: &[u8]) -> usize {
    let mut escaped = false;
    let end = rest.iter().skip(1).position(|byte| {
        let ends = *byte == b'"' && !escaped;
        escaped = *byte == b'\\' && !escaped;
        ends
    });
    end.map_or(rest.len(), |end| end + 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_trailing_commas_are_read_over_and_all_else_is_strict() {
        let text =
            "\u{feff}// one\n{ /* two, } */ \"a // b\": [1, 2, /* three */ ], // four\n \"c\\\"/*\": \"d,]\", \n }";
        let expected = serde_json::json!({"a // b": [1, 2], "c\"/*": "d,]"});
        assert_eq!(read(text).unwrap(), expected);
        for bad in
            ["", "{", "{,}", "[1,,2]", "{\"a\": 1 \"b\": 2}", "{} {}", "/* no end", "\"no end", "{'a': 1}", "/*/"]
        {
            let fine = bad == "{,}";
            assert_eq!(read(bad).is_ok(), fine, "{bad}");
        }
        let Err(ImportError::Json { reason }) = read("/* x\n */\n{\"a\" 1}") else { panic!() };
        assert!(reason.contains("line 3"), "{reason}");
        assert!(read(&"[".repeat(100_000)).is_err());
    }
}
