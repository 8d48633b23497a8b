//! Where programs keep their settings, a system at a time. Not here: whether anything is there.

use std::path::{Path, PathBuf};

use crate::Format;

/// A family of systems.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Os {
    /// Linux, and what is like it.
    Linux,
    /// macOS.
    MacOs,
    /// Windows.
    Windows,
}

impl Os {
    /// The system that this was built for.
    pub const HERE: Self = if cfg!(windows) {
        Self::Windows
    } else if cfg!(target_os = "macos") {
        Self::MacOs
    } else {
        Self::Linux
    };
}

/// The folders of a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Places {
    /// Which system.
    pub os: Os,
    /// The home folder.
    pub home: PathBuf,
    /// `%APPDATA%`; Windows only, `None` = the usual one below home.
    pub app_data: Option<PathBuf>,
    /// `%LOCALAPPDATA%`; Windows only, `None` = the usual one below home.
    pub local_app_data: Option<PathBuf>,
    /// `$XDG_CONFIG_HOME`; `None` = `.config` below home.
    pub config_home: Option<PathBuf>,
}

/// Every place where a file of another program may be, in the order in which people are shown them. None is looked at.
#[must_use]
pub fn canonical_sources(places: &Places) -> Vec<(Format, PathBuf)> {
    let home = &places.home;
    let or = |folder: &Option<PathBuf>, usual: &str| folder.clone().unwrap_or_else(|| home.join(usual));
    let config = or(&places.config_home, ".config");
    let roaming = or(&places.app_data, "AppData/Roaming");
    // where programs with windows keep theirs
    let desktop = match places.os {
        Os::Linux => config.clone(),
        Os::MacOs => home.join("Library/Application Support"),
        Os::Windows => roaming.clone(),
    };
    let zed = if places.os == Os::Windows { roaming.join("Zed") } else { config.join("zed") };
    let mut sources = vec![
        (Format::ClaudeDesktop, desktop.join("Claude/claude_desktop_config.json")),
        (Format::ClaudeCode, home.join(".claude.json")),
        (Format::Cursor, home.join(".cursor/mcp.json")),
        (Format::VsCode, desktop.join("Code/User/mcp.json")),
        (Format::VsCode, desktop.join("Code - Insiders/User/mcp.json")),
        (Format::VsCode, desktop.join("VSCodium/User/mcp.json")),
        (Format::Windsurf, home.join(".codeium/windsurf/mcp_config.json")),
        (Format::Codex, home.join(".codex/config.toml")),
        (Format::Gemini, home.join(".gemini/settings.json")),
    ];
    let mut opencode = |folder: &Path| {
        sources.extend(
            ["opencode.jsonc", "opencode.json"].map(|file| (Format::OpenCode, folder.join("opencode").join(file))),
        );
    };
    opencode(&config);
    if places.os == Os::Windows {
        opencode(&or(&places.local_app_data, "AppData/Local"));
    }
    sources.push((Format::Zed, zed.join("settings.json")));
    sources
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(os: Os, config_home: Option<&str>) -> Vec<String> {
        let config_home = config_home.map(PathBuf::from);
        let places = Places { os, home: "/h".into(), app_data: None, local_app_data: None, config_home };
        let text = |(format, path): (Format, PathBuf)| format!("{} {}", format.id(), path.display()).replace('\\', "/");
        canonical_sources(&places).into_iter().map(text).collect()
    }

    #[test]
    fn each_system_has_its_places() {
        for (os, config_home, expected) in [
            (
                Os::Linux,
                None,
                ["/h/.config/Claude/", "/h/.config/Code/User/", "/h/.config/opencode/", "/h/.config/zed/"],
            ),
            (Os::Linux, Some("/x"), ["/x/Claude/", "/x/Code/User/", "/x/opencode/", "/x/zed/"]),
            (
                Os::MacOs,
                None,
                [
                    "/h/Library/Application Support/Claude/",
                    "/h/Library/Application Support/Code/User/",
                    "/h/.config/opencode/",
                    "/h/.config/zed/",
                ],
            ),
            (
                Os::Windows,
                None,
                [
                    "/h/AppData/Roaming/Claude/",
                    "/h/AppData/Roaming/Code/User/",
                    "/h/AppData/Local/opencode/",
                    "/h/AppData/Roaming/Zed/",
                ],
            ),
        ] {
            let paths = paths(os, config_home);
            for part in expected.into_iter().chain(["claude-code /h/.claude.json", "codex /h/.codex/config.toml"]) {
                assert!(paths.iter().any(|path| path.contains(part)), "{os:?}: {part} in {paths:?}");
            }
        }
    }
}
