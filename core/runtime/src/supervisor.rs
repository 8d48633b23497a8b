//! The owner of the fleet: one actor a server, as the settings want it; publishes fleet and catalog.

use std::{collections::BTreeMap, sync::Arc};

use mcpproxy_config::Config;
use mcpproxy_domain::{
    ServerName, ServerSpec,
    fleet::{Step, plan},
    server::lifecycle::{Policy, State},
};
use mcpproxy_task::Scope;
use mcpproxy_upstream::{Actor, Snapshot, Surroundings};
use tokio::sync::{Notify, broadcast, mpsc, watch};

use crate::{Catalog, Fleet, News, moves::Moves};

/// What a person may ask for besides what the settings say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    /// Open the link of this server anew.
    Restart(ServerName),
}

/// Where the supervisor publishes.
pub(crate) struct Publication {
    pub(crate) fleet: watch::Sender<Arc<Fleet>>,
    pub(crate) catalog: watch::Sender<Arc<Catalog>>,
    pub(crate) news: broadcast::Sender<News>,
    pub(crate) moves: Moves,
}

pub(crate) struct Supervisor {
    settings: watch::Receiver<Arc<Config>>,
    surroundings: Arc<Surroundings>,
    policy: Policy,
    scope: Scope,
    publication: Publication,
    /// Told by every actor that published something.
    changed: Arc<Notify>,
    orders: mpsc::Receiver<Order>,
    actors: BTreeMap<ServerName, Actor>,
    /// Removed servers whose actors still release what they hold. A name is free again when its actor has ended.
    leaving: BTreeMap<ServerName, Actor>,
}

impl Supervisor {
    pub(crate) fn new(
        settings: watch::Receiver<Arc<Config>>,
        surroundings: Arc<Surroundings>,
        policy: Policy,
        scope: Scope,
        publication: Publication,
        orders: mpsc::Receiver<Order>,
    ) -> Self {
        Self {
            settings,
            surroundings,
            policy,
            scope,
            publication,
            changed: Arc::default(),
            orders,
            actors: BTreeMap::new(),
            leaving: BTreeMap::new(),
        }
    }

    pub(crate) async fn run(mut self) {
        // asked to stop, or its owner is gone, before it began: then nothing is started
        while !self.scope.is_cancelled() && self.settings.has_changed().is_ok() {
            self.leaving.retain(|_, actor| !actor.has_ended());
            self.reconcile();
            self.publish();
            let changed = Arc::clone(&self.changed);
            tokio::select! {
                () = self.scope.cancelled() => break,
                () = changed.notified() => {}
                Some(order) = self.orders.recv() => {
                    // whoever asks may have changed the settings a moment ago
                    self.reconcile();
                    self.obey(&order);
                }
                still_there = self.settings.changed() => if still_there.is_err() { break },
            }
        }
        self.stop_all().await;
    }

    fn reconcile(&mut self) {
        let desired = Arc::clone(&self.settings.borrow_and_update());
        let actual: BTreeMap<ServerName, Arc<ServerSpec>> =
            self.actors.iter().map(|(name, actor)| (name.clone(), actor.wanted())).collect();
        for step in plan(&desired.servers, &actual) {
            match step {
                Step::Add(spec) if self.leaving.contains_key(&spec.name) => {}
                Step::Add(spec) => {
                    let name = spec.name.clone();
                    let surroundings = Arc::clone(&self.surroundings);
                    let actor = Actor::start(spec, surroundings, self.policy, &self.scope, Arc::clone(&self.changed));
                    self.actors.insert(name, actor);
                }
                Step::Change(spec) => {
                    if let Some(actor) = self.actors.get(&spec.name) {
                        actor.change(spec);
                    }
                }
                Step::Remove(name) => {
                    if let Some(actor) = self.actors.remove(&name) {
                        actor.stop();
                        self.leaving.insert(name, actor);
                    }
                }
            }
        }
    }

    fn obey(&self, Order::Restart(name): &Order) {
        if let Some(actor) = self.actors.get(name) {
            actor.restart();
        }
    }

    fn publish(&self) {
        let servers: BTreeMap<ServerName, Arc<Snapshot>> =
            self.actors.iter().map(|(name, actor)| (name.clone(), actor.snapshot())).collect();
        let before = Arc::clone(&self.publication.fleet.borrow());
        if before.is_same_as(&servers) {
            return;
        }
        let fleet = Arc::new(Fleet { servers, version: before.version + 1 });
        let catalog = self.publication.catalog.borrow().after(&fleet).map(Arc::new);
        // before the fleet: a server that is seen to be ready has its tools
        if let Some(catalog) = &catalog {
            self.publication.catalog.send_replace(Arc::clone(catalog));
        }
        self.publication.fleet.send_replace(Arc::clone(&fleet));
        for news in told(&before, &fleet, catalog.as_deref()) {
            self.count(&before, &news);
            // nobody listens: that is no error
            let _ = self.publication.news.send(news);
        }
    }

    fn count(&self, before: &Fleet, news: &News) {
        match news {
            News::ServerMoved { server, state } => {
                let from = before.servers.get(server).map_or(State::Disconnected.name(), |was| was.state.name());
                if from != *state {
                    self.publication.moves.add(server, from, state);
                }
            }
            News::ServerGone { server } => self.publication.moves.forget(server),
            News::CatalogChanged { .. } => {}
        }
    }

    /// All at once, each by its own two phases; whoever asked for the stop bounds the whole.
    async fn stop_all(&mut self) {
        let actors = std::mem::take(&mut self.actors);
        for (name, actor) in actors {
            actor.stop();
            self.leaving.insert(name, actor);
        }
        let changed = Arc::clone(&self.changed);
        while !self.leaving.is_empty() {
            let ended = changed.notified();
            self.leaving.retain(|_, actor| !actor.has_ended());
            if self.leaving.is_empty() {
                break;
            }
            ended.await;
        }
        self.publish();
    }
}

fn told(before: &Fleet, now: &Fleet, catalog: Option<&Catalog>) -> Vec<News> {
    let moved = now.servers.iter().filter_map(|(name, server)| {
        let state = server.state.name();
        let known = before.servers.get(name).map(|server| server.state.name());
        (known != Some(state)).then(|| News::ServerMoved { server: name.clone(), state })
    });
    let gone = before.servers.keys().filter(|name| !now.servers.contains_key(*name));
    let gone = gone.map(|name| News::ServerGone { server: name.clone() });
    moved.chain(gone).chain(catalog.map(|catalog| News::CatalogChanged { version: catalog.version })).collect()
}
