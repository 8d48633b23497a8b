//! Carries one client's stdio to the core: each line becomes a POST, each message of an answer becomes a line, and the
//! bytes of neither are changed.
//!
//! It outlives the core: what certainly was not sent waits for the core to come back, what was under way is answered
//! with an error and never sent twice. Not here: how the core is reached and started (handed in as [`Dial`]), and what
//! the messages mean (`server`).

mod bridge;
mod client;
mod dial;
mod exchange;
mod listening;
mod message;
mod output;
mod session;
#[cfg(test)]
mod tests;

pub use bridge::run;
pub use dial::{Dial, DialError, Dialing, Stream};
