//! What a child inherits: pure functions from our own environment, the rules and the server's settings.
//!
//! Not here: reading any of these; proxies of the environment; login shells, which are never started.

use std::{
    collections::BTreeMap,
    ffi::{OsStr, OsString},
    path::{Path, PathBuf},
};

use mcpproxy_domain::Secret;

/// The names that are inherited when the settings do not list others. A `*` at the end stands for any ending.
pub const DEFAULT_ALLOWED: [&str; 36] = [
    "PATH",
    "HOME",
    "TMPDIR",
    "TEMP",
    "TMP",
    "SHELL",
    "TERM",
    "LANG",
    "USER",
    "USERNAME",
    "USERPROFILE",
    "APPDATA",
    "LOCALAPPDATA",
    "PROGRAMFILES",
    "SYSTEMROOT",
    "COMSPEC",
    "PATHEXT",
    "XDG_CONFIG_HOME",
    "XDG_DATA_HOME",
    "XDG_CACHE_HOME",
    "XDG_RUNTIME_DIR",
    "LC_*",
    "DOCKER_HOST",
    "DOCKER_CONTEXT",
    "DOCKER_CONFIG",
    "DOCKER_CERT_PATH",
    "DOCKER_TLS_VERIFY",
    "NVM_DIR",
    "ASDF_DIR",
    "PYENV_ROOT",
    "VOLTA_HOME",
    "HOMEBREW_PREFIX",
    "COLIMA_HOME",
    "SYSTEMDRIVE",
    "WINDIR",
    "PROGRAMDATA",
];

/// What the settings say about all children.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    /// Whether anything is inherited at all (`inherit_system_safe`).
    pub inherit: bool,
    /// Which names are inherited (`allowed_system_vars`).
    pub allowed: Vec<String>,
    /// Variables for every child (`custom_vars`).
    pub custom: BTreeMap<String, Secret>,
    /// Whether a bare `PATH` is completed (`enhance_path`).
    pub enhance_path: bool,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            inherit: true,
            allowed: DEFAULT_ALLOWED.map(str::to_owned).to_vec(),
            custom: BTreeMap::new(),
            enhance_path: false,
        }
    }
}

/// When two names of variables are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Names {
    /// When they are spelled alike (Unix).
    Exact,
    /// When they differ in case only (Windows).
    AnyCase,
}

impl Names {
    /// The rule of the system that this runs on.
    pub const HERE: Self = if cfg!(windows) { Self::AnyCase } else { Self::Exact };

    fn key(self, name: &OsStr) -> OsString {
        match self {
            Self::Exact => name.to_owned(),
            Self::AnyCase => name.to_ascii_uppercase(),
        }
    }

    fn matches(self, pattern: &str, name: &OsStr) -> bool {
        let (key, pattern) = (self.key(name), self.key(OsStr::new(pattern)));
        match pattern.as_encoded_bytes().strip_suffix(b"*") {
            Some(start) => key.as_encoded_bytes().starts_with(start),
            None => key == pattern,
        }
    }
}

/// The complete environment of a child: what it may inherit of `parent`, then the variables for every child, then
/// those of its own server; the later wins. `exists` says whether a folder is there.
#[must_use]
pub fn child_environment(
    parent: impl IntoIterator<Item = (OsString, OsString)>,
    rules: &Rules,
    server: &BTreeMap<String, Secret>,
    names: Names,
    exists: &dyn Fn(&Path) -> bool,
) -> Vec<(OsString, OsString)> {
    let mut all: BTreeMap<OsString, (OsString, OsString)> = BTreeMap::new();
    let mut set = |name: OsString, value: OsString| all.insert(names.key(&name), (name, value));
    let (mut home, mut path) = (None, None);
    for (name, value) in parent {
        if names.key(&name) == "HOME" {
            home = Some(PathBuf::from(&value));
        }
        if rules.inherit && rules.allowed.iter().any(|pattern| names.matches(pattern, &name)) {
            if names.key(&name) == "PATH" {
                path = Some((name.clone(), value.clone()));
            }
            set(name, value);
        }
    }
    if let Some((name, value)) = path
        && rules.enhance_path
        && let Some(longer) = enhanced_path(&value, home.as_deref(), exists)
    {
        set(name, longer);
    }
    for (name, value) in rules.custom.iter().chain(server) {
        set(name.into(), value.reveal().into());
    }
    all.into_values().collect()
}

/// The `PATH` for a child where ours is the bare one of a session that no shell has set up (launchd, systemd): the
/// folders where people install programs, as far as they exist, before what is there. `None` = the `PATH` is no such
/// one and stays as it is; always so on Windows, where every process has the whole `PATH`.
#[must_use]
pub fn enhanced_path(path: &OsStr, home: Option<&Path>, exists: &dyn Fn(&Path) -> bool) -> Option<OsString> {
    const COMMON: [&str; 8] = [
        "/usr/local/bin",
        "/usr/bin",
        "/bin",
        "/opt/homebrew/bin",
        "/usr/local/sbin",
        "/usr/sbin",
        "/sbin",
        "/Applications/Docker.app/Contents/Resources/bin",
    ];
    const OF_HOME: [&str; 5] = [".local/bin", ".npm/bin", ".yarn/bin", ".cargo/bin", "go/bin"];
    let present: Vec<PathBuf> = std::env::split_paths(path).filter(|dir| !dir.as_os_str().is_empty()).collect();
    let set_up = ["/usr/local/bin", "/opt/homebrew/bin"].iter().any(|dir| present.contains(&PathBuf::from(dir)));
    if cfg!(windows) || set_up {
        return None;
    }
    let known = COMMON.iter().map(PathBuf::from).chain(OF_HOME.iter().filter_map(|dir| Some(home?.join(dir))));
    let mut all: Vec<PathBuf> = Vec::new();
    for dir in known.filter(|dir| exists(dir)).chain(present.iter().cloned()) {
        if !all.contains(&dir) {
            all.push(dir);
        }
    }
    std::env::join_paths(all).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vars(list: &[(&str, &str)]) -> Vec<(OsString, OsString)> {
        list.iter().map(|(name, value)| (name.into(), value.into())).collect()
    }

    fn secrets(list: &[(&str, &str)]) -> BTreeMap<String, Secret> {
        list.iter().map(|(name, value)| ((*name).to_owned(), Secret::from(*value))).collect()
    }

    #[test]
    fn a_child_inherits_what_is_listed_and_the_server_wins() {
        let parent =
            [("PATH", "/usr/local/bin"), ("LC_TIME", "C"), ("GITHUB_TOKEN", "x"), ("Lang", "de"), ("MY_A", "1")];
        let rules = Rules { custom: secrets(&[("LC_TIME", "custom"), ("B", "custom")]), ..Rules::default() };
        let own = Rules { allowed: vec!["MY_*".to_owned()], ..Rules::default() };
        let none = Rules { inherit: false, ..rules.clone() };
        for (rules, names, server, expected) in [
            (
                &rules,
                Names::Exact,
                &[("B", "server")][..],
                &[("B", "server"), ("LC_TIME", "custom"), ("PATH", "/usr/local/bin")][..],
            ),
            (
                &rules,
                Names::AnyCase,
                &[("Path", "mine")][..],
                &[("B", "custom"), ("Lang", "de"), ("LC_TIME", "custom"), ("Path", "mine")][..],
            ),
            (&own, Names::Exact, &[][..], &[("MY_A", "1")][..]),
            (&none, Names::Exact, &[][..], &[("B", "custom"), ("LC_TIME", "custom")][..]),
        ] {
            let got = child_environment(vars(&parent), rules, &secrets(server), names, &|_| true);
            assert_eq!(got, vars(expected), "{names:?} {server:?}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn only_a_bare_path_is_completed_and_only_by_folders_that_exist() {
        let exists = |dir: &Path| !dir.starts_with("/Applications") && dir != Path::new("/home/a/go/bin");
        let home = Some(Path::new("/home/a"));
        for (path, home, expected) in [
            ("/x:/usr/local/bin", home, None),
            ("/opt/homebrew/bin", home, None),
            (
                "/usr/bin:/odd::/bin",
                None,
                Some("/usr/local/bin:/usr/bin:/bin:/opt/homebrew/bin:/usr/local/sbin:/usr/sbin:/sbin:/odd"),
            ),
            (
                "",
                home,
                Some(
                    "/usr/local/bin:/usr/bin:/bin:/opt/homebrew/bin:/usr/local/sbin:/usr/sbin:/sbin:\
                     /home/a/.local/bin:/home/a/.npm/bin:/home/a/.yarn/bin:/home/a/.cargo/bin",
                ),
            ),
        ] {
            assert_eq!(enhanced_path(OsStr::new(path), home, &exists), expected.map(OsString::from), "{path}");
        }
        let rules = Rules { enhance_path: true, ..Rules::default() };
        let got = child_environment(vars(&[("PATH", "/odd")]), &rules, &BTreeMap::new(), Names::Exact, &|_| false);
        assert_eq!(got, vars(&[("PATH", "/odd")]));
    }
}
