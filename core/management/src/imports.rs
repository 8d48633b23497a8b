//! Servers of another program's settings: read, shown, added. Nothing of them runs before somebody approves it.
//! Not here: reading the text (`import`), and the files (`imports::file`).

mod file;

use std::collections::BTreeMap;

use mcpproxy_clients::{ClientId, System};
use mcpproxy_domain::{
    Code,
    server::{CommandLine, Endpoint, Transport},
};
use mcpproxy_import::{Draft, Format};
use mcpproxy_ipc_proto::view::{FailedServer, ImportPath, ImportPaths, ImportResult, ImportedServer, SkippedServer};
use serde_json::Value;

use crate::{Management, Refusal, mask, servers::Rehearsal};

/// What to import. It has no `Debug`: there are keys in the text.
#[derive(Clone, Default)]
pub struct Import {
    /// The text of the file.
    pub content: String,
    /// Whose it is; `None` = that is found out.
    pub format: Option<String>,
    /// Only these servers; `None` = all.
    pub names: Option<Vec<String>>,
    /// Other names for some of them, by the name that they would get.
    pub renames: BTreeMap<String, String>,
    /// Whether they need no approval. Where the settings hold new servers, they do all the same.
    pub is_trusted: bool,
    /// Whether it is only looked at.
    pub is_preview: bool,
}

impl Management {
    /// Where other programs keep their servers, there or not. No file is read.
    pub async fn import_paths(&self) -> ImportPaths {
        let os = match System::HERE {
            System::Linux => "linux",
            System::MacOs => "darwin",
            System::Windows => "windows",
        };
        let Some(places) = self.facts().places.clone() else {
            return ImportPaths { os: os.to_owned(), paths: Vec::new() };
        };
        let look = move || -> Vec<_> {
            let readable = ClientId::ALL.into_iter().filter_map(|client| Some((client, format_of(client)?)));
            let place = |(client, format): (ClientId, Format)| {
                let path = places.config(client);
                ImportPath {
                    name: client.title().to_owned(),
                    format: format.id().to_owned(),
                    exists: path.is_file(),
                    path: path.display().to_string(),
                    os: os.to_owned(),
                    description: format!("the servers of {}", client.title()),
                }
            };
            readable.map(place).collect()
        };
        let paths = tokio::task::spawn_blocking(look).await.unwrap_or_default();
        ImportPaths { os: os.to_owned(), paths }
    }

    /// Reads the servers of a file, as [`Management::import`] does of its text.
    ///
    /// # Errors
    /// There is no such file, it cannot be read, or it holds no servers; its name is told and nothing of what is in it.
    pub async fn import_file(&self, path: &str, ask: Import) -> Result<ImportResult, Refusal> {
        let home = self.facts().places.as_ref().map(|places| places.home.as_path());
        let path = file::absolute(path, home)?;
        let content = file::read(path.clone()).await?;
        let in_file = |refusal: Refusal| Refusal {
            message: format!("{} cannot be imported: {}", path.display(), refusal.message),
            ..refusal
        };
        self.import(&Import { content, ..ask }).await.map_err(in_file)
    }

    /// Reads the servers of a text, and adds them unless it is a preview, which tells what would become of them. What
    /// fails does not hinder the others.
    ///
    /// # Errors
    /// The text holds no servers, or cannot be read.
    pub async fn import(&self, ask: &Import) -> Result<ImportResult, Refusal> {
        let format = ask.format.as_deref().filter(|format| !format.is_empty()).map(format_named).transpose()?;
        let read = mcpproxy_import::import(&ask.content, format)
            .map_err(|error| Refusal::new(Code::InvalidInput, error.to_string(), ""))?;
        let mut result = ImportResult {
            format: read.format.id().to_owned(),
            format_name: read.format.title().to_owned(),
            ..ImportResult::default()
        };
        for left_out in read.skipped {
            result.failed.push(FailedServer { name: left_out.name, error: left_out.reason.to_string() });
        }
        if ask.is_trusted && self.config.borrow().server_defaults.hold {
            result.warnings.push("the settings hold every new server, so these wait for approval too".to_owned());
        }
        let mut rehearsal = Rehearsal::default();
        for draft in read.servers {
            self.take(draft, ask, &mut rehearsal, &mut result).await;
        }
        result.summary.imported = result.imported.len();
        result.summary.skipped = result.skipped.len();
        result.summary.failed = result.failed.len();
        result.summary.total = result.summary.imported + result.summary.skipped + result.summary.failed;
        Ok(result)
    }

    async fn take(&self, mut draft: Draft, ask: &Import, rehearsal: &mut Rehearsal, result: &mut ImportResult) {
        let is_wanted = ask.names.as_ref().is_none_or(|names| names.contains(&draft.name));
        if let Some(name) = ask.renames.get(&draft.name) {
            let before = std::mem::replace(&mut draft.name, name.clone());
            draft.source.original_name.get_or_insert(before);
        }
        draft.quarantined = !ask.is_trusted;
        let name = draft.name.clone();
        let skipped = |reason: &str| SkippedServer { name: name.clone(), reason: reason.to_owned() };
        if !is_wanted {
            return result.skipped.push(skipped("filtered_out"));
        }
        if self.servers.get(&name).is_ok() {
            return result.skipped.push(skipped("already_exists"));
        }
        let Value::Object(entry) = draft.to_entry() else { return };
        let added = match ask.is_preview {
            true => self.servers.rehearse(rehearsal, entry).await,
            false => self.servers.add(entry).await.map(drop),
        };
        match added {
            Ok(()) => result.imported.push(shown(draft, &result.format)),
            Err(refusal) if refusal.code == Code::AlreadyExists => result.skipped.push(skipped("already_exists")),
            Err(refusal) => result.failed.push(FailedServer { name, error: refusal.message }),
        }
    }
}

/// The form of a client's file, if it can be read.
fn format_of(client: ClientId) -> Option<Format> {
    Format::ALL.into_iter().find(|format| format.id() == client.as_str())
}

fn format_named(id: &str) -> Result<Format, Refusal> {
    Format::ALL.into_iter().find(|format| format.id() == id).ok_or_else(|| {
        let known: Vec<_> = Format::ALL.iter().map(|format| format.id()).collect();
        let hint = format!("use one of {}, or none", known.join(", "));
        Refusal::new(Code::InvalidInput, format!("{id:?} is no format"), hint)
    })
}

fn shown(draft: Draft, format: &str) -> ImportedServer {
    let (command, endpoint, protocol): (Option<&CommandLine>, Option<&Endpoint>, _) = match &draft.transport {
        Transport::Stdio(command) => (Some(command), None, "stdio"),
        Transport::Http(endpoint) => (None, Some(endpoint), "streamable-http"),
        Transport::LegacySse(endpoint) => (None, Some(endpoint), "sse"),
        Transport::Launcher(command, endpoint) => (Some(command), Some(endpoint), "streamable-http"),
    };
    ImportedServer {
        protocol: protocol.to_owned(),
        url: endpoint.map(|endpoint| mask::url(&endpoint.url)),
        command: command.map(|command| command.program.clone()),
        args: command.map(|command| mask::arguments(&command.args)).unwrap_or_default(),
        source_format: format.to_owned(),
        original_name: draft.source.original_name.unwrap_or_else(|| draft.name.clone()),
        name: draft.name,
        fields_skipped: draft.fields_skipped,
        warnings: draft.warnings,
    }
}
