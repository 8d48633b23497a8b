//! Words that do not belong in the tree: folders of somebody's machine, numbers of issues, hosts of registries.
//!
//! Not here: words in code that have a better form (`habits`).

use crate::{
    scan,
    tree::{self, Document},
};

/// Names that samples use for a person, besides single letters; a path of anybody else is of somebody's machine.
const SAMPLE_PEOPLE: &[&str] = &["alice", "ann", "bob", "me", "somebody", "user", "username", "you"];

fn check(document: &Document, this_machine: &str) -> Vec<String> {
    let (path, text) = (&document.path, &document.text);
    let mut found: Vec<(usize, &str)> = Vec::new();
    found.extend(personal_folders(text));
    // Written apart, so that this file does not find itself.
    for word in [concat!("/ro", "ot/"), concat!("/wo", "rk/"), concat!("\"res", "olved\": \"http")] {
        let starts = text.match_indices(word).filter(|(at, _)| !text[..*at].ends_with(|c: char| c.is_alphanumeric()));
        found.extend(starts.map(|(at, _)| (at, word)));
    }
    found.extend(text.match_indices(this_machine));
    found.extend(issue_numbers(text));
    found.sort_unstable();
    found
        .into_iter()
        .map(|(at, word)| format!("{path}:{}: `{word}` does not belong here", scan::line(text, at)))
        .collect()
}

/// Home folders of people who are no samples. `<name>`, `$USER` and `{user}` are nobody.
fn personal_folders(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let roots = [concat!("/ho", "me/"), concat!("/Us", "ers/"), concat!("\\Us", "ers\\")];
    roots.into_iter().flat_map(move |root| {
        text.match_indices(root).filter_map(move |(at, _)| {
            let name = &text[at + root.len()..];
            let end = name.find(|c: char| !c.is_alphanumeric() && c != '_' && c != '-').unwrap_or(name.len());
            let is_somebody = end > 1 && !SAMPLE_PEOPLE.contains(&name[..end].to_lowercase().as_str());
            is_somebody.then(|| (at, &text[at..at + root.len() + end]))
        })
    })
}

/// A tracker moves and closes; a comment has to stand by itself.
fn issue_numbers(text: &str) -> impl Iterator<Item = (usize, &str)> {
    ["issue ", "Issue "].into_iter().flat_map(move |word| {
        text.match_indices(word).filter(move |(at, _)| {
            let number = &text[at + word.len()..];
            number.strip_prefix('#').unwrap_or(number).starts_with(|c: char| c.is_ascii_digit())
        })
    })
}

#[test]
fn no_word_of_a_machine_or_a_tracker_is_in_the_tree() {
    let here = tree::root().to_string_lossy().into_owned();
    let findings: Vec<_> = tree::documents(&[""]).iter().flat_map(|document| check(document, &here)).collect();
    tree::assert_clean("words", &findings);
}

#[test]
fn words_that_do_not_belong_are_found() {
    let good =
        "/home/user/x /home/<name> /home/a /Users/me `/home/$USER` framework/work/x frame/root/x an issue of 3 parts";
    let sample = |text: &str| check(&Document { path: "a.md".into(), text: text.into() }, "/srv/checkout");
    assert_eq!(sample(good), Vec::<String>::new());
    let bad = [
        concat!("/ho", "me/carol/x"),
        concat!("C:\\Us", "ers\\Carol\\x"),
        concat!("in /wo", "rk/x"),
        "/srv/checkout/core",
        concat!("see iss", "ue #12"),
        concat!("\"res", "olved\": \"https://host/x\""),
    ];
    tree::assert_finds(&sample(&bad.join("\n")), &["a.md:1:", "a.md:2:", "a.md:3:", "a.md:4:", "a.md:5:", "a.md:6:"]);
}
