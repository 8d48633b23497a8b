//! What goes out over one connection: one queue, so that what was queued first goes first, with room of its own for
//! replies, which wait for it, and for events, which do not. Not here: what is sent.

use std::{sync::Arc, time::Duration};

use mcpproxy_ipc_proto::{
    frame::Frame,
    limits::{EVENT_BYTES, EVENTS},
};
use tokio::{
    io::{AsyncWrite, AsyncWriteExt as _},
    sync::{OwnedSemaphorePermit, Semaphore, mpsc},
    time::timeout,
};

/// How many bytes of replies may wait; the calls wait beyond it.
const REPLY_BYTES: usize = 2 * 1024 * 1024;
/// A frame counts as at least this much, so that one limit holds both bytes and frames.
const LEAST: usize = EVENT_BYTES / EVENTS;

/// Why a frame did not go into the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unsent {
    /// There is no room for another event.
    Full,
    /// The event is larger than a frame may be.
    TooLarge,
    /// The connection is gone.
    Gone,
}

/// How writing ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Written {
    /// All was taken.
    All,
    /// The peer took nothing for too long.
    Silence,
    /// The connection broke.
    Broken,
}

/// The end into which frames are put.
#[derive(Clone, Debug)]
pub(crate) struct Outbox {
    queue: mpsc::Sender<Packet>,
    replies: Arc<Semaphore>,
    events: Arc<Semaphore>,
}

/// The end out of which they are written.
pub(crate) type Queue = mpsc::Receiver<Packet>;

/// A frame that holds its room until it is written.
#[derive(Debug)]
pub(crate) struct Packet {
    bytes: Vec<u8>,
    _room: OwnedSemaphorePermit,
}

pub(crate) fn outbox() -> (Outbox, Queue) {
    // whoever has room has a place in the queue
    let (queue, outgoing) = mpsc::channel((EVENT_BYTES + REPLY_BYTES) / LEAST);
    let room = |bytes| Arc::new(Semaphore::new(bytes));
    (Outbox { queue, replies: room(REPLY_BYTES), events: room(EVENT_BYTES) }, outgoing)
}

impl Outbox {
    /// Queues a frame of a reply, or the farewell, once there is room.
    pub(crate) async fn reply(&self, frame: &Frame) -> Result<(), Unsent> {
        let bytes = frame.encode().map_err(|_| Unsent::TooLarge)?;
        let room = Arc::clone(&self.replies).acquire_many_owned(weight(&bytes)).await.map_err(|_| Unsent::Gone)?;
        self.queue.send(Packet { bytes, _room: room }).await.map_err(|_| Unsent::Gone)
    }

    /// Queues an event if there is room.
    pub(crate) fn event(&self, frame: &Frame) -> Result<(), Unsent> {
        let bytes = frame.encode().map_err(|_| Unsent::TooLarge)?;
        let room = Arc::clone(&self.events).try_acquire_many_owned(weight(&bytes)).map_err(|_| Unsent::Full)?;
        self.queue.try_send(Packet { bytes, _room: room }).map_err(|_| Unsent::Gone)
    }

    /// Queues an event once there is room.
    pub(crate) async fn event_at_last(&self, frame: &Frame) -> Result<(), Unsent> {
        let bytes = frame.encode().map_err(|_| Unsent::TooLarge)?;
        let room = Arc::clone(&self.events).acquire_many_owned(weight(&bytes)).await.map_err(|_| Unsent::Gone)?;
        self.queue.send(Packet { bytes, _room: room }).await.map_err(|_| Unsent::Gone)
    }
}

fn weight(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.len().max(LEAST)).unwrap_or(u32::MAX)
}

/// Writes until every outbox is dropped. A peer that takes nothing for `silence` is given up.
pub(crate) async fn write(mut queue: Queue, writer: &mut (impl AsyncWrite + Unpin), silence: Duration) -> Written {
    while let Some(packet) = queue.recv().await {
        let mut rest = packet.bytes.as_slice();
        while !rest.is_empty() {
            match timeout(silence, writer.write(rest)).await {
                Ok(Ok(taken @ 1..)) => rest = rest.get(taken..).unwrap_or_default(),
                Ok(_) => return Written::Broken,
                Err(_) => return Written::Silence,
            }
        }
        match timeout(silence, writer.flush()).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) => return Written::Broken,
            Err(_) => return Written::Silence,
        }
    }
    Written::All
}

#[cfg(test)]
mod tests {
    use mcpproxy_ipc_proto::frame::{Decoder, Kind};
    use tokio::io::AsyncReadExt as _;

    use super::*;

    fn event(seq: u64, text: &str) -> Frame {
        Frame::new(Kind::Event, None, Some(seq), &text).unwrap()
    }

    #[tokio::test]
    async fn events_have_a_limit_of_frames_and_of_bytes_and_leave_room_for_replies() {
        for (text, most) in [(String::new(), EVENTS), ("x".repeat(EVENT_BYTES / 8), 7)] {
            let (outbox, queue) = outbox();
            let queued = (0..).take_while(|seq| outbox.event(&event(*seq, &text)).is_ok()).count();
            assert_eq!(queued, most);
            assert_eq!(outbox.event(&event(0, &text)), Err(Unsent::Full));
            let reply = Frame::new(Kind::Reply, Some(1), None, &"x").unwrap();
            outbox.reply(&reply).await.unwrap();
            drop(queue);
            assert_eq!(outbox.reply(&reply).await, Err(Unsent::Gone));
        }
    }

    #[tokio::test]
    async fn what_was_queued_first_goes_first_and_makes_room() {
        let (outbox, queue) = outbox();
        for seq in 0..EVENTS as u64 - 1 {
            outbox.event(&event(seq, "")).unwrap();
        }
        outbox.reply(&Frame::new(Kind::Reply, Some(1), None, &"x").unwrap()).await.unwrap();
        outbox.event(&event(EVENTS as u64 - 1, "")).unwrap();
        assert_eq!(outbox.event(&event(0, "")), Err(Unsent::Full));
        let (mut theirs, mut ours) = tokio::io::duplex(64 * 1024);
        let again = outbox.clone();
        let late = event(EVENTS as u64, "");
        let (written, sent) = tokio::join!(
            async {
                let written = write(queue, &mut ours, Duration::from_secs(60)).await;
                drop(ours);
                written
            },
            async move {
                drop(outbox);
                again.event_at_last(&late).await
            },
        );
        assert_eq!((written, sent), (Written::All, Ok(())));
        let (mut bytes, mut decoder, mut order) = (Vec::new(), Decoder::default(), Vec::new());
        theirs.read_to_end(&mut bytes).await.unwrap();
        decoder.push(&bytes);
        while let Some(frame) = decoder.next_frame().unwrap() {
            order.push(frame.seq);
        }
        let count = EVENTS as u64;
        let expected: Vec<_> = (0..count - 1).map(Some).chain([None, Some(count - 1), Some(count)]).collect();
        assert_eq!(order, expected);
    }

    #[tokio::test(start_paused = true)]
    async fn who_takes_nothing_is_given_up() {
        let (outbox, queue) = outbox();
        let (_theirs, mut ours) = tokio::io::duplex(4);
        outbox.event(&event(1, "too long for it")).unwrap();
        assert_eq!(write(queue, &mut ours, Duration::from_secs(30)).await, Written::Silence);
    }
}
