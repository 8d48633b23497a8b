//! What the whole-system tests stand on: the real binary in a scratch folder, clients that keep every byte, and the
//! third-party servers that `scripts/test-setup` installs.
//!
//! Which binary: [`binary::mcpproxy`] asks cargo for it, once a test process, with the very command that `make demo` and
//! packagers use; so what is tested is neither stale nor built with features that only tests switch on. Everything here
//! blocks, so that a test reads as the story it tells. Not here: assertions about the product.

pub mod binary;
pub mod clients;

pub mod http;
pub mod mcp;
pub mod peers;
pub mod processes;
pub mod remote;
pub mod running;
pub mod scratch;
#[cfg(unix)]
pub mod terminal;
mod trouble;

pub use self::{
    mcp::{Answer, Peer, Pipes, Session},
    running::{Core, Ran, run},
    scratch::Scratch,
    trouble::{DEADLINE, Result, Trouble, until},
};
