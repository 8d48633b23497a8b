//! What can be done to servers. Every change goes through the owner of the settings file; what runs follows from that.

use mcpproxy_config::{ConfigPatch, merge_patch, server_of};
use mcpproxy_domain::{Code, ServerName, ServerSpec};
use mcpproxy_ipc_proto::{
    call::{Selection, ServerAction},
    view::{Added, BulkItem, BulkResult},
};
use serde_json::{Map, Value, json};

use super::{Servers, fingerprint};
use crate::{
    Refusal,
    config::{guarded, rehearsed},
    gates::{self, Wish},
    guard::Approval,
    mask,
};

/// The longest name of a server that is added here, in characters; files may hold others.
const LONGEST_NAME: usize = 64;

/// Servers that would have been added by now.
#[derive(Default)]
pub(crate) struct Rehearsal(ConfigPatch);

impl Servers {
    /// Adds a server. It runs if its entry says so and the settings do not hold new servers; an entry cannot approve
    /// itself: `quarantined: false` needs a settings file that trusts new servers, or an approval afterwards.
    ///
    /// # Errors
    /// The settings forbid it, the name is taken, or the entry has faults.
    pub async fn add(&self, entry: Map<String, Value>) -> Result<Added, Refusal> {
        let (name, entry) = self.admitted(entry)?;
        guarded(&self.settings, ConfigPatch::new().add_server(entry), None).await?;
        Ok(done(&name, "add"))
    }

    /// Tells what [`Servers::add`] would, after those that were rehearsed before it. Nothing is written.
    pub(crate) async fn rehearse(&self, before: &mut Rehearsal, entry: Map<String, Value>) -> Result<(), Refusal> {
        let (_, entry) = self.admitted(entry)?;
        let patch = before.0.clone().add_server(entry);
        rehearsed(&self.settings, patch.clone()).await?;
        before.0 = patch;
        Ok(())
    }

    /// The entry of a new server as it is written, with its name.
    fn admitted(&self, entry: Map<String, Value>) -> Result<(String, Map<String, Value>), Refusal> {
        gates::check(&self.config, Wish::Add)?;
        let name = named(&entry)?;
        let entry = completed(mask::restored(entry, &Value::Null)?, self.config.borrow().server_defaults.hold)?;
        Ok((name, entry))
    }

    /// Changes the entry of a server. It cannot be approved so; one that would run something else than what was approved
    /// is held again.
    ///
    /// # Errors
    /// The settings forbid it, there is no such server, or the entry would have faults.
    pub async fn patch(&self, name: &str, patch: Map<String, Value>) -> Result<Added, Refusal> {
        gates::check(&self.config, Wish::Alter)?;
        let server = self.find(name)?;
        if patch.is_empty() {
            return Err(Refusal::new(Code::InvalidInput, "no fields to update", "name at least one key of the entry"));
        }
        if patch.get("name").is_some_and(|new| new != name) {
            let hint = "remove it and add it under the other name";
            return Err(Refusal::new(Code::InvalidInput, "a server cannot be renamed", hint));
        }
        let document = self.settings.document().await?;
        let stored = document.get("mcpServers").and_then(Value::as_array).into_iter().flatten();
        let stored = stored.into_iter().find(|entry| entry.get("name").is_some_and(|it| it == name));
        let stored = stored.cloned().unwrap_or_default();
        let mut patch = mask::restored(patch, &stored)?;
        if let Value::Object(mut merged) = stored {
            merge_patch(&mut merged, &patch);
            let config = std::sync::Arc::clone(&self.config.borrow());
            let runs_the_same = |spec: &ServerSpec| fingerprint(spec) == fingerprint(&server.spec);
            let is_other = server_of(&config, &merged).is_ok_and(|spec| !runs_the_same(&spec));
            if is_other && config.server_defaults.hold {
                // somebody approved what it ran before, and not this
                patch.insert("quarantined".to_owned(), json!(true));
            }
        }
        guarded(&self.settings, ConfigPatch::new().merge_server(name, patch), None).await?;
        Ok(done(name, "update"))
    }

    /// Removes a server from the settings; it is stopped.
    ///
    /// # Errors
    /// The settings forbid it, or there is no such server.
    pub async fn remove(&self, name: &str) -> Result<Added, Refusal> {
        gates::check(&self.config, Wish::Remove)?;
        self.find(name)?;
        guarded(&self.settings, ConfigPatch::new().remove_server(name), None).await?;
        Ok(done(name, "remove"))
    }

    /// Lets a held server run: whoever asks has seen what it runs, by its mark.
    ///
    /// # Errors
    /// The settings forbid it, there is no such server, or it is no longer what was seen.
    pub async fn approve(&self, name: &str, seen: &str) -> Result<Added, Refusal> {
        gates::check(&self.config, Wish::Alter)?;
        let server = self.find(name)?;
        if fingerprint(&server.spec) != seen {
            let told = format!("{name} is no longer what was shown, so it was not approved");
            return Err(Refusal::new(Code::Conflict, told, "look at what it runs now, and approve that"));
        }
        let approval = Approval { server: name.to_owned(), seen: seen.to_owned() };
        guarded(&self.settings, ConfigPatch::new().set_server(name, "quarantined", false), Some(approval)).await?;
        Ok(done(name, "unquarantine"))
    }

    /// Starts every server again that should run; those that are switched off stay so.
    ///
    /// # Errors
    /// The settings forbid it.
    pub async fn restart_running(&self) -> Result<BulkResult, Refusal> {
        let fleet = std::sync::Arc::clone(&self.fleet.borrow());
        let running = fleet.servers.values().filter(|server| server.spec.enabled);
        let names = running.map(|server| server.spec.name.to_string()).collect();
        self.act(Selection::Named(names), ServerAction::Restart).await
    }

    /// Asks a server for its tools again, over a new link.
    ///
    /// # Errors
    /// The settings forbid it, there is no such server, or it does not run.
    pub async fn discover(&self, name: &str) -> Result<Added, Refusal> {
        gates::check(&self.config, Wish::Restart)?;
        let spec = std::sync::Arc::clone(&self.find(name)?.spec);
        if !spec.enabled {
            let told = format!("the server {name} is switched off, so it has no tools to ask for");
            return Err(Refusal::new(Code::ServerDisabled, told, "switch it on, which asks it for its tools"));
        }
        self.runtime.restart(&spec.name).await;
        Ok(done(name, "discover_tools"))
    }

    /// The mark of what a server is now; see [`Servers::approve`].
    ///
    /// # Errors
    /// There is no such server.
    pub fn mark(&self, name: &str) -> Result<String, Refusal> {
        Ok(fingerprint(&self.find(name)?.spec))
    }

    /// Does the same to several servers; what fails does not hinder the others.
    ///
    /// # Errors
    /// The settings forbid it, or the action is not known.
    pub async fn act(&self, selection: Selection, action: ServerAction) -> Result<BulkResult, Refusal> {
        let wish = if action == ServerAction::Restart { Wish::Restart } else { Wish::Alter };
        gates::check(&self.config, wish)?;
        if action == ServerAction::Other {
            return Err(Refusal::new(Code::Unsupported, "this action is not known", "update the core"));
        }
        let names = match selection {
            Selection::All => self.known().keys().map(ToString::to_string).collect(),
            Selection::Named(names) => names,
        };
        let mut result = BulkResult { total: names.len(), ..BulkResult::default() };
        for name in names {
            let item = match self.act_on(&name, action).await {
                Ok(changed) => BulkItem { server: name, success: true, changed, code: None, error: None },
                Err(refusal) => {
                    result.errors.insert(name.clone(), refusal.message.clone());
                    let code = Some(refusal.code.as_str().to_owned());
                    BulkItem { server: name, success: false, changed: false, code, error: Some(refusal.message) }
                }
            };
            result.successful += usize::from(item.success);
            result.failed += usize::from(!item.success);
            result.items.push(item);
        }
        Ok(result)
    }

    /// Does it to one; whether there was something to do.
    async fn act_on(&self, name: &str, action: ServerAction) -> Result<bool, Refusal> {
        let spec = std::sync::Arc::clone(&self.find(name)?.spec);
        let (key, value, is_so) = match action {
            ServerAction::Enable => ("enabled", true, spec.enabled),
            ServerAction::Disable => ("enabled", false, !spec.enabled),
            ServerAction::Quarantine => ("quarantined", true, spec.quarantined),
            // one that is switched off is switched on, which starts it
            ServerAction::Restart if !spec.enabled => ("enabled", true, false),
            ServerAction::Restart | ServerAction::Other => {
                self.runtime.restart(&spec.name).await;
                return Ok(true);
            }
        };
        if !is_so {
            guarded(&self.settings, ConfigPatch::new().set_server(name, key, value), None).await?;
        }
        Ok(!is_so)
    }
}

fn done(server: &str, action: &str) -> Added {
    Added { server: server.to_owned(), action: action.to_owned(), success: true }
}

/// The name in an entry, by the rules for new servers.
fn named(entry: &Map<String, Value>) -> Result<String, Refusal> {
    let hint = "use 1 to 64 letters, digits, _ and -";
    let name = entry.get("name").and_then(Value::as_str).unwrap_or_default();
    let invalid = |told: String| Refusal::new(Code::InvalidInput, told, hint);
    ServerName::new(name).map_err(|error| invalid(error.to_string()))?;
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/');
    if name.chars().count() > LONGEST_NAME || !name.chars().all(fits) {
        return Err(invalid(format!("{name:?} is no name for a new server")));
    }
    Ok(name.to_owned())
}

/// The entry with what the settings file needs to say: whether it runs, and whether it is held. `hold` = new servers
/// wait for approval.
fn completed(mut entry: Map<String, Value>, hold: bool) -> Result<Map<String, Value>, Refusal> {
    if !["command", "url"].iter().any(|key| entry.get(*key).and_then(Value::as_str).is_some_and(|it| !it.is_empty())) {
        let hint = "give it a command to start, or a url where it is reached";
        return Err(Refusal::new(Code::InvalidInput, "the entry has neither a command nor a url", hint));
    }
    entry.retain(|_, value| !value.is_null());
    entry.entry("enabled").or_insert(json!(true));
    if hold {
        entry.insert("quarantined".to_owned(), json!(true));
        // what would let it approve itself, or take its changes unseen
        for key in ["trust_mode", "skip_quarantine", "auto_approve_tool_changes"] {
            entry.shift_remove(key);
        }
    } else {
        entry.entry("quarantined").or_insert(json!(false));
    }
    Ok(entry)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(value: Value) -> Map<String, Value> {
        match value {
            Value::Object(entry) => entry,
            _ => Map::new(),
        }
    }

    #[test]
    fn an_entry_cannot_approve_itself() {
        let sneaky = json!({ "name": "a", "command": "x", "quarantined": false, "trust_mode": "auto", "env": null });
        let held = completed(entry(sneaky.clone()), true).unwrap();
        assert_eq!(Value::from(held), json!({ "name": "a", "command": "x", "quarantined": true, "enabled": true }));
        let trusted = completed(entry(sneaky), false).unwrap();
        assert_eq!(trusted["quarantined"], false);
        assert!(completed(entry(json!({ "name": "a", "command": "" })), true).is_err());
        for (name, good) in
            [("a", true), ("a/b-c_d.e", true), ("", false), ("a b", false), ("a:b", false), ("ü", false)]
        {
            assert_eq!(named(&entry(json!({ "name": name }))).is_ok(), good, "{name}");
        }
        assert!(named(&entry(json!({ "name": "x".repeat(65) }))).is_err());
    }
}
