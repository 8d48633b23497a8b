//! The stage: a desktop, the tray on it, and cores, real or played.
//!
//! Everything here blocks and panics, so that a story reads as what happens in it.

pub mod browser;
pub mod core;
pub mod desktop;
pub mod host;
pub mod menu;
pub mod notices;
pub mod scripted;
pub mod tray;

use std::time::Duration;

pub use self::{desktop::Desktop, menu::Menu, tray::Tray};

/// What the tray has not done by then it never will.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Says that a story is not told here, and why.
pub fn skip(why: &str) {
    println!("SKIPPED: {why}; scripts/test-setup installs or names what is missing");
}

/// Whether there is a program of that name.
pub fn has(program: &str) -> bool {
    std::env::var_os("PATH").is_some_and(|path| std::env::split_paths(&path).any(|it| it.join(program).is_file()))
}
