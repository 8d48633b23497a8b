//! What each state does with each input.

use std::time::Duration;

use super::{
    After, Effect, End, Farewell, Fault, Input, Link, Linked, Misfit, NotLaunched, Owner, Policy, Refusal, State, Step,
    Timer,
};

impl Link {
    pub(super) fn idle(self, looking: bool, input: Input, policy: &Policy) -> Step {
        use Input::*;
        match input {
            // our core that is still there said that it stops
            Start | Retry if self.child.is_some() => {
                self.anew().fresh().awaited(State::Stopping { then: After::Launch, forced: false }, policy)
            }
            Quit if self.child.is_some() => self.fresh().awaited(State::Quitting { forced: false }, policy),
            Start => Self { may_launch: self.may_launch || self.attempt.0 > 0, ..self }.anew().probe(),
            Retry => self.anew().probe(),
            Quit => self.quit(policy),
            Due(..) | Absent(_) | Refused(..) | Connected(_) | Greeted(..) | Lost(..) if looking => {
                self.at_rest(input, policy.look_for_core, policy)
            }
            Stop | Disconnect | Replace | UseFreePort | Attach => self.stay(),
            Connected(_) | Absent(_) | Refused(..) | Greeted(..) | Alive(_) | Missed(_) | Lost(..) | Draining(..)
            | Unanswered(_) | Declined(_) => self.stay(),
            NotLaunched(..) | Ended(..) | Due(..) => self.stay(),
        }
    }

    pub(super) fn probing(self, input: Input, policy: &Policy) -> Step {
        use Input::*;
        match input {
            Connected(_) => self.go(State::Greeting, vec![]),
            Greeted(_, met) => self.meet(met, policy),
            Absent(_) => match self.child {
                Some(_) => self.unanswered(policy),
                None if self.may_launch => self.launch(policy),
                None => self.rest(State::Idle { looking: true }, policy.look_for_core),
            },
            Refused(_, refusal) => self.refused(refusal, policy),
            Lost(..) => self.unanswered(policy),
            Stop => self.stop(policy),
            Quit => self.quit(policy),
            Disconnect if self.child.is_none() => self.leave_alone(),
            Start | Disconnect | Retry | Replace | UseFreePort | Attach => self.stay(),
            Alive(_) | Missed(_) | Draining(..) | Unanswered(_) | Declined(_) | NotLaunched(..) | Ended(..)
            | Due(..) => self.stay(),
        }
    }

    pub(super) fn launching(self, input: Input, policy: &Policy) -> Step {
        use Input::*;
        match input {
            Due(Timer::Look, attempt) => self.go(State::Launching, vec![Effect::Connect(attempt)]),
            Connected(_) => self.go(State::Greeting, vec![]),
            Greeted(_, met) => self.meet(met, policy),
            // a socket that is just being made may refuse in its own way
            Absent(_) | Refused(..) | Lost(..) => {
                self.go(State::Launching, vec![self.after(Timer::Look, policy.look_for_child)])
            }
            Due(Timer::Startup, _) => self.late(policy),
            NotLaunched(_, why) => self.not_launched(why, policy),
            Ended(_, end) => self.ended(end, policy),
            Stop => self.stop(policy),
            Quit => self.quit(policy),
            Start | Disconnect | Retry | Replace | UseFreePort | Attach => self.stay(),
            Alive(_) | Missed(_) | Draining(..) | Unanswered(_) | Declined(_) | Due(..) => self.stay(),
        }
    }

    pub(super) fn greeting(self, input: Input, policy: &Policy) -> Step {
        use Input::*;
        match input {
            Greeted(_, met) => self.meet(met, policy),
            // it is just starting
            Lost(..) | Absent(_) | Refused(_, Refusal::Busy) if self.child.is_some() && self.failures == 0 => {
                self.go(State::Launching, vec![self.after(Timer::Look, policy.look_for_child)])
            }
            Refused(_, refusal) => self.refused(refusal, policy),
            Lost(..) | Absent(_) => self.unanswered(policy),
            Due(Timer::Startup, _) => self.late(policy),
            NotLaunched(_, why) => self.not_launched(why, policy),
            Ended(_, end) => self.ended(end, policy),
            Stop => self.stop(policy),
            Quit => self.quit(policy),
            Disconnect if self.child.is_none() => self.leave_alone(),
            Start | Disconnect | Retry | Replace | UseFreePort | Attach => self.stay(),
            Connected(_) | Alive(_) | Missed(_) | Draining(..) | Unanswered(_) | Declined(_) | Due(..) => self.stay(),
        }
    }

    pub(super) fn linked(self, linked: Linked, input: Input, policy: &Policy) -> Step {
        use Input::*;
        let with = |missed| State::Linked(Linked { missed, ..linked });
        match input {
            Due(Timer::Beat, attempt) => self.go(self.state, vec![Effect::Ping(attempt)]),
            Due(Timer::Steady, _) => self.forgiven().stay(),
            Alive(_) => self.go(with(0), vec![self.after(Timer::Beat, policy.beat)]),
            Missed(_) if linked.missed + 1 >= policy.misses => self.lose(policy),
            Missed(_) => self.go(with(linked.missed + 1), vec![self.after(Timer::Beat, policy.beat)]),
            // somebody wanted it to stop; whoever starts it again has us back
            Lost(_, Farewell::Stopping) => self.rest(State::Idle { looking: true }, policy.look_for_core),
            Lost(_, Farewell::Broken) | Refused(..) | Absent(_) => self.lose(policy),
            Ended(_, End { code: Some(0), .. }) if linked.owner == Owner::Us => {
                let (link, mut effects) = self.rest(State::Idle { looking: true }, policy.look_for_core);
                effects.insert(0, Effect::Drop);
                (link, effects)
            }
            Ended(..) if linked.owner == Owner::Us => self.lose(policy),
            Stop if linked.owner != Owner::Other => self.shut_down(After::Rest, policy),
            Replace if linked.outdated => Self { may_launch: true, ..self }.forgiven().shut_down(After::Launch, policy),
            Disconnect if linked.owner == Owner::Other => self.leave_alone(),
            Quit if linked.owner == Owner::Other => self.quit(policy),
            Quit => self.ask_to_stop(State::Quitting { forced: false }, policy),
            Draining(_, needs) => Self { needs: Some(needs), ..self }.stay(),
            Start | Stop | Disconnect | Retry | Replace | UseFreePort | Attach => self.stay(),
            Connected(_) | Greeted(..) | Unanswered(_) | Declined(_) | NotLaunched(..) | Ended(..) | Due(..) => {
                self.stay()
            }
        }
    }

    pub(super) fn incompatible(self, misfit: Misfit, input: Input, policy: &Policy) -> Step {
        use Input::*;
        match input {
            Start | Retry => self.anew().probe(),
            Stop => self.stop(policy),
            Quit => self.quit(policy),
            // what hindered us is gone
            Absent(_) if self.child.is_none() => self.forgiven().probe(),
            Greeted(_, met) => {
                let (link, effects) = self.meet(met, policy);
                if link.state == State::Incompatible(misfit) {
                    self.look_later(policy.look_again)
                } else {
                    (link, effects)
                }
            }
            Due(..) | Absent(_) | Refused(..) | Connected(_) | Lost(..) => {
                self.at_rest(input, policy.look_again, policy)
            }
            Disconnect | Replace | UseFreePort | Attach => self.stay(),
            Alive(_) | Missed(_) | Draining(..) | Unanswered(_) | Declined(_) | NotLaunched(..) | Ended(..) => {
                self.stay()
            }
        }
    }

    pub(super) fn failed(self, fault: Fault, input: Input, policy: &Policy) -> Step {
        use Input::*;
        match input {
            Start | Retry => Self { may_launch: true, ..self }.anew().probe(),
            UseFreePort if fault == (Fault::PortInUse { free: true }) => {
                Self { on_free_port: true, ..self }.forgiven().launch(policy)
            }
            Attach if fault == (Fault::FolderLocked { holder: true }) => {
                let link = self.forgiven().fresh();
                link.go(State::Probing, vec![Effect::ConnectToHolder(link.attempt)])
            }
            Quit => self.quit(policy),
            Due(..) | Absent(_) | Refused(..) | Connected(_) | Greeted(..) | Lost(..) => {
                self.at_rest(input, policy.look_for_core, policy)
            }
            Stop | Disconnect | Replace | UseFreePort | Attach => self.stay(),
            Alive(_) | Missed(_) | Draining(..) | Unanswered(_) | Declined(_) | NotLaunched(..) | Ended(..) => {
                self.stay()
            }
        }
    }

    pub(super) fn retrying(self, input: Input, policy: &Policy) -> Step {
        use Input::*;
        match input {
            Due(Timer::Retry, _) => self.probe(),
            Start | Retry => self.anew().probe(),
            Stop => self.stop(policy),
            Disconnect if self.child.is_none() => self.leave_alone(),
            Quit => self.quit(policy),
            Disconnect | Replace | UseFreePort | Attach => self.stay(),
            Connected(_) | Absent(_) | Refused(..) | Greeted(..) | Alive(_) | Missed(_) | Lost(..) | Draining(..)
            | Unanswered(_) | Declined(_) => self.stay(),
            NotLaunched(..) | Ended(..) | Due(..) => self.stay(),
        }
    }

    pub(super) fn stopping(self, then: After, forced: bool, input: Input, policy: &Policy) -> Step {
        use Input::*;
        match input {
            Ended(..) | NotLaunched(..) => self.stopped(then, true, policy),
            Lost(..) | Absent(_) | Refused(..) if self.child.is_none() => self.stopped(then, false, policy),
            Due(Timer::Force, _) if forced || self.child.is_none() => {
                Self { child: None, ..self }.stopped(then, false, policy)
            }
            Due(Timer::Force, _) => self.force(State::Stopping { then, forced: true }, policy),
            Draining(_, needs) => self.drains(needs, policy),
            Unanswered(_) if forced || self.needs.is_some() => self.stay(),
            Unanswered(_) => match self.child {
                Some(child) => self.terminate(child, then, policy),
                // it is not ours to end
                None => Self { declined: true, ..self }.stay(),
            },
            Declined(_) if self.child.is_none() => Self { declined: true, ..self }.stopped(then, false, policy),
            Start | Retry => {
                let link = Self { may_launch: true, ..self }.anew();
                link.go(State::Stopping { then: After::Launch, forced }, vec![])
            }
            Stop => self.go(State::Stopping { then: After::Rest, forced }, vec![]),
            Quit => self.go(State::Quitting { forced }, vec![]),
            Disconnect | Replace | UseFreePort | Attach => self.stay(),
            Connected(_) | Absent(_) | Refused(..) | Greeted(..) | Alive(_) | Missed(_) | Declined(_) | Lost(..)
            | Due(..) => self.stay(),
        }
    }

    pub(super) fn quitting(self, forced: bool, input: Input, policy: &Policy) -> Step {
        use Input::*;
        let exit = || self.go(State::Quitting { forced }, vec![Effect::Drop, Effect::Exit]);
        match input {
            Ended(..) | NotLaunched(..) => exit(),
            Lost(..) | Absent(_) | Refused(..) if self.child.is_none() => exit(),
            Due(Timer::Force, _) if forced || self.child.is_none() => exit(),
            Due(Timer::Force, _) => self.force(State::Quitting { forced: true }, policy),
            Draining(_, needs) => self.drains(needs, policy),
            Unanswered(_) if forced || self.needs.is_some() => self.stay(),
            Unanswered(_) => self.quit(policy),
            Declined(_) if self.child.is_none() => exit(),
            Start | Stop | Disconnect | Retry | Replace | UseFreePort | Attach | Quit => self.stay(),
            Connected(_) | Absent(_) | Refused(..) | Greeted(..) | Alive(_) | Missed(_) | Declined(_) | Lost(..)
            | Due(..) => self.stay(),
        }
    }

    /// Looks now and then whether a core appeared, without leaving the state.
    fn at_rest(self, input: Input, every: Duration, policy: &Policy) -> Step {
        match input {
            Input::Due(Timer::Watch, attempt) => self.go(self.state, vec![Effect::Connect(attempt)]),
            Input::Absent(_) | Input::Refused(..) | Input::Lost(..) => self.look_later(every),
            Input::Greeted(_, met) => self.meet(met, policy),
            _ => self.stay(),
        }
    }

    fn look_later(self, every: Duration) -> Step {
        self.go(self.state, vec![self.after(Timer::Watch, every)])
    }

    fn refused(self, refusal: Refusal, policy: &Policy) -> Step {
        match refusal {
            Refusal::Stranger => self.rest(State::Incompatible(Misfit::Stranger), policy.look_again),
            Refusal::Unknown => self.rest(State::Incompatible(Misfit::Unknown), policy.look_again),
            Refusal::Denied => self.rest(State::CoreFailed(Fault::Denied), policy.look_for_core),
            Refusal::Busy => self.unanswered(policy),
        }
    }

    fn not_launched(self, why: NotLaunched, policy: &Policy) -> Step {
        let fault = match why {
            NotLaunched::NoProgram => Fault::NoProgram,
            NotLaunched::Refused => Fault::NotStarted,
        };
        self.rest(State::CoreFailed(fault), policy.look_for_core)
    }

    /// Our process ended before it came to answer.
    fn ended(self, end: End, policy: &Policy) -> Step {
        let fault = match end.code {
            Some(2) => Fault::PortInUse { free: end.free_port },
            // its servers end after its connections
            Some(3) if self.yields > 0 => {
                let link = Self { yields: self.yields - 1, launches: self.launches.saturating_sub(1), ..self.fresh() };
                return link.go(State::Retrying, vec![link.after(Timer::Retry, policy.look_for_core)]);
            }
            // a core that is just going still holds its folder for a moment
            Some(3) if self.launches < policy.relaunches => return self.retry_later(policy),
            Some(3) => Fault::FolderLocked { holder: end.holder },
            Some(4) => Fault::Settings,
            Some(5) => Fault::Denied,
            _ if self.launches > policy.relaunches => Fault::CrashLoop,
            _ => return self.retry_later(policy),
        };
        self.rest(State::CoreFailed(fault), policy.look_for_core)
    }

    fn late(self, policy: &Policy) -> Step {
        match self.child {
            Some(child) => self.terminate(child, After::Tell(Fault::Timeout), policy),
            None => self.rest(State::CoreFailed(Fault::Timeout), policy.look_for_core),
        }
    }

    fn lose(self, policy: &Policy) -> Step {
        let (link, mut effects) = self.retry_later(policy);
        effects.insert(0, Effect::Drop);
        (link, effects)
    }

    fn leave_alone(self) -> Step {
        self.fresh().go(State::Idle { looking: false }, vec![Effect::Drop])
    }

    /// Stops what is ours while we are not linked with it.
    fn stop(self, policy: &Policy) -> Step {
        match self.child {
            Some(child) => self.terminate(child, After::Rest, policy),
            None => {
                let (link, mut effects) = self.rest(State::Idle { looking: true }, policy.look_for_core);
                effects.insert(0, Effect::Drop);
                (link, effects)
            }
        }
    }

    fn quit(self, policy: &Policy) -> Step {
        let Some(child) = self.child else {
            return self.fresh().go(State::Quitting { forced: false }, vec![Effect::Drop, Effect::Exit]);
        };
        let link = self.fresh();
        let effects = vec![Effect::Drop, Effect::Terminate(child), link.after(Timer::Force, policy.terminate)];
        link.go(State::Quitting { forced: false }, effects)
    }

    /// It said how long it takes to stop.
    fn drains(self, needs: Duration, policy: &Policy) -> Step {
        let link = Self { needs: Some(needs), ..self };
        link.go(self.state, vec![link.force_later(policy)])
    }

    /// Our core ends by itself.
    fn awaited(self, state: State, policy: &Policy) -> Step {
        self.go(state, vec![Effect::Drop, self.force_later(policy)])
    }

    /// It had its time.
    fn force(self, state: State, policy: &Policy) -> Step {
        let effects = self.child.map(Effect::Kill).into_iter().chain([self.after(Timer::Force, policy.terminate)]);
        self.go(state, effects.collect())
    }

    fn stopped(self, then: After, was_child: bool, policy: &Policy) -> Step {
        let (link, mut effects) = match then {
            After::Rest => self.rest(State::Idle { looking: true }, policy.look_for_core),
            After::Launch if was_child => self.launch(policy),
            // a core that was not our child needs more time than its connection
            After::Launch => Self { yields: policy.yields, ..self }.retry_later(policy),
            After::Tell(fault) => self.rest(State::CoreFailed(fault), policy.look_for_core),
        };
        effects.insert(0, Effect::Drop);
        (link, effects)
    }
}
