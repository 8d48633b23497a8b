//! A scratch home for one core: data folder, settings, logs. Gone when it is dropped.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{Result, Trouble, binary};

/// Names that users see.
const SETTINGS: &str = "mcp_config.json";
const INSTANCE: &str = "mcpproxy-rs.instance";
const LOCK: &str = "mcpproxy-rs.lock";

/// A home directory with a data folder in it.
#[derive(Debug)]
pub struct Scratch {
    root: TempDir,
}

impl Scratch {
    /// An empty one.
    ///
    /// # Errors
    /// The system gives no folder.
    pub fn new() -> Result<Self> {
        let root = tempfile::Builder::new().prefix("mcpproxy-whole-").tempdir();
        let scratch = Self { root: root.map_err(Trouble::with("no scratch folder"))? };
        for folder in [scratch.home(), scratch.data()] {
            fs::create_dir_all(&folder).map_err(Trouble::with(folder.display()))?;
        }
        Ok(scratch)
    }

    /// One whose settings name these servers.
    ///
    /// # Errors
    /// The folder or the file cannot be written.
    pub fn with_servers(servers: &[Value]) -> Result<Self> {
        let scratch = Self::new()?;
        scratch.write_settings(&json!({ "mcpServers": servers }))?;
        Ok(scratch)
    }

    /// The home directory of whoever runs the core.
    #[must_use]
    pub fn home(&self) -> PathBuf {
        self.file("home")
    }

    /// The data folder.
    #[must_use]
    pub fn data(&self) -> PathBuf {
        self.file("data")
    }

    /// The settings file.
    #[must_use]
    pub fn settings(&self) -> PathBuf {
        self.data().join(SETTINGS)
    }

    /// The lock file.
    #[must_use]
    pub fn lock(&self) -> PathBuf {
        self.data().join(LOCK)
    }

    /// A path beside home and data folder.
    #[must_use]
    pub fn file(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    /// Writes the settings file.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn write_settings(&self, settings: &Value) -> Result<()> {
        let path = self.settings();
        fs::write(&path, format!("{settings:#}\n")).map_err(Trouble::with(path.display()))
    }

    /// The mark of the processes that a core of this folder starts; `None` before its first start.
    #[must_use]
    pub fn mark(&self) -> Option<String> {
        fs::read_to_string(self.data().join(INSTANCE)).ok().map(|id| format!("MCPPROXY_INSTANCE={id}"))
    }

    /// The text of a log file; empty as long as there is none.
    #[must_use]
    pub fn log(&self, name: &str) -> String {
        read(&self.data().join("logs").join(name))
    }

    /// The command `mcpproxy`, as somebody runs it whose home is here.
    ///
    /// # Errors
    /// The binary does not build.
    pub fn command(&self) -> Result<Command> {
        let mut command = Command::new(binary::mcpproxy()?);
        self.settle(&mut command);
        Ok(command)
    }

    /// Runs a command here: nothing of the tester's own settings, proxies or data folder reaches it.
    pub fn settle(&self, command: &mut Command) {
        for (name, _) in std::env::vars_os() {
            let upper = name.to_string_lossy().to_ascii_uppercase();
            if upper.starts_with("MCPPROXY_") || upper.ends_with("_PROXY") {
                command.env_remove(name);
            }
        }
        command.current_dir(self.home()).env("HOME", self.home()).env("USERPROFILE", self.home());
    }
}

/// The text of a file, whatever bytes it holds; empty as long as there is none.
#[must_use]
pub fn read(path: &Path) -> String {
    fs::read(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
}
