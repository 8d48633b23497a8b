//! The binaries under test.
//!
//! Built by `cargo build --bin mcpproxy` in the profile of the test itself: cargo decides whether anything is stale, and
//! says where the result lies, so that no path is guessed. `MCPPROXY_BINARY` names another one instead, such as one that
//! was installed from a package; `MCPPROXY_TRAY_BINARY` does so for the tray.

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
/// The same for the tray.
const OTHER_TRAY: &str = "MCPPROXY_TRAY_BINARY";
/// What cargo tells the programs that it runs, which would make build scripts believe that they must run again.
const TOLD_BY_CARGO: [&str; 6] =
    ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_", "CARGO_PRIMARY_", "CARGO_TARGET_TMPDIR"];

/// The path of `mcpproxy`.
///
/// # Errors
/// It does not build.
pub fn mcpproxy() -> Result<&'static Path> {
    static PATH: OnceLock<Result<PathBuf>> = OnceLock::new();
    let path = PATH.get_or_init(|| named(OTHER).map_or_else(|| build(&["--bin", "mcpproxy"]), Ok));
    path.as_deref().map_err(Clone::clone)
}

/// The path of `mcpproxy-tray`; `None` where it cannot be built because the libraries of a desktop are missing.
///
/// # Errors
/// It does not build.
pub fn mcpproxy_tray() -> Result<Option<&'static Path>> {
    static PATH: OnceLock<Result<Option<PathBuf>>> = OnceLock::new();
    let found =
        || Command::new("pkg-config").args(["--exists", "webkit2gtk-4.1"]).status().is_ok_and(|it| it.success());
    let path = PATH.get_or_init(|| match named(OTHER_TRAY) {
        None if cfg!(target_os = "linux") && !found() => Ok(None),
        None => build(&["--package", "mcpproxy-tray-app", "--bin", "mcpproxy-tray"]).map(Some),
        named => Ok(named),
    });
    path.as_ref().map(Option::as_deref).map_err(Clone::clone)
}

/// The root of the source tree.
#[must_use]
pub fn root() -> &'static Path {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.parent().unwrap_or(manifest)
}

fn named(variable: &str) -> Option<PathBuf> {
    env::var_os(variable).filter(|path| !path.is_empty()).map(PathBuf::from)
}

fn build(what: &[&str]) -> Result<PathBuf> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
    let mut command = Command::new(cargo);
    command.arg("build").args(what).arg("--message-format=json-render-diagnostics");
    if is_release() {
        command.arg("--release");
    }
    for (name, _) in env::vars_os() {
        if TOLD_BY_CARGO.iter().any(|start| name.to_string_lossy().starts_with(start)) {
            command.env_remove(name);
        }
    }
    let built = command.current_dir(root()).stdin(Stdio::null()).stderr(Stdio::piped()).output();
    let built = built.map_err(Trouble::with(format!("cargo could not be started for {what:?}")))?;
    if !built.status.success() {
        return Err(Trouble::new(format!("{what:?} does not build:\n{}", String::from_utf8_lossy(&built.stderr))));
    }
    let messages = String::from_utf8_lossy(&built.stdout);
    let artifacts = messages.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let mut paths = artifacts.filter_map(|artifact| artifact.get("executable")?.as_str().map(PathBuf::from));
    paths.next_back().ok_or_else(|| Trouble::new(format!("cargo built {what:?} and did not say where")))
}

/// Whether this test was built for release: it lies in `<target>/release/deps`.
fn is_release() -> bool {
    let own = env::current_exe().unwrap_or_default();
    own.parent().and_then(Path::parent).and_then(Path::file_name).is_some_and(|profile| profile == "release")
}
