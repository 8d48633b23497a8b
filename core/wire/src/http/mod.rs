//! Streamable HTTP towards a server: a POST for each message, an event stream for what the server says unasked.

mod asked;
mod body;
mod link;

pub use link::{Link, Listening};

/// The header that names the session.
pub const SESSION_HEADER: &str = "mcp-session-id";
/// The header that names the negotiated revision.
pub const VERSION_HEADER: &str = "mcp-protocol-version";
