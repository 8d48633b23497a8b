//! Watching the core: what is true now, then what changes. One for each who watches; faces number and deliver.
//!
//! Many changes of one server within a moment are told once: the views are compared, not the news.

use std::{collections::BTreeMap, sync::Arc};

use mcpproxy_config::{Config, Problems};
use mcpproxy_domain::{ServerName, phase::Phase};
use mcpproxy_ipc_proto::watch::{CALLS_IN_SNAPSHOT, Event, Snapshot};
use mcpproxy_runtime::{Catalog, Fleet};
use mcpproxy_upstream::Snapshot as Server;
use tokio::sync::{broadcast, watch};

use crate::{Management, config::sentences, core::phase_view, history::Ended};

/// Follows the core for one watcher.
pub struct Watcher {
    management: Management,
    fleet: watch::Receiver<Arc<Fleet>>,
    catalog: watch::Receiver<Arc<Catalog>>,
    phase: watch::Receiver<Phase>,
    problems: watch::Receiver<Option<Arc<Problems>>>,
    config: watch::Receiver<Arc<Config>>,
    calls: broadcast::Receiver<Arc<Ended>>,
    /// The fleet that was told last.
    told: Arc<Fleet>,
}

impl Management {
    /// A watcher. What changes after this call is told by [`Watcher::next`], also while nobody waits for it.
    #[must_use]
    pub fn watch(&self) -> Watcher {
        Watcher {
            management: self.clone(),
            fleet: self.fleet.clone(),
            catalog: self.catalog.clone(),
            phase: self.facts.phase.clone(),
            problems: self.settings.watch_problems(),
            config: self.config.clone(),
            calls: self.history.news(),
            told: Arc::default(),
        }
    }
}

impl Watcher {
    /// What is true now; [`Watcher::next`] goes on from there. The caller gives it its number.
    pub fn snapshot(&mut self) -> Snapshot {
        // marked as seen before it is read: what changes in between is told once more rather than not at all
        self.calls = self.calls.resubscribe();
        self.phase.mark_unchanged();
        self.problems.mark_unchanged();
        self.config.mark_unchanged();
        self.catalog.mark_unchanged();
        self.told = Arc::clone(&self.fleet.borrow_and_update());
        let servers = self.management.servers.list();
        let held = servers.servers.iter().filter(|server| server.quarantined && server.enabled);
        Snapshot {
            seq: 0,
            status: self.management.status(),
            held: held.map(|server| server.name.clone()).collect(),
            calls: self.management.history.recent(CALLS_IN_SNAPSHOT),
            servers,
        }
    }

    /// The next change. [`Event::Lagged`] = calls were missed, so the snapshot should be asked for. Once the core has
    /// stopped this never ends. Nothing is lost when it is dropped before it ends.
    pub async fn next(&mut self) -> Event {
        loop {
            tokio::select! {
                // the order in which things happen: a server is ready before it is called
                biased;
                Ok(()) = self.phase.changed() => return self.phase_changed(),
                Ok(()) = self.fleet.changed() => {
                    if let Some(event) = self.fleet_changed() {
                        return event;
                    }
                }
                // the counts are of the catalog too
                Ok(()) = self.catalog.changed() => {
                    let stats = self.management.servers.stats();
                    return Event::ServersChanged { servers: Vec::new(), removed: Vec::new(), stats };
                }
                Ok(()) = self.problems.changed() => return self.settings_read(),
                Ok(()) = self.config.changed() => return self.settings_read(),
                ended = self.calls.recv() => match ended {
                    Ok(ended) => return Event::CallEnded { call: ended.view() },
                    Err(broadcast::error::RecvError::Lagged(_)) => return Event::Lagged {},
                    Err(broadcast::error::RecvError::Closed) => std::future::pending().await,
                },
            }
        }
    }

    fn phase_changed(&mut self) -> Event {
        let phase = *self.phase.borrow_and_update();
        let deadline_ms = match phase {
            Phase::Draining(left) => u64::try_from(left.as_millis()).ok(),
            Phase::Starting | Phase::Ready | Phase::Stopped => None,
        };
        Event::PhaseChanged { phase: phase_view(phase), deadline_ms }
    }

    fn settings_read(&mut self) -> Event {
        self.config.mark_unchanged();
        Event::SettingsRead {
            problems: self.problems.borrow_and_update().as_deref().map(sentences).unwrap_or_default(),
        }
    }

    fn fleet_changed(&mut self) -> Option<Event> {
        let now = Arc::clone(&self.fleet.borrow_and_update());
        let before = std::mem::replace(&mut self.told, Arc::clone(&now));
        let servers: Vec<_> = changed(&before, &now).map(|(_, server)| self.management.servers.view(server)).collect();
        let removed: Vec<_> =
            before.servers.keys().filter(|name| !now.servers.contains_key(*name)).map(ToString::to_string).collect();
        if servers.is_empty() && removed.is_empty() {
            return None;
        }
        self.catalog.mark_unchanged();
        Some(Event::ServersChanged { servers, removed, stats: self.management.servers.stats() })
    }
}

type Servers = BTreeMap<ServerName, Arc<Server>>;

/// The servers that came, or are another snapshot than before.
fn changed<'a>(before: &'a Fleet, now: &'a Fleet) -> impl Iterator<Item = (&'a ServerName, &'a Arc<Server>)> {
    let known: &Servers = &before.servers;
    now.servers.iter().filter(|(name, server)| known.get(*name).is_none_or(|known| !Arc::ptr_eq(known, server)))
}
