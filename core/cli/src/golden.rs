//! Golden files of the tests here: what is printed is compared with `golden/*`; `UPDATE_GOLDEN=1` writes them anew, for a
//! person to look through.

use std::path::PathBuf;

use serde::{Serialize, de::DeserializeOwned};

use crate::output::{Format, Output, style::Style};

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("golden").join(name)
}

/// A view, as a core would send it: `golden/views/<name>.json`.
pub fn sample<T: DeserializeOwned>(name: &str) -> T {
    let path = path(&format!("views/{name}.json"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Compares a text with its file.
pub fn check(name: &str, text: &str) {
    let path = path(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
    }
    let golden = std::fs::read_to_string(&path).unwrap_or_default().replace("\r\n", "\n");
    assert_eq!(text, golden, "{}: UPDATE_GOLDEN=1 writes it anew", path.display());
    let hostile = |c: char| c.is_control() && c != '\n';
    assert!(name.ends_with(".json") || !text.contains(hostile), "{name} would be obeyed by a terminal");
}

/// Compares what an answer looks like: piped, on a terminal, as JSON, as YAML.
pub fn check_forms<T: Serialize>(name: &str, view: &T, table: impl Fn(Style) -> String) {
    let terminal = Style { is_terminal: true, unicode: true, width: Some(100), ..Style::default() };
    for (end, format, style) in [
        ("txt", Format::Table, Style::default()),
        ("terminal.txt", Format::Table, terminal),
        ("json", Format::Json, Style::default()),
        ("yaml", Format::Yaml, Style::default()),
    ] {
        let text = Output { format, style }.text(view, &table).unwrap();
        check(&format!("{name}.{end}"), &text);
    }
}
