//! The one place that asks the system: environment, home, which settings file there is, and what stands in it.
//! Not here: rules about settings ([`crate::resolve()`]), writing ([`crate::store`]).

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use mcpproxy_domain::identity;

use crate::{ConfigError, ConfigFile, Env, Flags, Resolved, WorkingDir, resolve};

/// Which settings file counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    /// The file; absolute unless the working directory is unknown. Empty where there is no place for one.
    pub config_path: PathBuf,
    /// The data folder as far as it is known before the file is read; `None` without a home directory.
    pub data_dir_hint: Option<PathBuf>,
    /// Whether the file exists.
    pub exists: bool,
}

impl Env {
    /// What this process was started with. Variables that are not Unicode are left out.
    #[must_use]
    pub fn from_process() -> Self {
        let variables =
            std::env::vars_os().filter_map(|(name, text)| Some((name.into_string().ok()?, text.into_string().ok()?)));
        Self::new(
            variables,
            std::env::home_dir().filter(|home| home.is_absolute()),
            std::env::current_dir().unwrap_or_default(),
        )
    }
}

/// Finds the settings file: `--config`, else one in the working directory where that is searched, else the one in the
/// data folder.
#[must_use]
pub fn locate(flags: &Flags, env: &Env) -> Location {
    let named = env.named_data_dir(flags).map(|path| env.absolute(path));
    let data_dir_hint = named.or_else(|| env.default_data_dir());
    let here = env.absolute(Path::new(identity::CONFIG_FILE));
    let is_here = flags.working_dir == WorkingDir::Searched && here.is_file();
    let config_path = match (flags.config.as_ref().filter(|path| !path.as_os_str().is_empty()), &data_dir_hint) {
        (Some(path), _) => env.absolute(path),
        (None, _) if is_here => here,
        (None, Some(data_dir)) => data_dir.join(identity::CONFIG_FILE),
        // no file of that name exists; that there is no home directory is told when the settings are resolved
        (None, None) => PathBuf::new(),
    };
    Location { exists: config_path.exists(), config_path, data_dir_hint }
}

/// Reads the settings file and resolves it; a missing file counts as an empty one.
///
/// # Errors
/// The file cannot be read, or the settings have faults (all of them are told).
pub fn load(config_path: &Path, env: &Env, flags: &Flags) -> Result<Resolved, ConfigError> {
    understand(config_path, &read(config_path)?.unwrap_or_default(), env, flags)
}

/// The bytes of the file; `None` if there is no file.
pub(crate) fn read(path: &Path) -> Result<Option<Vec<u8>>, ConfigError> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(ConfigError::Read { path: path.to_owned(), source }),
    }
}

/// The settings if these are the bytes of the file.
pub(crate) fn understand(path: &Path, bytes: &[u8], env: &Env, flags: &Flags) -> Result<Resolved, ConfigError> {
    ConfigFile::parse(path, bytes)
        .map_err(|problem| vec![problem])
        .and_then(|file| resolve(&file, env, flags))
        .map_err(|problems| ConfigError::Invalid { path: path.to_owned(), problems })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_flag_comes_before_the_working_directory_and_that_before_the_data_folder() {
        let folder = tempfile::tempdir().unwrap();
        let at = |path: &str| folder.path().join(path);
        fs::create_dir_all(at("work")).unwrap();
        let env = |variables: &[(&str, &str)]| {
            let variables = variables.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
            Env::new(variables.collect::<Vec<_>>(), Some(at("home")), at("work"))
        };
        let find = |flags: &Flags, variables: &[(&str, &str)]| locate(flags, &env(variables)).config_path;
        let none = Flags::default();
        assert_eq!(find(&none, &[]), at("home/.mcpproxy/mcp_config.json"));
        assert_eq!(find(&none, &[("MCPPROXY_DATA", "~/old")]), at("home/old/mcp_config.json"));
        let both = [("MCPPROXY_DATA", "~/old"), ("MCPPROXY_DATA_DIR", "new")];
        assert_eq!(find(&none, &both), at("work/new/mcp_config.json"));
        let flags = Flags { data_dir: Some("./flag".into()), ..Flags::default() };
        let location = locate(&flags, &env(&both));
        assert_eq!(location.config_path, at("work/flag/mcp_config.json"));
        assert_eq!((location.data_dir_hint, location.exists), (Some(at("work/flag")), false));

        fs::write(at("work/mcp_config.json"), "{}").unwrap();
        assert_eq!(find(&none, &[]), at("home/.mcpproxy/mcp_config.json"), "who starts us may stand anywhere");
        assert_eq!(find(&flags, &[]), at("work/flag/mcp_config.json"));
        let homeless = locate(&none, &Env::new([], None, at("work")));
        assert_eq!((homeless.config_path, homeless.exists), (PathBuf::new(), false));
        let flags = Flags { working_dir: WorkingDir::Searched, ..flags };
        let location = locate(&flags, &env(&[]));
        assert_eq!((location.config_path, location.exists), (at("work/mcp_config.json"), true));
        let flags = Flags { config: Some("other.json".into()), ..flags };
        assert_eq!(find(&flags, &both), at("work/other.json"));
    }

    #[test]
    fn a_missing_file_is_an_empty_one_and_an_unreadable_one_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let env = Env::new([], Some(folder.path().to_owned()), folder.path().to_owned());
        let resolved = load(&folder.path().join("none.json"), &env, &Flags::default()).unwrap();
        assert_eq!(resolved.config.data_dir, folder.path().join(".mcpproxy"));
        assert!(matches!(load(folder.path(), &env, &Flags::default()), Err(ConfigError::Read { .. })));
    }
}
