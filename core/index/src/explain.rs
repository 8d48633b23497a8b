//! Why a tool was found: which words of the request are in which part of it, for people who look at a search. It reads the
//! tool itself and not the index, so that searches carry nothing for it. Not here: scores (`search`).

use std::collections::BTreeSet;

use crate::{
    Document,
    analyzer::{stems, stems_within},
    schema_text::schema_text,
};

/// Later words of a request explain nothing more.
const MOST_WORDS: usize = 32;
/// How much of each part of a tool is looked at, in bytes and in characters: whoever asks waits, and what a tool says of
/// itself is as long as its server likes.
const LOOKED_AT: usize = 4 * 1024;
/// Larger schemas are not read, in bytes.
const LARGEST_SCHEMA: usize = 24 * 1024;
/// The longest snippet, in characters.
const LONGEST_SNIPPET: usize = 160;

/// Why one tool was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Explanation {
    /// How many words of the request are in the tool.
    pub matches: usize,
    /// Where they are, the part that weighs most first; parts without any are left out.
    pub reasons: Vec<Reason>,
    /// The sentence of its description in which the first of them is.
    pub snippet: Option<String>,
}

/// Words of the request in one part of a tool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// The part.
    pub part: Part,
    /// The words, as they were asked.
    pub words: Vec<String>,
}

/// A part of a tool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Its own name.
    Name,
    /// The name of its server.
    Server,
    /// What it says of itself.
    Description,
    /// The names and words of its parameters.
    Parameters,
}

/// Tells which words of the request are in which part of the tool. Of a long part only the beginning is looked at.
#[must_use]
pub fn explain(query: &str, document: &Document) -> Explanation {
    look(query, document).0
}

/// The same, and how many characters of the tool were looked at.
fn look(query: &str, document: &Document) -> (Explanation, usize) {
    let words = asked(query);
    let mut reader =
        Reader { wanted: words.iter().flat_map(|(_, stems)| stems).map(String::as_str).collect(), read: 0 };
    let schema = document.input_schema.as_deref().filter(|schema| schema.len() <= LARGEST_SCHEMA);
    let (description, snippet) = reader.sentences(&document.description);
    let mut matched = BTreeSet::new();
    let mut reasons = Vec::new();
    for (part, there) in [
        (Part::Name, reader.part(&document.id.tool)),
        (Part::Server, reader.part(document.id.server.as_str())),
        (Part::Description, description),
        (Part::Parameters, reader.part(&schema.map(schema_text).unwrap_or_default())),
    ] {
        let found = words.iter().filter(|(_, stems)| stems.iter().any(|stem| there.contains(stem)));
        let found: Vec<_> = found.map(|(word, _)| *word).collect();
        matched.extend(found.iter().copied());
        if !found.is_empty() {
            reasons.push(Reason { part, words: found.into_iter().map(str::to_owned).collect() });
        }
    }
    (Explanation { matches: matched.len(), reasons, snippet }, reader.read)
}

/// A word of the request, and its stems.
type Asked<'q> = (&'q str, Vec<String>);

/// The words of a request that say something; if none does, all. Each once.
fn asked(query: &str) -> Vec<Asked<'_>> {
    let stemmed = query.split_whitespace().take(MOST_WORDS).map(|word| (shown(word), stems(word)));
    let stemmed: Vec<_> = stemmed.filter(|(_, stems)| !stems.is_empty()).collect();
    let only_stops = stemmed.iter().all(|(_, stems)| stems.iter().all(|stem| stem.stop));
    let telling = stemmed.into_iter().map(|(word, stems)| {
        let stems = stems.into_iter().filter(|stem| only_stops || !stem.stop).map(|stem| stem.text);
        (word, stems.collect::<Vec<_>>())
    });
    let mut seen = BTreeSet::new();
    telling.filter(|(_, stems)| !stems.is_empty() && seen.insert(stems.clone())).collect()
}

/// The word without the signs around it.
fn shown(word: &str) -> &str {
    word.trim_matches(|c: char| !c.is_alphanumeric())
}

/// Looks for stems in texts that others wrote, as long as they like.
struct Reader<'a> {
    wanted: BTreeSet<&'a str>,
    /// How many characters were looked at.
    read: usize,
}

impl Reader<'_> {
    /// The stems that are in a part of a tool.
    fn part(&mut self, text: &str) -> BTreeSet<String> {
        self.within(beginning(text), &mut { LOOKED_AT })
    }

    /// The same of a description, with the first sentence that has one of them.
    fn sentences(&mut self, description: &str) -> (BTreeSet<String>, Option<String>) {
        let (mut there, mut snippet, mut left) = (BTreeSet::new(), None, LOOKED_AT);
        for sentence in beginning(description).split_inclusive(['.', '!', '?', '\n', '。']).map(str::trim) {
            let found = self.within(sentence, &mut left);
            if snippet.is_none() && !found.is_empty() {
                snippet = Some(shortened(sentence));
            }
            there.extend(found);
            if left == 0 {
                break;
            }
        }
        (there, snippet)
    }

    fn within(&mut self, text: &str, left: &mut usize) -> BTreeSet<String> {
        let before = *left;
        let there = stems_within(text, left).into_iter().map(|stem| stem.text);
        self.read += before - *left;
        there.filter(|stem| self.wanted.contains(stem.as_str())).collect()
    }
}

fn beginning(text: &str) -> &str {
    text.get(..text.floor_char_boundary(LOOKED_AT)).unwrap_or_default()
}

fn shortened(sentence: &str) -> String {
    let mut text: String = sentence.chars().take(LONGEST_SNIPPET).collect();
    if text.len() < sentence.len() {
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use mcpproxy_domain::ToolId;

    use super::*;

    #[test]
    fn each_word_is_told_where_it_is() {
        let document = Document {
            id: ToolId::parse("github:create_issue").unwrap(),
            description: "Opens a new one. Issues can have labels!".into(),
            input_schema: Some(r#"{"properties":{"repo":{"description":"The repository"}}}"#.into()),
        };
        let text = |query: &str| {
            let Explanation { matches, reasons, snippet } = explain(query, &document);
            let reasons: Vec<_> = reasons.iter().map(|it| format!("{:?}={}", it.part, it.words.join("+"))).collect();
            format!("{matches} {} {}", reasons.join(" "), snippet.unwrap_or_default())
        };
        for (query, expected) in [
            (
                "please create issues, on github",
                "3 Name=create+issues Server=github Description=issues Issues can have labels!",
            ),
            ("repositories", "1 Parameters=repositories "),
            ("issue issues ISSUE", "1 Name=issue Description=issue Issues can have labels!"),
            ("a", "1 Description=a Opens a new one."),
            ("weather", "0  "),
            ("?!", "0  "),
        ] {
            assert_eq!(text(query), expected, "{query}");
        }
    }

    #[test]
    fn a_tool_does_not_decide_how_long_it_is_looked_at() {
        let document = |description: &str, schema: Option<String>| Document {
            id: ToolId::parse("s:t").unwrap(),
            description: description.into(),
            input_schema: schema.map(Into::into),
        };
        let schema =
            |text: &str| Some(serde_json::json!({ "properties": { "p": { "description": text } } }).to_string());
        // each character once, the space behind each text of a schema included
        let (told, read) = look("weather", &document("One. Two weather. Three.", schema("weather")));
        assert_eq!((told.matches, told.reasons.len(), read), (1, 2, 2 + 24 - 2 + 10));
        let late = |filler: &str, count| filler.repeat(count) + " weather";
        for (filler, count) in [("a1", 4 * 1024), (". ", 4 * 1024), ("天", 3 * 1024), ("ﷺ", 1_000), ("x", 1_000_000)]
        {
            let text = late(filler, count);
            let (told, read) = look("weather", &document(&text, schema(&text)));
            assert_eq!(told, Explanation::default(), "{filler}");
            assert!(read <= 2 * LOOKED_AT + 2, "{filler}: {read}");
        }
        // a schema is not even parsed that is nothing but long
        let long = format!("{}{}", schema("weather").unwrap(), " ".repeat(LARGEST_SCHEMA));
        assert_eq!(explain("weather", &document("", Some(long))), Explanation::default());
    }
}
