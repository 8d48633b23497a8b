//! A tool of a server: its id, what it says of itself, and what it takes to call it.

pub mod alias;
mod annotations;
pub mod gate;
mod id;
mod variant;

pub use annotations::Annotations;
pub use id::{InvalidToolId, ToolId};
pub use variant::{Mismatch, Variant};
