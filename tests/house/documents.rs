//! Documents tell the truth about the tree: what they link to and name exists, and each numbered invariant of
//! `ARCHITECTURE.md` names tests that exist.
//!
//! Not here: whether a named test proves its invariant; that is for a reader.

use std::collections::BTreeSet;

use crate::{
    scan,
    tree::{self, Document},
};

/// Folders at the root; a name in backticks that begins with one of them is a path of this repository.
const FOLDERS: &[&str] = &["core", "ipc-proto", "tray", "ui", "installers", "tests", "scripts", "docs", ".ci"];

/// Files at the root are named without a folder, so they are known by how they end.
const ROOT_FILE_ENDINGS: &[&str] = &[".md", ".toml"];

/// Findings of one document; `exists` answers for a path from the root.
fn check_paths(document: &Document, exists: &dyn Fn(&str) -> bool) -> Vec<String> {
    let here = document.path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut findings = Vec::new();
    for (at, text) in prose_lines(&document.text) {
        for target in links(text) {
            if join(here, target).is_none_or(|path| !exists(&path)) {
                findings.push(format!("{}:{at}: the link to {target} leads nowhere", document.path));
            }
        }
        for name in paths_in_backticks(text) {
            if !exists(name) && join(here, name).is_none_or(|path| !exists(&path)) {
                findings.push(format!("{}:{at}: `{name}` does not exist", document.path));
            }
        }
    }
    findings
}

/// Lines outside of fenced blocks, which show output and layouts; numbered from 1.
fn prose_lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut fenced = false;
    text.lines().enumerate().filter_map(move |(at, line)| {
        let fence = line.trim_start().starts_with("```");
        fenced ^= fence;
        (!fenced && !fence).then_some((at + 1, line))
    })
}

/// Targets of relative links, without their anchors.
fn links(line: &str) -> impl Iterator<Item = &str> {
    line.split("](").skip(1).filter_map(|rest| {
        let target = rest.split([')', '#', ' ']).next().unwrap_or_default();
        let elsewhere = target.is_empty() || target.contains("://") || target.starts_with("mailto:");
        (!elsewhere).then_some(target)
    })
}

fn paths_in_backticks(line: &str) -> impl Iterator<Item = &str> {
    line.split('`').skip(1).step_by(2).filter_map(|name| {
        let is_plain = !name.contains(|c: char| c.is_whitespace() || "*<>{}$|,()\"".contains(c));
        let name = name.split(':').next().unwrap_or(name).trim_end_matches('/');
        let is_ours = match name.split_once('/') {
            Some((first, _)) => FOLDERS.contains(&first),
            None => ROOT_FILE_ENDINGS.iter().any(|ending| name.len() > ending.len() && name.ends_with(ending)),
        };
        (is_plain && is_ours).then_some(name)
    })
}

/// A path relative to a folder as a path from the root; none if it leaves the tree.
fn join(folder: &str, relative: &str) -> Option<String> {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in relative.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

/// Each numbered point below a heading that speaks of invariants has to name tests, as in: test: `name`.
fn check_invariants(architecture: &str, tests: &BTreeSet<String>) -> Vec<String> {
    let invariants = invariants(architecture);
    if invariants.is_empty() {
        return vec!["ARCHITECTURE.md: no numbered invariant below a heading `Invariants`".into()];
    }
    let mut findings = Vec::new();
    for (at, (number, text)) in invariants.iter().enumerate() {
        if *number != at + 1 {
            findings.push(format!("ARCHITECTURE.md: invariant {number} stands where {} should", at + 1));
        }
        let named = named_tests(text);
        if named.is_empty() {
            findings.push(format!("ARCHITECTURE.md: invariant {number} names no test (test: `name`)"));
        }
        let missing = named.iter().filter(|name| !tests.contains(**name));
        findings.extend(missing.map(|name| format!("ARCHITECTURE.md: invariant {number}: there is no test fn {name}")));
    }
    findings
}

/// Number and whole text of each point, lines that continue it included.
fn invariants(architecture: &str) -> Vec<(usize, String)> {
    let (mut inside, mut found) = (false, Vec::<(usize, String)>::new());
    for (_, line) in prose_lines(architecture) {
        if line.starts_with('#') {
            inside = line.to_lowercase().contains("invariant");
        } else if inside {
            let point = line.split_once(". ").and_then(|(number, text)| Some((number.parse().ok()?, text)));
            match (point, found.last_mut()) {
                (Some((number, text)), _) => found.push((number, text.to_owned())),
                (None, Some((_, whole))) => whole.extend([" ", line.trim()]),
                (None, None) => {}
            }
        }
    }
    found
}

/// The names in backticks that follow "test:" or "tests:" without other words between; `a::b` counts as `b`.
fn named_tests(text: &str) -> Vec<&str> {
    let mut names = Vec::new();
    for rest in text.split("test:").skip(1).chain(text.split("tests:").skip(1)) {
        let mut rest = rest.trim_start();
        while let Some((name, after)) = rest.strip_prefix('`').and_then(|rest| rest.split_once('`')) {
            names.push(name.rsplit("::").next().unwrap_or(name));
            rest = after.trim_start().trim_start_matches([',', '·']).trim_start();
        }
    }
    names
}

fn test_names() -> BTreeSet<String> {
    let sources = tree::documents(&[".rs"]);
    let functions = sources.iter().flat_map(|document| scan::functions(&scan::code(&document.text)));
    functions.filter(|function| function.is_test).map(|function| function.name).collect()
}

#[test]
fn documents_name_only_what_exists() {
    let root = tree::root();
    let exists = |path: &str| root.join(path).exists();
    let findings: Vec<_> =
        tree::documents(&[".md"]).iter().flat_map(|document| check_paths(document, &exists)).collect();
    tree::assert_clean("documents", &findings);
}

#[test]
fn every_invariant_names_a_test() {
    let architecture = std::fs::read_to_string(tree::root().join("ARCHITECTURE.md"))
        .expect("ARCHITECTURE.md stands at the root and holds the numbered invariants");
    tree::assert_clean("invariants", &check_invariants(&architecture, &test_names()));
}

#[test]
fn names_of_what_is_not_there_are_found() {
    let exists = |path: &str| ["core/a/src", "README.md", "tray/README.md", "core/a/src/lib.rs"].contains(&path);
    let sample = |path: &str, text: &str| check_paths(&Document { path: path.into(), text: text.into() }, &exists);
    let good = "[a](README.md#top) [b](core/a/src/) [c](https://x/y) [d](#e) `core/a/src/lib.rs:12` `core/*/x` `tools/call`\n\
                ```\n[x](gone.md) `core/gone`\n```\n`README.md` `a.rs` `.md`\n";
    assert_eq!(sample("README.md", good), Vec::<String>::new());
    assert_eq!(sample("tray/README.md", "[a](../README.md) `README.md` `core/a/src`"), Vec::<String>::new());
    let bad = "[a](gone.md#top) `core/b/` and `GONE.md`\n[b](../README.md)\n";
    tree::assert_finds(&sample("README.md", bad), &["to gone.md", "`core/b`", "`GONE.md`", "README.md:2:"]);
}

#[test]
fn invariants_without_a_test_are_found() {
    let tests = BTreeSet::from(["one".to_owned(), "two".to_owned(), "three".to_owned()]);
    let good = "# Map\n1. not an invariant\n## Invariants\nText.\n1. A. (test: `one`)\n2. B,\n   continued; tests: `a::two`, `three`\n## Rest\n1. C\n";
    assert_eq!(check_invariants(good, &tests), Vec::<String>::new());
    let bad = "# Invariants\n1. A `one`\n2. B test: `gone`\n4. C test: `one`, `gone`\n";
    let expected =
        ["1 names no test", "2: there is no test fn gone", "4 stands where 3", "4: there is no test fn gone"];
    tree::assert_finds(&check_invariants(bad, &tests), &expected);
    tree::assert_finds(&check_invariants("# Map\n1. A\n", &tests), &["no numbered invariant"]);
}
