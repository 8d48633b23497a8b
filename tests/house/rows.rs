//! Who may depend on whom: a crate sees only rows above its own, and the faces see even less. Read from the manifests.
//!
//! Not here: dependencies of tests and examples, which may see everything, and third-party crates (`deny.toml`).

use std::collections::BTreeSet;

use crate::tree::{self, Document};

const PREFIX: &str = "mcpproxy-";

/// The crates by row; a later one may depend on any earlier one, never on its own.
const ROWS: &[&[&str]] = &[
    &["domain", "task", "wire"],
    &[
        "bridge",
        "ipc-proto",
        "config",
        "storage",
        "index",
        "secrets",
        "logs",
        "isolation",
        "import",
        "scan",
        "sandbox",
        "clients",
        "registry",
    ],
    &["oauth"],
    &["upstream"],
    &["runtime"],
    &["management"],
    &["edge"],
    &["server", "httpapi", "ipc", "ui"],
    &["daemon"],
    &["cli"],
];

/// Crates that see less than their row allows: the faces speak to the one API, not to what lies below it.
const ONLY: &[(&str, &[&str])] = &[
    ("server", &["management", "edge", "domain", "task", "wire", "ipc-proto"]),
    ("httpapi", &["management", "edge", "domain", "task", "wire", "ipc-proto"]),
    ("ipc", &["management", "edge", "domain", "task", "wire", "ipc-proto"]),
    ("ui", &["edge"]),
    ("ipc-proto", &["domain"]),
    ("tray", &["ipc-proto", "domain", "task"]),
    ("tray-app", &["tray", "ipc-proto", "domain", "task"]),
];

/// The crates of the whole-system tests, of the bench and of the fuzz targets; nothing may depend on them, and they may
/// depend on everything.
const TESTS: [&str; 3] = ["tests", "bench", "fuzz"];

fn check(manifest: &Document) -> Vec<String> {
    let path = &manifest.path;
    let Ok(table) = manifest.text.parse::<toml::Table>() else { return vec![format!("{path}: is not TOML")] };
    let Some(name) = table.get("package").and_then(|package| package.get("name")).and_then(toml::Value::as_str) else {
        return Vec::new();
    };
    let Some(room) = name.strip_prefix(PREFIX) else { return vec![format!("{path}: {name} is not called {PREFIX}..")] };
    if TESTS.contains(&room) {
        return Vec::new();
    }
    if row(room).is_none() && !ONLY.iter().any(|(only, _)| *only == room) {
        return vec![format!("{path}: {room} has no row; give it one here and in ARCHITECTURE.md")];
    }
    let ours = dependencies(&table).into_iter().filter_map(|name| name.strip_prefix(PREFIX).map(str::to_owned));
    ours.filter(|other| !may_see(room, other))
        .map(|other| format!("{path}: {room} must not depend on {other}"))
        .collect()
}

fn may_see(room: &str, other: &str) -> bool {
    if let Some((_, seen)) = ONLY.iter().find(|(only, _)| *only == room) {
        return seen.contains(&other);
    }
    matches!((row(room), row(other)), (Some(own), Some(theirs)) if theirs < own)
}

fn row(room: &str) -> Option<usize> {
    ROWS.iter().position(|rooms| rooms.contains(&room))
}

/// Package names of what is built into the crate, on any platform, and of what its build script uses.
pub fn dependencies(manifest: &toml::Table) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let platforms = manifest.get("target").and_then(toml::Value::as_table);
    let tables = platforms.into_iter().flat_map(|table| table.values().filter_map(toml::Value::as_table));
    for table in tables.chain([manifest]) {
        for kind in ["dependencies", "build-dependencies"] {
            for (key, value) in table.get(kind).and_then(toml::Value::as_table).into_iter().flatten() {
                names.insert(value.get("package").and_then(toml::Value::as_str).unwrap_or(key).to_owned());
            }
        }
    }
    names
}

#[test]
fn crates_depend_only_on_rows_above_theirs() {
    let findings: Vec<_> = tree::documents(&["Cargo.toml"]).iter().flat_map(check).collect();
    tree::assert_clean("rows", &findings);
}

#[test]
fn a_dependency_downwards_is_found() {
    let sample = |text: &str| check(&Document { path: "x/Cargo.toml".into(), text: text.into() });
    let lower = "[package]\nname = \"mcpproxy-wire\"\n[dependencies]\nmcpproxy-task.workspace = true\nserde = \"1\"\n\
                 [target.'cfg(unix)'.dependencies]\nshort = { package = \"mcpproxy-config\", path = \"..\" }\n\
                 [dev-dependencies]\nmcpproxy-daemon.workspace = true\n";
    tree::assert_finds(&sample(lower), &["wire must not depend on config", "wire must not depend on task"]);
    let face = "[package]\nname = \"mcpproxy-server\"\n[dependencies]\n\
                mcpproxy-wire = \"1\"\nmcpproxy-edge = \"1\"\nmcpproxy-runtime = \"1\"\nmcpproxy-httpapi = \"1\"\n";
    tree::assert_finds(&sample(face), &["server must not depend on httpapi", "server must not depend on runtime"]);
    tree::assert_finds(&sample("[package]\nname = \"mcpproxy-attic\"\n"), &["attic has no row"]);
    tree::assert_finds(&sample("[package]\nname = \"attic\"\n"), &["is not called"]);
}
