//! The files of the repository, and how a rule reports what it found.
//!
//! Not here: any rule. Built, installed and downloaded files are no part of the tree.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// One text file: its path from the root, with `/` on every platform, and what stands in it.
pub struct Document {
    pub path: String,
    pub text: String,
}

/// The root of the repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests live one folder below the root").to_path_buf()
}

/// Every text file whose name ends with one of `endings` (an empty ending: every text file), in the order of paths.
pub fn documents(endings: &[&str]) -> Vec<Document> {
    let (root, mut found) = (root(), Vec::new());
    collect(&root, &root, endings, &mut found);
    found.sort_by(|a, b| a.path.cmp(&b.path));
    assert!(!found.is_empty(), "no file ends with {endings:?}: the walk itself is broken");
    found
}

/// Fails with one line a finding.
pub fn assert_clean(rule: &str, findings: &[String]) {
    assert!(findings.is_empty(), "{rule}: {} finding(s)\n  {}\n", findings.len(), findings.join("\n  "));
}

/// Fails unless the checker finds something in a bad sample, and that it names what it should.
pub fn assert_finds(findings: &[String], expected: &[&str]) {
    assert_eq!(findings.len(), expected.len(), "expected {expected:?}, found {findings:?}");
    for (finding, part) in findings.iter().zip(expected) {
        assert!(finding.contains(part), "{finding:?} does not name {part:?}");
    }
}

fn collect(root: &Path, folder: &Path, endings: &[&str], found: &mut Vec<Document>) {
    for entry in fs::read_dir(folder).expect("a folder of the tree can be listed").flatten() {
        let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
        if path.is_dir() {
            if !is_foreign(folder == root, &name) {
                collect(root, &path, endings, found);
            }
        } else if endings.iter().any(|ending| name.ends_with(ending))
            && let Ok(text) = fs::read_to_string(&path)
        {
            found.push(Document { path: relative(root, &path), text });
        }
    }
}

fn is_foreign(at_root: bool, folder: &str) -> bool {
    matches!(folder, ".git" | "node_modules" | "__pycache__") || (at_root && folder.starts_with("target"))
}

fn relative(root: &Path, path: &Path) -> String {
    let inside = path.strip_prefix(root).expect("the walk started at the root");
    inside.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
}
