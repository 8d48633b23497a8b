//! The composition root: builds the rooms into a running core, and takes it down again in order.
//!
//! Start: settings -> data folder -> lock -> logs -> address -> faces -> servers. Stop: the other way round. Not here:
//! what the rooms do; command lines and exit codes (`cli`).

mod address;
mod error;
mod folder;
mod identity_files;
mod key;
mod lock;
pub mod look;
mod memory;
mod platform;
mod settings;
mod signals;
pub mod socket;
mod start;
mod stdio;
mod stop;

pub use error::StartError;
pub use signals::Signal;
pub use start::{Options, Running, start};
pub use stop::End;
