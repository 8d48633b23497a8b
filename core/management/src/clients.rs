//! AI clients on this machine: our entry in their settings, shown before it is written, put in, and taken out again.
//!
//! Not here: what the entry is and how a file is edited (`clients`), how it is told (`told`).

mod told;

use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::SystemTime,
};

use mcpproxy_clients::{
    ClientError, ClientId, ClientState, Connected, Disconnected, Places, Target, Undo, Undone, Wish,
};
use mcpproxy_config::Config;
use mcpproxy_domain::Code;
use mcpproxy_ipc_proto::view::{ClientStatus, ConnectAction as Action, ConnectPreview, ConnectResult};
use tokio::sync::watch;

pub use self::told::Declined;
use self::told::Done;
use crate::{
    Refusal,
    core::CoreFacts,
    gates::{self, Wish as Change},
};

/// Questions about clients, and changes of their settings. Clones are the same.
#[derive(Clone)]
pub struct Clients {
    facts: Arc<CoreFacts>,
    config: watch::Receiver<Arc<Config>>,
    memory: Arc<Mutex<HashMap<ClientId, Memory>>>,
    /// Whoever writes has it: changes go one after the other.
    turn: Arc<Mutex<()>>,
}

/// What clients start that only start programs.
#[derive(Clone, Debug, Default)]
pub struct Bridge {
    /// Our program.
    pub program: PathBuf,
    /// Its arguments: with them it finds this core.
    pub arguments: Vec<String>,
}

/// How a client is to be connected.
#[derive(Clone, Debug, Default)]
pub struct ConnectAsk {
    /// The name of the entry; `None` or empty = the usual one.
    pub name: Option<String>,
    /// Whether an entry of the name that leads elsewhere is replaced, and the file of a client made that was not found.
    pub force: bool,
    /// The token of a preview: another file than that one is not written.
    pub seen: Option<String>,
}

/// What is known of a client from the last time.
#[derive(Clone, Debug, Default)]
struct Memory {
    /// Whether it was connected, with the file as it was then.
    seen: Option<(Stamp, bool)>,
    /// What was written last: the name of the copy, and the fingerprint of the file.
    written: Option<(Option<String>, String)>,
}

/// Tells, without a look into it, whether a file was written since; `None` = there is none.
type Stamp = Option<(Option<SystemTime>, u64)>;

/// One client, and everything that work on it needs. It blocks.
struct Work {
    client: ClientId,
    places: Places,
    target: Target,
    shared: Clients,
}

impl Clients {
    pub(crate) fn new(facts: Arc<CoreFacts>, config: watch::Receiver<Arc<Config>>) -> Self {
        Self { facts, config, memory: Arc::default(), turn: Arc::default() }
    }

    /// Every client. No file is read: whether it is connected is told where that is known from the last look at the file
    /// and nobody has written it since.
    ///
    /// # Errors
    /// There is no home folder to look into.
    pub async fn list(&self) -> Result<Vec<ClientStatus>, Refusal> {
        let (places, this) = (self.places()?, self.clone());
        blocking(move || {
            let memory = this.memory().clone();
            let found = |client: ClientId| {
                let now = stamp(&places.config(client));
                let seen = memory.get(&client).and_then(|memory| memory.seen);
                let known = seen.filter(|(then, _)| *then == now).map(|(_, connected)| connected);
                told::found(client, &places, now.is_some(), if now.is_none() { Some(false) } else { known })
            };
            ClientId::ALL.into_iter().map(found).collect()
        })
        .await
    }

    /// One client, with a look into its file.
    ///
    /// # Errors
    /// There is no such client.
    pub async fn get(&self, client: &str) -> Result<ClientStatus, Refusal> {
        let work = self.work(client, None)?;
        blocking(move || work.look()).await
    }

    /// What connecting would change.
    ///
    /// # Errors
    /// There is no such client, or its file cannot be read or edited.
    pub async fn preview(&self, client: &str, name: Option<&str>) -> Result<ConnectPreview, Refusal> {
        let work = self.work(client, name)?;
        let preview = blocking(move || {
            let stamp = work.stamp();
            let preview = mcpproxy_clients::preview(work.client, &work.places, &work.target, true)?;
            work.saw(stamp, &preview.state);
            Ok::<_, ClientError>(told::preview(preview, &work.target))
        });
        preview.await?.map_err(|error| told::refusal(&error))
    }

    /// Puts our entry into the settings of a client.
    ///
    /// # Errors
    /// The settings of the core forbid it, there is no such client, or it is left as it is for a reason that is told.
    pub async fn connect(&self, client: &str, ask: ConnectAsk) -> Result<ConnectResult, Declined> {
        let work = self.change(client, ask.name.as_deref())?;
        let wish = Wish { force: ask.force, shown: true, seen: ask.seen };
        blocking(move || work.connect(&wish)).await?
    }

    /// Gives a client the settings that it had before it was connected. `backup` is the bare name of the copy that
    /// connecting told; `None` or empty = there was no file before.
    ///
    /// # Errors
    /// As [`Clients::connect`], and where somebody has written the file since.
    pub async fn undo(
        &self,
        client: &str,
        name: Option<&str>,
        backup: Option<&str>,
    ) -> Result<ConnectResult, Declined> {
        let work = self.change(client, name)?;
        let backup = backup.filter(|name| !name.is_empty()).map(str::to_owned);
        blocking(move || work.undo(backup)).await?
    }

    /// Takes our entry out of the settings of a client.
    ///
    /// # Errors
    /// As [`Clients::connect`]; an entry that leads elsewhere is left alone.
    pub async fn disconnect(&self, client: &str, name: Option<&str>) -> Result<ConnectResult, Declined> {
        let work = self.change(client, name)?;
        blocking(move || work.disconnect()).await?
    }

    fn change(&self, client: &str, name: Option<&str>) -> Result<Work, Refusal> {
        gates::check(&self.config, Change::Alter)?;
        self.work(client, name)
    }

    fn work(&self, client: &str, name: Option<&str>) -> Result<Work, Refusal> {
        let client = ClientId::parse(client).map_err(|error| told::refusal(&error))?;
        let (places, target) = (self.places()?, self.target(name)?);
        Ok(Work { client, places, target, shared: self.clone() })
    }

    fn places(&self) -> Result<Places, Refusal> {
        self.facts.places.clone().ok_or_else(|| {
            let told = "the core runs without a home folder, so it finds no clients";
            Refusal::new(Code::Unsupported, told, "start it as the user whose clients these are")
        })
    }

    fn target(&self, name: Option<&str>) -> Result<Target, Refusal> {
        if self.facts.address.is_none() {
            let told = "the core listens on no port, so no client reaches it";
            return Err(Refusal::new(Code::Unsupported, told, "set listen in the settings, and start it again"));
        }
        let config = self.config.borrow();
        Ok(Target {
            url: format!("{}/mcp", self.facts.base()),
            api_key: config.api_key.clone().filter(|_| config.require_mcp_auth),
            binary: self.facts.bridge.program.clone(),
            bridge: self.facts.bridge.arguments.clone(),
            name: name.filter(|name| !name.is_empty()).unwrap_or(Target::NAME).to_owned(),
        })
    }

    fn memory(&self) -> MutexGuard<'_, HashMap<ClientId, Memory>> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Work {
    fn look(&self) -> ClientStatus {
        // taken first: what is written while we look is then not taken for what we saw
        let stamp = self.stamp();
        let state = mcpproxy_clients::look(self.client, &self.places, &self.target);
        self.saw(stamp, &state);
        told::status(&state, &self.target.name)
    }

    fn saw(&self, stamp: Stamp, state: &ClientState) {
        if let Some(standing) = &state.standing {
            self.remember(|memory| memory.seen = Some((stamp, standing.is_connected())));
        }
    }

    fn connect(&self, wish: &Wish) -> Result<ConnectResult, Declined> {
        let _turn = self.turn();
        let connected = mcpproxy_clients::connect_marked(self.client, &self.places, &self.target, wish);
        let (connected, mark) = connected.map_err(|error| match error {
            ClientError::Taken { .. } => self.declined(&error, Action::AlreadyExists),
            _ => self.declined(&error, Action::PreconditionFailed),
        })?;
        let (action, backup) = match connected {
            Connected::Already => (Action::AlreadyExists, None),
            Connected::Added { backup } => (Action::Created, backup),
            Connected::Updated { backup } => (Action::Updated, backup),
        };
        let done = self.done(action, backup);
        let written = (done.backup_name.clone(), mark);
        self.settled(true, |memory| {
            if action != Action::AlreadyExists {
                memory.written = Some(written);
            }
        });
        Ok(done)
    }

    fn undo(&self, backup: Option<String>) -> Result<ConnectResult, Declined> {
        let _turn = self.turn();
        let last = self.shared.memory().get(&self.client).and_then(|memory| memory.written.clone());
        let written = last.filter(|(copy, _)| *copy == backup).map(|(_, mark)| mark);
        let undone = mcpproxy_clients::undo(self.client, &self.places, &self.target, &Undo { backup, written });
        let action = match undone.map_err(|error| self.declined(&error, Action::Conflict))? {
            Undone::Restored => Action::Restored,
            Undone::Deleted => Action::Deleted,
        };
        // what there was before may have been an entry that leads to us
        self.remember(|memory| *memory = Memory::default());
        Ok(self.done(action, None))
    }

    fn disconnect(&self) -> Result<ConnectResult, Declined> {
        let _turn = self.turn();
        let gone = mcpproxy_clients::disconnect(self.client, &self.places, &self.target, false);
        let declined = |error| {
            let mut declined = self.declined(&error, Action::Conflict);
            if matches!(error, ClientError::Taken { .. }) {
                "it is not ours, so it is left alone; take it out by hand".clone_into(&mut declined.refusal.hint);
            }
            declined
        };
        let (action, backup) = match gone.map_err(declined)? {
            Disconnected::NotConnected => (Action::NotFound, None),
            Disconnected::Restored => (Action::Restored, None),
            Disconnected::Deleted => (Action::Deleted, None),
            Disconnected::Removed { backup } => (Action::Removed, Some(backup)),
        };
        self.settled(false, |memory| memory.written = None);
        Ok(self.done(action, backup))
    }

    fn turn(&self) -> MutexGuard<'_, ()> {
        self.shared.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn stamp(&self) -> Stamp {
        stamp(&self.places.config(self.client))
    }

    /// Keeps what the file is now. Another program may write it right then, and is believed with the next look.
    fn settled(&self, connected: bool, more: impl FnOnce(&mut Memory)) {
        let stamp = self.stamp();
        self.remember(|memory| {
            memory.seen = Some((stamp, connected));
            more(memory);
        });
    }

    /// What is kept is about the entry of the usual name.
    fn remember(&self, change: impl FnOnce(&mut Memory)) {
        if self.target.name == Target::NAME {
            change(self.shared.memory().entry(self.client).or_default());
        }
    }

    fn done(&self, action: Action, backup: Option<PathBuf>) -> ConnectResult {
        let done = Done { client: self.client, path: self.places.config(self.client), name: &self.target.name };
        let result = done.result(action, backup);
        tracing::info!(client = %self.client, path = %result.config_path, ?action, "the settings of a client");
        result
    }

    fn declined(&self, error: &ClientError, action: Action) -> Declined {
        let done = Done { client: self.client, path: self.places.config(self.client), name: &self.target.name };
        done.declined(error, action)
    }
}

fn stamp(path: &Path) -> Stamp {
    fs::metadata(path).ok().map(|metadata| (metadata.modified().ok(), metadata.len()))
}

/// Does what blocks: files, and commands of clients that may take a minute.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Refusal> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|_| Refusal::internal("the work on a client's settings broke off"))
}
