//! Which tools of a server are let through, and what they are. The names stand in `enabled_tools` or `disabled_tools` of
//! its entry and are changed one by one, so that changes at the same time lose nothing of each other.
//! Not here: who keeps to it (`runtime::Catalog`, the gate).

use std::fmt::Write as _;

use mcpproxy_config::{Config, ConfigPatch, Objection, Place};
use mcpproxy_domain::{Code, server::ToolFilter};
use mcpproxy_ipc_proto::view::{ExportedTool, ToolExport};
use mcpproxy_upstream::Snapshot;
use sha2::{Digest, Sha256};

use super::Servers;
use crate::{
    Refusal,
    config::guarded_and,
    gates::{self, Wish},
    nearest::nearest,
};

impl Servers {
    /// Lets one tool of a server through, or holds it back.
    ///
    /// # Errors
    /// The settings forbid it, there is no such server or tool, or it is the last one that `enabled_tools` names: an
    /// empty list lets all of them through.
    pub async fn let_through(&self, server: &str, tool: &str, wanted: bool) -> Result<(), Refusal> {
        gates::check(&self.config, Wish::Alter)?;
        let found = self.find(server)?;
        let listed = || found.tools.iter().map(|listed| &*listed.id.tool);
        if !listed().any(|name| name == tool) && !names(&found.spec.tools).any(|name| name == tool) {
            let told = format!("the server {server} has no tool named {tool}");
            let hint = "mcpproxy tools list shows the names";
            return Err(Refusal { nearest: nearest(tool, listed()), ..Refusal::new(Code::ToolNotFound, told, hint) });
        }
        self.choose(&found, vec![tool.to_owned()], wanted).await.map(drop)
    }

    /// Lets all known tools of a server through, or holds them back. Tells how many were not so before.
    ///
    /// # Errors
    /// As [`Servers::let_through`].
    pub async fn let_all_through(&self, server: &str, wanted: bool) -> Result<usize, Refusal> {
        gates::check(&self.config, Wish::Alter)?;
        let found = self.find(server)?;
        let mut tools: Vec<_> = found.tools.iter().map(|tool| tool.id.tool.to_string()).collect();
        // names of tools that are not there at the moment are names too
        tools.extend(names(&found.spec.tools).map(str::to_owned));
        tools.sort_unstable();
        tools.dedup();
        self.choose(&found, tools, wanted).await
    }

    /// What a server's tools are, to be kept or compared.
    ///
    /// # Errors
    /// There is no such server.
    pub fn export(&self, server: &str) -> Result<ToolExport, Refusal> {
        let found = self.find(server)?;
        let exported = found.tools.iter().map(|tool| {
            let enabled = found.spec.tools.lets_through(&tool.id.tool);
            ExportedTool {
                server_name: server.to_owned(),
                tool_name: tool.id.tool.to_string(),
                status: "approved".to_owned(),
                hash: mark(tool.definition.raw.get()),
                description: tool.definition.description.clone(),
                schema: tool.definition.input_schema.clone(),
                enabled,
                disabled: !enabled,
            }
        });
        let tools: Vec<_> = exported.collect();
        Ok(ToolExport { server_name: server.to_owned(), count: tools.len(), tools })
    }

    async fn choose(&self, server: &Snapshot, mut tools: Vec<String>, wanted: bool) -> Result<usize, Refusal> {
        let (filter, name) = (&server.spec.tools, server.spec.name.to_string());
        tools.retain(|tool| filter.lets_through(tool) != wanted);
        if tools.is_empty() {
            return Ok(0);
        }
        let (changed, mut patch) = (tools.len(), ConfigPatch::new());
        for tool in &tools {
            patch = match (filter, wanted) {
                (ToolFilter::Only(_), true) => patch.include(Place::server(&name, "enabled_tools"), tool.as_str()),
                (ToolFilter::Only(_), false) => patch.exclude(Place::server(&name, "enabled_tools"), tool.as_str()),
                (_, true) => patch.exclude(Place::server(&name, "disabled_tools"), tool.as_str()),
                (_, false) => patch.include(Place::server(&name, "disabled_tools"), tool.as_str()),
            };
        }
        // somebody else may have changed the lists meanwhile
        let is_meant = move |after: &Config| {
            let spec = after.servers.iter().find(|spec| spec.name.as_str() == name);
            let stray = spec.and_then(|spec| tools.iter().find(|tool| spec.tools.lets_through(tool) != wanted));
            stray.map_or(Ok(()), |tool| Err(strayed(&name, tool, wanted)))
        };
        guarded_and(&self.settings, patch, None, is_meant).await?;
        Ok(changed)
    }
}

fn names(filter: &ToolFilter) -> impl Iterator<Item = &str> {
    let names = match filter {
        ToolFilter::All => None,
        ToolFilter::Only(names) | ToolFilter::Except(names) => Some(names),
    };
    names.into_iter().flatten().map(String::as_str)
}

fn strayed(server: &str, tool: &str, wanted: bool) -> Objection {
    let (message, hint) = if wanted {
        (format!("the settings of {server} would still hold {tool} back"), "try again: they were changed meanwhile")
    } else {
        let told =
            format!("without {tool}, enabled_tools of {server} would be empty, which lets all its tools through");
        (told, "switch the server off, or let another tool through first")
    };
    Objection { code: Code::Conflict, message, hint: hint.to_owned() }
}

fn mark(definition: &str) -> String {
    let mut text = "sha256:".to_owned();
    for byte in Sha256::digest(definition.as_bytes()) {
        let _ = write!(text, "{byte:02x}");
    }
    text
}
