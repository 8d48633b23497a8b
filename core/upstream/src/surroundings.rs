//! What every server's link is made with, handed down by the composition root.

use std::{collections::BTreeMap, ffi::OsString, sync::Arc};

use mcpproxy_domain::{Secret, secret::MissingSecret};
use mcpproxy_isolation::{Spawner, StopPolicy};
use mcpproxy_logs::{Redactor, ServerLogs};
use mcpproxy_wire::Limits;

use crate::Failure;

/// Makes the whole environment of a child out of the variables of its server.
pub type Environment = dyn Fn(&BTreeMap<String, Secret>) -> Vec<(OsString, OsString)> + Send + Sync;
/// Answers `${type:name}`.
pub type SecretLookup = dyn Fn(&str, &str) -> Result<String, MissingSecret> + Send + Sync;

/// The world around the servers.
#[derive(Clone)]
pub struct Surroundings {
    /// Starts processes.
    pub spawner: Spawner,
    /// Keeps what each server says.
    pub logs: ServerLogs,
    /// Learns the secrets that servers are started with, so that no log shows them.
    pub redactor: Redactor,
    /// See [`Environment`].
    pub environment: Arc<Environment>,
    /// See [`SecretLookup`].
    pub secrets: Arc<SecretLookup>,
    /// Bounds of each link.
    pub limits: Limits,
    /// How patiently a child is stopped.
    pub stop: StopPolicy,
}

impl Surroundings {
    /// Completes a text that may refer to secrets.
    pub(crate) fn expand(&self, text: &str) -> Result<String, MissingSecret> {
        mcpproxy_domain::secret::expand(text, &mut |kind, name| {
            let value = (self.secrets)(kind, name)?;
            self.redactor.add(&Secret::new(value.as_str()));
            Ok(value)
        })
    }

    /// A failure as it may be shown: the words of a server may repeat a secret that it was given.
    pub(crate) fn shown(&self, failure: &Failure) -> Failure {
        Failure::new(failure.code, self.redactor.redact(&failure.detail))
    }
}

impl std::fmt::Debug for Surroundings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Surroundings")
    }
}
