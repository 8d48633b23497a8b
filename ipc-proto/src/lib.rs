//! The protocol between the core and the programs beside it: frames, greeting, calls, events, views, and the client.
//!
//! It depends on no other crate of ours, so that a tray needs nothing else of the core. `PROTOCOL.md` is its
//! description for people. Not here: what the calls do (`management`), the server's end (`ipc`), when to connect again
//! (the user of [`Connection`]).

pub mod call;
pub mod chunk;
mod connection;
pub mod endpoint;
pub mod frame;
pub mod hello;
pub mod transport;
pub mod view;
pub mod watch;

pub use connection::{Connection, ConnectionError, Incoming};

/// The versions of the protocol that this build speaks; declared here and nowhere else.
pub const PROTOCOL: std::ops::RangeInclusive<u32> = 1..=1;
/// Largest frame on the wire, in bytes, without its length.
pub const FRAME_CAP: usize = 1024 * 1024;
/// Largest message, in bytes, that may be put together out of chunks.
pub const MESSAGE_CAP: usize = 64 * 1024 * 1024;
