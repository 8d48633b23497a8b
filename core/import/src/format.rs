//! Whose file it is. Not here: where these files are, what stands in them (`shape`, `entry`).

use std::{fmt, str::FromStr};

use crate::ImportError;

/// A program whose settings hold servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    /// Claude Desktop.
    ClaudeDesktop,
    /// Claude Code: its own file and a project's `.mcp.json`.
    ClaudeCode,
    /// Cursor.
    Cursor,
    /// VS Code: `mcp.json` and the older block in `settings.json`.
    VsCode,
    /// Windsurf.
    Windsurf,
    /// Codex, the only one in TOML.
    Codex,
    /// Gemini CLI.
    Gemini,
    /// OpenCode.
    OpenCode,
    /// Zed.
    Zed,
    /// This product, whatever its make.
    Mcpproxy,
}

impl Format {
    /// All of them, in the order in which people are shown them.
    pub const ALL: [Self; 10] = [
        Self::ClaudeDesktop,
        Self::ClaudeCode,
        Self::Cursor,
        Self::VsCode,
        Self::Windsurf,
        Self::Codex,
        Self::Gemini,
        Self::OpenCode,
        Self::Zed,
        Self::Mcpproxy,
    ];

    /// The stable id, as in `--format`.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::ClaudeDesktop => "claude-desktop",
            Self::ClaudeCode => "claude-code",
            Self::Cursor => "cursor",
            Self::VsCode => "vscode",
            Self::Windsurf => "windsurf",
            Self::Codex => "codex",
            Self::Gemini => "gemini",
            Self::OpenCode => "opencode",
            Self::Zed => "zed",
            Self::Mcpproxy => "mcpproxy",
        }
    }

    /// The name as people read it.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::ClaudeDesktop => "Claude Desktop",
            Self::ClaudeCode => "Claude Code",
            Self::Cursor => "Cursor",
            Self::VsCode => "VS Code",
            Self::Windsurf => "Windsurf",
            Self::Codex => "Codex",
            Self::Gemini => "Gemini CLI",
            Self::OpenCode => "OpenCode",
            Self::Zed => "Zed",
            Self::Mcpproxy => "MCPProxy",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.title())
    }
}

impl FromStr for Format {
    type Err = ImportError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|format| format.id() == text).ok_or_else(|| ImportError::unknown_format(text))
    }
}
