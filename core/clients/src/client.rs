//! The clients that are known, and how each keeps its servers. Not here: where its file is (`places`) and what our entry
//! looks like (`entry`).

use crate::{ClientError, format::Format};

/// A client that can be connected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ClientId {
    /// Claude Code.
    ClaudeCode,
    /// Claude Desktop.
    ClaudeDesktop,
    /// Codex: command line, desktop and extensions share their settings.
    Codex,
    /// Cursor.
    Cursor,
    /// Gemini CLI.
    Gemini,
    /// goose.
    Goose,
    /// OpenCode.
    OpenCode,
    /// Visual Studio Code.
    VsCode,
    /// Windsurf.
    Windsurf,
    /// Zed.
    Zed,
}

impl ClientId {
    /// Every client, by its id.
    pub const ALL: [Self; 10] = [
        Self::ClaudeCode,
        Self::ClaudeDesktop,
        Self::Codex,
        Self::Cursor,
        Self::Gemini,
        Self::Goose,
        Self::OpenCode,
        Self::VsCode,
        Self::Windsurf,
        Self::Zed,
    ];

    /// The id that commands and faces use.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ClaudeCode => "claude-code",
            Self::ClaudeDesktop => "claude-desktop",
            Self::Codex => "codex",
            Self::Cursor => "cursor",
            Self::Gemini => "gemini",
            Self::Goose => "goose",
            Self::OpenCode => "opencode",
            Self::VsCode => "vscode",
            Self::Windsurf => "windsurf",
            Self::Zed => "zed",
        }
    }

    /// The name that people know.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::ClaudeCode => "Claude Code",
            Self::ClaudeDesktop => "Claude Desktop",
            Self::Codex => "Codex",
            Self::Cursor => "Cursor",
            Self::Gemini => "Gemini CLI",
            Self::Goose => "goose",
            Self::OpenCode => "OpenCode",
            Self::VsCode => "VS Code",
            Self::Windsurf => "Windsurf",
            Self::Zed => "Zed",
        }
    }

    /// The client of this id.
    ///
    /// # Errors
    /// There is none; the error lists all ids.
    pub fn parse(id: &str) -> Result<Self, ClientError> {
        let found = Self::ALL.into_iter().find(|client| client.as_str() == id);
        found.ok_or_else(|| ClientError::UnknownClient { id: id.to_owned() })
    }

    /// Whether the client adds and removes servers by a command of its own.
    #[must_use]
    pub const fn has_command(self) -> bool {
        matches!(self, Self::ClaudeCode | Self::Codex | Self::Gemini)
    }

    /// Names under which its program may stand on `PATH`, the usual one first.
    pub(crate) const fn programs(self) -> &'static [&'static str] {
        match self {
            Self::ClaudeCode => &["claude"],
            Self::ClaudeDesktop => &[],
            Self::Codex => &["codex"],
            Self::Cursor => &["cursor"],
            Self::Gemini => &["gemini"],
            Self::Goose => &["goose"],
            Self::OpenCode => &["opencode"],
            Self::VsCode => &["code"],
            Self::Windsurf => &["windsurf"],
            Self::Zed => &["zed", "zeditor"],
        }
    }

    /// What its file may hold: only what the client itself can read.
    pub(crate) const fn format(self) -> Format {
        match self {
            Self::ClaudeCode => Format::Json { comments: false, trailing_commas: false },
            Self::Gemini => Format::Json { comments: true, trailing_commas: false },
            Self::Codex => Format::Toml,
            Self::Goose => Format::Yaml,
            _ => Format::Json { comments: true, trailing_commas: true },
        }
    }

    /// The name of its file's format.
    #[must_use]
    pub const fn format_name(self) -> &'static str {
        match self.format() {
            Format::Json { .. } => "json",
            Format::Toml => "toml",
            Format::Yaml => "yaml",
        }
    }

    /// Whether it cannot reach an address by itself, and starts our program instead.
    #[must_use]
    pub const fn is_bridged(self) -> bool {
        matches!(self, Self::ClaudeDesktop)
    }

    /// The member of the file under which servers stand.
    #[must_use]
    pub const fn container(self) -> &'static str {
        match self {
            Self::Codex => "mcp_servers",
            Self::Goose => "extensions",
            Self::OpenCode => "mcp",
            Self::VsCode => "servers",
            Self::Zed => "context_servers",
            _ => "mcpServers",
        }
    }
}

impl std::fmt::Display for ClientId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
