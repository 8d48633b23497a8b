//! The binary under test.
//!
//! Built by `cargo build --bin mcpproxy` in the profile of the test itself: cargo decides whether anything is stale, and
//! says where the result lies, so that no path is guessed. `MCPPROXY_BINARY` names another one instead, such as one that
//! was installed from a package.

use std::{
    env,
    ffi::OsString,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::OnceLock,
};

use serde_json::Value;

use crate::{Result, Trouble};

/// Names another binary than the one of this tree.
const OTHER: &str = "MCPPROXY_BINARY";
/// What cargo tells the programs that it runs, which would make build scripts believe that they must run again.
const TOLD_BY_CARGO: [&str; 6] =
    ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_", "CARGO_PRIMARY_", "CARGO_TARGET_TMPDIR"];

/// The path of `mcpproxy`.
///
/// # Errors
/// It does not build.
pub fn mcpproxy() -> Result<&'static Path> {
    static PATH: OnceLock<Result<PathBuf>> = OnceLock::new();
    let path = PATH.get_or_init(|| match env::var_os(OTHER).filter(|path| !path.is_empty()) {
        Some(path) => Ok(path.into()),
        None => build(),
    });
    path.as_deref().map_err(Clone::clone)
}

/// The root of the source tree.
#[must_use]
pub fn root() -> &'static Path {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.parent().unwrap_or(manifest)
}

fn build() -> Result<PathBuf> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
    let mut command = Command::new(cargo);
    command.args(["build", "--bin", "mcpproxy", "--message-format=json-render-diagnostics"]);
    if is_release() {
        command.arg("--release");
    }
    for (name, _) in env::vars_os() {
        if TOLD_BY_CARGO.iter().any(|start| name.to_string_lossy().starts_with(start)) {
            command.env_remove(name);
        }
    }
    let built = command.current_dir(root()).stdin(Stdio::null()).stderr(Stdio::piped()).output();
    let built = built.map_err(Trouble::with("cargo could not be started to build mcpproxy"))?;
    if !built.status.success() {
        return Err(Trouble::new(format!("mcpproxy does not build:\n{}", String::from_utf8_lossy(&built.stderr))));
    }
    let messages = String::from_utf8_lossy(&built.stdout);
    let artifacts = messages.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let mut paths = artifacts.filter_map(|artifact| artifact.get("executable")?.as_str().map(PathBuf::from));
    paths.next_back().ok_or_else(|| Trouble::new("cargo built mcpproxy and did not say where"))
}

/// Whether this test was built for release: it lies in `<target>/release/deps`.
fn is_release() -> bool {
    let own = env::current_exe().unwrap_or_default();
    own.parent().and_then(Path::parent).and_then(Path::file_name).is_some_and(|profile| profile == "release")
}
