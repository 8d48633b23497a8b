//! AI clients on this machine: which there are, whether they reach us, and our entry in their settings.
//!
//! An edit changes the bytes of our entry and no others, is undone to the byte where nobody wrote in between, and is never
//! made in a file that cannot be read. What a text becomes is pure (`format`, `entry`, `plan`); `connect` reads, asks the
//! client's own program where it has one, and writes. It blocks: call it from a thread that may.
//! Not here: servers that clients have of their own (import), and what is shown to a user.

mod backup;
mod client;
mod connect;
mod entry;
mod error;
mod file;
mod format;
mod opened;
mod places;
mod plan;
mod preview;
mod program;
mod target;
mod undo;

pub use client::ClientId;
pub use connect::{Connected, Disconnected, Wish, connect, connect_marked, disconnect};
pub use entry::{Standing, Summary};
pub use error::ClientError;
pub use places::{Places, System};
pub use preview::{Access, ClientState, Preview, list, look, preview, print};
pub use target::Target;
pub use undo::{Undo, Undone, undo};
