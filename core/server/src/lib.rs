//! The MCP face: the endpoint that AI clients connect to, their sessions, and the built-in tools.
//!
//! Translates JSON-RPC into calls of `management` and back. Not here: sockets, Host and Origin, credentials (`edge`);
//! what a call may do (`management`); REST.

mod accept;
mod alarm;
mod answer;
mod caller;
mod changes;
mod errors;
mod face;
mod methods;
mod mode;
mod one_server;
mod post;
mod sessions;
mod stateless;
mod stream;
mod tools;

pub use face::{McpFace, Settings};
pub use mode::Mode;
pub use one_server::ServerFaces;
