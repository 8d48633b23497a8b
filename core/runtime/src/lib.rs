//! What runs while the core runs: the supervisor of all servers, and what is derived of them.
//!
//! State flows one way: settings -> actors -> [`Fleet`] -> [`Catalog`] -> index. Everything is published whole, as a
//! snapshot; [`News`] tells that something changed and may be lost. Not here: who may see or call what (`management`).

mod catalog;
mod fleet;
mod indexing;
mod moves;
mod news;
mod supervisor;

use std::{collections::BTreeMap, sync::Arc};

use mcpproxy_config::Config;
use mcpproxy_domain::{ServerName, ServerSpec, server::lifecycle::Policy};
use mcpproxy_index::Searcher;
use mcpproxy_logs::ServerLogs;
use mcpproxy_task::Scope;
use mcpproxy_upstream::{Failure, Surroundings, probe};
use tokio::sync::{broadcast, mpsc, watch};

pub use self::{catalog::Catalog, fleet::Fleet, indexing::document, moves::Move, news::News};
use self::{moves::Moves, supervisor::Order};

/// How many wishes may wait for the supervisor.
const ORDERS: usize = 16;

/// The views of a running fleet. Cheap to clone.
#[derive(Clone)]
pub struct Runtime {
    /// Every server as it is.
    pub fleet: watch::Receiver<Arc<Fleet>>,
    /// Every tool that may be called.
    pub catalog: watch::Receiver<Arc<Catalog>>,
    /// The version of the catalog that a search sees.
    pub indexed: watch::Receiver<u64>,
    /// Finds tools.
    pub searcher: Searcher,
    news: broadcast::Sender<News>,
    moves: Moves,
    orders: mpsc::Sender<Order>,
    surroundings: Arc<Surroundings>,
    scope: Scope,
}

impl Runtime {
    /// Starts the supervisor and the indexing of what it finds; `first` is done before the first server is started.
    /// Both end with the scope: first every server is stopped in order, then they.
    ///
    /// # Errors
    /// When the index cannot be opened.
    pub fn start(
        settings: watch::Receiver<Arc<Config>>,
        surroundings: Surroundings,
        policy: Policy,
        scope: &Scope,
        first: impl Future<Output = ()> + Send + 'static,
    ) -> Result<Self, mcpproxy_index::Error> {
        let (writer, searcher) = mcpproxy_index::open()?;
        let (news, _) = broadcast::channel(news::CAPACITY);
        let (fleet_sender, fleet) = watch::channel(Arc::default());
        let (catalog_sender, catalog) = watch::channel(Arc::default());
        let (indexed_sender, indexed) = watch::channel(0);
        let (orders, received) = mpsc::channel(ORDERS);
        let (surroundings, moves) = (Arc::new(surroundings), Moves::default());
        let supervisor = supervisor::Supervisor::new(
            settings,
            Arc::clone(&surroundings),
            policy,
            scope.clone(),
            supervisor::Publication {
                fleet: fleet_sender,
                catalog: catalog_sender,
                news: news.clone(),
                moves: moves.clone(),
            },
            received,
        );
        scope.spawn("supervisor", async move {
            first.await;
            supervisor.run().await;
        });
        scope.spawn_until_cancelled("indexing", indexing::follow(catalog.clone(), writer, indexed_sender));
        let scope = scope.clone();
        Ok(Self { fleet, catalog, indexed, searcher, news, moves, orders, surroundings, scope })
    }

    /// Opens the link of a server anew. It is under way when this returns; the fleet shows what comes of it.
    pub async fn restart(&self, server: &ServerName) {
        // the supervisor is gone only when the core stops, and then nothing is started again
        let _ = self.orders.send(Order::Restart(server.clone())).await;
    }

    /// Opens a link to a server beside the fleet, asks for its tools, closes it. This runs the server's code.
    ///
    /// # Errors
    /// What went wrong, with the server's last words.
    pub async fn probe(&self, spec: &ServerSpec) -> Result<probe::Report, Failure> {
        probe::look(spec, &self.surroundings, &self.scope).await
    }

    /// Whether there is a secret behind `${kind:name}`. What it is, is not told. This may wait for the system.
    #[must_use]
    pub fn has_secret(&self, kind: &str, name: &str) -> bool {
        (self.surroundings.secrets)(kind, name).is_ok_and(|value| !value.is_empty())
    }

    /// How often each server was seen to move from one state to another.
    #[must_use]
    pub fn moves(&self) -> BTreeMap<Move, u64> {
        self.moves.all()
    }

    /// The logs of the servers.
    #[must_use]
    pub fn logs(&self) -> &ServerLogs {
        &self.surroundings.logs
    }

    /// The news from now on. Whoever lags loses the oldest and reads the views again.
    #[must_use]
    pub fn news(&self) -> broadcast::Receiver<News> {
        self.news.subscribe()
    }
}

#[cfg(test)]
mod tests;
