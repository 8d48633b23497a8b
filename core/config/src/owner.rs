//! The owner of the settings while a core runs: one task that reads and writes the file, and publishes what it says.
//! Not here: how a change is seen ([`crate::watch`]) and written ([`crate::store`]), what the settings mean to others.
//!
//! A file with faults costs nothing: the running settings stay, and what is wrong is published beside them.

use std::{path::PathBuf, sync::Arc};

use mcpproxy_domain::Problem;
use mcpproxy_task::Scope;
use serde_json::{Map, Value};
use tokio::sync::{mpsc, oneshot, watch};

use crate::{
    Change, Check, Config, ConfigError, ConfigFile, ConfigPatch, Env, Flags, Objection, Problems, Resolved, diff, json,
    load::{read, understand},
    resolve,
    store::{self, Fingerprint},
    watch::{Sentry, Watch, watch},
};

/// How many changes may wait; whoever comes then waits for room.
const INBOX: usize = 16;

/// The settings of a running core: as they are, and how to change them. Cheap to clone.
#[derive(Clone)]
pub struct Settings {
    inbox: mpsc::Sender<Request>,
    config: watch::Receiver<Arc<Config>>,
    problems: watch::Receiver<Option<Arc<Problems>>>,
    saves: watch::Receiver<u64>,
    started: Arc<Config>,
    source: Arc<Source>,
}

/// Settings that were taken over.
#[derive(Clone, Debug)]
pub struct Applied {
    /// The settings that hold now.
    pub config: Arc<Config>,
    /// What is different from those that held before, and when it takes effect.
    pub changed: Vec<Change>,
    /// What a person should know about them.
    pub warnings: Vec<Problem>,
    /// Whether the file was written.
    pub saved: bool,
}

/// Where settings come from.
struct Source {
    path: PathBuf,
    env: Env,
    flags: Flags,
}

type Answer = Result<Applied, ConfigError>;

enum Request {
    Apply(ConfigPatch, Box<Check>, oneshot::Sender<Answer>),
    Reload(Option<oneshot::Sender<Answer>>),
}

/// What was found where the file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Seen {
    /// It was not looked at yet.
    Unknown,
    /// There was never a file.
    Nothing,
    /// A file with these bytes.
    Bytes(Fingerprint),
    /// There was a file.
    Gone,
    /// A file that cannot be read.
    Unreadable,
}

/// The answer of one look: what is there, and what it says if it is to be taken over.
struct Look {
    seen: Seen,
    told: Option<Result<Resolved, (ConfigError, Problems)>>,
    is_watched: bool,
}

struct Owner {
    source: Arc<Source>,
    config: watch::Sender<Arc<Config>>,
    problems: watch::Sender<Option<Arc<Problems>>>,
    saves: watch::Sender<u64>,
    before_publishing: Box<dyn FnMut(&Config) + Send>,
    seen: Seen,
    /// What was warned about already; `None` = by whoever started us.
    warned: Option<Vec<Problem>>,
    watch: Watch,
    sentry: Sentry,
}

impl Settings {
    /// Starts the owner of the file that `config` was resolved from, with the same environment and flags. It ends with
    /// the scope. `before_publishing` sees other settings before anybody else does: secrets in them are not known to
    /// the logs before.
    #[must_use]
    pub fn start(
        config: Arc<Config>,
        env: Env,
        flags: Flags,
        before_publishing: impl FnMut(&Config) + Send + 'static,
        scope: &Scope,
    ) -> Self {
        let source = Arc::new(Source { path: config.config_path.clone(), env, flags });
        let (settings, owner, inbox) = Self::new(config, source, Box::new(before_publishing));
        scope.spawn("settings", owner.run(inbox, scope.clone()));
        settings
    }

    fn new(
        config: Arc<Config>,
        source: Arc<Source>,
        before_publishing: Box<dyn FnMut(&Config) + Send>,
    ) -> (Self, Owner, mpsc::Receiver<Request>) {
        let (inbox, requests) = mpsc::channel(INBOX);
        let (config_sender, config_view) = watch::channel(Arc::clone(&config));
        let (problems_sender, problems) = watch::channel(None);
        let (saves_sender, saves) = watch::channel(0);
        let (watch, sentry) = watch(source.path.clone());
        let owner = Owner {
            source: Arc::clone(&source),
            config: config_sender,
            problems: problems_sender,
            saves: saves_sender,
            before_publishing,
            seen: Seen::Unknown,
            warned: None,
            watch,
            sentry,
        };
        (Self { inbox, config: config_view, problems, saves, started: config, source }, owner, requests)
    }

    /// The settings as they are, from now on.
    #[must_use]
    pub fn config(&self) -> watch::Receiver<Arc<Config>> {
        self.config.clone()
    }

    /// What keeps the file from being used at the moment; `None` = it is used.
    #[must_use]
    pub fn problems(&self) -> watch::Receiver<Option<Arc<Problems>>> {
        self.problems.clone()
    }

    /// How often the file was written by us, each time told before what it says is published.
    #[must_use]
    pub fn saves(&self) -> watch::Receiver<u64> {
        self.saves.clone()
    }

    /// What differs from the settings that the core was started with and waits for the next start.
    #[must_use]
    pub fn pending(&self) -> Vec<Change> {
        let config = Arc::clone(&self.config.borrow());
        diff(&*self.started, &config).into_iter().filter(Change::needs_restart).collect()
    }

    /// Changes the file as it is on disk now, and takes over what it says then. The change is made even if nobody
    /// waits for the answer any more.
    ///
    /// # Errors
    /// Those of [`store::change`]; nothing is changed then. Or the file has gone, or the core is stopping.
    pub async fn apply(&self, patch: ConfigPatch) -> Result<Applied, ConfigError> {
        self.apply_checked(patch, |_, _| Ok(())).await
    }

    /// The same, if the check allows it.
    ///
    /// # Errors
    /// Those of [`Settings::apply`], and [`ConfigError::Refused`].
    pub async fn apply_checked(
        &self,
        patch: ConfigPatch,
        check: impl Fn(Option<&Config>, &Config) -> Result<(), Objection> + Send + Sync + 'static,
    ) -> Result<Applied, ConfigError> {
        self.ask(|answer| Request::Apply(patch, Box::new(check), answer)).await
    }

    /// Reads the file again and takes over what it says.
    ///
    /// # Errors
    /// The file cannot be used; the running settings stay.
    pub async fn reload(&self) -> Result<Applied, ConfigError> {
        self.ask(|answer| Request::Reload(Some(answer))).await
    }

    /// Asks for a [`Settings::reload`] without waiting; what comes of it is logged and published.
    pub fn reload_soon(&self) {
        // where changes queue up, each of them reads the file anyway
        let _ = self.inbox.try_send(Request::Reload(None));
    }

    /// What would be wrong with this document as the whole of the file; nothing = it could be used.
    #[must_use]
    pub fn validate(&self, document: Map<String, Value>) -> Vec<Problem> {
        let Source { path, env, flags } = &*self.source;
        resolve(&ConfigFile::of(path, document), env, flags).err().unwrap_or_default()
    }

    /// The file as it is on disk now, secrets included. A missing file is an empty document.
    ///
    /// # Errors
    /// The file cannot be read, or is not JSON.
    pub async fn document(&self) -> Result<Map<String, Value>, ConfigError> {
        let path = self.source.path.clone();
        blocking(move || {
            let bytes = read(&path)?.unwrap_or_default();
            let document = json::read(&path.display().to_string(), &bytes);
            document.map_err(|problem| ConfigError::Invalid { path, problems: vec![problem] })
        })
        .await
        .map(|document| document.entries)
    }

    async fn ask(&self, request: impl FnOnce(oneshot::Sender<Answer>) -> Request) -> Answer {
        let (sender, answer) = oneshot::channel();
        self.inbox.send(request(sender)).await.map_err(|_| ConfigError::Stopped)?;
        answer.await.map_err(|_| ConfigError::Stopped)?
    }
}

impl Owner {
    async fn run(mut self, mut inbox: mpsc::Receiver<Request>, scope: Scope) {
        // the file may have changed since it was read for the start
        let _ = self.look(false).await;
        loop {
            tokio::select! {
                () = scope.cancelled() => return,
                Some(request) = inbox.recv() => self.serve(request).await,
                () = self.watch.changed() => drop(self.look(false).await),
            }
        }
    }

    async fn serve(&mut self, request: Request) {
        let (answer, receiver) = match request {
            Request::Apply(patch, check, receiver) => (self.apply(patch, check).await, Some(receiver)),
            Request::Reload(receiver) => (self.look(true).await, receiver),
        };
        if let Some(receiver) = receiver {
            // whoever asked may have gone
            let _ = receiver.send(answer);
        }
    }

    async fn apply(&mut self, patch: ConfigPatch, check: Box<Check>) -> Answer {
        let (source, was_there) = (Arc::clone(&self.source), matches!(self.seen, Seen::Bytes(_) | Seen::Gone));
        let written = blocking(move || {
            let Source { path, env, flags } = &*source;
            if was_there && !path.exists() {
                return Err(ConfigError::Gone { path: path.clone() });
            }
            store::change_checked(path, env, flags, &patch, &check)
        })
        .await?;
        self.seen = Seen::Bytes(written.fingerprint);
        if written.saved {
            self.saves.send_modify(|saves| *saves += 1);
        }
        let mut applied = self.take_over(Arc::unwrap_or_clone(written.config), written.warnings);
        applied.saved = written.saved;
        tracing::info!(changed = ?names(&applied.changed), "the settings are changed");
        Ok(applied)
    }

    /// Takes over what stands in the file, if that is new or somebody asks for it.
    async fn look(&mut self, is_asked: bool) -> Answer {
        let (source, sentry, before) = (Arc::clone(&self.source), self.sentry.clone(), self.seen);
        let look = blocking(move || Ok(source.look(&sentry, before, is_asked))).await?;
        self.seen = look.seen;
        if !look.is_watched {
            self.watch.again_later();
        }
        match look.told {
            None => Ok(self.unchanged()),
            Some(Ok(resolved)) => {
                let applied = self.take_over(resolved.config, resolved.warnings);
                if is_asked || before != Seen::Unknown || !applied.changed.is_empty() {
                    tracing::info!(changed = ?names(&applied.changed), "the settings are read again");
                }
                Ok(applied)
            }
            Some(Err((error, problems))) => {
                tracing::error!("the settings are not taken over, the running ones stay: {error}");
                self.problems.send_replace(Some(Arc::new(problems)));
                Err(error)
            }
        }
    }

    fn take_over(&mut self, config: Config, warnings: Vec<Problem>) -> Applied {
        let before = Arc::clone(&self.config.borrow());
        self.problems.send_if_modified(|problems| problems.take().is_some());
        if *before == config {
            self.warn(&warnings);
            return Applied { warnings, ..self.unchanged() };
        }
        (self.before_publishing)(&config);
        self.warned.get_or_insert_default();
        self.warn(&warnings);
        let (changed, config) = (diff(&*before, &config), Arc::new(config));
        let later: Vec<_> = changed.iter().copied().filter(Change::needs_restart).collect();
        if !later.is_empty() {
            tracing::warn!(settings = ?names(&later), "some of the changed settings hold from the next start on");
        }
        self.config.send_replace(Arc::clone(&config));
        Applied { config, changed, warnings, saved: false }
    }

    /// Tells each warning when it comes up, not with every change after it.
    fn warn(&mut self, warnings: &[Problem]) {
        if let Some(warned) = self.warned.replace(warnings.to_vec()) {
            for warning in warnings.iter().filter(|warning| !warned.contains(warning)) {
                tracing::warn!(path = %warning.path, "{warning}");
            }
        }
    }

    fn unchanged(&self) -> Applied {
        let config = Arc::clone(&self.config.borrow());
        Applied { config, changed: Vec::new(), warnings: Vec::new(), saved: false }
    }
}

impl Source {
    fn look(&self, sentry: &Sentry, before: Seen, is_asked: bool) -> Look {
        // first, so that what changes while we read is seen
        let is_watched = sentry.set_up();
        if !is_watched && !sentry.looks_new() && !is_asked {
            return Look { seen: before, told: None, is_watched };
        }
        let (seen, bytes) = match read(&self.path) {
            Ok(Some(bytes)) => (Seen::Bytes(Fingerprint::of(&bytes)), Ok(bytes)),
            Ok(None) if matches!(before, Seen::Unknown | Seen::Nothing) => (Seen::Nothing, Ok(Vec::new())),
            Ok(None) => (Seen::Gone, Err(ConfigError::Gone { path: self.path.clone() })),
            Err(error) => (Seen::Unreadable, Err(error)),
        };
        let told = (is_asked || seen != before).then(|| {
            let bytes = bytes.map_err(|error| (Problems::of(self.path.clone(), &error, &[]), error));
            bytes.and_then(|bytes| {
                let understood = understand(&self.path, &bytes, &self.env, &self.flags);
                understood.map_err(|error| (Problems::of(self.path.clone(), &error, &bytes), error))
            })
        });
        Look { seen, told: told.map(|told| told.map_err(|(problems, error)| (error, problems))), is_watched }
    }
}

fn names(changes: &[Change]) -> Vec<&'static str> {
    changes.iter().map(|change| change.field).collect()
}

/// Work that waits for the disk.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ConfigError> + Send + 'static,
) -> Result<T, ConfigError> {
    // only a core that stops leaves such work undone
    tokio::task::spawn_blocking(work).await.unwrap_or(Err(ConfigError::Stopped))
}

#[cfg(test)]
mod tests;
