//! The protocol between the core and the programs beside it: frames, greeting, calls, events, views, and the client.
//!
//! Of ours it sees the vocabulary alone, so that a tray needs nothing else of the core. `PROTOCOL.md` is its
//! description for people. Not here: what the calls do (`management`), the server's end (`ipc`), when to connect again
//! (the user of [`Connection`]).

pub mod call;
pub mod chunk;
mod connection;
pub mod endpoint;
pub mod frame;
pub mod hello;
pub mod limits;
pub mod transport;
pub mod view;
pub mod watch;

pub use connection::{Connection, ConnectionError, Incoming};
pub use limits::{FRAME_CAP, MESSAGE_CAP};

/// The versions of the protocol that this build speaks; declared here and nowhere else.
pub const PROTOCOL: std::ops::RangeInclusive<u32> = 1..=1;
