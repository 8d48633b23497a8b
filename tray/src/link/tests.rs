//! The reviewed table of the link, and what holds whatever happens.

use super::*;

const CHILD: Child = Child(1);
const NOW: Attempt = Attempt(1);

/// The whole machine as text, a line for each state and input that does anything: the reviewed diagram.
#[test]
fn transitions_of_the_link_are_the_reviewed_table() {
    let policy = Policy::default();
    let mut table = String::new();
    for (state, child) in states() {
        let link = Link { state, child, launches: 3, failures: 1, children: 1, attempt: NOW, ..Link::default() };
        for input in inputs(NOW, CHILD) {
            let (next, effects) = link.step(input, &policy);
            if (Link { attempt: link.attempt, ..next }) != link || !effects.is_empty() {
                let child = if child.is_some() { " (child)" } else { "" };
                table += &format!("{state:?}{child} + {input:?} -> {:?} {effects:?}\n", next.state);
            }
        }
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/golden/link.txt");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(path, &table).unwrap();
    }
    assert!(std::fs::read_to_string(path).unwrap() == table, "the table changed: review it (UPDATE_GOLDEN=1)");
}

#[test]
fn every_exit_code_ends_in_a_state_that_says_so_and_retry_tries_again() {
    let policy = Policy::default();
    for (code, fault) in [
        (Some(2), Fault::PortInUse { free: true }),
        (Some(3), Fault::FolderLocked { holder: true }),
        (Some(4), Fault::Settings),
        (Some(5), Fault::Denied),
        (Some(1), Fault::CrashLoop),
        (None, Fault::CrashLoop),
    ] {
        let mut link = Link::new(true).step(Input::Start, &policy).0;
        let mut launches = 0;
        for _ in 0..100 {
            let input = match link.state {
                State::Probing => Input::Absent(link.attempt),
                State::Launching => {
                    launches += 1;
                    Input::Ended(link.child.unwrap(), End { code, free_port: true, holder: true })
                }
                State::Retrying => Input::Due(Timer::Retry, link.attempt),
                _ => break,
            };
            link = link.step(input, &policy).0;
        }
        assert_eq!(link.state, State::CoreFailed(fault), "{code:?}");
        let expected = match fault {
            Fault::CrashLoop => 4,
            Fault::FolderLocked { .. } => 3,
            _ => 1,
        };
        assert_eq!(launches, expected, "{code:?}");
        let (again, effects) = link.step(Input::Retry, &policy);
        assert_eq!((again.state, again.launches), (State::Probing, 0));
        assert_eq!(effects, [Effect::Connect(again.attempt)]);
    }
}

#[test]
fn a_core_that_is_not_ours_is_never_stopped() {
    let policy = Policy::default();
    let met = |age, by| {
        let (link, _) = Link::new(true).step(Input::Start, &policy);
        link.step(Input::Greeted(link.attempt, Met::Core { age, by }), &policy)
    };
    let (other, _) = met(Age::Older, LaunchedBy::Other);
    assert!(matches!(other.state, State::Linked(Linked { owner: Owner::Other, outdated: true, .. })));
    for input in [Input::Stop, Input::Quit, Input::Disconnect] {
        let (_, effects) = other.step(input, &policy);
        assert!(!effects.iter().any(|it| matches!(it, Effect::Shutdown(_) | Effect::Terminate(_) | Effect::Kill(_))));
    }
    // with consent
    let (_, effects) = other.step(Input::Replace, &policy);
    assert_eq!(effects[0], Effect::Shutdown(other.attempt));
    // without being asked: what a tray or an installer started
    for by in [LaunchedBy::Tray, LaunchedBy::Installer] {
        assert!(matches!(met(Age::Older, by).0.state, State::Stopping { then: After::Launch, .. }), "{by:?}");
        assert!(matches!(met(Age::Newer, by).0.state, State::Linked(_)), "{by:?}");
    }
    // and what is not even of our make is not spoken to
    let (link, _) = Link::new(true).step(Input::Start, &policy);
    let (left, _) = link.step(Input::Greeted(link.attempt, Met::OtherMake), &policy);
    for input in inputs(left.attempt, CHILD).into_iter().filter(|input| !matches!(input, Input::Greeted(..))) {
        let (_, effects) = left.step(input, &policy);
        assert!(!effects.iter().any(|it| matches!(it, Effect::Shutdown(_) | Effect::Launch { .. })), "{input:?}");
    }
}

#[test]
fn a_killed_core_is_back_after_one_short_delay() {
    let policy = Policy::default();
    let linked = State::Linked(Linked { owner: Owner::Us, outdated: false, missed: 0 });
    let link = Link { state: linked, child: Some(CHILD), children: 1, launches: 1, attempt: NOW, ..Link::default() };
    for order in [false, true] {
        let news = [
            Input::Lost(NOW, Farewell::Broken),
            Input::Ended(CHILD, End { code: None, free_port: false, holder: false }),
        ];
        let (first, second) = if order { (news[0], news[1]) } else { (news[1], news[0]) };
        let (lost, effects) = link.step(first, &policy);
        assert!(effects.contains(&Effect::After(Timer::Retry, lost.attempt, policy.base)), "{effects:?}");
        let (lost, _) = lost.step(second, &policy);
        let (probing, _) = lost.step(Input::Due(Timer::Retry, lost.attempt), &policy);
        let (launching, effects) = probing.step(Input::Absent(probing.attempt), &policy);
        assert_eq!(launching.state, State::Launching);
        assert!(matches!(effects[0], Effect::Launch { .. }));
    }
}

#[test]
fn two_missed_signs_of_life_in_a_row_are_a_loss_and_one_is_not() {
    let policy = Policy::default();
    let linked = State::Linked(Linked { owner: Owner::Other, outdated: false, missed: 0 });
    let link = Link { state: linked, attempt: NOW, ..Link::default() };
    let walk = |inputs: &[Input]| inputs.iter().fold(link, |link, input| link.step(*input, &policy).0).state;
    assert_eq!(walk(&[Input::Missed(NOW), Input::Alive(NOW), Input::Missed(NOW)]), {
        State::Linked(Linked { owner: Owner::Other, outdated: false, missed: 1 })
    });
    assert_eq!(walk(&[Input::Missed(NOW), Input::Missed(NOW)]), State::Retrying);
}

#[test]
fn our_core_that_takes_connections_and_says_nothing_is_ended_and_started_again() {
    let policy = Policy::default();
    let silent = |mut link: Link| {
        for _ in 0..100 {
            let input = match link.state {
                State::Retrying => Input::Due(Timer::Retry, link.attempt),
                State::Probing => Input::Connected(link.attempt),
                State::Greeting => Input::Refused(link.attempt, Refusal::Busy),
                _ => break,
            };
            link = link.step(input, &policy).0;
        }
        link
    };
    let (lost, _) = ours(true).step(Input::Missed(NOW), &policy);
    let link = silent(lost);
    assert_eq!(link.state, State::Stopping { then: After::Launch, forced: false });
    // one that starts has the time that is given for it
    let (probing, _) = Link::new(true).step(Input::Start, &policy);
    let (launching, _) = probing.step(Input::Absent(probing.attempt), &policy);
    let link = silent(launching.step(Input::Connected(launching.attempt), &policy).0);
    assert_eq!(link.state, State::Launching);
    let (late, _) = link.step(Input::Due(Timer::Startup, launching.attempt), &policy);
    assert_eq!(late.state, State::Stopping { then: After::Tell(Fault::Timeout), forced: false });
    // what is not ours is waited for
    let other = Link { state: State::Retrying, attempt: NOW, ..Link::default() };
    assert!(matches!(silent(other).state, State::Retrying | State::Probing | State::Greeting));
}

#[test]
fn whoever_starts_a_core_that_is_being_stopped_has_it_started_whatever_failed_before() {
    let policy = Policy::default();
    let stopping = State::Stopping { then: After::Rest, forced: false };
    let link = Link { state: stopping, launches: 4, failures: 9, may_launch: false, ..ours(false) };
    let (link, _) = link.step(Input::Start, &policy);
    let (link, _) = link.step(ended(Some(0)), &policy);
    assert_eq!((link.state, link.launches, link.may_launch), (State::Launching, 1, true));
}

#[test]
fn an_older_core_that_ends_slowly_is_waited_for() {
    let policy = Policy::default();
    let linked = State::Linked(Linked { owner: Owner::Other, outdated: true, missed: 0 });
    let link = Link { state: linked, attempt: NOW, ..Link::default() };
    let (link, _) = link.step(Input::Replace, &policy);
    let (mut link, mut effects) = link.step(Input::Lost(NOW, Farewell::Stopping), &policy);
    let mut waited = Duration::ZERO;
    while waited < policy.drain {
        let [.., Effect::After(Timer::Retry, attempt, delay)] = effects[..] else { panic!("{link:?} {effects:?}") };
        waited += delay;
        (link, _) = link.step(Input::Due(Timer::Retry, attempt), &policy);
        (link, _) = link.step(Input::Absent(link.attempt), &policy);
        let end = End { code: Some(3), free_port: false, holder: false };
        (link, effects) = link.step(Input::Ended(link.child.unwrap(), end), &policy);
    }
    assert_eq!(link.failures, 1, "nothing failed");
}

#[test]
fn our_core_that_said_that_it_stops_has_the_time_for_it() {
    let policy = Policy::default();
    let (idle, _) = ours(false).step(Input::Lost(NOW, Farewell::Stopping), &policy);
    assert_eq!((idle.state, idle.child), (State::Idle { looking: true }, Some(CHILD)));
    for (wish, then) in
        [(Input::Start, Effect::Launch { child: Child(2), on_free_port: false }), (Input::Quit, Effect::Exit)]
    {
        let (link, effects) = idle.step(wish, &policy);
        assert_eq!(effects, [Effect::Drop, Effect::After(Timer::Force, link.attempt, policy.drain)], "{wish:?}");
        assert!(link.step(ended(Some(0)), &policy).1.contains(&then), "{wish:?}");
        let (_, effects) = link.step(Input::Due(Timer::Force, link.attempt), &policy);
        assert_eq!(effects[0], Effect::Kill(CHILD), "{wish:?}");
    }
}

#[test]
fn our_core_that_does_not_answer_is_ended_soon_and_one_that_drains_keeps_its_time() {
    let policy = Policy::default();
    for (wish, asked, last) in [
        (Input::Quit, State::Quitting { forced: false }, Effect::Exit),
        (Input::Stop, State::Stopping { then: After::Rest, forced: false }, Effect::Drop),
    ] {
        let (asking, effects) = ours(false).step(wish, &policy);
        assert_eq!(effects, [Effect::Shutdown(NOW), Effect::After(Timer::Force, NOW, policy.drain)], "{wish:?}");
        let (link, effects) = asking.step(Input::Unanswered(NOW), &policy);
        let later = Effect::After(Timer::Force, link.attempt, policy.terminate);
        assert_eq!((link.state, effects), (asked, vec![Effect::Drop, Effect::Terminate(CHILD), later]), "{wish:?}");
        let (link, effects) = link.step(Input::Due(Timer::Force, link.attempt), &policy);
        assert_eq!(effects, [Effect::Kill(CHILD), later], "{wish:?}");
        assert!(link.step(Input::Due(Timer::Force, link.attempt), &policy).1.contains(&last), "{wish:?}");

        let (draining, _) = asking.step(Input::Draining(NOW, Duration::from_secs(10)), &policy);
        assert_eq!(draining.step(Input::Unanswered(NOW), &policy), (draining, vec![]), "{wish:?}");
    }
    // what is not our child cannot be ended: the tray goes
    let state = State::Linked(Linked { owner: Owner::EarlierTray, outdated: false, missed: 0 });
    let (link, _) = Link { state, attempt: NOW, ..Link::default() }.step(Input::Quit, &policy);
    assert!(link.step(Input::Unanswered(NOW), &policy).1.contains(&Effect::Exit));
}

#[test]
fn a_core_that_stops_has_the_time_that_it_says_within_bounds_whenever_it_said_so() {
    let policy = Policy::default();
    for (says, has) in [(policy.longest / 2, policy.longest / 2), (Duration::MAX, policy.longest)] {
        let force = Effect::After(Timer::Force, NOW, has + policy.grace);
        for wish in [Input::Quit, Input::Stop] {
            let (asked, _) = ours(false).step(wish, &policy);
            assert_eq!(asked.step(Input::Draining(NOW, says), &policy).1, [force], "{wish:?}");
            let (told, effects) = ours(false).step(Input::Draining(NOW, says), &policy);
            assert_eq!((told.state, effects), (ours(false).state, vec![]));
            assert_eq!(told.step(wish, &policy).1, [Effect::Shutdown(NOW), force], "{wish:?}");
        }
    }
}

#[test]
fn a_person_who_starts_goes_back_to_the_cores_own_port_and_a_repair_does_not() {
    let policy = Policy::default();
    for (state, child) in states() {
        let link = Link { state, child, attempt: NOW, children: 1, on_free_port: true, ..Link::default() };
        for input in [Input::Start, Input::Retry] {
            let (next, effects) = link.step(input, &policy);
            assert!(next == link || !next.on_free_port, "{state:?} {input:?} {effects:?}");
        }
        for input in inputs(NOW, CHILD).into_iter().filter(|input| !matches!(input, Input::Start | Input::Retry)) {
            assert!(link.step(input, &policy).0.on_free_port, "{state:?} {input:?}");
        }
    }
}

#[test]
fn an_older_core_that_does_not_stop_is_asked_once_and_then_offered() {
    let policy = Policy::default();
    let older = |link: Link| {
        let met = Met::Core { age: Age::Older, by: LaunchedBy::Installer };
        link.step(Input::Greeted(link.attempt, met), &policy)
    };
    let offered = State::Linked(Linked { owner: Owner::Other, outdated: true, missed: 0 });
    for answer in [Input::Declined, Input::Unanswered] {
        let (asked, _) = older(Link::new(true).step(Input::Start, &policy).0);
        assert!(matches!(asked.state, State::Stopping { then: After::Launch, .. }));
        let (link, _) = asked.step(answer(asked.attempt), &policy);
        let (link, _) = link.step(Input::Due(Timer::Force, link.attempt), &policy);
        let (link, _) = link.step(Input::Due(Timer::Retry, link.attempt), &policy);
        let (link, effects) = older(link);
        assert_eq!(link.state, offered, "{effects:?}");
        // a person may ask again
        let (link, _) = link.step(Input::Replace, &policy);
        assert!(matches!(link.state, State::Stopping { then: After::Launch, .. }));
    }
}

/// A long random walk: never two processes, never two tries to connect at once, nothing of ours left behind but what
/// did not end by force.
#[test]
fn whatever_happens_there_is_one_process_and_one_connection() {
    let policy = Policy::default();
    let mut seed = 7_u64;
    let mut next = move || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(seed >> 33).unwrap()
    };
    for _ in 0..3_000 {
        let (mut link, mut effects) = Link::new(next().is_multiple_of(2)).step(Input::Start, &policy);
        let (mut process, mut connecting, mut forced) = (None::<Child>, None::<Attempt>, false);
        for _ in 0..200 {
            for effect in std::mem::take(&mut effects) {
                match effect {
                    Effect::Launch { child, .. } => {
                        assert!(process.replace(child).is_none() || forced, "two processes")
                    }
                    Effect::Connect(attempt) | Effect::ConnectToHolder(attempt) => {
                        assert!(connecting.replace(attempt).is_none_or(|old| old != attempt), "two tries at once");
                    }
                    Effect::Kill(child) => {
                        assert_eq!(process, Some(child));
                        forced = true;
                    }
                    Effect::Terminate(child) => assert_eq!(process, Some(child)),
                    Effect::Drop => connecting = None,
                    Effect::Exit => {
                        assert!(process.is_none() || forced, "left a process behind");
                        assert!(matches!(link.state, State::Quitting { .. }));
                    }
                    Effect::Watch(_) | Effect::Ping(_) | Effect::Shutdown(_) | Effect::After(..) => {}
                }
            }
            let choices = inputs(link.attempt, link.child.unwrap_or(CHILD));
            let input = choices[next() % choices.len()];
            // a driver tells what came of a try once, and of a process only what it started
            match input {
                Input::Absent(attempt)
                | Input::Refused(attempt, _)
                | Input::Greeted(attempt, _)
                | Input::Lost(attempt, _) => {
                    let is_linked =
                        matches!(link.state, State::Linked(_) | State::Stopping { .. } | State::Quitting { .. });
                    if connecting != Some(attempt) && !is_linked {
                        continue;
                    }
                    connecting = None;
                }
                Input::Connected(attempt) if connecting != Some(attempt) => continue,
                Input::Ended(child, _) | Input::NotLaunched(child, _) => {
                    if process != Some(child) {
                        continue;
                    }
                    process = None;
                }
                Input::Due(Timer::Look | Timer::Watch, attempt) if connecting == Some(attempt) => continue,
                _ => {}
            }
            let before = link;
            (link, effects) = link.step(input, &policy);
            if matches!(before.state, State::Quitting { .. }) {
                assert!(matches!(link.state, State::Quitting { .. }), "quitting is final");
            }
            if link.attempt != before.attempt {
                connecting = None;
            }
            assert!(link.launches <= policy.relaunches + 1);
        }
    }
}

/// Linked with our own core.
fn ours(missed: bool) -> Link {
    let state = State::Linked(Linked { owner: Owner::Us, outdated: false, missed: missed.into() });
    Link { state, child: Some(CHILD), children: 1, launches: 1, attempt: NOW, ..Link::default() }
}

fn ended(code: Option<i32>) -> Input {
    Input::Ended(CHILD, End { code, free_port: true, holder: true })
}

fn states() -> Vec<(State, Option<Child>)> {
    let linked = |owner, outdated| State::Linked(Linked { owner, outdated, missed: 1 });
    vec![
        (State::Idle { looking: false }, None),
        (State::Idle { looking: true }, None),
        (State::Idle { looking: true }, Some(CHILD)),
        (State::Probing, None),
        (State::Probing, Some(CHILD)),
        (State::Launching, Some(CHILD)),
        (State::Greeting, None),
        (State::Greeting, Some(CHILD)),
        (linked(Owner::Us, false), Some(CHILD)),
        (linked(Owner::EarlierTray, false), None),
        (linked(Owner::Other, true), None),
        (State::Incompatible(Misfit::OtherMake), None),
        (State::CoreFailed(Fault::PortInUse { free: true }), None),
        (State::CoreFailed(Fault::FolderLocked { holder: true }), None),
        (State::CoreFailed(Fault::Settings), None),
        (State::Retrying, None),
        (State::Retrying, Some(CHILD)),
        (State::Stopping { then: After::Rest, forced: false }, Some(CHILD)),
        (State::Stopping { then: After::Launch, forced: false }, None),
        (State::Stopping { then: After::Tell(Fault::Timeout), forced: true }, Some(CHILD)),
        (State::Quitting { forced: false }, Some(CHILD)),
        (State::Quitting { forced: true }, Some(CHILD)),
    ]
}

fn inputs(attempt: Attempt, child: Child) -> Vec<Input> {
    use Input::*;
    let core = |age, by| Greeted(attempt, Met::Core { age, by });
    let ended = |code| Ended(child, End { code, free_port: true, holder: true });
    let mut all = vec![
        Start,
        Stop,
        Disconnect,
        Retry,
        Replace,
        UseFreePort,
        Attach,
        Quit,
        Connected(attempt),
        Absent(attempt),
        core(Age::Same, LaunchedBy::Us),
        core(Age::Same, LaunchedBy::Other),
        core(Age::Older, LaunchedBy::Tray),
        core(Age::Older, LaunchedBy::Other),
        Greeted(attempt, Met::OtherMake),
        Greeted(attempt, Met::CoreTooOld),
        Greeted(attempt, Met::TrayTooOld),
        Alive(attempt),
        Missed(attempt),
        Draining(attempt, Duration::from_secs(5)),
        Unanswered(attempt),
        Declined(attempt),
        Lost(attempt, Farewell::Stopping),
        Lost(attempt, Farewell::Broken),
        NotLaunched(child, super::NotLaunched::NoProgram),
        NotLaunched(child, super::NotLaunched::Refused),
        ended(Some(0)),
        ended(Some(1)),
        ended(Some(2)),
        ended(Some(3)),
        ended(Some(4)),
        ended(Some(5)),
        ended(None),
    ];
    all.extend([Refusal::Stranger, Refusal::Denied, Refusal::Unknown, Refusal::Busy].map(|it| Refused(attempt, it)));
    let timers = [Timer::Look, Timer::Startup, Timer::Watch, Timer::Retry, Timer::Beat, Timer::Steady, Timer::Force];
    all.extend(timers.map(|timer| Due(timer, attempt)));
    all
}
