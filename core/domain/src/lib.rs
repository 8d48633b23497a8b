//! The vocabulary of the proxy, its rules and its state machines.
//!
//! Pure: no clock, no I/O, no channel, no task, no randomness. What needs one of these lives in a room above and asks
//! here what to do. Not here: JSON-RPC (`wire`), files (`config`), processes (`isolation`).

pub mod code;
pub mod fleet;
pub mod identity;
pub mod phase;
pub mod principal;
pub mod problem;
pub mod secret;
pub mod server;
pub mod tool;

pub use code::Code;
pub use principal::Principal;
pub use problem::Problem;
pub use secret::Secret;
pub use server::{ServerName, ServerSpec};
pub use tool::ToolId;
