//! Streamable HTTP towards a server: a POST for each message, an event stream for what the server says unasked.

mod asked;
pub(crate) mod body;
mod client;
mod link;

pub(crate) use asked::{ERROR_BODY, refusal};
pub(crate) use client::{client, configured};
pub use link::{Link, Listening, repeat};

/// The header that names the session.
pub const SESSION_HEADER: &str = "mcp-session-id";
/// The header that names the negotiated revision.
pub const VERSION_HEADER: &str = "mcp-protocol-version";
/// The header that asks for what came behind an event.
const LAST_EVENT_ID: &str = "last-event-id";

#[cfg(test)]
mod tests;
