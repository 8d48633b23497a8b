//! The settings: what a person typed, the environment and the flags, resolved into one value; and the only writer of the file.
//!
//! [`locate`] and [`load()`] read the world, [`resolve()`] is pure, [`store`] writes. Every fault is told at once, by its path.
//! Not here: a watcher of the file and its owner task, the import from files of other programs, the expansion of
//! `${type:name}` in server entries (done when a link opens), checks that need the file system of a server.

mod config;
mod duration;
mod env;
mod error;
mod file;
mod flags;
mod json;
mod known;
mod listen;
mod load;
mod read;
mod report;
mod resolve;
mod servers;
pub mod store;

pub use config::{Config, EnvironmentPolicy, Logging, ResponseDetail, RoutingMode, TrustedHost};
pub use duration::{InvalidDuration, format as format_duration, parse as parse_duration};
pub use env::Env;
pub use error::ConfigError;
pub use file::ConfigFile;
pub use flags::Flags;
pub use listen::Listen;
pub use load::{Location, load, locate};
pub use resolve::{Resolved, resolve};
