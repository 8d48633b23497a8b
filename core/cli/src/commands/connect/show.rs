//! What `connect` shows: the clients, what would change, what came of it.

use std::path::PathBuf;

use anstyle::AnsiColor;
use mcpproxy_clients::{Access, ClientError, ClientId, ClientState, Preview, Standing, Target};
use serde::Serialize;

use crate::output::{
    escape::escaped,
    style::{Mark, Style},
    table::{Cell, Cut, Table},
};

/// The answer, for programs (contract: results and errors).
#[derive(Debug, Default, Serialize)]
pub(super) struct Report {
    /// What was done.
    pub(super) results: Vec<ResultView>,
    /// What was not.
    pub(super) errors: Vec<Fault>,
}

/// What came of one client.
#[derive(Debug, Serialize)]
pub(super) struct ResultView {
    success: bool,
    client: &'static str,
    config_path: PathBuf,
    #[serde(skip_serializing_if = "Option::is_none")]
    backup_path: Option<PathBuf>,
    server_name: String,
    /// `created`, `updated`, `already_exists`, `would_change`, `removed`, `restored`, `deleted` or `not_found`.
    pub(super) action: &'static str,
    message: String,
}

/// Why a client was left as it is.
#[derive(Debug, Serialize)]
pub(super) struct Fault {
    client: &'static str,
    code: &'static str,
    message: String,
}

/// What somebody does by hand.
#[derive(Debug, Serialize)]
pub(super) struct Printed {
    /// The client's id.
    pub(super) client: &'static str,
    /// Its settings.
    pub(super) config_path: PathBuf,
    /// A command, or what belongs into the settings.
    pub(super) text: String,
}

/// A client as it is (contract: client status).
#[derive(Debug, Serialize)]
pub(super) struct ClientView {
    id: &'static str,
    name: &'static str,
    config_path: PathBuf,
    exists: bool,
    installed: bool,
    connected: bool,
    supported: bool,
    access_state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    bridge: bool,
    server_name: String,
}

impl Report {
    /// Notes why a client was left as it is.
    pub(super) fn fail(&mut self, client: ClientId, error: &ClientError) {
        self.errors.push(Fault { client: client.as_str(), code: error.code().as_str(), message: error.to_string() });
    }
}

impl ResultView {
    /// What came of it.
    pub(super) fn new(state: &ClientState, name: &str, action: &'static str, backup_path: Option<PathBuf>) -> Self {
        let title = state.client.title();
        let message = match action {
            "created" => format!("connected; restart {title} to use it"),
            "updated" => format!("connected, its entry is up to date now; restart {title} to use it"),
            "already_exists" => "is connected already".to_owned(),
            "would_change" => "would be connected".to_owned(),
            "removed" => format!("disconnected; restart {title}"),
            "restored" => format!("disconnected, its settings are what they were before; restart {title}"),
            "deleted" => format!("disconnected, its settings held nothing else and are gone; restart {title}"),
            _ => "was not connected".to_owned(),
        };
        let (client, config_path) = (state.client.as_str(), state.path.clone());
        Self { success: true, client, config_path, backup_path, server_name: name.to_owned(), action, message }
    }
}

/// The clients, for programs.
pub(super) fn views(states: &[ClientState], target: &Target) -> Vec<ClientView> {
    let view = |state: &ClientState| ClientView {
        id: state.client.as_str(),
        name: state.client.title(),
        config_path: state.path.clone(),
        exists: !matches!(state.access, Access::Absent),
        installed: state.installed,
        connected: state.standing.as_ref().is_some_and(Standing::is_connected),
        supported: true,
        access_state: match state.access {
            Access::Accessible => "accessible",
            Access::Absent => "absent",
            Access::Malformed { .. } => "malformed",
            Access::Denied => "denied",
            Access::Unreadable => "unknown",
        },
        reason: Some(connection(state).1).filter(|_| state.standing.is_none() || is_elsewhere(state)),
        bridge: state.client == ClientId::ClaudeDesktop,
        server_name: target.name.clone(),
    };
    states.iter().map(view).collect()
}

/// The clients, for people. A number stands for its client when one is asked for.
pub(super) fn table(states: &[ClientState], style: Style) -> String {
    let columns = [
        ("", Cut::Never),
        ("#", Cut::Never),
        ("CLIENT", Cut::Never),
        ("STATUS", Cut::Never),
        ("CONFIG PATH", Cut::Middle),
        ("CONNECTED", Cut::End),
    ];
    let mut table = Table::new(&columns);
    for (at, state) in states.iter().enumerate() {
        let (mark, words) = connection(state);
        table.row([
            Cell::Mark(mark),
            (at + 1).to_string().into(),
            state.client.as_str().into(),
            if state.installed { "installed" } else { "not found" }.into(),
            state.path.display().to_string().into(),
            words.into(),
        ]);
    }
    table.render(style)
}

/// What would change in a client's settings.
pub(super) fn preview(preview: &Preview, style: Style) -> String {
    let mut text =
        format!("{}: {}\n", preview.state.client.title(), escaped(&preview.state.path.display().to_string()));
    if let Some(command) = &preview.command {
        text.push_str(&format!("  by its own command: {}\n", escaped(&command.join(" "))));
    }
    let lines = preview.removed.iter().map(|line| ("-", line, AnsiColor::Red));
    for (sign, line, colour) in lines.chain(preview.added.iter().map(|line| ("+", line, AnsiColor::Green))) {
        text.push_str(&format!("  {}\n", style.paint(&format!("{sign} {}", escaped(line)), colour)));
    }
    if preview.contains_key {
        text.push_str("  the file will hold the API key; nobody else will be able to read it\n");
    }
    text
}

/// What came of it, a line a client.
pub(super) fn lines(report: &Report, is_dry: bool, style: Style) -> String {
    let mut text = String::new();
    for result in &report.results {
        let mark = if is_dry { Mark::Motion } else { Mark::Well };
        text.push_str(&format!("{} {}: {}\n", style.mark(mark), result.client, escaped(&result.message)));
        if let Some(backup) = &result.backup_path {
            text.push_str(&format!("  its settings as they were: {}\n", escaped(&backup.display().to_string())));
        }
    }
    for fault in &report.errors {
        text.push_str(&format!("{} {}: {}\n", style.mark(Mark::Broken), fault.client, escaped(&fault.message)));
    }
    if text.is_empty() { "No results found\n".to_owned() } else { text }
}

fn is_elsewhere(state: &ClientState) -> bool {
    matches!(state.standing, Some(Standing::Moved { .. } | Standing::Elsewhere { .. }))
}

/// Whether a client reaches us, in words.
fn connection(state: &ClientState) -> (Mark, String) {
    match (&state.standing, &state.access) {
        (Some(Standing::Connected | Standing::Outdated), _) => (Mark::Well, "yes".to_owned()),
        (Some(Standing::Moved { what }), _) => (Mark::Attention, format!("another address: {what}")),
        (Some(Standing::Elsewhere { what }), _) => (Mark::Attention, format!("no: the entry leads to {what}")),
        (Some(Standing::Absent), _) => (Mark::Off, "no".to_owned()),
        (None, Access::Malformed { line, why }) => (Mark::Broken, format!("line {line}: {why}")),
        (None, Access::Denied) => (Mark::Broken, "access is denied".to_owned()),
        (None, _) => (Mark::Broken, "its settings cannot be read".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::golden;

    fn state(client: ClientId, installed: bool, access: Access, standing: Option<Standing>) -> ClientState {
        let path = PathBuf::from("/home/x").join(client.as_str());
        ClientState { client, installed, path, access, standing, shown: None }
    }

    #[test]
    fn clients_in_each_form() {
        let leads = |what: &str| Some(Standing::Elsewhere { what: what.to_owned() });
        let malformed = Access::Malformed { line: 3, why: "a \u{1b}[2J is no value".to_owned() };
        let states = [
            state(ClientId::ClaudeCode, true, Access::Accessible, Some(Standing::Connected)),
            state(ClientId::ClaudeDesktop, false, Access::Absent, Some(Standing::Absent)),
            state(ClientId::Cursor, true, Access::Accessible, leads("https://x/mcp\u{202e}")),
            state(ClientId::Zed, true, malformed, None),
        ];
        let target = Target {
            url: String::new(),
            api_key: None,
            binary: PathBuf::new(),
            bridge: Vec::new(),
            name: "mcpproxy".to_owned(),
        };
        golden::check_forms("connect_list", &views(&states, &target), |style| table(&states, style));
    }

    #[test]
    fn what_changes_and_what_came_of_it() {
        let state = state(ClientId::Codex, true, Access::Accessible, Some(Standing::Absent));
        let mut report = Report::default();
        report.results.push(ResultView::new(&state, "mcpproxy", "created", Some("/home/x/codex.bak".into())));
        report.fail(ClientId::Zed, &ClientError::Denied { path: "/home/x/zed".into() });
        golden::check_forms("connect", &report, |style| lines(&report, false, style));
        let change = Preview {
            state,
            command: Some(vec!["codex".into(), "mcp".into(), "add".into()]),
            removed: vec!["old \u{1b}[2J".into()],
            added: vec!["[mcp_servers.mcpproxy]".into(), "url = \"http://127.0.0.1:8080/mcp\"".into()],
            entry: serde_json::Value::Null,
            entry_text: String::new(),
            existing: None,
            contains_key: true,
            fingerprint: String::new(),
        };
        golden::check("connect_preview.txt", &preview(&change, Style::default()));
    }
}
