//! The core as a process: found, started so that it outlives the tray, followed to its end. Not here: when it is started
//! and ended ([`crate::link`]); asking it anything.

use std::{
    ffi::{OsStr, OsString},
    io,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use mcpproxy_task::Scope;
use tokio::{process::Command, sync::OnceCell};

use crate::{place::Place, platform, view::Reason};

mod find;
mod reason;
mod running;
mod shell;
mod tail;
#[cfg(test)]
#[cfg(unix)]
mod tests;

pub use find::{Missing, find_core};
pub use running::{Ended, Running};

/// How long the login shell may take to tell its `PATH`.
const SHELL: Duration = Duration::from_secs(2);

/// Starts cores of one place, one after the other.
#[derive(Debug)]
pub struct Launch {
    place: Place,
    exe_dir: PathBuf,
    path: Option<OsString>,
    shell: Option<PathBuf>,
    by_installer: bool,
    told_by_shell: OnceCell<Option<OsString>>,
}

/// Why no core was started.
#[derive(Debug, thiserror::Error)]
pub enum LaunchError {
    /// There is no program.
    #[error(transparent)]
    Missing(#[from] Missing),
    /// The system does not start it.
    #[error("the core {} cannot be started: {source}", path.display())]
    NotStarted {
        /// The program.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

impl Launch {
    /// For a tray whose program stands in `exe_dir`, by the environment of this process.
    #[must_use]
    pub fn new(place: Place, exe_dir: PathBuf) -> Self {
        Self::within(place, exe_dir, &|name| std::env::var_os(name).filter(|text| !text.is_empty()))
    }

    fn within(place: Place, exe_dir: PathBuf, variable: &dyn Fn(&str) -> Option<OsString>) -> Self {
        // shells count how deep they are: whoever has the number has the environment that shells set up, too
        let is_set_up = cfg!(windows) || variable("SHLVL").is_some();
        let by = variable("MCPPROXY_LAUNCHED_BY").unwrap_or_default();
        Self {
            place,
            exe_dir,
            path: variable("PATH"),
            shell: variable("SHELL").map(PathBuf::from).filter(|shell| !is_set_up && shell.is_absolute()),
            by_installer: by.to_string_lossy().trim().eq_ignore_ascii_case("installer"),
            told_by_shell: OnceCell::new(),
        }
    }

    /// Starts a core, at `listen` if that is given. It stays when the tray ends, however that ends; the tasks of `scope`
    /// only follow it.
    ///
    /// # Errors
    /// There is no program, or the system does not start it.
    pub async fn start(&self, listen: Option<&str>, scope: &Scope) -> Result<Running, LaunchError> {
        let path = self.path().await;
        let core = find_core(&self.place, &self.exe_dir, path)?;
        let child = self.command(&core, path, listen).spawn();
        let child = child.map_err(|source| LaunchError::NotStarted { path: core.clone(), source })?;
        let running = Running::follow(child, scope);
        tracing::info!(pid = running.pid(), program = %core.display(), "core started");
        Ok(running)
    }

    fn command(&self, core: &Path, path: Option<&OsStr>, listen: Option<&str>) -> Command {
        let mut command = Command::new(core);
        command
            .args(self.arguments(listen))
            .env("MCPPROXY_LAUNCHED_BY", if self.by_installer { "installer" } else { "tray" })
            .env("MCPPROXY_SOCKET", "true")
            // a person sits before it who can unlock a keyring
            .env("MCPPROXY_KEYRING_WRITE", "1")
            // the tray holds no key, and so hands none on: the core's own stands in its settings
            .env_remove("MCPPROXY_API_KEY")
            // neither the core nor its servers have anything to look for where the tray was started
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(false);
        if let Some(path) = path {
            command.env("PATH", path);
        }
        platform::own_group(&mut command);
        command
    }

    /// What the core is told, in full: its own rules must not lead elsewhere than the tray looks.
    fn arguments(&self, listen: Option<&str>) -> Vec<OsString> {
        let place = &self.place;
        let mut line: Vec<OsString> =
            ["serve", "--detached", "--enable-socket=true", "--data-dir"].map(Into::into).into();
        line.extend([place.data_dir.clone().into(), "--config".into(), place.config.clone().into()]);
        line.extend(["--tray-endpoint".into(), place.endpoint.to_string().into()]);
        if let Some(listen) = listen.or(place.listen.as_deref()) {
            line.extend(["--listen".into(), listen.into()]);
        }
        line.extend(place.extra_args.iter().map(Into::into));
        line
    }

    /// The `PATH` by which the core finds the programs of its servers. A desktop hands down a bare one; the login shell,
    /// asked once, tells what the person has in a terminal. Nothing that we were given is lost.
    async fn path(&self) -> Option<&OsStr> {
        let ask = async {
            let told = shell::path_of(self.shell.as_ref()?, SHELL).await?;
            shell::joined(&told, self.path.as_deref().unwrap_or_default())
        };
        self.told_by_shell.get_or_init(|| ask).await.as_deref().or(self.path.as_deref())
    }
}

impl From<&LaunchError> for Reason {
    fn from(error: &LaunchError) -> Self {
        let hint = match error {
            LaunchError::Missing(missing) => missing.hint(),
            LaunchError::NotStarted { .. } => {
                "check that file and its permissions, or install the core again".to_owned()
            }
        };
        Self { message: error.to_string(), hint, ..Self::default() }
    }
}
