//! What the settings forbid: one rule, asked before an operation begins and again at the moment of writing ([`crate::guard`]).

use std::sync::Arc;

use mcpproxy_config::{Config, Gates, Objection};
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

/// Whether these gates are open to the wish.
pub(crate) fn pass(gates: Gates, wish: Wish) -> Result<(), Objection> {
    let closed = match wish {
        _ if gates.management_disabled => "disable_management",
        _ if gates.read_only => "read_only_mode",
        Wish::Add if !gates.allow_server_add => "allow_server_add",
        Wish::Remove if !gates.allow_server_remove => "allow_server_remove",
        Wish::Add | Wish::Remove | Wish::Alter | Wish::Restart => return Ok(()),
    };
    Err(Objection {
        code: Code::Forbidden,
        message: format!("the settings forbid this: {closed}"),
        hint: format!("change {closed} in the settings file, if you may"),
    })
}

/// Whether the settings that hold now allow it.
pub(crate) fn check(settings: &watch::Receiver<Arc<Config>>, wish: Wish) -> Result<(), Refusal> {
    Ok(pass(settings.borrow().gates, wish)?)
}
