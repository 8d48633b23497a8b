//! What every command works with: flags, environment, output, the settings as they are. Not here: the running core
//! ([`crate::client`]).

use std::path::PathBuf;

use mcpproxy_config::{Config, Env, Flags, Location, load, locate};
use mcpproxy_domain::{Code, identity};
use mcpproxy_ipc_proto::endpoint::{Endpoint, EndpointError, Given};
use mcpproxy_task::Scope;

use crate::{
    args::Args,
    exit::{Failure, NO_CONFIG},
    output::{Format, Output, note},
};

/// What every command works with.
pub(crate) struct Context {
    /// What the command line says about the settings.
    pub(crate) flags: Flags,
    /// What the process was started with.
    pub(crate) env: Env,
    /// Where answers go.
    pub(crate) output: Output,
    /// Whether it is told how the core was found.
    pub(crate) verbose: bool,
    /// Whether the core may be started.
    pub(crate) may_start: MayStart,
    /// Where the core is said to be reached.
    pub(crate) tray_endpoint: Option<String>,
    /// The tasks of this command.
    pub(crate) scope: Scope,
}

/// Whether the core may be started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MayStart {
    /// Yes.
    Yes,
    /// No.
    No,
    /// A person is asked, where one looks on.
    Ask,
}

impl Context {
    /// What this command line and this process say.
    pub(crate) fn new(args: &Args, env: Env, format: Format) -> Self {
        Self {
            flags: args.flags(),
            output: Output::to_stdout(format),
            verbose: args.global.verbose,
            may_start: match (args.global.start, args.global.no_start) {
                (true, _) => MayStart::Yes,
                (_, true) => MayStart::No,
                _ => MayStart::Ask,
            },
            tray_endpoint: args.global.tray_endpoint.clone(),
            env,
            scope: Scope::new(),
        }
    }

    /// Which settings file counts.
    ///
    /// # Errors
    /// The one that was named is not there.
    pub(crate) fn location(&self) -> Result<Location, Failure> {
        let location = locate(&self.flags, &self.env);
        if self.flags.config.is_some() && !location.exists {
            let path = location.config_path;
            let message = format!("there is no settings file {}", path.display());
            let mut failure = Failure::named(NO_CONFIG, message, "check the path behind --config");
            failure.path = Some(path.into());
            return Err(failure);
        }
        Ok(location)
    }

    /// The settings as they are on disk.
    ///
    /// # Errors
    /// They cannot be read or have faults.
    pub(crate) fn config(&self) -> Result<Config, Failure> {
        let location = self.location()?;
        Ok(load(&location.config_path, &self.env, &self.flags)?.config)
    }

    /// Where the core of these settings is reached. Settings with faults do not hide a core that runs.
    ///
    /// # Errors
    /// There is no such address.
    pub(crate) fn endpoint(&self) -> Result<Endpoint, Failure> {
        let failed = |error: EndpointError| {
            Failure::new(Code::InvalidInput, error.to_string(), "check --tray-endpoint and --data-dir")
        };
        let location = locate(&self.flags, &self.env);
        if let Ok(resolved) = load(&location.config_path, &self.env, &self.flags) {
            return mcpproxy_daemon::socket::endpoint(&resolved.config, &self.env).map_err(failed);
        }
        let usual = std::env::home_dir().map(|home| home.join(identity::DATA_FOLDER));
        let data_dir = location.data_dir_hint.unwrap_or_default();
        if data_dir == PathBuf::new() {
            let hint = "name a data folder with --data-dir or MCPPROXY_DATA_DIR";
            return Err(Failure::new(Code::ConfigInvalid, "there is no home directory to look for a core in", hint));
        }
        let given = Given {
            flag: self.tray_endpoint.clone(),
            variable: self.env.variable("MCPPROXY_TRAY_ENDPOINT").map(str::to_owned),
            data_dir_is_default: usual.as_ref() == Some(&data_dir),
            data_dir,
            user: self.env.variable("USERNAME").unwrap_or_default().to_owned(),
        };
        Endpoint::resolve(&given).map_err(failed)
    }

    /// Tells how things were found, to whoever asked for it.
    pub(crate) fn verbosely(&self, line: &str) {
        if self.verbose {
            note(line);
        }
    }
}
