//! What a private folder, a private file and free memory are on each system.

#[cfg(all(target_os = "linux", target_env = "gnu"))]
mod glibc;
#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(all(target_os = "linux", target_env = "gnu"))]
pub(crate) use glibc::trim_heap;
#[cfg(unix)]
pub(crate) use unix::{create_private_file, make_private, owner_problem};
#[cfg(windows)]
pub(crate) use windows::{create_private_file, make_private, owner_problem};

/// Allocators of other systems give free pages back by themselves.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub(crate) fn trim_heap() {}
