//! The settings: what a person typed, the environment and the flags, resolved into one value; and the only writer of the file.
//!
//! [`locate`] and [`load()`] read the world, [`resolve()`] is pure, [`store`] writes, [`Settings`] owns the file while a
//! core runs. Every fault is told at once, by its path. Not here: the import from files of other programs, the expansion
//! of `${type:name}` in server entries (done when a link opens), checks that need the file system of a server.

mod config;
mod diff;
mod duration;
mod env;
mod error;
mod file;
mod flags;
mod gates;
mod json;
mod known;
mod listen;
mod load;
mod owner;
mod patch;
mod problems;
mod read;
mod report;
mod resolve;
mod rewrite;
mod servers;
mod spans;
pub mod store;
mod watch;

pub use config::{Config, EnvironmentPolicy, Logging, ResponseDetail, RoutingMode, ServerDefaults, TrustedHost};
pub use diff::{Change, Effect, diff};
pub use duration::{InvalidDuration, format as format_duration, parse as parse_duration};
pub use env::Env;
pub use error::{Check, ConfigError, Objection};
pub use file::ConfigFile;
pub use flags::{Flags, WorkingDir};
pub use gates::{Gates, Socket};
pub use listen::Listen;
pub use load::{Location, load, locate};
pub use owner::{Applied, Settings};
pub use patch::{ConfigPatch, Place, merge_patch};
pub use problems::{Found, Problems};
pub use resolve::{Resolved, resolve};
pub use servers::server_of;
