//! How often the supervisor saw each server move from one state to another. What lies between two looks is not seen.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use mcpproxy_domain::ServerName;

/// A server, the state that it left, and the one that it came to.
pub type Move = (ServerName, &'static str, &'static str);

/// The counts. Clones are the same ones.
#[derive(Clone, Debug, Default)]
pub(crate) struct Moves(Arc<Mutex<BTreeMap<Move, u64>>>);

impl Moves {
    pub(crate) fn add(&self, server: &ServerName, from: &'static str, to: &'static str) {
        *self.counts().entry((server.clone(), from, to)).or_default() += 1;
    }

    /// A server is gone: names come and go, and counts of them must not pile up.
    pub(crate) fn forget(&self, server: &ServerName) {
        self.counts().retain(|(name, _, _), _| name != server);
    }

    pub(crate) fn all(&self) -> BTreeMap<Move, u64> {
        self.counts().clone()
    }

    fn counts(&self) -> MutexGuard<'_, BTreeMap<Move, u64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
