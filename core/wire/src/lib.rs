//! MCP on the wire: envelopes of raw JSON, framing, and the two transports.
//!
//! A proxy that parses into a closed model loses what the model does not know. Here only the envelope is opened; what
//! it carries stays the bytes that arrived, and whoever must look inside opens one level at a time ([`Object`]).
//! Nothing here spawns a task or knows of our product: long-lived work is handed out as a future.

mod deadline;
pub mod envelope;
pub mod exchange;
pub mod handshake;
pub mod http;
mod id;
mod link;
mod message;
mod object;
pub mod revision;
pub mod session;
pub mod sse;
pub mod stdio;
pub mod tools;

pub use envelope::Envelope;
pub use exchange::{Exchange, Progress, Timing};
pub use id::Id;
pub use link::{Limits, LinkError, Listener};
pub use message::{ErrorObject, Message, Outcome, error_code};
pub use object::Object;
pub use revision::Revision;

/// The largest message that is taken from a peer, in bytes, unless somebody chooses another cap.
pub const DEFAULT_MESSAGE_CAP: usize = 64 << 20;
