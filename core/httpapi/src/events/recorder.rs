//! Follows the core while somebody reads, and for a while after, so that whoever comes back soon has missed nothing.

use std::{collections::BTreeSet, future::pending, sync::Arc, time::Duration};

use mcpproxy_ipc_proto::watch::Event;
use mcpproxy_management::{
    Management,
    history::{OwnAnswer, Started},
    watch::Watcher,
};
use tokio::{
    sync::{
        broadcast::{Receiver, error::RecvError},
        watch::Receiver as Count,
    },
    time::{Instant, sleep_until},
};

use super::{Shared, frame};

/// How long events go on being recorded when nobody reads.
const LINGER: Duration = Duration::from_secs(60);
/// Changes of servers within this time are told together.
const MERGED: Duration = Duration::from_millis(50);
/// Readers are woken no more often than this.
const BATCHED: Duration = Duration::from_millis(20);

/// What has changed of the servers and is not told yet.
#[derive(Default)]
struct Changes {
    changed: BTreeSet<String>,
    removed: BTreeSet<String>,
    tell_at: Option<Instant>,
}

struct Recorder<'a> {
    shared: &'a Shared,
    changes: Changes,
    told_at: Option<Instant>,
    /// When readers are to be woken for what is in the log already.
    wake_at: Option<Instant>,
    readers: Count<usize>,
    /// When nobody will have been reading for long enough.
    idle_at: Option<Instant>,
}

/// What is followed.
struct Sources {
    watcher: Watcher,
    begins: Receiver<Arc<Started>>,
    answers: Receiver<Arc<OwnAnswer>>,
    saves: Count<u64>,
}

/// What happens next.
enum Next {
    Happened(Box<Event>),
    Started(Arc<Started>),
    Answered(Arc<OwnAnswer>),
    /// The settings file was written.
    Saved,
    Missed,
    /// The changes of the servers are due.
    Tell,
    /// Readers are due to be woken.
    Wake,
    /// Readers came or went.
    Readers,
    Idle,
    Stop,
}

/// Records until the scope ends.
pub(super) async fn record(shared: Arc<Shared>) {
    let mut readers = shared.readers.subscribe();
    loop {
        tokio::select! {
            biased;
            () = shared.scope.cancelled() => break,
            _ = readers.wait_for(|readers| *readers > 0) => {}
        }
        let mut sources = Sources::new(&shared.management);
        shared.is_awake.send_replace(true);
        let mut recorder = Recorder {
            readers: shared.readers.subscribe(),
            idle_at: None,
            shared: &shared,
            changes: Changes::default(),
            told_at: None,
            wake_at: None,
        };
        let is_over = recorder.follow(&mut sources).await;
        shared.is_awake.send_replace(false);
        if is_over {
            break;
        }
        shared.log.gap();
    }
    shared.log.add(|id| frame::stopping(id, &shared.management));
    shared.log.publish();
    shared.ended.cancel();
}

impl Sources {
    /// From now on: what is true now is told by the readers.
    fn new(management: &Management) -> Self {
        let mut sources = Self {
            watcher: management.watch(),
            begins: management.history.begins(),
            answers: management.history.own_answers(),
            saves: management.settings.saves(),
        };
        sources.saves.mark_unchanged();
        drop(sources.watcher.snapshot());
        sources
    }
}

impl Recorder<'_> {
    /// Records while somebody reads; whether the core ends.
    async fn follow(&mut self, sources: &mut Sources) -> bool {
        let log = &self.shared.log;
        self.count();
        loop {
            match self.next(sources).await {
                Next::Happened(event) => self.take(*event),
                Next::Started(started) => self.add(|id| frame::started(id, &started)),
                Next::Answered(answer) => self.add(|id| frame::answered(id, &answer)),
                Next::Saved => {
                    let path = self.shared.management.info().config_path;
                    self.add(|id| frame::saved(id, &path));
                }
                Next::Missed => {
                    drop(sources.watcher.snapshot());
                    self.changes = Changes::default();
                    log.gap();
                }
                Next::Tell => self.tell(),
                Next::Wake => self.wake(),
                Next::Readers => self.count(),
                Next::Idle => return false,
                Next::Stop => return true,
            }
        }
    }

    async fn next(&mut self, sources: &mut Sources) -> Next {
        let Sources { watcher, begins, answers, saves } = sources;
        tokio::select! {
            biased;
            () = self.shared.scope.cancelled() => Next::Stop,
            () = at(self.wake_at) => Next::Wake,
            () = at(self.changes.tell_at) => Next::Tell,
            // a call begins before it ends
            started = begins.recv() => match started {
                Ok(started) => Next::Started(started),
                Err(RecvError::Lagged(_)) => Next::Missed,
                Err(RecvError::Closed) => pending().await,
            },
            answer = answers.recv() => match answer {
                Ok(answer) => Next::Answered(answer),
                Err(RecvError::Lagged(_)) => Next::Missed,
                Err(RecvError::Closed) => pending().await,
            },
            // the file is written before anybody reads it
            Ok(()) = saves.changed() => Next::Saved,
            event = watcher.next() => match event {
                Event::Lagged {} => Next::Missed,
                event => Next::Happened(Box::new(event)),
            },
            Ok(()) = self.readers.changed() => Next::Readers,
            () = at(self.idle_at) => Next::Idle,
        }
    }

    /// Readers came or went.
    fn count(&mut self) {
        let nobody_reads = *self.readers.borrow_and_update() == 0;
        self.idle_at = nobody_reads.then(|| Instant::now() + LINGER);
    }

    fn take(&mut self, event: Event) {
        match event {
            Event::ServersChanged { servers, removed, .. } => {
                self.changes.changed.extend(servers.into_iter().map(|server| server.name));
                self.changes.removed.extend(removed);
                self.changes.tell_at.get_or_insert_with(|| Instant::now() + MERGED);
            }
            Event::CallEnded { call } => self.add(|id| frame::ended(id, &call)),
            Event::SettingsRead { problems } => {
                let path = self.shared.management.info().config_path;
                self.add(|id| frame::settings(id, &path, &problems));
            }
            Event::PhaseChanged { .. } => {
                let management = &self.shared.management;
                self.add(|id| frame::status(management, id));
            }
            Event::Lagged {} | Event::Other => {}
        }
    }

    /// Tells what has changed of the servers, as they are now.
    fn tell(&mut self) {
        let changes = std::mem::take(&mut self.changes);
        let names = |set: BTreeSet<String>| set.into_iter().collect::<Vec<_>>();
        let (changed, removed) = (names(changes.changed), names(changes.removed));
        let management = &self.shared.management;
        let list = management.servers.list();
        self.add(|id| frame::servers(id, "changed", &changed, &removed, &list));
        self.add(|id| frame::status(management, id));
    }

    fn add(&mut self, write: impl FnOnce(&str) -> bytes::Bytes) {
        self.shared.log.add(write);
        let now = Instant::now();
        match self.told_at.map(|told| told + BATCHED).filter(|due| *due > now) {
            Some(due) => self.wake_at = self.wake_at.or(Some(due)),
            None => self.wake(),
        }
    }

    fn wake(&mut self) {
        self.wake_at = None;
        self.told_at = Some(Instant::now());
        self.shared.log.publish();
    }
}

async fn at(time: Option<Instant>) {
    match time {
        Some(time) => sleep_until(time).await,
        None => pending().await,
    }
}
