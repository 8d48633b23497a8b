//! Clients as they are told, and why one was left as it is. Not here: what is done to them.

use std::path::PathBuf;

use mcpproxy_clients::{Access, ClientError, ClientId, ClientState, Places, Preview, Standing, Target};
use mcpproxy_domain::Code;
use mcpproxy_ipc_proto::view::{
    AccessState, ClientStatus, ConnectAction as Action, ConnectPreview, ConnectResult, EntrySummary,
};
use serde_json::Value;

use crate::{Refusal, nearest};

const DENIED: &str = "permit it in the system's privacy settings or the permissions of the file";

/// Why a client was left as it is.
#[derive(Debug, thiserror::Error)]
#[error("{refusal}")]
pub struct Declined {
    /// The reason.
    pub refusal: Box<Refusal>,
    /// The same as a result, where something stands in the way that a person can decide about.
    pub result: Option<Box<ConnectResult>>,
}

impl From<Refusal> for Declined {
    fn from(refusal: Refusal) -> Self {
        Self { refusal: Box::new(refusal), result: None }
    }
}

/// What something was done to.
pub(super) struct Done<'a> {
    pub(super) client: ClientId,
    pub(super) path: PathBuf,
    pub(super) name: &'a str,
}

impl Done<'_> {
    /// What came of it. `backup` is the file as it was before.
    pub(super) fn result(&self, action: Action, backup: Option<PathBuf>) -> ConnectResult {
        let title = self.client.title();
        let message = match action {
            Action::Created => format!("connected; restart {title} to use it"),
            Action::Updated => format!("connected, its entry is up to date now; restart {title} to use it"),
            Action::AlreadyExists => "is connected already".to_owned(),
            Action::Removed => format!("disconnected; restart {title}"),
            Action::Restored => format!("its settings are what they were before; restart {title}"),
            Action::Deleted => format!("its settings held nothing else and are gone; restart {title}"),
            _ => "was not connected".to_owned(),
        };
        let name = backup.as_deref().and_then(|path| path.file_name()).map(|name| name.to_string_lossy().into_owned());
        ConnectResult {
            success: true,
            client: self.client.as_str().to_owned(),
            config_path: self.path.display().to_string(),
            backup_path: backup.map(|path| path.display().to_string()),
            backup_name: name,
            server_name: self.name.to_owned(),
            action,
            message,
        }
    }

    /// Why nothing was done. `action` says what stands in the way, if it is something that a person can decide about.
    pub(super) fn declined(&self, error: &ClientError, action: Action) -> Declined {
        let refusal = refusal(error);
        let decides = matches!(refusal.code, Code::AlreadyExists | Code::Conflict);
        let message = refusal.message.clone();
        let result = decides.then(|| ConnectResult { success: false, message, ..self.result(action, None) });
        Declined { refusal: Box::new(refusal), result: result.map(Box::new) }
    }
}

/// A client that is not looked at now; `connected` is what is still known of the last look.
pub(super) fn found(client: ClientId, places: &Places, exists: bool, connected: Option<bool>) -> ClientStatus {
    ClientStatus {
        id: client.as_str().to_owned(),
        name: client.title().to_owned(),
        config_path: places.config(client).display().to_string(),
        exists,
        installed: places.has(client),
        connected,
        supported: true,
        reason: None,
        bridge: client.is_bridged(),
        icon: client.as_str().to_owned(),
        server_name: Some(Target::NAME.to_owned()),
        access_state: match connected {
            _ if !exists => AccessState::Absent,
            Some(_) => AccessState::Accessible,
            None => AccessState::Unknown,
        },
        remediation: None,
    }
}

/// A client that was looked at.
pub(super) fn status(state: &ClientState, name: &str) -> ClientStatus {
    let reason = match (&state.standing, &state.access) {
        (Some(Standing::Moved { what } | Standing::Elsewhere { what }), _) => {
            Some(format!("the entry leads to {what}"))
        }
        (Some(_), _) => None,
        (None, Access::Malformed { line, why }) => Some(format!("line {line}: {why}")),
        (None, Access::Denied) => Some("access is denied".to_owned()),
        (None, _) => Some("its settings cannot be read".to_owned()),
    };
    ClientStatus {
        id: state.client.as_str().to_owned(),
        name: state.client.title().to_owned(),
        config_path: state.path.display().to_string(),
        exists: state.access != Access::Absent,
        installed: state.installed,
        connected: Some(state.standing.as_ref().is_some_and(Standing::is_connected)),
        supported: true,
        reason,
        bridge: state.client.is_bridged(),
        icon: state.client.as_str().to_owned(),
        server_name: Some(name.to_owned()),
        access_state: access(&state.access),
        remediation: (state.access == Access::Denied).then(|| DENIED.to_owned()),
    }
}

/// What connecting would change.
pub(super) fn preview(preview: Preview, target: &Target) -> ConnectPreview {
    let state = &preview.state;
    let refused = refused(state, &target.name).map(|error| refusal(&error));
    let summary = preview.existing.map(|entry| EntrySummary {
        entry_name: target.name.clone(),
        kind: entry.kind,
        endpoint: entry.endpoint,
        command: entry.command,
        header_names: entry.header_names,
        env_names: entry.variable_names,
    });
    ConnectPreview {
        client: state.client.as_str().to_owned(),
        config_path: state.path.display().to_string(),
        format: state.client.format_name().to_owned(),
        server_key: state.client.container().to_owned(),
        server_name: target.name.clone(),
        entry: match preview.entry {
            Value::Object(entry) => entry,
            _ => serde_json::Map::new(),
        },
        entry_text: preview.entry_text,
        removed: preview.removed,
        added: preview.added,
        command: preview.command.unwrap_or_default(),
        entry_exists: summary.is_some(),
        contains_api_key: preview.contains_key,
        bridge: state.client.is_bridged(),
        access_state: access(&state.access),
        existing_entry_summary: summary,
        precondition_token: preview.fingerprint,
        connect_refusal: refused.map(|refusal| refusal.message),
    }
}

/// Why a client would not be connected as it is now, unless it is forced.
fn refused(state: &ClientState, name: &str) -> Option<ClientError> {
    match &state.standing {
        Some(Standing::Moved { what } | Standing::Elsewhere { what }) => {
            Some(ClientError::Taken { path: state.path.clone(), name: name.to_owned(), what: what.clone() })
        }
        Some(Standing::Absent) if !state.installed => {
            let missing = "neither its program nor the folder of its settings is there".to_owned();
            Some(ClientError::NotInstalled { client: state.client, missing })
        }
        _ => None,
    }
}

/// The error in words that fit every face: those of the crate name flags of the command line.
pub(super) fn refusal(error: &ClientError) -> Refusal {
    match error {
        ClientError::UnknownClient { id } => {
            let known = ClientId::ALL.map(ClientId::as_str);
            let hint = format!("known are {}", known.join(", "));
            Refusal {
                nearest: nearest(id, known),
                ..Refusal::new(Code::NotFound, format!("there is no client {id:?}"), hint)
            }
        }
        ClientError::Taken { path, name, what } => {
            let told = format!("{}: the entry {name:?} leads to {what}", path.display());
            Refusal::new(Code::AlreadyExists, told, "force it to take its place, or use another name")
        }
        ClientError::NotInstalled { client, missing } => {
            let told = format!("{} was not found ({missing})", client.title());
            Refusal::new(Code::InvalidInput, told, "install and start it once")
        }
        ClientError::Changed { .. } => Refusal::new(Code::Conflict, error.to_string(), ""),
        _ => Refusal::new(error.code(), error.to_string(), ""),
    }
}

const fn access(access: &Access) -> AccessState {
    match access {
        Access::Accessible => AccessState::Accessible,
        Access::Absent => AccessState::Absent,
        Access::Malformed { .. } => AccessState::Malformed,
        Access::Denied => AccessState::Denied,
        Access::Unreadable => AccessState::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_person_can_decide_about_is_told_as_a_result_too() {
        let path = || PathBuf::from("/home/x/mcp.json");
        let done = Done { client: ClientId::Cursor, path: path(), name: "mcpproxy" };
        let taken = ClientError::Taken { path: path(), name: "mcpproxy".to_owned(), what: "elsewhere".to_owned() };
        for (error, code, decides) in [
            (ClientError::UnknownClient { id: "cursr".to_owned() }, Code::NotFound, false),
            (taken, Code::AlreadyExists, true),
            (ClientError::Changed { path: path() }, Code::Conflict, true),
            (ClientError::Denied { path: path() }, Code::Forbidden, false),
            (ClientError::BadName { name: "-".to_owned() }, Code::InvalidInput, false),
            (ClientError::NoBackup { path: path(), name: "x".to_owned() }, Code::NotFound, false),
        ] {
            let Declined { refusal, result } = done.declined(&error, Action::Conflict);
            assert_eq!((refusal.code, result.is_some()), (code, decides), "{error}");
            assert!(!refusal.message.contains("--") && !refusal.hint.contains("--"), "{refusal:?}");
            assert!(result.is_none_or(|result| !result.success && result.message == refusal.message));
        }
        assert_eq!(refusal(&ClientError::UnknownClient { id: "cursr".to_owned() }).nearest, ["cursor"]);
    }
}
