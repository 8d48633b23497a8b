//! What differs from system to system: programs, process groups, private folders.

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
pub(crate) use unix::{create_private_folder, is_program, is_root, kill_group, own_group, private, signal, terminate};
#[cfg(windows)]
pub(crate) use windows::{
    create_private_folder, is_program, is_root, kill_group, own_group, private, signal, terminate,
};
