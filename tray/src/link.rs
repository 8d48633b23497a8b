//! The life of the tray's link to the core: which input moves which state where.
//!
//! Pure: no clock, no I/O, no channel, no randomness. The driver feeds inputs, performs the effects, adds jitter to the
//! delays and publishes the state; it holds no rule. Not here: what a person sees of it ([`crate::menu`]).

use std::time::Duration;

mod news;
mod policy;
mod steps;

pub use self::{
    news::{Age, Effect, End, Farewell, Input, LaunchedBy, Met, NotLaunched, Refusal, Timer},
    policy::Policy,
};

/// One try to reach a core. News of it carry it, so that late ones cannot touch its successor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Attempt(pub u64);

/// One core process that we started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Child(pub u64);

/// Where the link stands; data lives in the variant it belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Nothing is asked of a core; `looking`: one that appears is attached.
    Idle {
        /// See above.
        looking: bool,
    },
    /// Somebody may be there.
    Probing,
    /// Our process runs, and nobody answers yet.
    Launching,
    /// Somebody answers, and has not said yet who it is.
    Greeting,
    /// A core understands us.
    Linked(Linked),
    /// Something is there that is left alone.
    Incompatible(Misfit),
    /// The core does not start, and trying again by ourselves is of no use.
    CoreFailed(Fault),
    /// What was there is gone, or did not answer: tried again by ourselves in a moment.
    Retrying,
    /// Our core is being stopped.
    Stopping {
        /// What comes after.
        then: After,
        /// Whether it was told to end at once.
        forced: bool,
    },
    /// The tray ends; our core first.
    Quitting {
        /// As above.
        forced: bool,
    },
}

/// A core that understands us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Linked {
    /// Whose it is.
    pub owner: Owner,
    /// Whether it is older than this program: another start would bring ours.
    pub outdated: bool,
    /// Signs of life that did not come, in a row.
    pub missed: u8,
}

/// Whose core it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// Our child.
    Us,
    /// A tray that was here before us; ours by inheritance, but not our child.
    EarlierTray,
    /// Somebody else: attached, and left running.
    Other,
}

/// What comes after our core was stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum After {
    /// Nothing.
    Rest,
    /// Ours is started.
    Launch,
    /// The reason why it was stopped is told.
    Tell(Fault),
}

/// Why something that is there is left alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Misfit {
    /// Another make of the product.
    OtherMake,
    /// The core speaks only older versions of the protocol.
    CoreTooOld,
    /// The core speaks only newer versions of the protocol.
    TrayTooOld,
    /// It belongs to another user.
    Stranger,
    /// It does not speak the protocol at all.
    Unknown,
}

/// Why the core does not start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Its port is taken (exit code 2).
    PortInUse {
        /// Whether it named one that is free.
        free: bool,
    },
    /// Another core serves the data folder (3).
    FolderLocked {
        /// Whether it is known where that one is reached.
        holder: bool,
    },
    /// The settings have faults (4).
    Settings,
    /// A file or folder is not accessible (5).
    Denied,
    /// It did not come to answer in time.
    Timeout,
    /// It ended again and again.
    CrashLoop,
    /// There is no program to start.
    NoProgram,
    /// The system does not start it.
    NotStarted,
}

impl Fault {
    /// The exit code that it stands for, where it is one of the contract.
    #[must_use]
    pub fn code(self) -> Option<u8> {
        match self {
            Self::PortInUse { .. } => Some(2),
            Self::FolderLocked { .. } => Some(3),
            Self::Settings => Some(4),
            Self::Denied => Some(5),
            Self::Timeout | Self::CrashLoop | Self::NoProgram | Self::NotStarted => None,
        }
    }
}

/// The link: its state, and what outlives a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// Where it stands.
    pub state: State,
    /// The core that we started and that has not ended.
    pub child: Option<Child>,
    /// How often it was lost or not reached, since it was last steady.
    pub failures: u32,
    /// How often the core was started, since it was last steady or a person asked.
    pub launches: u32,
    /// Whether the core may be started at all.
    pub may_launch: bool,
    /// Whether it is started on the free port that it named, instead of its own.
    pub on_free_port: bool,
    /// How often ours may still find its folder held by the core whose place it takes, and which is ending.
    pub yields: u32,
    /// Whether one did not stop when it was asked to: from then on none is replaced unless a person asks.
    pub declined: bool,
    /// How long the core says that it takes to stop, if it said that it does.
    needs: Option<Duration>,
    attempt: Attempt,
    children: u64,
}

impl Default for Link {
    fn default() -> Self {
        Self {
            state: State::Idle { looking: false },
            child: None,
            failures: 0,
            launches: 0,
            may_launch: true,
            on_free_port: false,
            yields: 0,
            declined: false,
            needs: None,
            attempt: Attempt(0),
            children: 0,
        }
    }
}

/// What a step gives.
pub type Step = (Link, Vec<Effect>);

impl Link {
    /// The link before anything was asked for; whether it may start a core by itself.
    #[must_use]
    pub fn new(may_launch: bool) -> Self {
        Self { may_launch, ..Self::default() }
    }

    /// Takes one input: the link after it, and what the driver has to do, in this order.
    #[must_use]
    pub fn step(self, input: Input, policy: &Policy) -> Step {
        if self.is_stale(input) {
            return self.stay();
        }
        let mut link = self;
        if let Input::Ended(..) | Input::NotLaunched(..) = input {
            link.child = None;
        }
        match link.state {
            State::Idle { looking } => link.idle(looking, input, policy),
            State::Probing => link.probing(input, policy),
            State::Launching => link.launching(input, policy),
            State::Greeting => link.greeting(input, policy),
            State::Linked(linked) => link.linked(linked, input, policy),
            State::Incompatible(misfit) => link.incompatible(misfit, input, policy),
            State::CoreFailed(fault) => link.failed(fault, input, policy),
            State::Retrying => link.retrying(input, policy),
            State::Stopping { then, forced } => link.stopping(then, forced, input, policy),
            State::Quitting { forced } => link.quitting(forced, input, policy),
        }
    }

    /// The try that is under way, or the last one.
    #[must_use]
    pub fn attempt(&self) -> Attempt {
        self.attempt
    }

    fn is_stale(&self, input: Input) -> bool {
        use Input::*;
        match input {
            Connected(attempt)
            | Absent(attempt)
            | Refused(attempt, _)
            | Greeted(attempt, _)
            | Alive(attempt)
            | Missed(attempt)
            | Draining(attempt, _)
            | Unanswered(attempt)
            | Declined(attempt)
            | Lost(attempt, _)
            | Due(_, attempt) => attempt != self.attempt,
            NotLaunched(child, _) | Ended(child, _) => Some(child) != self.child,
            Start | Stop | Disconnect | Retry | Replace | UseFreePort | Attach | Quit => false,
        }
    }

    // The ways from one state to another, used by several of them.

    fn fresh(self) -> Self {
        Self { attempt: Attempt(self.attempt.0 + 1), ..self }
    }

    /// What failed before does not count.
    fn forgiven(self) -> Self {
        Self { failures: 0, launches: 0, ..self }
    }

    /// A person wants the core as if nothing had been before: on its own port, too.
    fn anew(self) -> Self {
        Self { on_free_port: false, ..self.forgiven() }
    }

    fn probe(self) -> Step {
        let link = self.fresh();
        link.go(State::Probing, vec![Effect::Connect(link.attempt)])
    }

    fn launch(self, policy: &Policy) -> Step {
        if self.launches > policy.relaunches {
            return self.rest(State::CoreFailed(Fault::CrashLoop), policy.look_for_core);
        }
        let child = Child(self.children + 1);
        let link = Self {
            child: Some(child),
            children: child.0,
            launches: self.launches + 1,
            declined: false,
            needs: None,
            ..self.fresh()
        };
        let effects = vec![
            Effect::Launch { child, on_free_port: link.on_free_port },
            link.after(Timer::Look, policy.look_for_child),
            link.after(Timer::Startup, policy.startup),
        ];
        link.go(State::Launching, effects)
    }

    /// Somebody said who it is.
    fn meet(self, met: Met, policy: &Policy) -> Step {
        let link = Self { needs: None, ..self };
        let rest = |misfit| self.rest(State::Incompatible(misfit), policy.look_again);
        match met {
            Met::OtherMake => rest(Misfit::OtherMake),
            Met::CoreTooOld => rest(Misfit::CoreTooOld),
            Met::TrayTooOld => rest(Misfit::TrayTooOld),
            Met::Core { age, by } => {
                let owner = match by {
                    LaunchedBy::Us => Owner::Us,
                    LaunchedBy::Tray => Owner::EarlierTray,
                    LaunchedBy::Installer | LaunchedBy::Other => Owner::Other,
                };
                // what we started ourselves is the newest that we can start
                let outdated = age == Age::Older && by != LaunchedBy::Us && self.child.is_none();
                let is_ours = matches!(by, LaunchedBy::Tray | LaunchedBy::Installer);
                if outdated && is_ours && self.may_launch && !self.declined {
                    return link.shut_down(After::Launch, policy);
                }
                let effects = vec![
                    Effect::Watch(self.attempt),
                    self.after(Timer::Beat, policy.beat),
                    self.after(Timer::Steady, policy.steady_after),
                ];
                let link = Self { yields: 0, ..link };
                link.go(State::Linked(Linked { owner, outdated, missed: 0 }), effects)
            }
        }
    }

    /// What was there is gone, or did not answer as it should.
    fn retry_later(self, policy: &Policy) -> Step {
        let link = Self { failures: self.failures.saturating_add(1), ..self.fresh() };
        let effects = vec![link.after(Timer::Retry, policy.delay(link.failures))];
        link.go(State::Retrying, effects)
    }

    /// Nobody answered as a core does. Our own is not waited for without end.
    fn unanswered(self, policy: &Policy) -> Step {
        match self.child {
            Some(child) if self.failures >= policy.silences => self.terminate(child, After::Launch, policy),
            _ => self.retry_later(policy),
        }
    }

    /// A state that is left only when a person asks, or when a core appears.
    fn rest(self, state: State, look_every: Duration) -> Step {
        let link = self.fresh();
        let effects = vec![link.after(Timer::Watch, look_every)];
        link.go(state, effects)
    }

    /// Asks the core that we are connected with to stop.
    fn shut_down(self, then: After, policy: &Policy) -> Step {
        self.ask_to_stop(State::Stopping { then, forced: false }, policy)
    }

    fn ask_to_stop(self, state: State, policy: &Policy) -> Step {
        self.go(state, vec![Effect::Shutdown(self.attempt), self.force_later(policy)])
    }

    /// It has the time that it said, within bounds.
    fn force_later(&self, policy: &Policy) -> Effect {
        let time = self.needs.map_or(policy.drain, |needs| needs.min(policy.longest) + policy.grace);
        self.after(Timer::Force, time)
    }

    /// Asks the system to stop our child, which we cannot ask ourselves.
    fn terminate(self, child: Child, then: After, policy: &Policy) -> Step {
        let link = self.fresh();
        let effects = vec![Effect::Drop, Effect::Terminate(child), link.after(Timer::Force, policy.terminate)];
        link.go(State::Stopping { then, forced: false }, effects)
    }

    fn after(&self, timer: Timer, delay: Duration) -> Effect {
        Effect::After(timer, self.attempt, delay)
    }

    fn go(self, state: State, effects: Vec<Effect>) -> Step {
        (Self { state, ..self }, effects)
    }

    fn stay(self) -> Step {
        (self, vec![])
    }
}

#[cfg(test)]
mod tests;
