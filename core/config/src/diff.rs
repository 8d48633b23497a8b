//! What is different between two settings, and when that takes effect. Pure. Not here: taking it over.

use crate::Config;

/// A setting that is different.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// Its key in the file.
    pub field: &'static str,
    /// When the new value holds.
    pub effect: Effect,
}

/// When a new value holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// At once.
    Now,
    /// When the core is started again; until then the old one holds.
    NextStart,
}

impl Change {
    /// Whether it takes a new start.
    #[must_use]
    pub const fn needs_restart(&self) -> bool {
        matches!(self.effect, Effect::NextStart)
    }
}

/// What is different in `new`. Without an old one, that is everything.
pub fn diff<'a>(old: impl Into<Option<&'a Config>>, new: &Config) -> Vec<Change> {
    use Effect::{NextStart, Now};
    let old = old.into();
    let mut changes = Vec::new();
    let mut note = |field, effect, differs: &dyn Fn(&Config) -> bool| {
        if old.is_none_or(differs) {
            changes.push(Change { field, effect });
        }
    };
    // an address that nobody chose is no other address than the one that was found for it
    note("listen", NextStart, &|old| old.listen != new.listen && (old.listen.chosen || new.listen.chosen));
    note("data_dir", NextStart, &|old| old.data_dir != new.data_dir);
    note("api_key", Now, &|old| old.api_key != new.api_key);
    note("require_mcp_auth", Now, &|old| old.require_mcp_auth != new.require_mcp_auth);
    note("trusted_hosts", Now, &|old| old.trusted_hosts != new.trusted_hosts);
    note("mcpServers", Now, &|old| old.servers != new.servers);
    note("routing_mode", NextStart, &|old| old.routing_mode != new.routing_mode);
    note("tools_limit", Now, &|old| old.tools_limit != new.tools_limit);
    note("tool_response_mode", Now, &|old| old.detail != new.detail);
    note("instructions", Now, &|old| old.instructions != new.instructions);
    note("call_tool_timeout", Now, &|old| old.server_defaults.call_timeout != new.server_defaults.call_timeout);
    note("init_timeout", Now, &|old| old.server_defaults.init_timeout != new.server_defaults.init_timeout);
    note("health_check_interval", Now, &|old| {
        old.server_defaults.health_interval != new.server_defaults.health_interval
    });
    note("quarantine_enabled", Now, &|old| old.server_defaults.hold != new.server_defaults.hold);
    note("read_only_mode", Now, &|old| old.gates.read_only != new.gates.read_only);
    note("disable_management", Now, &|old| old.gates.management_disabled != new.gates.management_disabled);
    note("allow_server_add", Now, &|old| old.gates.allow_server_add != new.gates.allow_server_add);
    note("allow_server_remove", Now, &|old| old.gates.allow_server_remove != new.gates.allow_server_remove);
    note("reveal_secret_headers", Now, &|old| old.reveal_secrets != new.reveal_secrets);
    note("observability", Now, &|old| old.metrics != new.metrics);
    note("enable_socket", NextStart, &|old| old.socket.enabled != new.socket.enabled);
    note("tray_endpoint", NextStart, &|old| old.socket.endpoint != new.socket.endpoint);
    note("environment", NextStart, &|old| old.environment != new.environment);
    let only_level = old.is_some_and(|old| {
        let mut logging = old.logging.clone();
        logging.level = new.logging.level;
        logging == new.logging
    });
    note("logging", if only_level { Now } else { NextStart }, &|old| old.logging != new.logging);
    changes
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::{ConfigFile, Env, Flags, resolve};

    fn config(text: &str) -> Config {
        let env = Env::new([], Some("/home/ann".into()), "/home/ann".into());
        resolve(&ConfigFile::parse(Path::new("f"), text.as_bytes()).unwrap(), &env, &Flags::default()).unwrap().config
    }

    fn check(before: &str, after: &str) -> String {
        let changes = diff(&config(before), &config(after));
        let told = changes.iter().map(|change| match change.effect {
            Effect::Now => change.field.to_owned(),
            Effect::NextStart => format!("({})", change.field),
        });
        told.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn each_difference_is_told_with_its_time() {
        let server = r#""mcpServers": [{"name": "a", "command": "x"}]"#;
        for (before, after, told) in [
            ("{}", r#"{"mcpServers": [], "unknown": 1}"#, ""),
            (
                r#"{"listen": "127.0.0.1:8080"}"#,
                r#"{"listen": "127.0.0.1:8081", "data_dir": "/d"}"#,
                "(listen) (data_dir)",
            ),
            (r#"{"listen": "127.0.0.1:8080"}"#, "{}", "(listen)"),
            (
                "{}",
                r#"{"api_key": "k", "require_mcp_auth": true, "trusted_hosts": ["a"]}"#,
                "api_key require_mcp_auth trusted_hosts",
            ),
            (
                "{}",
                r#"{"routing_mode": "direct", "tools_limit": 3, "tool_response_mode": "compact", "instructions": "x"}"#,
                "(routing_mode) tools_limit tool_response_mode instructions",
            ),
            (
                "{}",
                r#"{"call_tool_timeout": "1s", "init_timeout": "1s", "health_check_interval": "0s"}"#,
                "call_tool_timeout init_timeout health_check_interval",
            ),
            (
                &format!("{{{server}}}"),
                &format!(r#"{{"quarantine_enabled": false, {server}}}"#),
                "mcpServers quarantine_enabled",
            ),
            (
                "{}",
                r#"{"environment": {"enhance_path": true}, "logging": {"level": "debug"}}"#,
                "(environment) logging",
            ),
            ("{}", r#"{"logging": {"level": "debug", "max_age": 1}}"#, "(logging)"),
        ] {
            assert_eq!(check(before, after), told, "{after}");
        }
        assert_eq!(diff(None, &config("{}")).len(), 24);
    }
}
