//! An upstream server: how it is described, how its link lives, how well it is.

mod health;
pub mod lifecycle;
mod name;
mod spec;

pub use health::{Action, AdminState, Health, Level, Observed, health};
pub use name::{InvalidServerName, ServerName};
pub use spec::{CommandLine, Endpoint, ServerSpec, ToolFilter, Transport};
