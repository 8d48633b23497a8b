//! Where the logs live: a pure rule over the settings and the environment. Not here: making the folder.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

use mcpproxy_domain::identity::{COMMAND, DATA_FOLDER};

/// What the standard place depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Platform {
    /// Linux and other Unix systems.
    Linux {
        /// Whether this is the superuser.
        root: bool,
    },
    /// macOS.
    MacOs,
    /// Windows.
    Windows,
}

impl Platform {
    /// The one that this runs on.
    #[must_use]
    pub fn here() -> Self {
        #[cfg(unix)]
        let root = rustix::process::geteuid().is_root();
        #[cfg(not(unix))]
        let root = false;
        if cfg!(windows) {
            Self::Windows
        } else if cfg!(target_os = "macos") {
            Self::MacOs
        } else {
            Self::Linux { root }
        }
    }
}

/// The folder for all logs: the one that was asked for (`--log-dir`, else `logging.log_dir`), or `logs` below a data
/// folder that is not the default one, or the place that the system sets aside for logs.
#[must_use]
pub fn directory(
    explicit: Option<&Path>,
    data_dir: &Path,
    is_default_data_dir: bool,
    platform: Platform,
    env: &dyn Fn(&str) -> Option<OsString>,
) -> PathBuf {
    if let Some(chosen) = explicit.filter(|path| !path.as_os_str().is_empty()) {
        return chosen.to_path_buf();
    }
    if !is_default_data_dir {
        return data_dir.join("logs");
    }
    let folder = |name: &str| env(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let home = folder("HOME").or_else(|| folder("USERPROFILE"));
    let standard = match platform {
        Platform::Linux { root: true } => Some(Path::new("/var/log").join(COMMAND)),
        Platform::Linux { root: false } => folder("XDG_STATE_HOME")
            .or_else(|| Some(home.as_ref()?.join(".local").join("state")))
            .map(|state| state.join(COMMAND).join("logs")),
        Platform::MacOs => home.as_ref().map(|home| home.join("Library").join("Logs").join(COMMAND)),
        Platform::Windows => folder("LOCALAPPDATA").map(|local| local.join(COMMAND).join("logs")),
    };
    let fallback = || home.map_or_else(|| data_dir.join("logs"), |home| home.join(DATA_FOLDER).join("logs"));
    standard.unwrap_or_else(fallback)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn the_first_rule_that_applies_counts() {
        let user = Platform::Linux { root: false };
        let home = ("HOME", "/h");
        for (explicit, is_default, platform, vars, expected) in [
            (Some("/x"), false, user, &[home][..], "/x"),
            (Some(""), true, Platform::MacOs, &[home], "/h/Library/Logs/mcpproxy"),
            (None, false, user, &[home], "/d/logs"),
            (None, true, Platform::Linux { root: true }, &[home], "/var/log/mcpproxy"),
            (None, true, user, &[home, ("XDG_STATE_HOME", "/s")], "/s/mcpproxy/logs"),
            (None, true, user, &[home, ("XDG_STATE_HOME", "relative")], "/h/.local/state/mcpproxy/logs"),
            (None, true, Platform::Windows, &[home, ("LOCALAPPDATA", "/l")], "/l/mcpproxy/logs"),
            (None, true, Platform::Windows, &[("USERPROFILE", "/u")], "/u/.mcpproxy/logs"),
            (None, true, user, &[], "/d/logs"),
        ] {
            let env = |name: &str| vars.iter().find(|(key, _)| *key == name).map(|(_, value)| OsString::from(value));
            let got = directory(explicit.map(Path::new), Path::new("/d"), is_default, platform, &env);
            assert_eq!(got, Path::new(expected), "{platform:?} {vars:?}");
        }
    }
}
