//! The tools that look at a text: its hash, and what can be counted in it.
//!
//! Not here: files; a text comes as an argument.

use std::fmt::Write;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{
    notes::Notebook,
    tool::{Answer, Arguments, Effect, Fault, Tool, count, object},
};

/// The SHA-256 of a text.
pub const HASH_TEXT: Tool = Tool {
    name: "hash_text",
    title: "Hash a text",
    description: "Computes the SHA-256 checksum of a text (its UTF-8 bytes) as 64 hexadecimal digits, to compare or \
        fingerprint texts.",
    effect: Effect::Reads,
    input: text_only,
    output: hash_output,
    run: hash,
};

/// What can be counted in a text.
pub const TEXT_STATISTICS: Tool = Tool {
    name: "text_statistics",
    title: "Count words and lines",
    description: "Counts the characters, words and lines of a text and estimates how long it takes to read.",
    effect: Effect::Reads,
    input: statistics_input,
    output: statistics_output,
    run: statistics,
};

/// The pace of a practised reader, in words a minute.
const PACE: u16 = 200;

fn text_only() -> Value {
    object(&json!({ "text": { "type": "string", "description": "The text." } }), &["text"])
}

fn hash_output() -> Value {
    object(
        &json!({
            "algorithm": { "type": "string", "enum": ["sha256"], "description": "How the digest was computed." },
            "digest": { "type": "string", "description": "64 hexadecimal digits in lower case." },
            "bytes": { "type": "integer", "description": "How many bytes the text has in UTF-8." },
        }),
        &["algorithm", "digest", "bytes"],
    )
}

fn hash(arguments: &Arguments<'_>, _: &mut Notebook) -> Result<Answer, Fault> {
    let text = arguments.text("text", "the text to hash")?;
    let digest = Sha256::digest(text).iter().fold(String::with_capacity(64), |mut hex, byte| {
        // into memory: there is nothing that could fail
        let _ = write!(hex, "{byte:02x}");
        hex
    });
    Ok(Answer {
        text: format!("sha256 of {}: {digest}", count(text.len() as u64, "byte")),
        data: json!({ "algorithm": "sha256", "digest": digest, "bytes": text.len() }),
    })
}

fn statistics_input() -> Value {
    object(
        &json!({
            "text": { "type": "string", "description": "The text." },
            "words_per_minute": {
                "type": "integer", "minimum": 50, "maximum": 1000, "default": PACE,
                "description": "The pace of the reader.",
            },
        }),
        &["text"],
    )
}

fn statistics_output() -> Value {
    object(
        &json!({
            "characters": { "type": "integer", "description": "Unicode code points, white space included." },
            "characters_without_spaces": { "type": "integer", "description": "Those that are no white space." },
            "words": { "type": "integer", "description": "Runs of characters between white space." },
            "lines": { "type": "integer", "description": "Lines; the last one needs no line end." },
            "reading_seconds": { "type": "integer", "description": "How long it takes to read, rounded up." },
        }),
        &["characters", "characters_without_spaces", "words", "lines", "reading_seconds"],
    )
}

fn statistics(arguments: &Arguments<'_>, _: &mut Notebook) -> Result<Answer, Fault> {
    let text = arguments.text("text", "the text to count in")?;
    let pace = arguments.integer("words_per_minute", 50..=1000, PACE)?;
    let characters = text.chars().count() as u64;
    let solid = text.chars().filter(|character| !character.is_whitespace()).count() as u64;
    let (words, lines) = (text.split_whitespace().count() as u64, text.lines().count() as u64);
    let seconds = words.saturating_mul(60).div_ceil(u64::from(pace));
    Ok(Answer {
        text: format!(
            "{} ({solid} without spaces), {}, {}; takes about {} to read.",
            count(characters, "character"),
            count(words, "word"),
            count(lines, "line"),
            count(seconds, "second"),
        ),
        data: json!({
            "characters": characters,
            "characters_without_spaces": solid,
            "words": words,
            "lines": lines,
            "reading_seconds": seconds,
        }),
    })
}

#[cfg(test)]
mod tests {
    use super::{super::tests::check, *};

    #[test]
    fn texts_are_hashed() {
        for (text, expected) in [
            ("", "0 bytes: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            ("abc", "3 bytes: ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        ] {
            check(&HASH_TEXT, json!({ "text": text }), Ok(&format!("sha256 of {expected}")));
        }
        check(&HASH_TEXT, json!({}), Err("The argument \"text\" is missing: write the text to hash."));
        let misspelt = "There is no argument \"algorithm\": the arguments are text.";
        check(&HASH_TEXT, json!({"text": "", "algorithm": "md5"}), Err(misspelt));
        let long = format!("\"text\" is [\"{}..: write the text to hash.", "é".repeat(58));
        check(&HASH_TEXT, json!({ "text": ["é".repeat(100)] }), Err(&long));
    }

    #[test]
    fn texts_are_counted() {
        for (text, pace, expected) in [
            ("", json!(null), "0 characters (0 without spaces), 0 words, 0 lines; takes about 0 seconds to read."),
            ("é", json!(60), "1 character (1 without spaces), 1 word, 1 line; takes about 1 second to read."),
            (
                "one two\r\n\nthree\u{a0}four\n",
                json!(50.0),
                "21 characters (15 without spaces), 4 words, 3 lines; takes about 5 seconds to read.",
            ),
        ] {
            check(&TEXT_STATISTICS, json!({"text": text, "words_per_minute": pace}), Ok(expected));
        }
        for (pace, found) in [(json!(49), "49"), (json!(50.5), "50.5"), (json!(-50), "-50"), (json!("60"), "\"60\"")] {
            let expected = format!("\"words_per_minute\" is {found}: write a whole number from 50 to 1000.");
            check(&TEXT_STATISTICS, json!({"text": "", "words_per_minute": pace}), Err(&expected));
        }
    }
}
