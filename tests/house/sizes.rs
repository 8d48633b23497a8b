//! Nothing grows past what can be read in one go: 500 lines a file without its tests, 80 lines a function.
//!
//! Not here: a limit on test modules; a file that only grows by its tests is fine.

use std::io::Write;

use crate::{
    scan,
    tree::{self, Document},
};

const FILE_CEILING: usize = 500;
const FUNCTION_CEILING: usize = 80;

/// Functions that may be longer, because a table is clearer whole: path and name.
const LONG_BY_NATURE: &[(&str, &str)] = &[];

fn check(document: &Document) -> Vec<String> {
    let (path, code) = (&document.path, scan::product_code(&document.text));
    let mut findings = Vec::new();
    let lines = product_lines(document);
    if lines > FILE_CEILING && !is_all_tests(path) {
        findings.push(format!(
            "{path}: {lines} lines without its tests; split it by what changes together (at most {FILE_CEILING})"
        ));
    }
    for function in scan::functions(&code) {
        let is_table = LONG_BY_NATURE.contains(&(path.as_str(), function.name.as_str()));
        if function.len() > FUNCTION_CEILING && !is_table {
            let (start, name, len) = (function.lines.start(), &function.name, function.len());
            findings.push(format!("{path}:{start}: fn {name} takes {len} lines (at most {FUNCTION_CEILING})"));
        }
    }
    findings
}

/// The lines of a file without those of its test modules.
fn product_lines(document: &Document) -> usize {
    let tests: usize =
        scan::test_modules(&scan::code(&document.text)).iter().map(|lines| lines.end() + 1 - lines.start()).sum();
    document.text.lines().count() - tests
}

/// Files that a crate compiles for its tests only.
fn is_all_tests(path: &str) -> bool {
    path.starts_with("core/") && (path.ends_with("/tests.rs") || path.contains("/tests/"))
}

/// The value that `tenths` tenths of the sorted values do not exceed.
fn quantile(sorted: &[usize], tenths: usize) -> usize {
    sorted[(sorted.len() * tenths / 10).min(sorted.len() - 1)]
}

#[test]
fn files_and_functions_stay_readable() {
    let documents = tree::documents(&[".rs"]);
    let mut sizes: Vec<_> = documents.iter().map(product_lines).collect();
    sizes.sort_unstable();
    // Past the test runner's capture, which would swallow the figures of a passing test.
    let (median, high) = (quantile(&sizes, 5), quantile(&sizes, 9));
    let _ = writeln!(
        std::io::stderr(),
        "lines a file, without tests: median {median}, ninth decile {high} of {}",
        sizes.len()
    );
    let findings: Vec<_> = documents.iter().flat_map(check).collect();
    tree::assert_clean("sizes", &findings);
}

#[test]
fn what_is_too_long_is_found() {
    let filler = "    step();\n".repeat(FUNCTION_CEILING - 1);
    let long = Document { path: "core/a/src/lib.rs".into(), text: format!("fn long() {{\n{filler}}}\n") };
    tree::assert_finds(&check(&long), &["core/a/src/lib.rs:1: fn long takes 81 lines"]);
    let tests = format!("#[cfg(test)]\nmod tests {{\n{}}}\n", "// x\n".repeat(FILE_CEILING));
    let text = "// x\n".repeat(FILE_CEILING) + &tests;
    assert_eq!(check(&Document { path: "core/a/src/lib.rs".into(), text: text.clone() }), Vec::<String>::new());
    let one_more = Document { path: "core/a/src/lib.rs".into(), text: format!("// x\n{text}") };
    tree::assert_finds(&check(&one_more), &["501 lines"]);
    assert_eq!((quantile(&[1, 2, 3, 4, 5], 5), quantile(&[1, 2, 3, 4, 5], 9)), (3, 5));
}
