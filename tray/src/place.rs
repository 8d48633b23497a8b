//! Which core the tray belongs to: data folder, settings, address and program, from flags, environment and three keys of
//! the settings, by the rules of the core. Pure but for [`Place::here`], which asks the system. Not here: looking for the
//! core's program ([`crate::launch`]).

use std::{
    collections::BTreeMap,
    path::{Component, Path, PathBuf},
};

use mcpproxy_domain::{
    identity,
    secret::{self, MissingSecret},
};
use mcpproxy_ipc_proto::endpoint::{Endpoint, EndpointError, Given};

use crate::{platform, view::Places};

mod settings;
mod words;

use settings::Settings;
use words::words;

/// What the command line of the tray says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Flags {
    /// `--data-dir`
    pub data_dir: Option<PathBuf>,
    /// `--config`
    pub config: Option<PathBuf>,
    /// `--tray-endpoint`
    pub endpoint: Option<String>,
}

/// What the rule looks at beside the flags.
pub struct Around<'a> {
    /// The environment.
    pub variables: &'a BTreeMap<String, String>,
    /// The home folder of the user.
    pub home: Option<&'a Path>,
    /// As seen from where relative paths are meant.
    pub working_dir: &'a Path,
    /// Whether this is the superuser, whose logs are elsewhere.
    pub is_root: bool,
    /// The bytes of a file, if it can be read.
    pub read: &'a dyn Fn(&Path) -> Option<Vec<u8>>,
}

/// The core that the tray belongs to, whether it runs or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Where it is reached.
    pub endpoint: Endpoint,
    /// Its data folder.
    pub data_dir: PathBuf,
    /// Its settings file, which need not exist.
    pub config: PathBuf,
    /// The folder of its logs.
    pub log_dir: PathBuf,
    /// Whether the tray may start it.
    pub may_launch: bool,
    /// Its program, where somebody named it.
    pub core_path: Option<PathBuf>,
    /// Where it is to listen, where the tray was told so.
    pub listen: Option<String>,
    /// What else it is given.
    pub extra_args: Vec<String>,
}

/// Why it is not known where the core is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlaceError {
    /// There is no home folder, and none was named.
    #[error("there is no home folder to look for a core in; name a data folder with --data-dir or MCPPROXY_DATA_DIR")]
    NoHome,
    /// A web address was named.
    #[error(
        "{0} names a web address, and the tray, which holds no key, reaches a core over its socket only; write \
         unix:///path, on Windows npipe:////./pipe/name, or leave it out"
    )]
    Http(&'static str),
    /// The address cannot be used.
    #[error(transparent)]
    Endpoint(#[from] EndpointError),
    /// The port is none.
    #[error("MCPPROXY_TRAY_PORT={0:?} is no port; write a number between 1 and 65535")]
    Port(String),
}

impl Place {
    /// By the flags and by what this process was started with.
    ///
    /// # Errors
    /// [`PlaceError`]
    pub fn here(flags: &Flags) -> Result<Self, PlaceError> {
        let variables =
            std::env::vars_os().filter_map(|(name, text)| Some((name.into_string().ok()?, text.into_string().ok()?)));
        Self::find(
            flags,
            &Around {
                variables: &variables.collect(),
                home: std::env::home_dir().filter(|home| home.is_absolute()).as_deref(),
                working_dir: &std::env::current_dir().unwrap_or_default(),
                is_root: platform::is_root(),
                read: &|path| std::fs::read(path).ok(),
            },
        )
    }

    /// The rule.
    ///
    /// # Errors
    /// [`PlaceError`]
    pub fn find(flags: &Flags, around: &Around<'_>) -> Result<Self, PlaceError> {
        let named = flags.data_dir.as_deref().filter(|path| !path.as_os_str().is_empty());
        let variables = ["MCPPROXY_HOME", "MCPPROXY_DATA_DIR", "MCPPROXY_DATA"];
        let named = named.or_else(|| variables.iter().find_map(|name| around.variable(name)).map(Path::new));
        let named = named.map(|path| around.absolute(path));
        let usual = around.home.map(|home| home.join(identity::DATA_FOLDER));
        let config = flags.config.as_deref().filter(|path| !path.as_os_str().is_empty());
        let config = config.or_else(|| around.variable("MCPPROXY_TRAY_CONFIG_PATH").map(Path::new));
        let config = config.map(|path| around.absolute(path));
        let config = config.or_else(|| Some(named.as_ref().or(usual.as_ref())?.join(identity::CONFIG_FILE)));
        let settings = Settings::read(&config.as_deref().and_then(around.read).unwrap_or_default());
        let data_dir = named.or_else(|| around.expanded(settings.data_dir.as_deref()?)).or_else(|| usual.clone());
        let (Some(config), Some(data_dir)) = (config, data_dir) else { return Err(PlaceError::NoHome) };
        let is_default = usual.as_ref() == Some(&data_dir);
        let log_dir = settings.log_dir.as_deref().map(|path| around.absolute(Path::new(path)));
        let skip = around.variable("MCPPROXY_TRAY_SKIP_CORE").unwrap_or_default();
        Ok(Self {
            endpoint: around.endpoint(flags, settings.tray_endpoint, &data_dir, is_default)?,
            log_dir: log_dir.unwrap_or_else(|| around.log_dir(&data_dir, is_default)),
            may_launch: !(skip == "1" || skip.eq_ignore_ascii_case("true")),
            core_path: around.variable("MCPPROXY_CORE_PATH").map(|path| around.absolute(Path::new(path))),
            listen: around.listen()?,
            extra_args: words(around.variable("MCPPROXY_TRAY_EXTRA_ARGS").unwrap_or_default()),
            data_dir,
            config,
        })
    }

    /// The folders, as far as they are known without the core.
    #[must_use]
    pub fn places(&self) -> Places {
        let settings = self.config.parent().unwrap_or(&self.data_dir).to_owned();
        Places { settings, logs: self.log_dir.clone() }
    }
}

impl Around<'_> {
    /// The text of a variable; an empty one counts as unset.
    fn variable(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str).filter(|text| !text.is_empty())
    }

    fn absolute(&self, path: &Path) -> PathBuf {
        let path = match (path.strip_prefix("~"), self.home) {
            (Ok(below), Some(home)) => home.join(below),
            _ => self.working_dir.join(path),
        };
        path.components().filter(|part| *part != Component::CurDir).collect()
    }

    /// A folder of the settings, which may name variables; `None` where they are not set, which the core tells.
    fn expanded(&self, text: &str) -> Option<PathBuf> {
        let mut lookup = |kind: &str, name: &str| {
            let value = self.variable(name).filter(|_| kind == "env");
            value.map(str::to_owned).ok_or_else(|| MissingSecret::Variable(name.to_owned()))
        };
        secret::expand(text, &mut lookup).ok().map(|path| self.absolute(Path::new(&path)))
    }

    fn endpoint(
        &self,
        flags: &Flags,
        in_file: Option<String>,
        data_dir: &Path,
        is_default: bool,
    ) -> Result<Endpoint, PlaceError> {
        let flag = flags.endpoint.as_deref().map(|text| ("--tray-endpoint", text.trim()));
        let url = self.variable("MCPPROXY_CORE_URL").map(|text| ("MCPPROXY_CORE_URL", text.trim()));
        let named = [flag, url].into_iter().flatten().find(|(_, text)| !text.is_empty());
        if let Some((name, text)) = named
            && ["http:", "https:"].iter().any(|scheme| text.starts_with(scheme))
        {
            return Err(PlaceError::Http(name));
        }
        let socket = || {
            let path = self.absolute(Path::new(self.variable("MCPPROXY_SOCKET_PATH").filter(|_| !cfg!(windows))?));
            Some(format!("unix://{}", path.display()))
        };
        Ok(Endpoint::resolve(&Given {
            flag: named.map(|(_, text)| text.to_owned()).or_else(socket).or(in_file),
            variable: self.variable("MCPPROXY_TRAY_ENDPOINT").map(str::to_owned),
            data_dir: data_dir.to_owned(),
            data_dir_is_default: is_default,
            user: self.variable("USERNAME").unwrap_or_default().to_owned(),
        })?)
    }

    /// Where the core writes its logs unless its settings say otherwise.
    fn log_dir(&self, data_dir: &Path, is_default: bool) -> PathBuf {
        let set = |name| self.variable(name).map(Path::new).filter(|path| path.is_absolute());
        let below = |folder: &Path| folder.join(identity::COMMAND).join("logs");
        let standard = if !is_default {
            None
        } else if cfg!(windows) {
            set("LOCALAPPDATA").map(below)
        } else if cfg!(target_os = "macos") {
            self.home.map(|home| home.join("Library").join("Logs").join(identity::COMMAND))
        } else if self.is_root {
            Some(Path::new("/var/log").join(identity::COMMAND))
        } else {
            let usual = self.home.map(|home| home.join(".local").join("state"));
            set("XDG_STATE_HOME").map(Path::to_owned).or(usual).map(|state| below(&state))
        };
        standard.unwrap_or_else(|| data_dir.join("logs"))
    }

    fn listen(&self) -> Result<Option<String>, PlaceError> {
        if let Some(listen) = self.variable("MCPPROXY_TRAY_LISTEN") {
            return Ok(Some(listen.to_owned()));
        }
        let Some(text) = self.variable("MCPPROXY_TRAY_PORT") else { return Ok(None) };
        let port = text.trim().parse::<u16>().ok().filter(|port| *port > 0);
        let port = port.ok_or_else(|| PlaceError::Port(text.to_owned()))?;
        Ok(Some(format!("{}:{port}", identity::DEFAULT_HOST)))
    }
}

#[cfg(all(test, unix))]
mod tests;
