//! The life of one link to an upstream server: which input moves which state where.
//!
//! Pure: no clock, no I/O, no channel, no randomness. The driver feeds inputs, performs the effects, adds jitter to the
//! delays and publishes the state; it holds no rule. Not here: whether the server *should* run (settings), how it looks (health).

use std::time::Duration;

/// One opening of the link. Inputs born of it carry it, so that a late one cannot touch its successor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempt(pub u64);

/// Where the link stands; data lives in the variant it belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Nothing is open, nothing is wanted.
    Disconnected,
    /// The transport is being opened and the handshake made.
    Connecting(Attempt),
    /// Nothing is open until somebody signs in.
    PendingAuth,
    /// The handshake is made; the first list of tools is under way.
    Discovering(Attempt),
    /// Serves calls.
    Ready {
        /// Which opening this is.
        attempt: Attempt,
        /// Where its list of tools stands.
        listing: Listing,
    },
    /// Put to rest while idle; the next call wakes it.
    Asleep,
    /// Failed, and waits for the next try.
    Backoff,
    /// Failed too often; only a person's wish opens it again.
    GaveUp,
    /// Being closed; remembers what comes after, and a change of mind.
    Stopping {
        /// What is being closed.
        attempt: Attempt,
        /// What comes after.
        then: After,
    },
}

/// Whether a list of tools is being fetched, and whether it is out of date before it arrives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listing {
    /// What is known is what the server told last.
    Current,
    /// A list is under way.
    Fetching,
    /// A list is under way, and the server has announced another change since it was asked for.
    FetchingStale,
}

/// What comes once everything is released.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum After {
    /// Nothing is wanted any more.
    Rest,
    /// Idle until the next call.
    Sleep,
    /// Somebody has to sign in.
    SignIn,
    /// Another try, later.
    Retry,
    /// Another opening, at once.
    Reopen,
}

/// Every reason for a change; closed, so that `step` is total and the compiler finds what a new one forgot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    // wishes
    /// The server should run.
    Enable,
    /// The server should not run.
    Disable,
    /// A call needs the server. Wakes it from sleep, and never jumps the queue of a retry.
    Wake,
    /// A person asked for another try, now.
    Retry,
    /// Nobody used the server for a while.
    Sleep,
    /// What the link is made from has changed.
    Reconfigure,
    // news of an attempt
    /// The handshake is made.
    Handshaken(Attempt),
    /// The list of tools has arrived.
    Listed(Attempt),
    /// The server announces that its tools changed.
    ListChanged(Attempt),
    /// The server wants a sign-in.
    AuthRequired(Attempt),
    /// The link is of no use any more; what it holds still has to be released.
    Failed(Attempt),
    /// Everything that the attempt held is released.
    Closed(Attempt),
    /// Ready without a failure for `Policy::steady_after`.
    Steady(Attempt),
    // the rest of the world
    /// A sign-in succeeded.
    SignedIn,
    /// The time asked for by [`Effect::RetryAfter`] is over.
    RetryDue,
}

/// What the driver must do next; the only way out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Effect {
    /// Open the transport and make the handshake.
    Open(Attempt),
    /// Ask for the list of tools; while one is under way, once more after it.
    List(Attempt),
    /// Release everything the attempt holds, then report [`Input::Closed`].
    Close(Attempt),
    /// Report [`Input::RetryDue`] after this time.
    RetryAfter(Duration),
}

/// How failures are answered.
#[derive(Clone, Copy, Debug)]
pub struct Policy {
    /// The delay after the first failure; it doubles with each further one.
    pub base: Duration,
    /// The longest delay.
    pub cap: Duration,
    /// How many failures in a row end the trying.
    pub max_failures: u32,
}

impl Default for Policy {
    fn default() -> Self {
        Self { base: Duration::from_secs(1), cap: Duration::from_secs(300), max_failures: 20 }
    }
}

impl Policy {
    fn delay(&self, failures: u32) -> Duration {
        let doublings = failures.saturating_sub(1).min(31);
        self.base.saturating_mul(1 << doublings).min(self.cap)
    }
}

/// The link: its state, the failures since it was last steady, and the number of its last attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// Where it stands.
    pub state: State,
    /// Failures since it was last steady.
    pub failures: u32,
    last: u64,
}

impl Default for Link {
    fn default() -> Self {
        Self { state: State::Disconnected, failures: 0, last: 0 }
    }
}

impl State {
    /// The state as people read it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Disconnected | Self::Asleep => "Disconnected",
            Self::Stopping { then: After::Rest | After::Sleep, .. } => "Disconnected",
            Self::Connecting(_) | Self::Stopping { then: After::Reopen, .. } => "Connecting",
            Self::PendingAuth | Self::Stopping { then: After::SignIn, .. } => "Pending Auth",
            Self::Discovering(_) => "Discovering",
            Self::Ready { .. } => "Ready",
            Self::Backoff | Self::GaveUp | Self::Stopping { then: After::Retry, .. } => "Error",
        }
    }
}

impl Link {
    /// One input: the link as it is afterwards, and what the driver must do.
    pub fn step(self, input: Input, policy: &Policy) -> (Self, Vec<Effect>) {
        if self.is_stale(input) {
            return self.stay();
        }
        match self.state {
            State::Disconnected => self.disconnected(input),
            State::Connecting(attempt) => self.connecting(attempt, input),
            State::PendingAuth => self.pending_auth(input),
            State::Discovering(attempt) => self.discovering(attempt, input),
            State::Ready { attempt, listing } => self.ready(attempt, listing, input),
            State::Asleep => self.asleep(input),
            State::Backoff => self.backoff(input),
            State::GaveUp => self.gave_up(input),
            State::Stopping { attempt, then } => self.stopping(attempt, then, input, policy),
        }
    }

    fn disconnected(self, input: Input) -> (Self, Vec<Effect>) {
        use Input::*;
        match input {
            Enable => self.open(),
            Disable | Wake | Retry | Sleep | Reconfigure | SignedIn | RetryDue => self.stay(),
            Handshaken(_) | Listed(_) | ListChanged(_) | AuthRequired(_) | Failed(_) | Closed(_) | Steady(_) => {
                self.stay()
            }
        }
    }

    fn connecting(self, attempt: Attempt, input: Input) -> (Self, Vec<Effect>) {
        use Input::*;
        match input {
            Handshaken(_) => self.go(State::Discovering(attempt), vec![Effect::List(attempt)]),
            AuthRequired(_) => self.stop(attempt, After::SignIn),
            Failed(_) | Closed(_) => self.fail(attempt),
            Disable => self.stop(attempt, After::Rest),
            Reconfigure => self.stop(attempt, After::Reopen),
            Enable | Wake | Retry | Sleep | Listed(_) | ListChanged(_) | Steady(_) | SignedIn | RetryDue => self.stay(),
        }
    }

    fn pending_auth(self, input: Input) -> (Self, Vec<Effect>) {
        use Input::*;
        match input {
            SignedIn | Reconfigure => self.open(),
            Disable => self.go(State::Disconnected, vec![]),
            Enable | Wake | Retry | Sleep | RetryDue => self.stay(),
            Handshaken(_) | Listed(_) | ListChanged(_) | AuthRequired(_) | Failed(_) | Closed(_) | Steady(_) => {
                self.stay()
            }
        }
    }

    fn discovering(self, attempt: Attempt, input: Input) -> (Self, Vec<Effect>) {
        use Input::*;
        match input {
            Listed(_) => self.go(State::Ready { attempt, listing: Listing::Current }, vec![]),
            AuthRequired(_) => self.stop(attempt, After::SignIn),
            Failed(_) | Closed(_) => self.fail(attempt),
            Disable => self.stop(attempt, After::Rest),
            Reconfigure => self.stop(attempt, After::Reopen),
            // the pages that have arrived do not show the change: the list under way is followed by another
            ListChanged(_) => self.go(self.state, vec![Effect::List(attempt)]),
            Enable | Wake | Retry | Sleep | Handshaken(_) | Steady(_) | SignedIn | RetryDue => self.stay(),
        }
    }

    fn ready(self, attempt: Attempt, listing: Listing, input: Input) -> (Self, Vec<Effect>) {
        use Input::*;
        let with = |listing| State::Ready { attempt, listing };
        match (input, listing) {
            (ListChanged(_), Listing::Current) => self.go(with(Listing::Fetching), vec![Effect::List(attempt)]),
            (ListChanged(_), Listing::Fetching | Listing::FetchingStale) => {
                self.go(with(Listing::FetchingStale), vec![])
            }
            (Listed(_), Listing::FetchingStale) => self.go(with(Listing::Fetching), vec![Effect::List(attempt)]),
            (Listed(_), Listing::Current | Listing::Fetching) => self.go(with(Listing::Current), vec![]),
            (Steady(_), _) => (Self { failures: 0, ..self }, vec![]),
            (AuthRequired(_), _) => self.stop(attempt, After::SignIn),
            (Failed(_) | Closed(_), _) => self.fail(attempt),
            (Disable, _) => self.stop(attempt, After::Rest),
            (Sleep, _) => self.stop(attempt, After::Sleep),
            (Reconfigure, _) => self.stop(attempt, After::Reopen),
            (Enable | Wake | Retry | Handshaken(_) | SignedIn | RetryDue, _) => self.stay(),
        }
    }

    fn asleep(self, input: Input) -> (Self, Vec<Effect>) {
        use Input::*;
        match input {
            Wake | Retry => self.open(),
            Disable => self.go(State::Disconnected, vec![]),
            Enable | Sleep | Reconfigure | SignedIn | RetryDue => self.stay(),
            Handshaken(_) | Listed(_) | ListChanged(_) | AuthRequired(_) | Failed(_) | Closed(_) | Steady(_) => {
                self.stay()
            }
        }
    }

    fn backoff(self, input: Input) -> (Self, Vec<Effect>) {
        use Input::*;
        match input {
            RetryDue | Retry | Reconfigure => self.open(),
            Disable => self.go(State::Disconnected, vec![]),
            Enable | Wake | Sleep | SignedIn => self.stay(),
            Handshaken(_) | Listed(_) | ListChanged(_) | AuthRequired(_) | Failed(_) | Closed(_) | Steady(_) => {
                self.stay()
            }
        }
    }

    fn gave_up(self, input: Input) -> (Self, Vec<Effect>) {
        use Input::*;
        match input {
            Retry | Enable | Reconfigure => Self { failures: 0, ..self }.open(),
            Disable => self.go(State::Disconnected, vec![]),
            Wake | Sleep | SignedIn | RetryDue => self.stay(),
            Handshaken(_) | Listed(_) | ListChanged(_) | AuthRequired(_) | Failed(_) | Closed(_) | Steady(_) => {
                self.stay()
            }
        }
    }

    fn stopping(self, attempt: Attempt, then: After, input: Input, policy: &Policy) -> (Self, Vec<Effect>) {
        use Input::*;
        let instead = |then| self.go(State::Stopping { attempt, then }, vec![]);
        match (input, then) {
            (Closed(_), After::Rest) => self.go(State::Disconnected, vec![]),
            (Closed(_), After::Sleep) => self.go(State::Asleep, vec![]),
            (Closed(_), After::SignIn) => self.go(State::PendingAuth, vec![]),
            (Closed(_), After::Reopen) => self.open(),
            (Closed(_), After::Retry) if self.failures >= policy.max_failures => self.go(State::GaveUp, vec![]),
            (Closed(_), After::Retry) => self.go(State::Backoff, vec![Effect::RetryAfter(policy.delay(self.failures))]),
            (Disable, _) => instead(After::Rest),
            (Enable, After::Rest) | (Wake, After::Sleep) => instead(After::Reopen),
            (Retry, After::Sleep | After::Retry) => instead(After::Reopen),
            (Reconfigure, After::Sleep | After::SignIn | After::Retry) => instead(After::Reopen),
            (SignedIn, After::SignIn) => instead(After::Reopen),
            (Enable | Wake | Retry | Sleep | Reconfigure | SignedIn | RetryDue, _) => self.stay(),
            (Handshaken(_) | Listed(_) | ListChanged(_) | AuthRequired(_) | Failed(_) | Steady(_), _) => self.stay(),
        }
    }

    fn open(self) -> (Self, Vec<Effect>) {
        let attempt = Attempt(self.last + 1);
        (Self { state: State::Connecting(attempt), last: attempt.0, ..self }, vec![Effect::Open(attempt)])
    }

    fn fail(self, attempt: Attempt) -> (Self, Vec<Effect>) {
        Self { failures: self.failures.saturating_add(1), ..self }.stop(attempt, After::Retry)
    }

    fn stop(self, attempt: Attempt, then: After) -> (Self, Vec<Effect>) {
        self.go(State::Stopping { attempt, then }, vec![Effect::Close(attempt)])
    }

    fn go(self, state: State, effects: Vec<Effect>) -> (Self, Vec<Effect>) {
        (Self { state, ..self }, effects)
    }

    fn stay(self) -> (Self, Vec<Effect>) {
        (self, vec![])
    }

    fn is_stale(&self, input: Input) -> bool {
        use Input::*;
        match input {
            Handshaken(a) | Listed(a) | ListChanged(a) | AuthRequired(a) | Failed(a) | Closed(a) | Steady(a) => {
                a.0 != self.last
            }
            Enable | Disable | Wake | Retry | Sleep | Reconfigure | SignedIn | RetryDue => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: Policy = Policy { base: Duration::from_secs(1), cap: Duration::from_secs(300), max_failures: 20 };

    /// The whole machine as text, one line per (state, input) that does anything: keep it as a snapshot, it is the reviewed diagram.
    #[test]
    fn transition_table() {
        let mut table = String::new();
        for state in states() {
            let link = Link { state, failures: 1, last: 1 };
            for input in inputs(Attempt(1)) {
                let (next, effects) = link.step(input, &POLICY);
                if next != link || !effects.is_empty() {
                    table += &format!("{state:?} + {input:?} -> {:?} {effects:?}\n", next.state);
                }
            }
        }
        if std::env::var_os("UPDATE_TABLE").is_some() {
            let file = concat!(env!("CARGO_MANIFEST_DIR"), "/src/server/lifecycle.table");
            std::fs::write(file, &table).unwrap();
        }
        assert_eq!(table, include_str!("lifecycle.table"), "the table changed: review it");
    }

    #[test]
    fn a_server_that_always_fails_is_given_up_and_never_open_twice() {
        let (mut link, mut effects) = Link::default().step(Input::Enable, &POLICY);
        let (mut opens, mut delays) = (0, vec![]);
        while let Some(effect) = effects.pop() {
            let input = match effect {
                Effect::Open(attempt) => {
                    opens += 1;
                    Input::Failed(attempt)
                }
                Effect::Close(attempt) => Input::Closed(attempt),
                Effect::RetryAfter(delay) => {
                    delays.push(delay.as_secs());
                    Input::RetryDue
                }
                Effect::List(_) => continue,
            };
            (link, effects) = link.step(input, &POLICY);
        }
        assert_eq!((link.state, opens), (State::GaveUp, 20));
        assert_eq!(delays[..4], [1, 2, 4, 8]);
        assert_eq!(delays.iter().max(), Some(&300));
    }

    #[test]
    fn failures_are_forgotten_only_when_the_link_was_steady() {
        let link =
            Link { state: State::Ready { attempt: Attempt(1), listing: Listing::Current }, failures: 3, last: 1 };
        assert_eq!(link.step(Input::Failed(Attempt(1)), &POLICY).0.failures, 4);
        assert_eq!(link.step(Input::Steady(Attempt(1)), &POLICY).0.failures, 0);
    }

    /// A long random walk: never two attempts open, each closed once, `Stopping` left only by `Closed`.
    #[test]
    fn whatever_happens_at_most_one_attempt_is_open() {
        let (mut link, mut open, mut seed) = (Link::default(), None::<Attempt>, 7_u64);
        for _ in 0..300_000 {
            seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            let choices = inputs(Attempt(link.last.saturating_sub((seed >> 60) & 1)));
            let input = choices[(seed >> 33) as usize % choices.len()];
            if matches!(input, Input::Closed(a) if Some(a) == open) && !matches!(link.state, State::Stopping { .. }) {
                continue; // a driver reports Closed only after Close
            }
            let before = link.state;
            let (next, effects) = link.step(input, &POLICY);
            if matches!((before, input), (State::Stopping { attempt, .. }, Input::Closed(a)) if a == attempt) {
                open = None;
            } else if matches!(before, State::Stopping { .. }) {
                assert!(matches!(next.state, State::Stopping { .. }));
            }
            for effect in effects {
                match effect {
                    Effect::Open(attempt) => assert_eq!(open.replace(attempt), None),
                    Effect::Close(attempt) | Effect::List(attempt) => assert_eq!(open, Some(attempt)),
                    Effect::RetryAfter(_) => assert_eq!(open, None),
                }
            }
            link = next;
        }
    }

    fn states() -> [State; 15] {
        let attempt = Attempt(1);
        let ready = |listing| State::Ready { attempt, listing };
        let stopping = |then| State::Stopping { attempt, then };
        [
            State::Disconnected,
            State::Connecting(attempt),
            State::PendingAuth,
            State::Discovering(attempt),
            ready(Listing::Current),
            ready(Listing::Fetching),
            ready(Listing::FetchingStale),
            State::Asleep,
            State::Backoff,
            State::GaveUp,
            stopping(After::Rest),
            stopping(After::Sleep),
            stopping(After::SignIn),
            stopping(After::Retry),
            stopping(After::Reopen),
        ]
    }

    fn inputs(a: Attempt) -> [Input; 15] {
        use Input::*;
        [
            Enable,
            Disable,
            Wake,
            Retry,
            Sleep,
            Reconfigure,
            Handshaken(a),
            Listed(a),
            ListChanged(a),
            AuthRequired(a),
            Failed(a),
            Closed(a),
            Steady(a),
            SignedIn,
            RetryDue,
        ]
    }
}
