//! One opening of a server's link, from the first process to the last: a task that owns the connection, follows the
//! actor's orders and tells what happens.

use std::{future::Future, sync::Arc, time::Duration};

use mcpproxy_domain::{ServerSpec, server::lifecycle::Attempt};
use mcpproxy_task::Scope;
use mcpproxy_wire::{Era, LinkError, handshake::ServerHello};
use tokio::{
    sync::{Notify, mpsc},
    time::{Instant, sleep_until},
};
use tokio_util::sync::CancellationToken;

use crate::{
    Failure, Handle, Surroundings, Tool, code_of,
    connection::{Connection, Ears, list_tools},
};

const PING_LIMIT: Duration = Duration::from_secs(5);
/// A server that is merely busy misses a probe; only this many in a row count.
const MISSED_PINGS: u32 = 3;
/// How often a list that is already known is asked for before the known one stays.
const LIST_TRIES: u32 = 3;
/// The least time between two lists.
const LIST_PAUSE: Duration = Duration::from_millis(500);

/// The longest pause before a subscription is made again.
const RESUBSCRIBE_CAP: Duration = Duration::from_secs(30);

/// What an attempt tells its actor.
pub(super) struct News {
    pub(super) attempt: Attempt,
    pub(super) event: Event,
}

pub(super) enum Event {
    Handshaken(Handle, Arc<ServerHello>),
    /// The list is there; `None` = as it was.
    Listed(Option<Arc<[Arc<Tool>]>>),
    ListChanged,
    Failed(Failure),
    /// Everything is released; the last thing that is told.
    Closed,
}

/// How an actor steers an attempt.
pub(super) struct Orders {
    pub(super) attempt: Attempt,
    pub(super) list: Arc<Notify>,
    pub(super) close: CancellationToken,
}

/// Prepares an attempt; the future is its whole life.
pub(super) fn begin(
    attempt: Attempt,
    spec: Arc<ServerSpec>,
    known: Option<Era>,
    surroundings: Arc<Surroundings>,
    scope: Scope,
    news: mpsc::Sender<News>,
) -> (Orders, impl Future<Output = ()> + Send) {
    let orders = Orders { attempt, list: Arc::default(), close: CancellationToken::new() };
    let life = Life {
        attempt,
        spec,
        known,
        surroundings,
        scope,
        news,
        list: Arc::clone(&orders.list),
        close: orders.close.clone(),
    };
    (orders, life.live())
}

struct Life {
    attempt: Attempt,
    spec: Arc<ServerSpec>,
    /// The era of the server, where an earlier attempt found it out.
    known: Option<Era>,
    surroundings: Arc<Surroundings>,
    scope: Scope,
    news: mpsc::Sender<News>,
    list: Arc<Notify>,
    close: CancellationToken,
}

impl Life {
    async fn live(self) {
        let ears = Arc::new(Ears::new(self.surroundings.logs.open(&self.spec.name)));
        // a process that was started is always closed in order: nothing between here and `close` is dropped halfway
        match Connection::start(&self.spec, &self.surroundings, Arc::clone(&ears), &self.scope).await {
            Err(failure) => {
                self.tell(Event::Failed(failure)).await;
                self.close.cancelled().await;
            }
            Ok(mut connection) => {
                if let Err(failure) = self.serve(&mut connection, &ears).await {
                    self.tell(Event::Failed(failure)).await;
                    self.close.cancelled().await;
                }
                connection.close().await;
            }
        }
        self.tell(Event::Closed).await;
    }

    /// Serves until it is told to close (`Ok`) or the link fails.
    async fn serve(&self, connection: &mut Connection, ears: &Ears) -> Result<(), Failure> {
        let shaken = tokio::select! {
            shaken = connection.handshake(self.known, self.spec.init_timeout, &self.scope) => shaken,
            () = self.close.cancelled() => return Ok(()),
        };
        let (handle, hello) = shaken?;
        let offers_tools = hello.offers_tools;
        self.tell(Event::Handshaken(handle.clone(), Arc::new(hello))).await;
        let failure = tokio::select! {
            () = self.close.cancelled() => return Ok(()),
            () = handle.closed() => Failure::from(LinkError::Closed),
            () = connection.ended() => Failure::from(LinkError::Closed),
            failure = self.lists(&handle, offers_tools) => failure,
            failure = self.probes(&handle) => failure,
            () = self.announcements(ears) => return Ok(()),
            () = self.subscriptions(&handle, ears) => return Ok(()),
        };
        Err(connection.post_mortem(failure).await)
    }

    /// Fetches the list as often as it is ordered. Without a first list the server is of no use; a later one that fails
    /// leaves the tools that are known.
    async fn lists(&self, handle: &Handle, offers_tools: bool) -> Failure {
        let mut known = false;
        loop {
            self.list.notified().await;
            match self.listed(handle, offers_tools, if known { LIST_TRIES } else { 1 }).await {
                Ok(tools) => {
                    known = true;
                    handle.listed(Some(&tools));
                    self.tell(Event::Listed(Some(tools))).await;
                }
                Err(failure) if known => {
                    tracing::warn!(server = %self.spec.name, "the tools stay as they were known: {failure}");
                    handle.listed(None);
                    self.tell(Event::Listed(None)).await;
                }
                Err(failure) => return failure,
            }
            // a server that announces a change whenever it is asked must not keep us busy
            tokio::time::sleep(LIST_PAUSE).await;
        }
    }

    async fn listed(&self, handle: &Handle, offers_tools: bool, tries: u32) -> Result<Arc<[Arc<Tool>]>, Failure> {
        let mut tried = 0;
        loop {
            tried += 1;
            match list_tools(handle, &self.spec.name, offers_tools).await {
                Ok(tools) => return Ok(tools.into_iter().map(Arc::new).collect()),
                Err(failure) if tried >= tries => return Err(failure),
                Err(_) => tokio::time::sleep(LIST_PAUSE * tried).await,
            }
        }
    }

    /// Asks for signs of life. A link that is gone is dead at once, silence only when it lasts, and not while a call
    /// is at work: a server may be busy with what it was asked to do, and the call has a limit of its own.
    async fn probes(&self, handle: &Handle) -> Failure {
        let Some(interval) = self.spec.health_interval else { return std::future::pending().await };
        let mut missed = 0;
        loop {
            sleep_until(Instant::now() + interval).await;
            let at_work = handle.in_flight() > 0;
            match handle.ping(PING_LIMIT).await {
                Ok(()) => missed = 0,
                Err(LinkError::Closed) => return LinkError::Closed.into(),
                Err(_) if at_work => {}
                Err(_) if missed + 1 < MISSED_PINGS => missed += 1,
                Err(error) => {
                    let told = format!("the server gave no sign of life {MISSED_PINGS} times in a row; last: {error}");
                    return Failure::new(code_of(&error), told);
                }
            }
        }
    }

    async fn announcements(&self, ears: &Ears) {
        loop {
            ears.list_changed().await;
            self.tell(Event::ListChanged).await;
        }
    }

    /// Keeps up the subscription to changes, where the server wants one.
    async fn subscriptions(&self, handle: &Handle, ears: &Ears) {
        let mut pause = LIST_PAUSE;
        loop {
            let begun = Instant::now();
            handle.subscribed().await;
            pause = if begun.elapsed() > RESUBSCRIBE_CAP { LIST_PAUSE } else { (pause * 2).min(RESUBSCRIBE_CAP) };
            tokio::time::sleep(pause).await;
            // what changed in between was told to nobody
            ears.announce_change();
        }
    }

    async fn tell(&self, event: Event) {
        let event = match event {
            Event::Failed(failure) => Event::Failed(self.surroundings.shown(&failure)),
            event => event,
        };
        let _ = self.news.send(News { attempt: self.attempt, event }).await;
    }
}
