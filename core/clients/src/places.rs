//! Where clients keep their settings, by system. The environment comes in from outside, so that every system can be looked
//! at on any.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

use crate::{ClientId, program};

/// The family of systems, as far as folders differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum System {
    /// Linux and its like.
    Linux,
    /// macOS.
    MacOs,
    /// Windows.
    Windows,
}

impl System {
    /// The one that this program was built for.
    pub const HERE: Self = if cfg!(windows) {
        Self::Windows
    } else if cfg!(target_os = "macos") {
        Self::MacOs
    } else {
        Self::Linux
    };
}

/// A user's folders, and where their programs are.
#[derive(Clone, Debug)]
pub struct Places {
    /// The system.
    pub system: System,
    /// The home folder.
    pub home: PathBuf,
    /// `XDG_CONFIG_HOME`, where it is set.
    pub config_home: Option<PathBuf>,
    /// `APPDATA`, on Windows.
    pub app_data: Option<PathBuf>,
    /// `CLAUDE_CONFIG_DIR`, where it is set.
    pub claude_home: Option<PathBuf>,
    /// `CODEX_HOME`, where it is set.
    pub codex_home: Option<PathBuf>,
    /// `PATH`.
    pub search_path: OsString,
}

impl Places {
    /// The places of whoever has this environment; `None` without a home folder.
    pub fn of(system: System, variable: impl Fn(&str) -> Option<OsString>) -> Option<Self> {
        let folder = |name: &str| variable(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let absolute = |name: &str| folder(name).filter(|path| path.is_absolute());
        Some(Self {
            system,
            home: folder(if system == System::Windows { "USERPROFILE" } else { "HOME" })?,
            config_home: absolute("XDG_CONFIG_HOME"),
            app_data: folder("APPDATA"),
            claude_home: folder("CLAUDE_CONFIG_DIR"),
            codex_home: folder("CODEX_HOME"),
            search_path: variable("PATH").unwrap_or_default(),
        })
    }

    /// The settings file of a client, there or not.
    #[must_use]
    pub fn config(&self, client: ClientId) -> PathBuf {
        let home = &self.home;
        match client {
            ClientId::ClaudeCode => self.claude_home.as_ref().unwrap_or(home).join(".claude.json"),
            ClientId::ClaudeDesktop => self.application("Claude").join("claude_desktop_config.json"),
            ClientId::Codex => self.codex_home.clone().unwrap_or_else(|| home.join(".codex")).join("config.toml"),
            ClientId::Cursor => home.join(".cursor").join("mcp.json"),
            ClientId::Gemini => home.join(".gemini").join("settings.json"),
            ClientId::Goose if self.system == System::Windows => {
                self.app_data().join("Block").join("goose").join("config").join("config.yaml")
            }
            ClientId::Goose => self.dot_config().join("goose").join("config.yaml"),
            ClientId::OpenCode => {
                let folder = self.dot_config().join("opencode");
                let commented = folder.join("opencode.jsonc");
                if commented.exists() { commented } else { folder.join("opencode.json") }
            }
            ClientId::VsCode => self.application("Code").join("User").join("mcp.json"),
            ClientId::Windsurf => home.join(".codeium").join("windsurf").join("mcp_config.json"),
            ClientId::Zed => match self.system {
                System::Linux => self.dot_config().join("zed").join("settings.json"),
                System::MacOs => home.join(".config").join("zed").join("settings.json"),
                System::Windows => self.app_data().join("Zed").join("settings.json"),
            },
        }
    }

    /// Whether the client is there: its program, or the folder of its settings. No file is read.
    #[must_use]
    pub fn has(&self, client: ClientId) -> bool {
        let program = self.program(client).is_some();
        program || (!client.has_command() && self.config(client).parent().is_some_and(Path::is_dir))
    }

    /// The client's program on `PATH`.
    #[must_use]
    pub fn program(&self, client: ClientId) -> Option<PathBuf> {
        client.programs().iter().find_map(|name| program::find(&self.search_path, name))
    }

    /// Where the system keeps the settings of applications.
    fn application(&self, name: &str) -> PathBuf {
        match self.system {
            System::Linux => self.dot_config().join(name),
            System::MacOs => self.home.join("Library").join("Application Support").join(name),
            System::Windows => self.app_data().join(name),
        }
    }

    fn dot_config(&self) -> PathBuf {
        self.config_home.clone().unwrap_or_else(|| self.home.join(".config"))
    }

    fn app_data(&self) -> PathBuf {
        self.app_data.clone().unwrap_or_else(|| self.home.join("AppData").join("Roaming"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_where_the_clients_look() {
        let places = |system: System| {
            let variable = |name: &str| match name {
                "HOME" | "USERPROFILE" => Some("H".into()),
                "APPDATA" => Some("AD".into()),
                _ => None,
            };
            Places::of(system, variable).unwrap()
        };
        let support = "H/Library/Application Support";
        for (client, linux, mac, windows) in [
            (ClientId::ClaudeCode, "H/.claude.json", "H/.claude.json", "H/.claude.json"),
            (
                ClientId::ClaudeDesktop,
                "H/.config/Claude/claude_desktop_config.json",
                &format!("{support}/Claude/claude_desktop_config.json"),
                "AD/Claude/claude_desktop_config.json",
            ),
            (ClientId::Codex, "H/.codex/config.toml", "H/.codex/config.toml", "H/.codex/config.toml"),
            (ClientId::Cursor, "H/.cursor/mcp.json", "H/.cursor/mcp.json", "H/.cursor/mcp.json"),
            (ClientId::Gemini, "H/.gemini/settings.json", "H/.gemini/settings.json", "H/.gemini/settings.json"),
            (
                ClientId::Goose,
                "H/.config/goose/config.yaml",
                "H/.config/goose/config.yaml",
                "AD/Block/goose/config/config.yaml",
            ),
            (
                ClientId::OpenCode,
                "H/.config/opencode/opencode.json",
                "H/.config/opencode/opencode.json",
                "H/.config/opencode/opencode.json",
            ),
            (
                ClientId::VsCode,
                "H/.config/Code/User/mcp.json",
                &format!("{support}/Code/User/mcp.json"),
                "AD/Code/User/mcp.json",
            ),
            (
                ClientId::Windsurf,
                "H/.codeium/windsurf/mcp_config.json",
                "H/.codeium/windsurf/mcp_config.json",
                "H/.codeium/windsurf/mcp_config.json",
            ),
            (ClientId::Zed, "H/.config/zed/settings.json", "H/.config/zed/settings.json", "AD/Zed/settings.json"),
        ] {
            for (system, expected) in [(System::Linux, linux), (System::MacOs, mac), (System::Windows, windows)] {
                assert_eq!(places(system).config(client), PathBuf::from(expected), "{client} {system:?}");
            }
        }
    }
}
