//! What is asked of the core, and what it tells. Each question is a task of its own, so that a slow answer holds up nothing.

use std::time::Duration;

use mcpproxy_ipc_proto::{
    Connection, ConnectionError, Incoming,
    call::{GetInfo, ListClients, Ping, Shutdown, Watch},
    view::{ClientStatus, PhaseView},
    watch::{CALLS_IN_SNAPSHOT, Event, Snapshot},
};
use tokio::sync::mpsc;

use super::{News, Tray};
use crate::{
    link::{Attempt, Farewell, Input},
    shell::Shell,
    view::{Client, Core, Places},
};

/// How long the core may take to answer.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);
/// How long a sign of life may take.
const LIFE: Duration = Duration::from_secs(5);

/// What a core told.
pub(super) enum Told {
    /// What is true now.
    Snapshot(Snapshot),
    /// What changed.
    Event(Event),
    /// Where its files are.
    Places(Places),
    /// The AI clients on this machine.
    Clients(Vec<Client>),
}

impl<S: Shell> Tray<S> {
    /// Follows what the core tells, from now on.
    pub(super) fn follow(&mut self, attempt: Attempt) {
        let Some(open) = &mut self.open else { return };
        let Some(incoming) = open.incoming.take() else { return };
        let (connection, tell) = (open.connection.clone(), self.tell.clone());
        self.trying.spawn_until_cancelled("follow", async move {
            if let Err(error) = follow(&connection, incoming, attempt, &tell).await {
                tracing::warn!(%error, "the core cannot be followed");
                // a core that does not answer this is of no use; the link tries again
                let _ = tell.send(News::Link(Input::Lost(attempt, Farewell::Broken))).await;
            }
        });
    }

    /// What does not change while the core runs.
    fn ask_once(&self, attempt: Attempt) {
        self.asking(move |connection, tell| async move {
            if let Ok(info) = connection.call(&GetInfo {}, PATIENCE).await {
                let settings = std::path::Path::new(&info.config_path).parent().map(Into::into).unwrap_or_default();
                let places = Places { settings, logs: info.log_dir.into() };
                let _ = tell.send(News::Told(attempt, Box::new(Told::Places(places)))).await;
            }
        });
        self.ask_clients();
    }

    /// The AI clients, once it is known what the core knows.
    pub(super) fn ask_clients(&self) {
        let attempt = self.view.link.attempt();
        if self.can("clients.list") && self.open.as_ref().is_some_and(|open| open.has_told) {
            self.asking(move |connection, tell| async move { clients(&connection, attempt, &tell).await });
        }
    }

    pub(super) fn ping(&self, attempt: Attempt) {
        self.asking(move |connection, tell| async move {
            let input = match connection.call(&Ping {}, LIFE).await {
                Ok(_) => Input::Alive(attempt),
                Err(_) => Input::Missed(attempt),
            };
            let _ = tell.send(News::Link(input)).await;
        });
    }

    pub(super) fn shut_down(&mut self, attempt: Attempt) {
        // from here on, how long it takes is what counts
        self.follow(attempt);
        let patience = self.policy.answer;
        self.asking(move |connection, tell| async move {
            let Err(error) = connection.call(&Shutdown {}, patience).await else { return };
            tracing::warn!(%error, "the core cannot be asked to stop");
            let input = match error {
                ConnectionError::Timeout(_) => Input::Unanswered(attempt),
                ConnectionError::Refused(_) => Input::Declined(attempt),
                _ => Input::Lost(attempt, Farewell::Broken),
            };
            let _ = tell.send(News::Link(input)).await;
        });
    }

    /// Asks in a task that ends with the connection.
    pub(super) fn asking<F>(&self, ask: impl FnOnce(Connection, mpsc::Sender<News>) -> F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        if let Some(open) = &self.open {
            self.trying.spawn_until_cancelled("ask", ask(open.connection.clone(), self.tell.clone()));
        }
    }

    pub(super) fn can(&self, capability: &str) -> bool {
        self.open.as_ref().is_some_and(|open| open.hello.can(capability))
    }

    pub(super) fn told(&mut self, told: Told) {
        if let Told::Event(Event::PhaseChanged { phase, deadline_ms }) = &told {
            self.in_phase(*phase, *deadline_ms);
        }
        match (told, &mut self.view.core) {
            (Told::Snapshot(snapshot), _) => self.know(snapshot),
            (Told::Event(event), Some(core)) => core.learn(event),
            (Told::Clients(clients), Some(core)) => core.clients = clients,
            (Told::Places(places), _) => self.view.places = places,
            (Told::Event(_) | Told::Clients(_), None) => {}
        }
    }

    /// Where the core stands, and how long it takes at most until it is gone.
    pub(super) fn in_phase(&mut self, phase: PhaseView, deadline_ms: Option<u64>) {
        if phase == PhaseView::Draining {
            let needs = deadline_ms.map_or(self.policy.drain, Duration::from_millis);
            self.step(Input::Draining(self.view.link.attempt(), needs));
        }
    }

    /// What is true now; the first time on a connection the rest is asked for, too.
    fn know(&mut self, snapshot: Snapshot) {
        let Some(open) = &mut self.open else { return };
        let (hello, phase) = (&open.hello, snapshot.status.phase);
        self.view.core.get_or_insert_with(|| Core::new(hello.clone())).know(snapshot);
        if !std::mem::replace(&mut open.has_told, true) {
            self.in_phase(phase, None);
            self.ask_once(self.view.link.attempt());
        }
    }
}

/// Asks for the AI clients, and tells the loop of them.
pub(super) async fn clients(connection: &Connection, attempt: Attempt, tell: &mpsc::Sender<News>) {
    if let Ok(clients) = connection.call(&ListClients {}, PATIENCE).await {
        let clients = clients.into_iter().map(client).collect();
        let _ = tell.send(News::Told(attempt, Box::new(Told::Clients(clients)))).await;
    }
}

/// What is true now, then what changes, until the connection ends; after a gap, what is true again.
async fn follow(
    connection: &Connection,
    mut incoming: Incoming,
    attempt: Attempt,
    tell: &mpsc::Sender<News>,
) -> Result<(), ConnectionError> {
    loop {
        let snapshot = connection.call(&Watch { topics: Vec::new() }, PATIENCE).await?;
        let known = snapshot.seq;
        let told = |told| News::Told(attempt, Box::new(told));
        if tell.send(told(Told::Snapshot(snapshot))).await.is_err() {
            return Ok(());
        }
        loop {
            match incoming.next().await {
                None => return Ok(()),
                Some((seq, _)) if seq <= known => {}
                Some((_, Event::Lagged {})) => break,
                Some((_, event)) => {
                    if tell.send(told(Told::Event(event))).await.is_err() {
                        return Ok(());
                    }
                }
            }
        }
    }
}

fn client(status: ClientStatus) -> Client {
    Client { id: status.id, name: status.name, installed: status.installed, connected: status.connected }
}

impl Core {
    fn know(&mut self, snapshot: Snapshot) {
        self.servers = snapshot.servers.servers;
        self.stats = snapshot.servers.stats;
        self.calls = snapshot.calls;
        self.settings_problems = snapshot.status.settings_problems;
    }

    fn learn(&mut self, event: Event) {
        match event {
            Event::ServersChanged { servers, removed, stats } => {
                self.servers.retain(|known| {
                    !removed.contains(&known.name) && !servers.iter().any(|changed| changed.name == known.name)
                });
                self.servers.extend(servers);
                self.servers.sort_by(|a, b| a.name.cmp(&b.name));
                self.stats = stats;
            }
            Event::CallEnded { call } => {
                self.calls.insert(0, call);
                self.calls.truncate(CALLS_IN_SNAPSHOT);
            }
            Event::SettingsRead { problems } => self.settings_problems = problems,
            Event::PhaseChanged { .. } | Event::Lagged {} | Event::Other => {}
        }
    }
}
