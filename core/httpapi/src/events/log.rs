//! The last events as bytes, numbered. A place in the log is the number of the last event that a reader has.
//!
//! Not here: what is in them, and when readers are woken for what.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
};

use bytes::{Bytes, BytesMut};
use tokio::sync::watch;

/// The most that is kept.
const EVENTS: usize = 4096;
const BYTES: usize = 4 * 1024 * 1024;
/// The most that is handed out at once, but for a single event that is larger.
const BATCH: usize = 256 * 1024;

/// The log.
pub(super) struct Log {
    boot: String,
    kept: Mutex<Kept>,
    /// The number of the last event that readers may know of.
    published: watch::Sender<u64>,
}

#[derive(Default)]
struct Kept {
    /// The number of the last event.
    last: u64,
    /// Those before it that are kept, without a gap.
    events: VecDeque<Bytes>,
    bytes: usize,
}

impl Log {
    /// An empty one. `boot` tells the numbers of this core from those of others.
    pub(super) fn new(boot: String) -> Self {
        Self { boot, kept: Mutex::default(), published: watch::Sender::new(0) }
    }

    /// Adds an event, written with its id. Readers are not told yet.
    pub(super) fn add(&self, write: impl FnOnce(&str) -> Bytes) {
        let mut kept = self.kept();
        let event = write(&self.id(kept.last + 1));
        kept.last += 1;
        kept.bytes += event.len();
        kept.events.push_back(event);
        while kept.events.len() > EVENTS || (kept.bytes > BYTES && kept.events.len() > 1) {
            if let Some(oldest) = kept.events.pop_front() {
                kept.bytes -= oldest.len();
            }
        }
    }

    /// Something was missed: nobody can go on from where they are.
    pub(super) fn gap(&self) {
        let mut kept = self.kept();
        *kept = Kept { last: kept.last + 1, ..Kept::default() };
        drop(kept);
        self.publish();
    }

    /// Tells readers of what was added.
    pub(super) fn publish(&self) {
        self.published.send_replace(self.kept().last);
    }

    /// Hears of what is added.
    pub(super) fn follow(&self) -> watch::Receiver<u64> {
        self.published.subscribe()
    }

    /// The place behind everything that was told.
    pub(super) fn end(&self) -> u64 {
        *self.published.borrow()
    }

    /// What comes behind a place, as much as goes out at once, and the place behind that. `None` = what came next is not
    /// kept any more.
    pub(super) fn behind(&self, place: u64) -> Option<(Bytes, u64)> {
        let kept = self.kept();
        let first = kept.last - kept.events.len() as u64;
        let skipped = usize::try_from(place.checked_sub(first)?).ok()?;
        let mut batch = BytesMut::new();
        let mut place = place;
        for event in kept.events.iter().skip(skipped) {
            if !batch.is_empty() && batch.len() + event.len() > BATCH {
                break;
            }
            batch.extend_from_slice(event);
            place += 1;
        }
        Some((batch.freeze(), place))
    }

    /// The id of a place.
    pub(super) fn id(&self, place: u64) -> String {
        format!("{}-{place}", self.boot)
    }

    /// The place of an id; `None` = it is none of this core.
    pub(super) fn place(&self, id: &str) -> Option<u64> {
        let (boot, place) = id.split_once('-')?;
        let place = place.parse().ok()?;
        (boot == self.boot && place <= self.end()).then_some(place)
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn add(log: &Log, text: &str) {
        log.add(|id| format!("{id}:{text};").into());
    }

    fn text(log: &Log, place: u64) -> Option<(String, u64)> {
        log.behind(place).map(|(bytes, place)| (String::from_utf8(bytes.to_vec()).unwrap(), place))
    }

    #[test]
    fn places_are_gone_on_from_until_they_are_forgotten() {
        let log = Log::new("b".to_owned());
        assert_eq!(text(&log, 0), Some((String::new(), 0)));
        add(&log, "one");
        add(&log, "two");
        assert_eq!(log.end(), 0, "nobody was told");
        log.publish();
        assert_eq!((log.end(), text(&log, 0)), (2, Some(("b-1:one;b-2:two;".to_owned(), 2))));
        assert_eq!(text(&log, 1), Some(("b-2:two;".to_owned(), 2)));
        assert_eq!((log.place("b-1"), log.place("b-3"), log.place("c-1"), log.place("b")), (Some(1), None, None, None));
        log.gap();
        assert_eq!((text(&log, 2), text(&log, 3), log.end()), (None, Some((String::new(), 3)), 3));
        for _ in 0..=EVENTS {
            add(&log, "x");
        }
        assert_eq!((text(&log, 3), text(&log, 4).map(|(_, place)| place)), (None, Some(4 + EVENTS as u64)));
    }

    #[test]
    fn what_is_kept_and_what_goes_out_at_once_have_a_limit_of_bytes() {
        let log = Log::new("b".to_owned());
        let large = "x".repeat(BATCH * 2 / 3);
        (0..100).for_each(|_| add(&log, &large));
        assert!(log.behind(0).is_none());
        let kept = BYTES / (large.len() + 6);
        let (batch, place) = log.behind(100 - kept as u64).unwrap();
        assert_eq!(place, 101 - kept as u64, "one at a time");
        assert!(batch.len() < BATCH);
    }
}
