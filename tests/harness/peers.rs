//! The third-party servers and clients that `scripts/test-setup` installs, as command lines.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::{Value, json};

use crate::{Result, Trouble, binary};

/// A program and its arguments.
#[derive(Clone, Debug)]
pub struct Program {
    path: PathBuf,
    args: Vec<String>,
}

impl Program {
    /// Any program.
    pub fn new(path: impl Into<PathBuf>, args: &[&str]) -> Self {
        Self { path: path.into(), args: args.iter().map(|&arg| arg.to_owned()).collect() }
    }

    /// The program as a command.
    #[must_use]
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.path);
        command.args(&self.args);
        command
    }

    /// The program as an approved server in the settings.
    #[must_use]
    pub fn entry(&self, name: &str) -> Value {
        json!({ "name": name, "command": self.path, "args": self.args, "enabled": true, "quarantined": false })
    }
}

/// `server-everything` in one of its modes: `stdio`, `streamableHttp` or `sse`.
///
/// # Errors
/// The set-up is missing.
pub fn everything(mode: &str) -> Result<Program> {
    node("server-everything", mode)
}

/// `server-filesystem` over this folder.
///
/// # Errors
/// The set-up is missing.
pub fn filesystem(folder: &Path) -> Result<Program> {
    node("server-filesystem", &folder.to_string_lossy())
}

/// `mcp-server-time`.
///
/// # Errors
/// The set-up is missing.
pub fn time() -> Result<Program> {
    Ok(Program::new(installed("venv/bin/mcp-server-time")?, &["--local-timezone=UTC"]))
}

/// `server-memory`, which keeps its graph in the file that `MEMORY_FILE_PATH` names.
///
/// # Errors
/// The set-up is missing.
pub fn memory() -> Result<Program> {
    node("server-memory", "")
}

/// `server-sequential-thinking`.
///
/// # Errors
/// The set-up is missing.
pub fn thinking() -> Result<Program> {
    node("server-sequential-thinking", "")
}

/// `mcp-server-git` over this repository.
///
/// # Errors
/// The set-up is missing.
pub fn git(repository: &Path) -> Result<Program> {
    Ok(Program::new(installed("venv/bin/mcp-server-git")?, &["--repository", &repository.to_string_lossy()]))
}

/// A client of ours in `tests/clients`, written with the official Python SDK.
///
/// # Errors
/// The set-up is missing.
pub fn python_client(file: &str, args: &[&str]) -> Result<Program> {
    let script = binary::root().join("tests/clients").join(file);
    let script = script.to_string_lossy();
    let args: Vec<&str> = [&*script].into_iter().chain(args.iter().copied()).collect();
    Ok(Program::new(installed("venv/bin/python")?, &args))
}

/// `st`, which tries an API with requests that it makes from the API's document.
///
/// # Errors
/// The set-up is missing.
pub fn schemathesis(document: &str, headers: &[(&str, &str)]) -> Result<Program> {
    let settings = binary::root().join("tests/setup/schemathesis.toml");
    let settings = settings.to_string_lossy();
    let headers: Vec<_> = headers.iter().map(|(name, value)| format!("--header={name}: {value}")).collect();
    let head = ["--config-file", &*settings, "run", document];
    let args: Vec<&str> = head.into_iter().chain(headers.iter().map(String::as_str)).collect();
    Ok(Program::new(installed("venv/bin/st")?, &args))
}

fn node(server: &str, arg: &str) -> Result<Program> {
    let script = installed(&format!("node_modules/@modelcontextprotocol/{server}/dist/index.js"))?;
    let args = [&*script.to_string_lossy(), arg];
    Ok(Program::new(installed("bin/node")?, if arg.is_empty() { &args[..1] } else { &args }))
}

fn installed(path: &str) -> Result<PathBuf> {
    let path = binary::root().join("target/test-setup").join(path);
    if path.exists() {
        return Ok(path);
    }
    Err(Trouble::new(format!("{} is missing: run scripts/test-setup", path.display())))
}
