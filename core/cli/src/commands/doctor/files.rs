//! The settings, the lock of the data folder, the socket and the port, as they are without a core that answers.
//!
//! Nothing is changed. Not here: who may use the folder ([`super::rights`]).

use std::{
    fs::{File, TryLockError},
    path::Path,
};

use mcpproxy_config::{Config, ConfigError, load};
use mcpproxy_domain::{Problem, identity};
use mcpproxy_edge::{BindError, bind};
use serde::Deserialize;

use super::{Finding, Severity};
use crate::{context::Context, exit::Failure};

/// What the lock file says of its holder.
#[derive(Default, Deserialize)]
struct Holder {
    pid: Option<u32>,
    address: Option<String>,
}

/// Reads the settings; `None` = they cannot be used.
pub(super) fn settings(context: &Context, findings: &mut Vec<Finding>) -> Option<Config> {
    const ABOUT: &str = "settings";
    let location = match context.location() {
        Ok(location) => location,
        Err(failure) => {
            findings.push(Finding::of_failure(ABOUT, &failure));
            return None;
        }
    };
    let path = location.config_path.display();
    let of = |level, problem: &Problem| {
        let shown = if problem.value.is_empty() { String::new() } else { format!(" {:?}", problem.value) };
        Finding::new(level, ABOUT, format!("{}{shown} {}", problem.path, problem.message), problem.hint.clone())
    };
    match load(&location.config_path, &context.env, &context.flags) {
        Ok(resolved) => {
            let count = match resolved.config.servers.len() {
                1 => "1 server".to_owned(),
                count => format!("{count} servers"),
            };
            findings.push(match location.exists {
                true => Finding::ok(ABOUT, format!("{path} is valid, with {count}")),
                false => Finding::ok(ABOUT, format!("{path} is not there yet; the first start makes it")),
            });
            findings.extend(resolved.warnings.iter().map(|warning| of(Severity::Warning, warning)));
            Some(resolved.config)
        }
        Err(ConfigError::Invalid { problems, .. }) => {
            let message = format!("{path} cannot be used; a running core keeps the settings before it");
            findings.push(Finding::new(Severity::Error, ABOUT, message, "mend what stands below"));
            findings.extend(problems.iter().map(|problem| of(Severity::Error, problem)));
            None
        }
        Err(error) => {
            findings.push(Finding::of_failure(ABOUT, &Failure::from(error)));
            None
        }
    }
}

/// Whether somebody serves the folder although nobody answers.
pub(super) fn lock(data_dir: &Path, findings: &mut Vec<Finding>) {
    const ABOUT: &str = "core";
    let path = data_dir.join(identity::LOCK_FILE);
    if is_held(&path) {
        let holder = holder(&path);
        let who = holder.pid.map_or_else(|| "another core".to_owned(), |pid| format!("the core with process id {pid}"));
        let place = holder.address.map_or_else(String::new, |address| format!(" at http://{address}"));
        let message = format!("{who} serves the data folder{place}, and its socket does not answer");
        findings.push(Finding::new(Severity::Error, ABOUT, message, "look at its log; if it hangs, end that process"));
    } else if is_held(&data_dir.join(identity::FOREIGN_DATABASE)) {
        let message = format!("another program holds {} in the data folder", identity::FOREIGN_DATABASE);
        let help = "stop it, or name another folder with --data-dir";
        findings.push(Finding::new(Severity::Error, ABOUT, message, help));
    } else {
        findings.push(Finding::new(Severity::Warning, ABOUT, "no core is running", "mcpproxy serve"));
    }
}

/// Whether the address of the socket can be used.
pub(super) fn socket(context: &Context, findings: &mut Vec<Finding>) {
    findings.push(match context.endpoint() {
        Ok(endpoint) => Finding::ok("socket", endpoint.to_string()),
        Err(failure) => Finding::of_failure("socket", &failure),
    });
}

/// Whether the port is free that a core would listen on.
pub(super) async fn port(config: &Config, findings: &mut Vec<Finding>) {
    const ABOUT: &str = "port";
    let listen = &config.listen;
    let finding = match bind(&listen.host, listen.port).await {
        Ok(_) => Finding::ok(ABOUT, format!("{listen} is free")),
        Err(BindError::InUse { .. }) if !listen.chosen => {
            let (first, last) = (identity::DEFAULT_PORTS.start(), identity::DEFAULT_PORTS.end());
            Finding::ok(ABOUT, format!("{listen} is taken; the first free one of {first} to {last} will be used"))
        }
        Err(error) => {
            let help = match &error {
                BindError::InUse { addr, free: Some(free), .. } => {
                    format!("mcpproxy serve --listen {}:{free}", addr.ip())
                }
                _ => "mcpproxy serve --listen HOST:PORT".to_owned(),
            };
            Finding::new(Severity::Error, ABOUT, error.to_string(), help)
        }
    };
    findings.push(finding);
}

/// Whether this process holds the lock of this file, as far as that can be told: where the file cannot be read, whoever
/// holds it counts as this one.
pub(in crate::commands) fn is_held_by(path: &Path, pid: u32) -> bool {
    is_held(path) && holder(path).pid.is_none_or(|holder| holder == pid)
}

/// Whether somebody holds the lock of this file. Looking takes a shared lock for a moment.
fn is_held(path: &Path) -> bool {
    let Ok(file) = File::open(path) else { return false };
    matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock))
}

fn holder(path: &Path) -> Holder {
    std::fs::read(path).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_is_served_names_who_serves_it() {
        let folder = tempfile::tempdir().unwrap();
        let told = || {
            let mut findings = Vec::new();
            lock(folder.path(), &mut findings);
            findings.remove(0)
        };
        assert_eq!(told().level, Severity::Warning);
        let path = folder.path().join(identity::LOCK_FILE);
        std::fs::write(&path, "{\"pid\":77,\"address\":\"127.0.0.1:8080\"}").unwrap();
        assert_eq!(told().level, Severity::Warning, "what a killed core left says nothing");
        let held = File::open(&path).unwrap();
        held.lock().unwrap();
        let finding = told();
        assert!(finding.level == Severity::Error && !finding.help.is_empty(), "{finding:?}");
        #[cfg(unix)]
        assert!(finding.message.contains("process id 77") && finding.message.contains("127.0.0.1:8080"), "{finding:?}");
        assert!(is_held_by(&path, 77));
        #[cfg(unix)]
        assert!(!is_held_by(&path, 78), "somebody else took it after that one had ended");
        drop(held);
        assert!(!is_held_by(&path, 77));
        let foreign = folder.path().join(identity::FOREIGN_DATABASE);
        std::fs::write(&foreign, "theirs").unwrap();
        let theirs = File::open(&foreign).unwrap();
        theirs.lock().unwrap();
        assert!(told().message.contains("config.db"));
    }
}
