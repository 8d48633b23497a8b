//! What the settings forbid: read in one place, asked by every operation that changes something.

use std::sync::Arc;

use mcpproxy_config::Config;
use mcpproxy_domain::Code;
use tokio::sync::watch;

use crate::Refusal;

/// Something that the settings can forbid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wish {
    /// Add a server.
    Add,
    /// Remove a server.
    Remove,
    /// Change a server or the settings.
    Alter,
    /// Start a server again: nothing in the settings changes.
    Restart,
}

/// Whether the settings allow it.
pub(crate) fn check(settings: &watch::Receiver<Arc<Config>>, wish: Wish) -> Result<(), Refusal> {
    let gates = settings.borrow().gates;
    let (forbidden, key) = match wish {
        _ if gates.management_disabled => (true, "disable_management"),
        Wish::Add if !gates.allow_server_add => (true, "allow_server_add"),
        Wish::Remove if !gates.allow_server_remove => (true, "allow_server_remove"),
        Wish::Add | Wish::Remove | Wish::Alter | Wish::Restart => (gates.read_only, "read_only_mode"),
    };
    if !forbidden {
        return Ok(());
    }
    let told = format!("the settings forbid this: {key}");
    Err(Refusal::new(Code::Forbidden, told, format!("change {key} in the settings file, if you may")))
}
