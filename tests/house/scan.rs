//! Just enough Rust to read sources by: code without its comments and literals, where functions and test modules lie.
//!
//! Not here: a parser. What macros write is invisible, and that is enough for rules about what people write.

use std::ops::RangeInclusive;

/// A function with a body. Lines count from 1.
#[derive(Debug, PartialEq, Eq)]
pub struct Function {
    pub name: String,
    pub lines: RangeInclusive<usize>,
    pub is_test: bool,
}

impl Function {
    /// How many lines it takes, signature and closing brace included.
    pub fn len(&self) -> usize {
        self.lines.end() + 1 - self.lines.start()
    }
}

/// The source with comments and literals replaced by spaces; every byte and every line keeps its place.
pub fn code(source: &str) -> String {
    let bytes = source.as_bytes();
    let (mut out, mut at) = (Vec::with_capacity(bytes.len()), 0);
    while at < bytes.len() {
        let end = literal_end(source, at);
        if end == at {
            out.push(bytes[at]);
            at += 1;
        } else {
            out.extend(bytes[at..end].iter().map(|byte| if *byte == b'\n' { b'\n' } else { b' ' }));
            at = end;
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// All functions with a body in masked code, nested ones too.
pub fn functions(code: &str) -> Vec<Function> {
    let mut found = Vec::new();
    for (start, _) in code.match_indices("fn ") {
        if start > 0 && is_word(code.as_bytes()[start - 1]) {
            continue;
        }
        let name: String = code[start + 3..].chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        let Some(open) = body(code, start).filter(|_| !name.is_empty()) else { continue };
        let end = matching_brace(code, open);
        found.push(Function {
            name,
            lines: line(code, start)..=line(code, end),
            is_test: has_test_attribute(code, start),
        });
    }
    found
}

/// The lines of modules that exist for tests only, such as `#[cfg(test)] mod tests { .. }`.
pub fn test_modules(code: &str) -> Vec<RangeInclusive<usize>> {
    let marker = "#[cfg(test)]";
    let mut found = Vec::new();
    for (start, _) in code.match_indices(marker) {
        let after = code[start + marker.len()..].trim_start();
        let after = after.strip_prefix("pub(crate) ").unwrap_or(after);
        let Some(open) = after.strip_prefix("mod ").and_then(|name| name.find(['{', ';'])) else { continue };
        let open = code.len() - after.len() + "mod ".len() + open;
        let end = if code.as_bytes()[open] == b'{' { matching_brace(code, open) } else { open };
        found.push(line(code, start)..=line(code, end));
    }
    found
}

/// The masked code with test modules blanked, lines kept.
pub fn product_code(source: &str) -> String {
    let code = code(source);
    let tests = test_modules(&code);
    let is_test = |number: usize| tests.iter().any(|lines| lines.contains(&number));
    code.lines().enumerate().map(|(at, text)| if is_test(at + 1) { "\n".into() } else { format!("{text}\n") }).collect()
}

/// The line that holds this byte, from 1.
pub fn line(text: &str, at: usize) -> usize {
    text[..at].matches('\n').count() + 1
}

/// Where the comment or literal that begins at `at` ends; `at` itself if none begins there.
fn literal_end(source: &str, at: usize) -> usize {
    let (rest, len) = (&source.as_bytes()[at..], source.len());
    let until =
        |needle: &str, from: usize| source[from..].find(needle).map_or(len, |found| from + found + needle.len());
    match rest {
        [b'/', b'/', ..] => source[at..].find('\n').map_or(len, |found| at + found),
        [b'/', b'*', ..] => block_comment_end(source.as_bytes(), at),
        [b'"', ..] => quoted_end(source.as_bytes(), at + 1, b'"'),
        [b'r', b'"' | b'#', ..] if !after_word(source, at) => {
            let hashes = rest[1..].iter().take_while(|byte| **byte == b'#').count();
            if rest.get(1 + hashes) == Some(&b'"') {
                until(&format!("\"{}", "#".repeat(hashes)), at + hashes + 2)
            } else {
                at
            }
        }
        [b'\'', b'\\', ..] => quoted_end(source.as_bytes(), at + 1, b'\''),
        [b'\'', first, ..] => {
            // A character has its closing quote right behind it, a lifetime has not.
            let width = source.get(at + 1..).and_then(|text| text.chars().next()).map_or(1, char::len_utf8);
            if *first != b'\'' && rest.get(1 + width) == Some(&b'\'') { at + width + 2 } else { at }
        }
        _ => at,
    }
}

/// Whether a word ends right before `at`; the `b` and `c` of byte and C strings are no such word.
fn after_word(source: &str, at: usize) -> bool {
    let before = &source.as_bytes()[..at];
    match before {
        [.., earlier, b'b' | b'c'] => is_word(*earlier),
        [b'b' | b'c'] | [] => false,
        [.., last] => is_word(*last),
    }
}

fn block_comment_end(bytes: &[u8], start: usize) -> usize {
    let (mut depth, mut at) = (0_usize, start);
    while at < bytes.len() {
        match &bytes[at..] {
            [b'/', b'*', ..] => (depth, at) = (depth + 1, at + 2),
            [b'*', b'/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            return at;
        }
    }
    at
}

fn quoted_end(bytes: &[u8], mut at: usize, quote: u8) -> usize {
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 2,
            byte if byte == quote => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// Where the body of the function at `start` opens; none for a declaration.
fn body(code: &str, start: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, byte) in code.bytes().enumerate().skip(start) {
        match byte {
            b'(' | b'[' => depth += 1,
            b')' | b']' => depth = depth.checked_sub(1)?,
            b'{' if depth == 0 => return Some(at),
            b';' | b'}' if depth == 0 => return None,
            _ => {}
        }
    }
    None
}

fn matching_brace(code: &str, open: usize) -> usize {
    let mut depth = 0_usize;
    for (at, byte) in code.bytes().enumerate().skip(open) {
        match byte {
            b'{' => depth += 1,
            b'}' if depth == 1 => return at,
            b'}' => depth -= 1,
            _ => {}
        }
    }
    code.len()
}

fn has_test_attribute(code: &str, start: usize) -> bool {
    let before = &code[..start];
    let attributes = &before[before.rfind([';', '{', '}']).map_or(0, |at| at + 1)..];
    ["#[test]", "::test]", "::test("].iter().any(|mark| attributes.contains(mark))
}

#[test]
fn comments_and_literals_are_not_code() {
    let sample = "let a = \"x { \\\" y\"; // {\nlet b = r#\"{\"# /* { /* { */ */; let c = '{'; let d = '\\''; fn e<'f>(g: &'f str) {}";
    let masked = code(sample);
    assert_eq!(masked.len(), sample.len());
    assert_eq!(masked.matches('{').count(), 1, "{masked}");
    assert!(masked.contains("fn e<'f>(g: &'f str) {}") && masked.contains("let d = "), "{masked}");
    assert_eq!(code("br\"{\" var\"{\""), "b     var   ", "a raw string and a string");
}

#[test]
fn functions_know_their_lines_and_whether_they_test() {
    let sample = "fn one();\nfn two(a: [u8; 2]) -> fn(u8) {\n  let x = || { fn three() {} };\n}\n#[tokio::test(start_paused = true)]\nasync fn four() {\n}\n#[test]\nfn five() {}";
    let found = functions(&code(sample));
    let seen: Vec<_> = found.iter().map(|f| (f.name.as_str(), f.lines.clone(), f.is_test)).collect();
    assert_eq!(seen, [("two", 2..=4, false), ("three", 3..=3, false), ("four", 6..=7, true), ("five", 9..=9, true)]);
    assert_eq!(found[0].len(), 3);
}

#[test]
fn test_modules_are_cut_out_and_nothing_else() {
    let sample = "a();\n#[cfg(test)]\nuse x;\n#[cfg(test)]\nmod tests {\n  b();\n}\nc();\n#[cfg(test)]\nmod more;\n";
    assert_eq!(test_modules(&code(sample)), [4..=7, 9..=10]);
    assert_eq!(product_code(sample), "a();\n#[cfg(test)]\nuse x;\n\n\n\n\nc();\n\n\n");
}
