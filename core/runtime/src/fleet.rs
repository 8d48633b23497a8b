//! The fleet view: every server as its actor sees it, at one moment.

use std::{collections::BTreeMap, sync::Arc};

use mcpproxy_domain::ServerName;
use mcpproxy_upstream::Snapshot;

/// All servers, in the order of their names.
#[derive(Clone, Debug, Default)]
pub struct Fleet {
    /// The servers.
    pub servers: BTreeMap<ServerName, Arc<Snapshot>>,
    /// Grows with each publication.
    pub version: u64,
}

impl Fleet {
    /// The servers that are on their way up and whose tools are not known yet.
    pub fn starting(&self) -> impl Iterator<Item = &ServerName> {
        self.servers.iter().filter(|(_, server)| server.is_starting()).map(|(name, _)| name)
    }

    pub(crate) fn is_same_as(&self, other: &BTreeMap<ServerName, Arc<Snapshot>>) -> bool {
        self.servers.len() == other.len()
            && self.servers.iter().zip(other).all(|((a, one), (b, two))| a == b && Arc::ptr_eq(one, two))
    }
}
