//! What a private folder and a private file are on each system.

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
pub(crate) use unix::{create_private_file, make_private, owner_problem};
#[cfg(windows)]
pub(crate) use windows::{create_private_file, make_private, owner_problem};
