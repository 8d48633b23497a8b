//! What the running core says of itself and of its servers.

use mcpproxy_domain::identity;
use mcpproxy_ipc_proto::{
    hello::Hello,
    view::{Diagnostics, Info},
};

use super::{Finding, Severity, about_server};
use crate::output::escape::shell_word;

/// Whether the core is the one of this command.
pub(super) fn core(hello: &Hello, info: &Info, findings: &mut Vec<Finding>) {
    findings
        .push(Finding::ok("core", format!("process {} serves {} on {}", info.pid, info.data_dir, info.listen_addr)));
    if hello.build != identity::VERSION {
        let message = format!("the core is version {}, this command is {}", hello.build, identity::VERSION);
        findings.push(Finding::new(Severity::Warning, "core", message, "stop it, and start the one of this command"));
    }
}

/// What a person should look at.
pub(super) fn diagnostics(told: &Diagnostics, findings: &mut Vec<Finding>) {
    let mut server = |level, name: &str, message: &str, command: &str| {
        let help = format!("mcpproxy {command} {}", shell_word(name));
        findings.push(Finding::new(level, &about_server(name), message, help));
    };
    for error in &told.upstream_errors {
        server(Severity::Error, &error.server_name, &error.error_message, "upstream logs");
    }
    for sign_in in &told.oauth_required {
        server(Severity::Error, &sign_in.server_name, &sign_in.message, "upstream inspect");
    }
    for secret in &told.missing_secrets {
        for name in &secret.used_by {
            server(Severity::Error, name, &secret.secret_name, "upstream inspect");
        }
    }
    for name in &told.quarantined {
        server(Severity::Warning, name, "waits for approval", "upstream approve");
    }
    for warning in &told.runtime_warnings {
        findings.push(Finding::new(Severity::Warning, "settings", warning.clone(), ""));
    }
}
