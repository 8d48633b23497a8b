//! MCP on the wire: envelopes of raw JSON, framing, and the transports.
//!
//! A proxy that parses into a closed model loses what the model does not know. Here only the envelope is opened; what
//! it carries stays the bytes that arrived, and whoever must look inside opens one level at a time ([`Object`]).
//! Nothing here spawns a task or knows of our product: long-lived work is handed out as a future.

mod deadline;
mod duplex;
pub mod envelope;
pub mod exchange;
pub mod handshake;
pub mod http;
mod id;
pub mod legacy;
mod link;
mod message;
mod object;
mod oversize;
mod pending;
pub mod revision;
pub mod session;
pub mod sse;
pub mod stateless;
pub mod stdio;
#[cfg(test)]
mod tests;
pub mod tools;

pub use envelope::Envelope;
pub use exchange::{Exchange, Progress, Timing};
pub use id::Id;
pub use link::{Limits, LinkError, Listener};
pub use message::{ErrorObject, Message, Outcome, error_code};
pub use object::Object;
pub use oversize::{Ends, request_id};
pub use revision::{Era, Revision};

/// The largest message that is taken from a peer, in bytes, unless somebody chooses another cap.
pub const DEFAULT_MESSAGE_CAP: usize = 64 << 20;
