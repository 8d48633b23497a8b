//! What a person can ask of the tray: by the menu, by its own page, or by starting it a second time.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// One thing that a person asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wish {
    /// Start the core, or attach to one that is there.
    Start,
    /// Stop the core that is ours.
    Stop,
    /// Leave a core alone that is not ours.
    Disconnect,
    /// Try again what failed, now.
    Retry,
    /// Stop the older core that runs, and start ours in its place.
    Replace,
    /// Start the core on the free port that it named when its own was taken.
    UseFreePort,
    /// Attach to the core that holds our data folder and is reached elsewhere.
    Attach,
    /// Do something to a server.
    Act {
        /// Which server.
        server: String,
        /// What to do.
        act: Act,
    },
    /// Let a held server run, exactly as it was shown.
    Approve {
        /// Which server.
        server: String,
        /// The mark of what was shown.
        fingerprint: String,
    },
    /// Write our entry into the settings of an AI client.
    Connect {
        /// Which client.
        client: String,
    },
    /// Show a page of the product in our window: a path below the page, such as `servers/github`; empty = the first.
    Window {
        /// The path.
        path: String,
    },
    /// The window was closed by the person.
    WindowClosed,
    /// Show the page of the core in the person's browser.
    Browser,
    /// Show a folder or a file in the desktop's file manager.
    Reveal(Place),
    /// Start the tray when the person signs in, or do not.
    Autostart(bool),
    /// Show what this program is.
    About,
    /// End the tray, and the core with it if it is ours.
    Quit,
}

/// What can be done to a server with one click.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Act {
    /// Switch it on.
    Enable,
    /// Switch it off.
    Disable,
    /// Start it again.
    Restart,
    /// Hold it until it is approved again.
    Quarantine,
}

/// Something that stands on the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// The folder of the settings file.
    Settings,
    /// The folder of the logs.
    Logs,
}

/// What the desktop is asked to open with the person's own program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A page, in the browser.
    Url(String),
    /// A folder, in the file manager.
    Folder(PathBuf),
}
