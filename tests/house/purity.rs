//! `domain` is pure: no file, socket, process, thread, clock, environment or runtime can be reached from it.
//!
//! Not here: its dependencies on our own crates, which the rows forbid.

use crate::{
    rows, scan,
    tree::{self, Document},
};

const MANIFEST: &str = "core/domain/Cargo.toml";
const SOURCES: &str = "core/domain/src/";

/// Third-party crates without effects.
const PURE_CRATES: &[&str] = &["serde", "thiserror"];

/// Modules of the standard library and crates that act on the world, or read from it.
const IMPURE: &[&str] =
    &["std::env", "std::fs", "std::io", "std::net", "std::os", "std::process", "std::thread", "std::time", "tokio"];

/// What is pure all the same.
const PURE: &[&str] = &["std::time::Duration"];

fn check_manifest(manifest: &Document) -> Vec<String> {
    let Ok(table) = manifest.text.parse::<toml::Table>() else { return vec![format!("{MANIFEST}: is not TOML")] };
    let foreign = rows::dependencies(&table).into_iter().filter(|name| !PURE_CRATES.contains(&name.as_str()));
    foreign.map(|name| format!("{MANIFEST}: {name} is not among the pure crates {PURE_CRATES:?}")).collect()
}

fn check_source(document: &Document) -> Vec<String> {
    let code = scan::product_code(&document.text);
    let within =
        |path: &str, root: &str| path.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"));
    let impure = paths(&code).into_iter().filter(|(_, path)| {
        path == "std::*"
            || (IMPURE.iter().any(|root| within(path, root)) && !PURE.iter().any(|root| within(path, root)))
    });
    impure.map(|(at, path)| format!("{}:{}: {path} is not pure", document.path, scan::line(&code, at))).collect()
}

/// Every path that begins with `std` or `tokio`, groups such as `std::{fs, time::Duration}` taken apart.
fn paths(code: &str) -> Vec<(usize, String)> {
    let tokens = tokens(code);
    let mut found = Vec::new();
    for (at, (place, token)) in tokens.iter().enumerate() {
        let is_root = matches!(*token, "std" | "tokio") && tokens.get(at + 1).is_some_and(|(_, next)| *next == "::");
        // `::std` is the root too, `other::std` is somebody else's.
        let is_inner = at > 1 && tokens[at - 1].1 == "::" && tokens[at - 2].1.ends_with(|c: char| c.is_alphanumeric());
        if is_root && !is_inner {
            let mut rest = tokens[at + 1..].iter().map(|(_, token)| *token);
            branch(&mut rest, (*token).to_owned(), &mut |path| found.push((*place, path)));
        }
    }
    found
}

/// Follows one branch of a path to its leaves. Gives back what ended it: `,`, `}` or anything else.
fn branch<'a>(
    tokens: &mut impl Iterator<Item = &'a str>,
    mut path: String,
    leaf: &mut dyn FnMut(String),
) -> Option<&'a str> {
    loop {
        match tokens.next() {
            Some("::") => match tokens.next() {
                Some("{") => {
                    while let Some(first) = tokens.next().filter(|token| *token != "}") {
                        let deeper = if first == "self" { path.clone() } else { format!("{path}::{first}") };
                        if branch(tokens, deeper, leaf) != Some(",") {
                            break;
                        }
                    }
                    return tokens.next();
                }
                Some(name) => path = format!("{path}::{name}"),
                None => return None,
            },
            Some("as") => drop(tokens.next()),
            end => {
                leaf(path);
                return end;
            }
        }
    }
}

/// Words, `::` and single signs, each with its place.
fn tokens(code: &str) -> Vec<(usize, &str)> {
    let (mut found, mut at) = (Vec::new(), 0);
    while let Some(first) = code[at..].chars().next() {
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        let len = match first {
            _ if is_word(first) => code[at..].find(|c| !is_word(c)).unwrap_or(code.len() - at),
            ':' if code[at..].starts_with("::") => 2,
            _ => first.len_utf8(),
        };
        if !first.is_whitespace() {
            found.push((at, &code[at..at + len]));
        }
        at += len;
    }
    found
}

#[test]
fn domain_is_pure() {
    let manifest = tree::documents(&["Cargo.toml"]).into_iter().find(|document| document.path == MANIFEST);
    let mut findings = check_manifest(&manifest.expect("the domain has a manifest"));
    let mut sources = tree::documents(&[".rs"]);
    sources.retain(|document| document.path.starts_with(SOURCES));
    assert!(!sources.is_empty(), "the domain has moved away from {SOURCES}");
    findings.extend(sources.iter().flat_map(check_source));
    tree::assert_clean("purity", &findings);
}

#[test]
fn what_reaches_the_world_is_found() {
    let manifest = "[dependencies]\nserde = \"1\"\ntokio = \"1\"\n[target.'cfg(unix)'.dependencies]\nrustix = \"1\"\n";
    let sample = |text: &str| Document { path: "core/domain/src/a.rs".into(), text: text.into() };
    tree::assert_finds(&check_manifest(&sample(manifest)), &["rustix", "tokio"]);
    let pure = "use std::{fmt::{self, Display}, time::Duration};\n// std::fs\nlet a = std::time::Duration::ZERO;\nmystd::fs();\n\
                #[cfg(test)]\nmod tests { use std::env; }\n";
    assert_eq!(check_source(&sample(pure)), Vec::<String>::new());
    let impure = "use std::{collections::{BTreeMap, HashMap}, fs, time::{self, Duration, Instant as Now}};\n\
                  fn a() { ::std::env::var(); }\nuse tokio::time;\nuse std::*;\n";
    let expected = ["std::fs", "std::time is", "std::time::Instant", ":2: std::env::var", "tokio::time", "std::* is"];
    tree::assert_finds(&check_source(&sample(impure)), &expected);
}
