//! A look at a server by itself: started, asked for its tools, stopped. It runs the server's code, whatever its
//! settings say about running.

use std::sync::Arc;

use mcpproxy_config::server_of;
use mcpproxy_domain::ServerSpec;
use mcpproxy_ipc_proto::view::{Probe, ProbedTool};
use mcpproxy_upstream::probe::Report;
use serde_json::{Map, Value};

use super::{Servers, hint};
use crate::{
    Refusal,
    gates::{self, Wish},
};

impl Servers {
    /// Looks at the server of an entry; an entry with nothing but a name means the configured server of that name.
    ///
    /// # Errors
    /// The entry has faults, or what went wrong with the server, with its last words.
    pub async fn probe(&self, entry: Map<String, Value>) -> Result<Probe, Refusal> {
        gates::check(&self.config, Wish::Restart)?;
        let spec = self.described(&entry)?;
        let report = self.runtime.probe(&spec).await.map_err(|failure| {
            let told = format!("the server {} does not work: {}", spec.name, failure.detail);
            Refusal::new(failure.code, told, format!("its log: mcpproxy upstream logs {}", spec.name))
        })?;
        Ok(told(&report))
    }

    fn described(&self, entry: &Map<String, Value>) -> Result<Arc<ServerSpec>, Refusal> {
        if let (Some(name), 1) = (entry.get("name").and_then(Value::as_str), entry.len()) {
            return Ok(Arc::clone(&self.find(name)?.spec));
        }
        server_of(&self.config.borrow(), entry).map_err(|problems| Refusal::of_problems(&problems))
    }
}

/// How many bytes of JSON make a token, about. Every model counts differently, so this is no more than a hint.
pub(crate) const BYTES_PER_TOKEN: usize = 4;

/// What a look told, as it is shown.
#[must_use]
pub fn told(report: &Report) -> Probe {
    let tools = report.tools.iter().map(|tool| ProbedTool {
        name: tool.definition.name.clone(),
        description: tool.definition.description.clone(),
        call_with: hint(&tool.annotations),
        tokens: Some(tool.definition.raw.get().len().div_ceil(BYTES_PER_TOKEN)),
    });
    Probe {
        server: format!("{} {}", report.hello.name, report.hello.version),
        revision: report.hello.era.as_str().to_owned(),
        tools: tools.collect(),
    }
}
