//! Which changes of the settings are allowed: the gates that the settings close, and that nothing runs which nobody
//! approved. Pure: it compares the settings that are replaced with those that take their place, at the moment of writing.
//!
//! Not here: edits by hand, which are the word of whoever may write the file.

use std::sync::Arc;

use mcpproxy_config::{Config, Objection};
use mcpproxy_domain::{Code, ServerSpec};

use crate::{
    gates::{Wish, pass},
    servers::fingerprint,
};

/// A person's word that one server may run as it was seen.
#[derive(Clone, Debug)]
pub struct Approval {
    /// Its name.
    pub server: String,
    /// The mark of what was seen.
    pub seen: String,
}

/// Whether the settings that are replaced allow the change at all: read-only, adding, removing.
///
/// # Errors
/// Which setting forbids it.
pub fn gates(before: &Config, after: &Config) -> Result<(), Objection> {
    pass(before.gates, Wish::Alter)?;
    if after.servers.iter().any(|server| named(before, server).is_none()) {
        pass(before.gates, Wish::Add)?;
    }
    if before.servers.iter().any(|server| named(after, server).is_none()) {
        pass(before.gates, Wish::Remove)?;
    }
    Ok(())
}

/// Whether everything that may run afterwards was approved: it might run before, as it is, or `approval` is about it.
///
/// # Errors
/// Which server was not approved, or is no longer what was seen.
pub fn approvals(before: &Config, after: &Config, approval: Option<&Approval>) -> Result<(), Objection> {
    let approval_of = |server: &ServerSpec| approval.filter(|approval| approval.server == server.name.as_str());
    for server in after.servers.iter().filter(|server| !server.quarantined) {
        let was = named(before, server);
        if let Some(approval) = approval_of(server) {
            let is_as_seen = was.is_some_and(|was| fingerprint(was) == approval.seen);
            if !is_as_seen || fingerprint(server) != approval.seen {
                return Err(changed(server));
            }
            continue;
        }
        if !before.server_defaults.hold {
            continue;
        }
        match was {
            Some(was) if !was.quarantined && fingerprint(was) == fingerprint(server) => {}
            Some(was) if !was.quarantined => return Err(runs_something_else(server)),
            Some(_) | None => return Err(not_approved(server)),
        }
    }
    Ok(())
}

fn named<'a>(config: &'a Config, server: &ServerSpec) -> Option<&'a Arc<ServerSpec>> {
    config.servers.iter().find(|it| it.name == server.name)
}

fn changed(server: &ServerSpec) -> Objection {
    Objection {
        code: Code::Conflict,
        message: format!("{} is no longer what was shown, so it was not approved", server.name),
        hint: "look at what it runs now, and approve that".to_owned(),
    }
}

fn not_approved(server: &ServerSpec) -> Objection {
    let name = &server.name;
    Objection {
        code: Code::Forbidden,
        message: format!("a change of the settings cannot approve {name}"),
        hint: format!("leave \"quarantined\": true, look at what it runs, then: mcpproxy upstream approve {name}"),
    }
}

fn runs_something_else(server: &ServerSpec) -> Objection {
    let name = &server.name;
    Objection {
        code: Code::Forbidden,
        message: format!("{name} would run something else than what was approved"),
        hint: format!("set \"quarantined\": true for it in the same change, then: mcpproxy upstream approve {name}"),
    }
}

#[cfg(test)]
mod tests {
    use mcpproxy_config::{ConfigFile, Env, Flags, resolve};
    use serde_json::{Value, json};

    use super::*;

    fn config(document: &Value) -> Config {
        let file = ConfigFile::parse("f", document.to_string().as_bytes()).unwrap();
        resolve(&file, &Env::new([], Some("/h".into()), "/h".into()), &Flags::default()).unwrap().config
    }

    fn with(server: &Value) -> Config {
        config(&json!({ "mcpServers": [server] }))
    }

    #[test]
    fn nothing_runs_that_nobody_approved() {
        let held = json!({ "name": "a", "command": "x", "quarantined": true });
        let free = json!({ "name": "a", "command": "x", "quarantined": false });
        let other = json!({ "name": "a", "command": "y", "quarantined": false });
        let env = json!({ "name": "a", "command": "x", "quarantined": false, "env": { "LD_PRELOAD": "/evil" } });
        let by_trust = json!({ "name": "a", "command": "x", "trust_mode": "auto" });
        let untouched = json!({ "name": "a", "command": "x", "quarantined": false, "enabled": true });
        for (before, after, code) in [
            (&held, &free, Some(Code::Forbidden)),
            (&held, &by_trust, Some(Code::Forbidden)),
            (&held, &other, Some(Code::Forbidden)),
            (&free, &other, Some(Code::Forbidden)),
            (&free, &env, Some(Code::Forbidden)),
            (&free, &held, None),
            (&free, &untouched, None),
        ] {
            let told = approvals(&with(before), &with(after), None).err().map(|it| it.code);
            assert_eq!(told, code, "{before} {after}");
        }
        let nothing = config(&json!({}));
        assert_eq!(approvals(&nothing, &with(&free), None).unwrap_err().code, Code::Forbidden);
        let trusting = config(&json!({ "quarantine_enabled": false }));
        assert_eq!(approvals(&trusting, &with(&free), None), Ok(()));
        // one that is held is not set free by switching the holding off
        let implicit = json!({ "mcpServers": [{ "name": "a", "command": "x" }] });
        let off = json!({ "quarantine_enabled": false, "mcpServers": [{ "name": "a", "command": "x" }] });
        assert_eq!(approvals(&config(&implicit), &config(&off), None).unwrap_err().code, Code::Forbidden);

        let seen =
            |document: &Value| Approval { server: "a".to_owned(), seen: fingerprint(&with(document).servers[0]) };
        let check = |before: &Value, after: &Value, seen: &Approval| {
            approvals(&with(before), &with(after), Some(seen)).err().map(|it| it.code)
        };
        assert_eq!(check(&held, &free, &seen(&held)), None);
        assert_eq!(check(&held, &free, &seen(&other)), Some(Code::Conflict));
        let moved = json!({ "name": "a", "command": "y", "quarantined": true });
        assert_eq!(check(&moved, &other, &seen(&held)), Some(Code::Conflict), "it was changed behind the back");
    }

    #[test]
    fn what_is_closed_stays_closed() {
        let server = json!([{ "name": "a", "command": "x" }]);
        for (key, value, add, remove, change) in [
            ("read_only_mode", true, false, false, false),
            ("disable_management", true, false, false, false),
            ("allow_server_add", false, false, true, true),
            ("allow_server_remove", false, true, false, true),
            ("tools_limit", true, true, true, true),
        ] {
            let value = if key == "tools_limit" { json!(3) } else { json!(value) };
            let none = config(&json!({ key: value }));
            let one = config(&json!({ key: value, "mcpServers": server }));
            let seen = (gates(&none, &one).is_ok(), gates(&one, &none).is_ok(), gates(&one, &one).is_ok());
            assert_eq!(seen, (add, remove, change), "{key}");
        }
    }
}
