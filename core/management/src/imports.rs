//! Servers of another program's settings: read, shown, added. Nothing of them runs before somebody approves it.
//! Not here: reading the text (`import`).

use mcpproxy_domain::{
    Code,
    server::{CommandLine, Endpoint, Transport},
};
use mcpproxy_import::{Draft, Format};
use mcpproxy_ipc_proto::view::{FailedServer, ImportResult, ImportedServer, SkippedServer};
use serde_json::Value;

use crate::{Management, Refusal, mask};

/// What to import.
#[derive(Clone, Debug, Default)]
pub struct Import {
    /// The text of the file.
    pub content: String,
    /// Whose it is; `None` = that is found out.
    pub format: Option<String>,
    /// Only these servers; `None` = all.
    pub names: Option<Vec<String>>,
    /// Whether it is only looked at.
    pub is_preview: bool,
}

impl Management {
    /// Reads the servers of a text, and adds them unless it is a preview. What fails does not hinder the others.
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
        for draft in read.servers {
            self.take(draft, ask, &mut result).await;
        }
        result.summary.imported = result.imported.len();
        result.summary.skipped = result.skipped.len();
        result.summary.failed = result.failed.len();
        result.summary.total = result.summary.imported + result.summary.skipped + result.summary.failed;
        Ok(result)
    }

    async fn take(&self, draft: Draft, ask: &Import, result: &mut ImportResult) {
        let name = draft.name.clone();
        let skipped = |reason: &str| SkippedServer { name: name.clone(), reason: reason.to_owned() };
        if ask.names.as_ref().is_some_and(|names| !names.contains(&name)) {
            return result.skipped.push(skipped("filtered_out"));
        }
        if self.servers.get(&name).is_ok() {
            return result.skipped.push(skipped("already_exists"));
        }
        if !ask.is_preview {
            let Value::Object(entry) = draft.to_entry() else { return };
            match self.servers.add(entry).await {
                Ok(_) => {}
                Err(refusal) if refusal.code == Code::AlreadyExists => {
                    return result.skipped.push(skipped("already_exists"));
                }
                Err(refusal) => return result.failed.push(FailedServer { name, error: refusal.message }),
            }
        }
        result.imported.push(shown(draft, &result.format));
    }
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
