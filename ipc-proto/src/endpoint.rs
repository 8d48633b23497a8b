//! The address of the core: one rule, from flags and environment alone, so that a tray and a command line also find a
//! core that does not start. Pure: the process is read by the caller.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use mcpproxy_domain::identity;
use sha2::{Digest, Sha256};

/// The longest path of a socket, in bytes: the smallest limit of the systems that have them.
pub const LONGEST_PATH: usize = 103;

/// Where a core is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// A Unix socket.
    Socket(PathBuf),
    /// A named pipe of Windows, `\\.\pipe\..`.
    Pipe(String),
}

/// What the rule looks at.
#[derive(Clone, Debug, Default)]
pub struct Given {
    /// `--tray-endpoint`, or the key of the settings: `unix:///path` or `npipe:////./pipe/name`.
    pub flag: Option<String>,
    /// `MCPPROXY_TRAY_ENDPOINT`
    pub variable: Option<String>,
    /// The data folder, absolute.
    pub data_dir: PathBuf,
    /// Whether that is the folder used when nobody names one.
    pub data_dir_is_default: bool,
    /// The user's name; only Windows needs it.
    pub user: String,
}

/// Why there is no address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EndpointError {
    /// The path is longer than systems allow.
    #[error(
        "the path of the socket has {length} bytes, and {LONGEST_PATH} is the most: {}; use a shorter data folder, or \
         name a socket with --tray-endpoint unix:///..", path.display()
    )]
    TooLong {
        /// The path.
        path: PathBuf,
        /// How long it is.
        length: usize,
    },
    /// The text is no address of this system.
    #[error("{0:?} is no address of a socket: write unix:///path, on Windows npipe:////./pipe/name")]
    Unknown(String),
}

impl Endpoint {
    /// The address of the core that serves a data folder, unless another was named.
    ///
    /// # Errors
    /// [`EndpointError`]
    pub fn resolve(given: &Given) -> Result<Self, EndpointError> {
        let is_http = |text: &&str| text.starts_with("http://") || text.starts_with("https://");
        let named = [&given.flag, &given.variable].into_iter().flatten().map(|text| text.trim());
        match named.filter(|text| !text.is_empty()).find(|text| !is_http(text)) {
            Some(text) => Self::parse(text),
            None if cfg!(windows) => Ok(Self::pipe(given)),
            None => Self::socket(given.data_dir.join(identity::SOCKET_FILE)),
        }
    }

    /// Reads an address as people write it.
    ///
    /// # Errors
    /// [`EndpointError`]
    pub fn parse(text: &str) -> Result<Self, EndpointError> {
        if let Some(path) = text.strip_prefix("unix://")
            && Path::new(path).is_absolute()
        {
            return Self::socket(path.into());
        }
        match text.strip_prefix("npipe://").map(|rest| rest.replace('/', "\\")) {
            Some(name) if name.strip_prefix(r"\\.\pipe\").is_some_and(|name| !name.is_empty()) => Ok(Self::Pipe(name)),
            _ => Err(EndpointError::Unknown(text.to_owned())),
        }
    }

    fn socket(path: PathBuf) -> Result<Self, EndpointError> {
        match path.as_os_str().len() {
            length if length > LONGEST_PATH => Err(EndpointError::TooLong { path, length }),
            _ => Ok(Self::Socket(path)),
        }
    }

    /// The pipe of a user; a folder that is not the usual one has a pipe of its own.
    fn pipe(given: &Given) -> Self {
        let mut name = format!(r"\\.\pipe\{}-{}", identity::COMMAND, given.user);
        if !given.data_dir_is_default {
            let hash = Sha256::digest(given.data_dir.to_string_lossy().as_bytes());
            name.push('-');
            name.extend(hash.iter().take(4).map(|byte| format!("{byte:02x}")));
        }
        Self::Pipe(name)
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Socket(path) => write!(f, "unix://{}", path.display()),
            Self::Pipe(name) => write!(f, "npipe://{}", name.replace('\\', "/")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_named_address_comes_before_the_folder() {
        let given = |flag: &str, variable: &str, folder: &str| Given {
            flag: Some(flag.to_owned()).filter(|text| !text.is_empty()),
            variable: Some(variable.to_owned()),
            data_dir: folder.into(),
            data_dir_is_default: false,
            user: "ann".to_owned(),
        };
        let resolve = |given: &Given| Endpoint::resolve(given).map(|it| it.to_string());
        assert_eq!(resolve(&given("npipe:////./pipe/f", "npipe:////./pipe/v", "/d")).unwrap(), "npipe:////./pipe/f");
        assert_eq!(resolve(&given("", "npipe:////./pipe/v", "/d")).unwrap(), "npipe:////./pipe/v");
        for bad in ["unix://relative", "npipe:///x", "/d/s.sock", "tcp://a"] {
            assert_eq!(resolve(&given(bad, "", "/d")), Err(EndpointError::Unknown(bad.to_owned())));
        }
        #[cfg(unix)]
        {
            assert_eq!(resolve(&given("unix:///f", "npipe:////./pipe/v", "/d")).unwrap(), "unix:///f");
            assert_eq!(resolve(&given("", "", "/d")).unwrap(), "unix:///d/mcpproxy.sock");
            assert_eq!(resolve(&given("", "http://127.0.0.1:1", "/d")).unwrap(), "unix:///d/mcpproxy.sock");
            let long = format!("/{}", "d".repeat(90));
            assert!(matches!(resolve(&given("", "", &long)), Err(EndpointError::TooLong { length: 105, .. })));
        }
    }

    #[test]
    fn a_folder_that_is_not_the_usual_one_has_a_pipe_of_its_own() {
        let mut given = Given { data_dir: r"C:\d".into(), user: "ann".to_owned(), ..Given::default() };
        assert_eq!(Endpoint::pipe(&given), Endpoint::Pipe(r"\\.\pipe\mcpproxy-ann-80ba6d97".to_owned()));
        given.data_dir_is_default = true;
        assert_eq!(Endpoint::pipe(&given), Endpoint::Pipe(r"\\.\pipe\mcpproxy-ann".to_owned()));
    }
}
