//! Why a tool was found: which words of the request are in which part of it, for people who look at a search. It reads the
//! tool itself and not the index, so that searches carry nothing for it. Not here: scores (`search`).

use std::collections::BTreeSet;

use crate::{Document, analyzer::stems, schema_text::schema_text};

/// Later words of a request explain nothing more.
const MOST_WORDS: usize = 32;
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

/// Tells which words of the request are in which part of the tool.
#[must_use]
pub fn explain(query: &str, document: &Document) -> Explanation {
    let words = asked(query);
    let parameters = document.input_schema.as_deref().map(schema_text).unwrap_or_default();
    let mut matched = BTreeSet::new();
    let mut reasons = Vec::new();
    for (part, text) in [
        (Part::Name, &*document.id.tool),
        (Part::Server, document.id.server.as_str()),
        (Part::Description, document.read_description()),
        (Part::Parameters, &*parameters),
    ] {
        let found = words_in(text, &words);
        matched.extend(found.iter().copied());
        if !found.is_empty() {
            reasons.push(Reason { part, words: found.into_iter().map(str::to_owned).collect() });
        }
    }
    Explanation { matches: matched.len(), reasons, snippet: snippet(document.read_description(), &words) }
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

fn words_in<'q>(text: &str, words: &[Asked<'q>]) -> Vec<&'q str> {
    let there: BTreeSet<_> = stems(text).into_iter().map(|stem| stem.text).collect();
    let found = words.iter().filter(|(_, stems)| stems.iter().any(|stem| there.contains(stem)));
    found.map(|(word, _)| *word).collect()
}

fn snippet(description: &str, words: &[Asked<'_>]) -> Option<String> {
    let mut sentences = description.split_inclusive(['.', '!', '?', '\n', '。']).map(str::trim);
    let sentence = sentences.find(|sentence| !words_in(sentence, words).is_empty())?;
    let mut text: String = sentence.chars().take(LONGEST_SNIPPET).collect();
    if text.len() < sentence.len() {
        text.push('…');
    }
    Some(text)
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
}
