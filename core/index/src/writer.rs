//! The one writer: a thread that turns updates of servers into commits, as many of them at once as have gathered.
//!
//! Updates wait in a mailbox of one place a server, where a later one takes the place of an earlier one: that bounds
//! it, and no sender ever waits. A thread rather than a task, because the engine blocks. Not here: the engine.

use std::{
    collections::BTreeMap,
    mem,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
};

use mcpproxy_domain::ServerName;
use tokio::sync::watch;

use crate::{document::Document, engine::Engine, error::Error, search::Searcher};

/// Takes updates of the index. Dropping it ends the writer thread; updates that it has not begun are forgotten.
pub struct Writer {
    mailbox: Arc<Mailbox>,
    committed: watch::Receiver<u64>,
}

/// The promise that an update will be searchable.
#[must_use = "an update is searchable only once it is committed"]
pub struct Receipt {
    number: u64,
    committed: watch::Receiver<u64>,
}

impl Writer {
    pub(crate) fn start(engine: Engine, searcher: Searcher) -> Result<Self, Error> {
        let mailbox = Arc::new(Mailbox::default());
        let (progress, committed) = watch::channel(0);
        let inbox = Arc::clone(&mailbox);
        thread::Builder::new()
            .name("index-writer".to_owned())
            .spawn(move || run(engine, &inbox, &searcher, &progress))
            .map_err(Error::Thread)?;
        Ok(Self { mailbox, committed })
    }

    /// Makes these documents all that is indexed of a server. What has not changed costs nothing; documents of other
    /// servers are left out. Never blocks.
    pub fn replace(&self, server: ServerName, documents: Vec<Document>) -> Receipt {
        Receipt { number: self.mailbox.put(server, documents), committed: self.committed.clone() }
    }

    /// Forgets all tools of a server. Never blocks.
    pub fn remove(&self, server: ServerName) -> Receipt {
        self.replace(server, Vec::new())
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.mailbox.close();
    }
}

impl Receipt {
    /// Waits until every search sees the update, or a later one of the same server.
    ///
    /// # Errors
    /// [`Error::Stopped`] when the writer ended before that.
    pub async fn committed(mut self) -> Result<(), Error> {
        self.committed.wait_for(|committed| *committed >= self.number).await.map(drop).map_err(|_| Error::Stopped)
    }
}

fn run(mut engine: Engine, mailbox: &Mailbox, searcher: &Searcher, progress: &watch::Sender<u64>) {
    while let Some((number, updates)) = mailbox.take() {
        if let Err(error) = engine.apply(updates) {
            // In RAM this is a bug or the end of memory. Searches go on with the last commit, and the receipts say
            // that nothing new will come.
            tracing::error!(%error, "the index writer stops");
            return;
        }
        searcher.publish(engine.snapshot());
        progress.send_replace(number);
    }
}

#[derive(Default)]
struct Mailbox {
    letters: Mutex<Letters>,
    arrived: Condvar,
}

#[derive(Default)]
struct Letters {
    updates: BTreeMap<ServerName, Vec<Document>>,
    /// How many updates were ever put in.
    number: u64,
    closed: bool,
}

impl Mailbox {
    fn put(&self, server: ServerName, documents: Vec<Document>) -> u64 {
        let mut letters = self.lock();
        letters.updates.insert(server, documents);
        letters.number += 1;
        self.arrived.notify_one();
        letters.number
    }

    fn close(&self) {
        self.lock().closed = true;
        self.arrived.notify_one();
    }

    /// Waits for updates and takes all there are, with the number of the latest; `None` once closed.
    fn take(&self) -> Option<(u64, BTreeMap<ServerName, Vec<Document>>)> {
        let waiting = |letters: &mut Letters| letters.updates.is_empty() && !letters.closed;
        let mut letters = self.arrived.wait_while(self.lock(), waiting).unwrap_or_else(PoisonError::into_inner);
        (!letters.closed).then(|| (letters.number, mem::take(&mut letters.updates)))
    }

    fn lock(&self) -> MutexGuard<'_, Letters> {
        self.letters.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
