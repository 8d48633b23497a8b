//! What a watcher is told: the snapshot, then the events, numbered, without a gap. Whoever does not keep up is told so
//! once, and nothing more until the snapshot is asked for again. Not here: what changes (`Watcher`).

use std::{future::poll_fn, task::Poll};

use mcpproxy_ipc_proto::{
    frame::{Frame, Kind},
    watch::{Event, Snapshot, Topic},
};
use mcpproxy_task::catch_panic;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::{
    answers::{Promise, Watcher, written},
    outbox::{Outbox, Unsent},
    requests::pieces,
};

/// How many events may still be told when the connection ends.
const LAST_EVENTS: usize = 64;

/// A watch that begins.
pub(crate) struct Begin {
    /// Of the request that its snapshot answers.
    pub(crate) id: u64,
    pub(crate) watcher: Box<dyn Watcher>,
    pub(crate) snapshot: Snapshot,
    /// Nothing = everything.
    pub(crate) topics: Vec<Topic>,
}

pub(crate) type BeginWatch = mpsc::Sender<Begin>;

/// The watches of one connection; each replaces the one before.
pub(crate) fn begin() -> (BeginWatch, mpsc::Receiver<Begin>) {
    mpsc::channel(1)
}

/// Tells until nothing is heard from the peer any more; then what has already happened.
pub(crate) async fn tell(mut watches: mpsc::Receiver<Begin>, outbox: &Outbox, heard: &CancellationToken) {
    let mut telling = Telling { outbox, seq: 0, watch: None };
    loop {
        let told = tokio::select! {
            biased;
            () = heard.cancelled() => break,
            Some(begin) = watches.recv() => telling.begin(begin).await,
            event = telling.next() => telling.event(event).await,
        };
        if told.is_err() {
            return;
        }
    }
    watches.close();
    while let Some(begin) = watches.recv().await {
        if telling.begin(begin).await.is_err() {
            return;
        }
    }
    for _ in 0..LAST_EVENTS {
        let Some(event) = telling.now().await else { return };
        if telling.event(event).await.is_err() {
            return;
        }
    }
}

struct Telling<'a> {
    outbox: &'a Outbox,
    /// The number of the last event.
    seq: u64,
    watch: Option<(Box<dyn Watcher>, Vec<Topic>)>,
}

impl Telling<'_> {
    async fn begin(&mut self, begin: Begin) -> Result<(), Unsent> {
        let Begin { id, watcher, mut snapshot, topics } = begin;
        snapshot.seq = self.seq;
        self.watch = Some((watcher, topics));
        for frame in pieces(id, written(&snapshot)).map_err(|_| Unsent::TooLarge)? {
            self.outbox.reply(&frame.map_err(|_| Unsent::TooLarge)?).await?;
        }
        Ok(())
    }

    /// The next change; never, as long as nothing is watched.
    async fn next(&mut self) -> Event {
        match &mut self.watch {
            Some((watcher, _)) => catch_panic(watcher.next()).await.unwrap_or(Event::Lagged {}),
            None => std::future::pending().await,
        }
    }

    /// A change that has already happened.
    async fn now(&mut self) -> Option<Event> {
        let mut next: Promise<'_, Event> = Box::pin(self.next());
        poll_fn(|cx| match next.as_mut().poll(cx) {
            Poll::Ready(event) => Poll::Ready(Some(event)),
            Poll::Pending => Poll::Ready(None),
        })
        .await
    }

    async fn event(&mut self, event: Event) -> Result<(), Unsent> {
        let Some((_, topics)) = &self.watch else { return Ok(()) };
        match event.topic() {
            Some(topic) if topics.is_empty() || topics.contains(&topic) => {}
            Some(_) => return Ok(()),
            None => return self.lagged().await,
        }
        match self.outbox.event(&self.numbered(&event)?) {
            Ok(()) => self.seq += 1,
            // what does not fit into a frame is in the snapshot, which may have many
            Err(Unsent::Full | Unsent::TooLarge) => return self.lagged().await,
            Err(Unsent::Gone) => return Err(Unsent::Gone),
        }
        Ok(())
    }

    async fn lagged(&mut self) -> Result<(), Unsent> {
        self.watch = None;
        self.outbox.event_at_last(&self.numbered(&Event::Lagged {})?).await?;
        self.seq += 1;
        Ok(())
    }

    fn numbered(&self, event: &Event) -> Result<Frame, Unsent> {
        Frame::new(Kind::Event, None, Some(self.seq + 1), event).map_err(|_| Unsent::TooLarge)
    }
}
