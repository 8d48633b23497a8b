//! The bus: short messages that something changed. The truth is in the views; news may be lost.

use mcpproxy_domain::ServerName;

/// How many news a slow listener may be behind before the oldest are lost to it.
pub(crate) const CAPACITY: usize = 256;

/// Something changed; published after the view that shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum News {
    /// A server moved to another state, as people read it.
    ServerMoved {
        /// Which one.
        server: ServerName,
        /// Where it is now.
        state: &'static str,
    },
    /// A server is gone from the fleet.
    ServerGone {
        /// Which one.
        server: ServerName,
    },
    /// The tools that may be called changed.
    CatalogChanged {
        /// The version of the catalog that shows it.
        version: u64,
    },
}
