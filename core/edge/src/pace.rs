//! How long a connection may stay in what it is doing: reading a head, resting between requests, being closed.
//!
//! Not here: deadlines for bodies (`inbound`), and any limit on an answer, which may be a stream that lasts for hours.
//! Everything below happens inside the one task that drives the connection, so a change of phase needs no wake-up: the
//! deadline is looked at after each turn of the connection. Between two quick requests no timer is touched.

use std::{
    pin::Pin,
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::time::{Instant, Sleep};

use crate::settings::Limits;

/// How long bytes that nobody reads are taken from a client, so that it can read the answer before the connection ends.
const LINGER: Duration = Duration::from_secs(10);
/// How long a head that has begun may take once the listener is closing.
const LAST_HEAD: Duration = Duration::from_secs(1);

/// How many bits hold the phase.
const PHASE_BITS: u32 = 3;

/// What a connection is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Opened, and no byte has come.
    Fresh,
    /// Some bytes of a request have come.
    Head,
    /// A face is at work, or its answer is on its way.
    Busy,
    /// Between two requests.
    Idle,
    /// Answered and closed on our side, while the client still sends.
    Linger,
}

/// What a connection is doing, and since when.
#[derive(Debug)]
pub(crate) struct Pace {
    opened: Instant,
    /// The phase in the lowest bits, above them the milliseconds from `opened` to its beginning.
    packed: AtomicU64,
    unread: AtomicBool,
}

impl Pace {
    pub(crate) fn new() -> Self {
        Self { opened: Instant::now(), packed: AtomicU64::new(Phase::Fresh as u64), unread: AtomicBool::new(false) }
    }

    pub(crate) fn enter(&self, phase: Phase) {
        let since = u64::try_from(self.opened.elapsed().as_millis()).unwrap_or(u64::MAX >> PHASE_BITS);
        self.packed.store((since << PHASE_BITS) | phase as u64, Ordering::Release);
        if phase == Phase::Busy {
            self.unread.store(false, Ordering::Release);
        }
    }

    pub(crate) fn phase(&self) -> Phase {
        self.read().0
    }

    /// Bytes have arrived.
    pub(crate) fn on_read(&self) {
        if matches!(self.phase(), Phase::Fresh | Phase::Idle) {
            self.enter(Phase::Head);
        }
    }

    /// Bytes have left: the rest of a long answer, which is no idleness.
    pub(crate) fn on_write(&self) {
        if self.phase() == Phase::Idle {
            self.enter(Phase::Idle);
        }
    }

    /// The body of the request was let go before its end.
    pub(crate) fn leave_unread(&self) {
        self.unread.store(true, Ordering::Release);
    }

    /// Whether the client may still be sending what nobody will read.
    pub(crate) fn is_half_read(&self) -> bool {
        self.unread.load(Ordering::Acquire) || self.phase() == Phase::Head
    }

    fn read(&self) -> (Phase, Instant) {
        let packed = self.packed.load(Ordering::Acquire);
        let phase = match packed & ((1 << PHASE_BITS) - 1) {
            0 => Phase::Fresh,
            1 => Phase::Head,
            2 => Phase::Busy,
            3 => Phase::Idle,
            _ => Phase::Linger,
        };
        (phase, self.opened + Duration::from_millis(packed >> PHASE_BITS))
    }
}

/// The timer of one connection.
pub(crate) struct Deadline {
    head: Duration,
    idle: Option<Duration>,
    sleep: Pin<Box<Sleep>>,
}

impl Deadline {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self { head: limits.head, idle: limits.idle, sleep: Box::pin(tokio::time::sleep(limits.head)) }
    }

    /// The listener is closing: a head that has begun gets little more time.
    pub(crate) fn hurry(&mut self, pace: &Pace) {
        self.head = self.head.min(LAST_HEAD);
        if pace.phase() == Phase::Head {
            pace.enter(Phase::Head);
        }
    }

    /// Ready once the connection has been in its phase for too long.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>, pace: &Pace) -> Poll<Phase> {
        loop {
            let (phase, since) = pace.read();
            let allowed = match phase {
                Phase::Fresh | Phase::Head => Some(self.head),
                Phase::Busy => None,
                Phase::Idle => self.idle,
                Phase::Linger => Some(LINGER),
            };
            let Some(due) = allowed.map(|allowed| since + allowed) else { return Poll::Pending };
            if due < self.sleep.deadline() {
                self.sleep.as_mut().reset(due);
            }
            // an earlier timer than needed is left to fire, and then set anew
            ready!(self.sleep.as_mut().poll(cx));
            if due <= Instant::now() {
                return Poll::Ready(phase);
            }
            self.sleep.as_mut().reset(due);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn each_phase_has_its_own_limit() {
        let (head, idle) = (Duration::from_secs(60), Duration::from_secs(180));
        let limits = Limits { head, idle: Some(idle), ..Limits::default() };
        let pace = Pace::new();
        let mut deadline = Deadline::new(&limits);
        // phase, bytes that arrive after a while, what ends it, seconds after the last change
        for (phase, arrives, ended, after) in [
            (Phase::Fresh, None, Phase::Fresh, head),
            (Phase::Fresh, Some(Duration::from_secs(50)), Phase::Head, head),
            (Phase::Idle, None, Phase::Idle, idle),
            (Phase::Idle, Some(Duration::from_secs(170)), Phase::Head, head),
            (Phase::Head, Some(Duration::from_secs(50)), Phase::Head, Duration::from_secs(10)),
            (Phase::Linger, None, Phase::Linger, LINGER),
        ] {
            pace.enter(phase);
            if let Some(arrives) = arrives {
                tokio::select! {
                    early = poll_fn(|cx| deadline.poll(cx, &pace)) => panic!("{early:?} ended early"),
                    () = tokio::time::sleep(arrives) => pace.on_read(),
                }
            }
            let changed = Instant::now();
            assert_eq!(poll_fn(|cx| deadline.poll(cx, &pace)).await, ended, "{phase:?} {arrives:?}");
            assert_eq!(changed.elapsed().as_secs(), after.as_secs(), "{phase:?} {arrives:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn work_and_a_limit_of_none_last_for_ever() {
        let limits = Limits { idle: None, ..Limits::default() };
        let pace = Pace::new();
        let mut deadline = Deadline::new(&limits);
        for phase in [Phase::Busy, Phase::Idle] {
            pace.enter(phase);
            let patience = Duration::from_secs(100_000);
            let ended = tokio::time::timeout(patience, poll_fn(|cx| deadline.poll(cx, &pace))).await;
            assert!(ended.is_err(), "{phase:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_closing_listener_waits_a_second_for_a_head() {
        let pace = Pace::new();
        let mut deadline = Deadline::new(&Limits::default());
        pace.on_read();
        tokio::time::advance(Duration::from_secs(5)).await;
        deadline.hurry(&pace);
        let changed = Instant::now();
        assert_eq!(poll_fn(|cx| deadline.poll(cx, &pace)).await, Phase::Head);
        assert_eq!(changed.elapsed().as_secs(), LAST_HEAD.as_secs());
    }
}
