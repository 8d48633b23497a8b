//! Habits of the sources that no lint holds: what a file opens with, how tasks start, which channels exist.
//!
//! Not here: sizes and words, which have files of their own.

use crate::{
    scan,
    tree::{self, Document},
};

/// What must not stand in code: the text, where it may stand all the same, and what to do instead.
const FORBIDDEN: &[(&str, Place, &str)] = &[
    ("#[allow(", Place::Nowhere, "use #[expect(lint, reason = \"..\")]"),
    ("#![allow(", Place::Nowhere, "use #[expect(lint, reason = \"..\")]"),
    ("unbounded", Place::Tests, "use a bounded channel, and decide what happens when it is full"),
    ("mpsc::channel()", Place::Tests, "use mpsc::sync_channel(n), and decide what happens when it is full"),
    ("tokio::spawn(", Place::Task, "spawn through mcpproxy_task::Scope"),
    ("task::spawn(", Place::Task, "spawn through mcpproxy_task::Scope"),
    ("todo!", Place::Nowhere, "finish it, or leave it out"),
    ("unimplemented!", Place::Nowhere, "finish it, or leave it out"),
];

#[derive(Clone, Copy, PartialEq)]
enum Place {
    Nowhere,
    Tests,
    /// The crate that owns spawning, and tests.
    Task,
}

fn check(document: &Document) -> Vec<String> {
    let path = &document.path;
    let (all, product) = (scan::code(&document.text), scan::product_code(&document.text));
    let mut findings = Vec::new();
    if !document.text.starts_with("//!") {
        findings
            .push(format!("{path}:1: opens without `//!`: say what the file is for and what is deliberately not here"));
    }
    for (text, allowed, instead) in FORBIDDEN {
        let exempt = match allowed {
            Place::Nowhere => false,
            Place::Tests => is_for_tests(path),
            Place::Task => is_for_tests(path) || path.starts_with("core/task/"),
        };
        if exempt {
            continue;
        }
        let code = if *allowed == Place::Nowhere { &all } else { &product };
        findings.extend(
            code.match_indices(text).map(|(at, _)| format!("{path}:{}: `{text}`: {instead}", scan::line(code, at))),
        );
    }
    findings
}

fn is_for_tests(path: &str) -> bool {
    path.split('/').any(|part| part == "tests" || part == "tests.rs")
}

#[test]
fn sources_keep_the_habits() {
    let findings: Vec<_> = tree::documents(&[".rs"]).iter().flat_map(check).collect();
    tree::assert_clean("habits", &findings);
}

#[test]
fn broken_habits_are_found() {
    let text = "use x;\n#[allow(dead_code)]\nfn a() { tokio::spawn(b()); let c = mpsc::unbounded_channel(); }\n\
                // tokio::spawn( in a comment\n#[cfg(test)]\nmod tests { fn d() { tokio::spawn(b()); } }\n";
    let sample = |path: &str| check(&Document { path: path.into(), text: text.into() });
    let product = ["`//!`", "core/a/src/lib.rs:2: `#[allow(`", "`unbounded`", "core/a/src/lib.rs:3: `tokio::spawn(`"];
    tree::assert_finds(&sample("core/a/src/lib.rs"), &product);
    tree::assert_finds(&sample("tests/a.rs"), &["`//!`", "`#[allow(`"]);
    tree::assert_finds(&sample("core/task/src/lib.rs"), &["`//!`", "`#[allow(`", "`unbounded`"]);
}
