//! From the words of a request to what the engine is asked: any stem in any field, each field with its weight.
//!
//! Not here: the exact name of a tool, which is found without the engine (`search`).

use std::collections::BTreeMap;

use tantivy::{
    Term,
    query::{BooleanQuery, BoostQuery, Occur, Query, TermQuery},
    schema::IndexRecordOption,
};

use crate::{analyzer::stems, engine::Fields};

/// A pasted document is not a request; its first words must do.
const LONGEST_QUERY: usize = 8 * 1024;
const MOST_STEMS: usize = 128;
/// Saying a word twice stresses it; saying it more often adds nothing.
const REPETITIONS: u8 = 2;

/// Weights of the fields. A match in the name or the server also counts in `all`.
const ALL: f32 = 1.0;
const NAME: f32 = 0.5;
const SERVER: f32 = 0.3;

/// The distinct stems of a request and how often each counts. Stop words are left out, unless there is nothing else.
pub(crate) fn terms(query: &str) -> BTreeMap<String, u8> {
    let start = query.get(..query.floor_char_boundary(LONGEST_QUERY)).unwrap_or_default();
    let stems = stems(start);
    let only_stops = stems.iter().all(|stem| stem.stop);
    let mut terms = BTreeMap::new();
    for stem in stems.into_iter().filter(|stem| only_stops || !stem.stop) {
        if terms.len() < MOST_STEMS || terms.contains_key(&stem.text) {
            let count = terms.entry(stem.text).or_insert(0);
            *count = REPETITIONS.min(*count + 1);
        }
    }
    terms
}

/// Any of the terms in any field.
pub(crate) fn build(fields: Fields, terms: &BTreeMap<String, u8>) -> BooleanQuery {
    let weighted = [(fields.all, ALL), (fields.name, NAME), (fields.server, SERVER)];
    let clauses = terms.iter().flat_map(|(text, count)| {
        weighted.iter().map(move |(field, weight)| {
            let term = TermQuery::new(Term::from_field_text(*field, text), IndexRecordOption::WithFreqs);
            let boosted = BoostQuery::new(Box::new(term), weight * f32::from(*count));
            (Occur::Should, Box::new(boosted) as Box<dyn Query>)
        })
    });
    BooleanQuery::new(clauses.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_become_terms() {
        for (query, expected) in [
            ("Please list all of the files, listing files and file", "file*2 list*2"),
            ("create_issue", "creat*1 issu*1"),
            ("what is this", "is*1 this*1 what*1"),
            ("天气 天气", "天*2 气*2"),
            ("?!", ""),
        ] {
            let found: Vec<_> = terms(query).iter().map(|(term, count)| format!("{term}*{count}")).collect();
            assert_eq!(found.join(" "), expected, "{query:?}");
        }
    }

    #[test]
    fn a_pasted_document_is_cut() {
        let long: String = (0..10_000).map(|n| format!("word{n} ")).collect();
        assert_eq!(terms(&long).len(), MOST_STEMS);
        assert_eq!(terms(&format!("{}needle", "é ".repeat(LONGEST_QUERY))).len(), 1);
    }
}
