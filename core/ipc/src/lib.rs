//! The core's end of the protocol for the programs beside it: it listens at the socket or the pipe, greets, answers
//! calls, and tells watchers what changes. HTTP that comes over the same socket goes to the faces of the edge.
//!
//! Whoever connects is the person who runs the core: the operating system vouches for it, and no key is asked. Not
//! here: frames, views and the client (`ipc-proto`), what the calls do (`management`).

mod answers;
mod connection;
mod dispatch;
mod greeting;
mod outbox;
mod requests;
mod serve;
#[cfg(test)]
mod tests;
mod watching;

pub use answers::{Answered, Answers, Promise, Watcher};
pub use serve::{Faces, Limits, serve};
