//! What the search spares each model, in tokens. Estimated from sizes, since every model counts differently.

use std::collections::BTreeMap;

use mcpproxy_ipc_proto::view::TokenStats;

use crate::{Management, servers::BYTES_PER_TOKEN};

impl Management {
    /// The sizes of all definitions, against that of an answer of the search.
    #[must_use]
    pub fn token_stats(&self) -> TokenStats {
        let catalog = self.catalog.borrow().clone();
        let mut sizes: BTreeMap<String, u64> = BTreeMap::new();
        for tool in catalog.iter() {
            let tokens = tool.definition.raw.get().len().div_ceil(BYTES_PER_TOKEN) as u64;
            *sizes.entry(tool.id.server.to_string()).or_default() += tokens;
        }
        let total: u64 = sizes.values().sum();
        let (tools, limit) = (catalog.len() as u64, self.config.borrow().tools_limit as u64);
        let answer = (total * limit.min(tools)).checked_div(tools).unwrap_or_default();
        let saved = total.saturating_sub(answer);
        TokenStats {
            total_server_tool_list_size: total,
            average_query_result_size: answer,
            saved_tokens: saved,
            saved_tokens_percentage: if total == 0 { 0.0 } else { saved as f64 * 100.0 / total as f64 },
            per_server_tool_list_sizes: sizes,
        }
    }
}
