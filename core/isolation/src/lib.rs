//! How a child process starts, is owned, and dies.
//!
//! [`Spawner`] forks, [`Process`] is one child together with everything that it started, [`environment`] says what a
//! child inherits, [`leftovers`] finds what an earlier run left behind. Not here: what is said over the pipes
//! (`wire`), when a server is started again (`upstream`), containers and sandboxes.

pub mod environment;
pub mod leftovers;

mod error;
mod exit;
mod launch;
#[cfg(target_os = "linux")]
mod orphans;
mod process;
mod resolve;
mod spawner;
#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
use unix as platform;
#[cfg(windows)]
use windows as platform;

pub use error::SpawnError;
pub use exit::{Exit, Phase, StopPolicy, Stopped};
pub use launch::Launch;
pub use process::Process;
pub use resolve::resolve;
pub use spawner::Spawner;

#[cfg(test)]
mod tests;
