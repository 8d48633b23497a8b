//! The secrets that the settings refer to: which, and whether each is set. Names only: no value leaves this file.

use std::collections::BTreeSet;

use mcpproxy_config::Settings;
use mcpproxy_domain::secret::expand;
use mcpproxy_ipc_proto::view::{SecretConfig, SecretRef, SecretRefs, SecretState};
use mcpproxy_runtime::Runtime;
use serde_json::Value;

use crate::Refusal;

/// What is kept in the environment and not in a store.
const ENVIRONMENT: &str = "env";
/// The settings in which references are answered.
const PLACES: [&str; 2] = ["mcpServers", "data_dir"];

/// Questions about secrets.
#[derive(Clone)]
pub struct Secrets {
    settings: Settings,
    runtime: Runtime,
}

impl Secrets {
    pub(crate) fn new(runtime: &Runtime, settings: Settings) -> Self {
        Self { settings, runtime: runtime.clone() }
    }

    /// The references that the settings file holds, each once.
    ///
    /// # Errors
    /// The file cannot be read, or is not JSON.
    pub async fn refs(&self) -> Result<SecretRefs, Refusal> {
        let document = self.settings.document().await?;
        let mut found = BTreeSet::new();
        for value in PLACES.iter().filter_map(|place| document.get(*place)) {
            references(value, &mut found);
        }
        Ok(SecretRefs { count: found.len(), refs: found.into_iter().collect() })
    }

    /// The same, with whether each is set: for the core, which is the one that has to know it.
    ///
    /// # Errors
    /// The file cannot be read, or is not JSON.
    pub async fn config(&self) -> Result<SecretConfig, Refusal> {
        let runtime = self.runtime.clone();
        let refs = self.refs().await?.refs;
        // a store of the system may make us wait
        let look = move || -> Vec<_> {
            let state = |secret_ref: SecretRef| {
                let is_set = runtime.has_secret(&secret_ref.kind, &secret_ref.name);
                SecretState { secret_ref, is_set }
            };
            refs.into_iter().map(state).collect()
        };
        let known = tokio::task::spawn_blocking(look).await;
        let known = known.map_err(|_| Refusal::internal("the secrets were not looked at"))?;
        let (environment_vars, secrets): (Vec<_>, Vec<_>) =
            known.into_iter().partition(|known| known.secret_ref.kind == ENVIRONMENT);
        Ok(SecretConfig {
            total_secrets: secrets.len(),
            total_env_vars: environment_vars.len(),
            secrets,
            environment_vars,
        })
    }
}

/// Every reference in the texts of a value.
fn references(value: &Value, found: &mut BTreeSet<SecretRef>) {
    match value {
        Value::String(text) => {
            let mut note = |kind: &str, name: &str| {
                let original = format!("${{{kind}:{name}}}");
                found.insert(SecretRef { kind: kind.to_owned(), name: name.to_owned(), original });
                Ok(String::new())
            };
            // every reference is answered, so that all of them are seen
            let _ = expand(text, &mut note);
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        Value::Object(members) => members.values().for_each(|member| references(member, found)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn references_are_found_wherever_they_are_and_told_once() {
        let entry = json!([{
            "url": "https://h/${env:A}?k=${keyring:b}",
            "args": ["--key=${env:A}", "${HOME}", "${env:-x}", "plain"],
            "oauth": { "client_secret": "${keyring:c d}" },
        }]);
        let mut found = BTreeSet::new();
        references(&entry, &mut found);
        let told: Vec<_> = found.iter().map(|it| it.original.as_str()).collect();
        assert_eq!(told, ["${env:A}", "${keyring:b}", "${keyring:c d}"]);
    }
}
