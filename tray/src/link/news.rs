//! What comes to the link, and what it asks for.

use std::time::Duration;

use super::{Attempt, Child};

/// Every reason for a change; closed, so that a step is total and the compiler finds what a new one forgot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    // wishes of the person
    /// Begin, or begin again.
    Start,
    /// Stop the core that is ours.
    Stop,
    /// Leave a core alone that is not ours.
    Disconnect,
    /// Try again, now.
    Retry,
    /// Put our core in the place of an older one.
    Replace,
    /// Start on the free port that the core named.
    UseFreePort,
    /// Go to the core that holds our data folder.
    Attach,
    /// End the tray.
    Quit,
    // news of a connection
    /// Somebody answers.
    Connected(Attempt),
    /// Nobody does.
    Absent(Attempt),
    /// Something is there that cannot be talked to.
    Refused(Attempt, Refusal),
    /// It said who it is.
    Greeted(Attempt, Met),
    /// It gave a sign of life when asked.
    Alive(Attempt),
    /// It did not.
    Missed(Attempt),
    /// It stops, and takes at most so long.
    Draining(Attempt, Duration),
    /// It was asked to stop and said nothing to that.
    Unanswered(Attempt),
    /// It was asked to stop and said no.
    Declined(Attempt),
    /// The connection is gone.
    Lost(Attempt, Farewell),
    // news of our process
    /// It could not be started.
    NotLaunched(Child, NotLaunched),
    /// It ended.
    Ended(Child, End),
    // the clock
    /// A time is over.
    Due(Timer, Attempt),
}

/// Why something that is there cannot be talked to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It belongs to another user.
    Stranger,
    /// The system does not let us.
    Denied,
    /// It does not speak the protocol.
    Unknown,
    /// It has no room, or no time.
    Busy,
}

/// Who is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Met {
    /// A core that understands us.
    Core {
        /// Its version beside ours.
        age: Age,
        /// Who started it.
        by: LaunchedBy,
    },
    /// Another make of the product.
    OtherMake,
    /// A core of ours that speaks only older versions of the protocol.
    CoreTooOld,
    /// A core of ours that speaks only newer ones.
    TrayTooOld,
}

/// A version beside ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Age {
    /// The same, or one that cannot be compared.
    Same,
    /// An older one.
    Older,
    /// A newer one.
    Newer,
}

/// Who started a core.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LaunchedBy {
    /// This very tray: it is our child.
    Us,
    /// A tray that is no more.
    Tray,
    /// An installer.
    Installer,
    /// Somebody else, or nobody known.
    Other,
}

/// How a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Farewell {
    /// The core was stopped: somebody wanted that.
    Stopping,
    /// Without a word, or by a fault.
    Broken,
}

/// Why our process could not be started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotLaunched {
    /// There is no program.
    NoProgram,
    /// The system refuses.
    Refused,
}

/// How our process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct End {
    /// Its exit code; `None` = a signal ended it.
    pub code: Option<i32>,
    /// Whether it named a free port.
    pub free_port: bool,
    /// Whether it named where the holder of its data folder is reached.
    pub holder: bool,
}

/// What is waited for. A timer that is set again begins anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Timer {
    /// The next look at whether our process answers.
    Look,
    /// Our process should answer by now.
    Startup,
    /// The next look for a core that somebody else started.
    Watch,
    /// The next try.
    Retry,
    /// The next sign of life is due.
    Beat,
    /// The link counts as steady.
    Steady,
    /// What should have ended is ended.
    Force,
}

/// What the driver must do next; the only way out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Effect {
    /// Connect, and tell who is there.
    Connect(Attempt),
    /// The same with the core that holds our data folder, from now on.
    ConnectToHolder(Attempt),
    /// Follow what the core tells.
    Watch(Attempt),
    /// Ask for a sign of life.
    Ping(Attempt),
    /// Ask the core to stop.
    Shutdown(Attempt),
    /// Close the connection, or give up making it.
    Drop,
    /// Start the core.
    Launch {
        /// Under this name.
        child: Child,
        /// On the free port that it named.
        on_free_port: bool,
    },
    /// Ask the process to end.
    Terminate(Child),
    /// End the process.
    Kill(Child),
    /// Tell when a time is over.
    After(Timer, Attempt, Duration),
    /// End the tray.
    Exit,
}
