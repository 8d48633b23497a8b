//! The life of the core itself: starting, ready, draining, stopped.

use std::time::Duration;

/// Where the core stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Not yet listening.
    Starting,
    /// Listens and serves.
    Ready,
    /// Takes nothing new and finishes what is under way, for at most this long.
    Draining(Duration),
    /// Nothing is left.
    Stopped,
}

/// What moves the core.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// The socket is bound and the faces answer.
    Listening,
    /// A signal, or whoever launched the core, asks it to stop.
    Stop,
    /// Everything is released.
    Released,
}

/// What the driver does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Effect {
    /// Announce the drain and release everything within this time.
    Drain(Duration),
    /// Do not wait any longer: end the process.
    Force,
}

impl Phase {
    /// The next phase, and what to do.
    pub fn step(self, event: Event, grace: Duration) -> (Self, Option<Effect>) {
        match (self, event) {
            (Self::Starting, Event::Listening) => (Self::Ready, None),
            (Self::Starting | Self::Ready, Event::Stop) => (Self::Draining(grace), Some(Effect::Drain(grace))),
            // a second request to stop means: now
            (Self::Draining(left), Event::Stop) => (Self::Draining(left), Some(Effect::Force)),
            (Self::Starting | Self::Ready | Self::Draining(_), Event::Released) => (Self::Stopped, None),
            (Self::Ready | Self::Draining(_), Event::Listening) | (Self::Stopped, _) => (self, None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_stop_forces() {
        let grace = Duration::from_secs(30);
        let (phase, effect) = Phase::Starting.step(Event::Listening, grace);
        assert_eq!((phase, effect), (Phase::Ready, None));
        let (phase, effect) = phase.step(Event::Stop, grace);
        assert_eq!((phase, effect), (Phase::Draining(grace), Some(Effect::Drain(grace))));
        assert_eq!(phase.step(Event::Listening, grace), (phase, None));
        assert_eq!(phase.step(Event::Stop, grace), (phase, Some(Effect::Force)));
        assert_eq!(phase.step(Event::Released, grace), (Phase::Stopped, None));
        assert_eq!(Phase::Stopped.step(Event::Stop, grace), (Phase::Stopped, None));
    }
}
