//! The link to the core in words: what is the matter, what to do about it, and what can be asked for. One place for menu,
//! page, tooltip and notices. Not here: the servers ([`crate::servers`]).

use crate::{
    link::{Fault, Misfit, Owner, State},
    view::View,
    wish::Wish,
};

/// Where the link stands, for people. Message and hint may hold text of the core, over several lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// The state in a few words.
    pub title: &'static str,
    /// What happened, to what.
    pub message: String,
    /// What to do; empty where nothing is to be done.
    pub hint: String,
}

/// Something that can be asked for in the state that the link is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Way {
    /// Its name, which stays the same when the words change.
    pub id: &'static str,
    /// The words.
    pub text: String,
    /// What it asks for.
    pub wish: Wish,
}

/// Whether the core does not work, and does not come back by itself.
#[must_use]
pub fn is_failure(state: State) -> bool {
    matches!(state, State::CoreFailed(_) | State::Incompatible(_))
}

/// Says where the link stands. A core's own words about its failure are preferred to ours.
#[must_use]
pub fn told(view: &View) -> Told {
    let of = |title, message: &str, hint: &str| Told { title, message: message.to_owned(), hint: hint.to_owned() };
    let back = view.core.is_some();
    match view.link.state {
        State::Idle { looking: true } => {
            of("Stopped", "No core is running.", "Start it here; one that is started elsewhere is found.")
        }
        State::Idle { looking: false } => {
            of("Disconnected", "The core is left alone.", "Start to connect with it again.")
        }
        State::Probing | State::Greeting | State::Launching if back => {
            of("Reconnecting", "The core is coming back.", "")
        }
        State::Probing => of("Starting", "Looking for a core.", ""),
        State::Greeting => of("Starting", "Connecting with the core.", ""),
        State::Launching => of("Starting", "The core is starting.", ""),
        State::Linked(_) => of("Running", "The core is running.", ""),
        State::Incompatible(misfit) => {
            let (title, message, hint) = misfit_told(misfit);
            of(title, message, hint)
        }
        State::CoreFailed(fault) => failure_told(view, fault),
        State::Retrying => Told {
            title: if back { "Reconnecting" } else { "Trying again" },
            message: or(&view.failure.message, "The core is gone, or did not answer."),
            hint: or(&view.failure.hint, "It is tried again in a moment."),
        },
        State::Stopping { .. } => of("Stopping", "The core finishes what is under way.", ""),
        State::Quitting { .. } => of("Quitting", "The core finishes what is under way.", ""),
    }
}

/// What helps against a failure, the most likely first; empty where nothing failed.
#[must_use]
pub fn remedies(view: &View) -> Vec<Way> {
    let way = |id, text: &str, wish| Way { id, text: text.to_owned(), wish };
    let mut ways = Vec::new();
    match view.link.state {
        State::CoreFailed(fault) => {
            match (fault, view.failure.free_port) {
                (Fault::PortInUse { free: true }, Some(port)) => {
                    ways.push(way("use-free-port", &format!("Use port {port}"), Wish::UseFreePort));
                }
                (Fault::FolderLocked { holder: true }, _) => ways.push(way("attach", "Attach to it", Wish::Attach)),
                _ => {}
            }
            ways.push(way("retry", "Retry", Wish::Retry));
        }
        State::Incompatible(_) => ways.push(way("retry", "Retry", Wish::Retry)),
        State::Retrying => ways.push(way("retry", "Retry now", Wish::Retry)),
        _ => {}
    }
    ways
}

/// Whether the core is to be started, stopped or left: the one that makes sense now.
#[must_use]
pub fn switch(view: &View) -> Option<Way> {
    let start = ("start", "Start MCPProxy core", Wish::Start);
    let stop = ("stop", "Stop MCPProxy core", Wish::Stop);
    let disconnect = ("disconnect", "Disconnect from core", Wish::Disconnect);
    let (id, text, wish) = match view.link.state {
        State::Idle { .. } | State::Stopping { then: crate::link::After::Rest, .. } => start,
        State::Linked(linked) if linked.owner == Owner::Other => disconnect,
        State::Linked(_) | State::Launching | State::Stopping { then: crate::link::After::Launch, .. } => stop,
        State::Probing | State::Greeting | State::Retrying | State::Incompatible(_) if view.link.child.is_some() => {
            stop
        }
        State::Probing | State::Greeting | State::Retrying => disconnect,
        // there a retry is a start
        State::Incompatible(_) | State::CoreFailed(_) => return None,
        State::Stopping { .. } | State::Quitting { .. } => return None,
    };
    Some(Way { id, text: text.to_owned(), wish })
}

fn failure_told(view: &View, fault: Fault) -> Told {
    let (title, message, hint) = match fault {
        Fault::PortInUse { .. } => (
            "Port in use",
            "Another program uses the port of the core.",
            "Stop that program or give the core another port, then retry.",
        ),
        Fault::FolderLocked { .. } => (
            "Data folder in use",
            "Another core serves the data folder.",
            "Stop that core or start the tray with another --data-dir, then retry.",
        ),
        Fault::Settings => {
            ("Faults in the settings", "The settings file has faults.", "Correct the settings file, then retry.")
        }
        Fault::Denied => (
            "No access",
            "The core cannot use its files or its socket.",
            "Correct owner and permissions of the data folder, then retry.",
        ),
        Fault::Timeout => {
            ("No answer", "The core was started and did not answer in time.", "Look at its log, then retry.")
        }
        Fault::CrashLoop => ("Core ends at once", "The core ended again and again.", "Look at its log, then retry."),
        Fault::NoProgram => (
            "Core not found",
            "There is no program of the core to start.",
            "Install MCPProxy again, or name the program with MCPPROXY_CORE_PATH, then retry.",
        ),
        Fault::NotStarted => (
            "Core not started",
            "The system does not start the program of the core.",
            "Check that it may be executed, then retry.",
        ),
    };
    // a core that is late said nothing about it: its last words are of another failure
    if fault == Fault::Timeout {
        return Told { title, message: message.to_owned(), hint: hint.to_owned() };
    }
    Told { title, message: or(&view.failure.message, message), hint: or(&view.failure.hint, hint) }
}

fn misfit_told(misfit: Misfit) -> (&'static str, &'static str, &'static str) {
    match misfit {
        Misfit::OtherMake => (
            "Another program serves",
            "Another make of this product serves the data folder; it is left alone.",
            "Stop it to use this one, or start the tray with another --data-dir.",
        ),
        Misfit::CoreTooOld => (
            "Core too old",
            "The core that runs is too old for this tray; it is left alone.",
            "Stop the core and update it, then retry.",
        ),
        Misfit::TrayTooOld => {
            ("Tray too old", "This tray is too old for the core that runs.", "Quit the tray and update it.")
        }
        Misfit::Stranger => (
            "Core of another user",
            "The core that answers belongs to another user; it is left alone.",
            "Start the tray with a --data-dir of your own.",
        ),
        Misfit::Unknown => (
            "No core answers",
            "A program answers that is no core of MCPProxy; it is left alone.",
            "Stop that program, or start the tray with another --data-dir, then retry.",
        ),
    }
}

fn or(own: &str, ours: &str) -> String {
    if own.trim().is_empty() { ours } else { own }.to_owned()
}
