//! What the settings forbid to those who manage the core, and the socket for programs beside it.
//! Not here: who asks (`management`), the rule for the socket's address (`ipc-proto`).

use crate::{Flags, read::Object, report::Report};

/// What the settings forbid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gates {
    /// Nothing may be changed.
    pub read_only: bool,
    /// Nothing may be changed or started again.
    pub management_disabled: bool,
    /// Servers may be added.
    pub allow_server_add: bool,
    /// Servers may be removed.
    pub allow_server_remove: bool,
}

/// The socket or pipe for programs beside the core.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Socket {
    /// Whether there is one.
    pub enabled: bool,
    /// Its address as it was typed, `unix://..` or `npipe://..`; `None` = the one that follows from the data folder.
    pub endpoint: Option<String>,
}

pub(crate) fn gates(file: &Object<'_>, flags: &Flags, report: &mut Report) -> Gates {
    let mut given = |key, flag: Option<bool>, default| {
        let in_file = file.flag(key, report);
        flag.or(in_file).unwrap_or(default)
    };
    Gates {
        read_only: given("read_only_mode", flags.read_only, false),
        management_disabled: given("disable_management", flags.disable_management, false),
        allow_server_add: given("allow_server_add", flags.allow_server_add, true),
        allow_server_remove: given("allow_server_remove", flags.allow_server_remove, true),
    }
}

pub(crate) fn socket(file: &Object<'_>, flags: &Flags, report: &mut Report) -> Socket {
    let enabled = file.flag("enable_socket", report);
    let endpoint = file.text("tray_endpoint", report).map(str::to_owned);
    Socket {
        enabled: flags.enable_socket.or(enabled).unwrap_or(true),
        endpoint: flags.tray_endpoint.clone().or(endpoint).filter(|text| !text.trim().is_empty()),
    }
}
