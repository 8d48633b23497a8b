//! One upstream server: its live link, its life, and a one-shot look at it.
//!
//! Three layers. [`connection`] is one live link: transport, handshake, lists, close. [`managed`] is the actor that
//! owns the links of one server over time and holds no rule of its own (`domain::server::lifecycle` does). [`probe`]
//! opens one link, asks, and closes. Not here: which servers there are (`runtime`), who may call them (`management`).

pub mod connection;
mod failure;
pub mod managed;
pub mod probe;
pub mod surroundings;
mod tool;

pub use connection::Handle;
pub use failure::{Failure, code_of};
pub use managed::{Actor, Snapshot};
pub use surroundings::Surroundings;
pub use tool::Tool;
