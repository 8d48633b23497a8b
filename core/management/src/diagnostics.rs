//! Everything that a person should look at, in one answer.

use std::collections::BTreeMap;

use mcpproxy_domain::{Code, server::Observed};
use mcpproxy_ipc_proto::view::{Diagnostics, MissingSecretView, OauthRequired, UpstreamErrorView};

use crate::{Management, clock};

impl Management {
    /// What is not as it should be.
    #[must_use]
    pub fn diagnostics(&self) -> Diagnostics {
        let fleet = self.fleet.borrow().clone();
        let mut told = Diagnostics { timestamp: clock::now(), ..Diagnostics::default() };
        let mut missing: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for server in fleet.servers.values().filter(|server| server.spec.enabled) {
            let name = server.spec.name.to_string();
            if server.spec.quarantined {
                told.quarantined.push(name);
                continue;
            }
            match server.observed() {
                Observed::Failed { code: Code::MissingSecret, detail } => missing.entry(detail).or_default().push(name),
                Observed::Failed { code: Code::SignInNeeded, detail } => told.oauth_required.push(OauthRequired {
                    server_name: name,
                    state: server.state.name().to_lowercase(),
                    message: detail,
                }),
                Observed::Failed { code, detail } => told.upstream_errors.push(UpstreamErrorView {
                    server_name: name,
                    code: code.as_str().to_owned(),
                    error_message: detail,
                }),
                Observed::Disconnected | Observed::Starting | Observed::Ready { .. } | Observed::Asleep => {}
            }
        }
        told.missing_secrets =
            missing.into_iter().map(|(secret_name, used_by)| MissingSecretView { secret_name, used_by }).collect();
        told.runtime_warnings = self.settings.problems();
        // a server that waits for approval is no fault
        told.total_issues = told.upstream_errors.len()
            + told.oauth_required.len()
            + told.missing_secrets.len()
            + told.runtime_warnings.len();
        told
    }
}
