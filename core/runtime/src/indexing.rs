//! Keeps the index in step with the catalog: only servers whose tools changed are written.

use std::{collections::BTreeMap, sync::Arc};

use mcpproxy_domain::ServerName;
use mcpproxy_index::{Document, Writer};
use mcpproxy_upstream::Tool;
use tokio::sync::watch;

use crate::Catalog;

/// Follows the catalog until it ends, and publishes which version of it a search sees.
pub(crate) async fn follow(mut catalog: watch::Receiver<Arc<Catalog>>, writer: Writer, indexed: watch::Sender<u64>) {
    let mut written: BTreeMap<ServerName, Arc<[Arc<Tool>]>> = BTreeMap::new();
    while catalog.changed().await.is_ok() {
        let now = Arc::clone(&catalog.borrow_and_update());
        let wanted: BTreeMap<_, _> = now.shelves().map(|(name, tools)| (name.clone(), Arc::clone(tools))).collect();
        let gone = written.keys().filter(|name| !wanted.contains_key(*name));
        let mut receipts: Vec<_> = gone.map(|name| writer.remove(name.clone())).collect();
        let changed =
            wanted.iter().filter(|(name, tools)| written.get(*name).is_none_or(|known| !Arc::ptr_eq(known, tools)));
        receipts.extend(
            changed
                .map(|(name, tools)| writer.replace(name.clone(), tools.iter().map(|tool| document(tool)).collect())),
        );
        for receipt in receipts {
            if let Err(error) = receipt.committed().await {
                // the writer has ended for good: searches go on with what they have, and calls do not need it
                tracing::error!(%error, "tools that change from now on are not found until the core is started again");
                return;
            }
        }
        written = wanted;
        indexed.send_replace(now.version);
    }
}

/// A tool as the index reads it.
#[must_use]
pub fn document(tool: &Tool) -> Document {
    Document {
        id: tool.id.clone(),
        description: tool.definition.description.as_str().into(),
        input_schema: tool.definition.input_schema.as_deref().map(|schema| schema.get().into()),
    }
}
