//! JSON-RPC in lines over the standard streams of a child: framing, and a link that many callers share.

mod lines;
mod link;

pub use lines::{Line, Lines};
pub use link::connect;

pub use crate::duplex::Link;
