//! The tray without its desktop: which core it belongs to, what it shows, what it does when somebody clicks.
//!
//! Pure rules: [`link`] (the life of the link to the core), [`menu`], [`icon`], [`notice`] and [`page`] (what is shown, out
//! of a [`view::View`]). Drivers: `driver` (the one loop), [`launch`] (the core as a process), [`instance`] (one tray a data
//! folder). What draws is behind [`shell::Shell`] and stands in the crate of the application.

pub mod driver;
pub mod icon;
pub mod instance;
pub mod launch;
pub mod link;
pub mod menu;
pub mod notice;
pub mod page;
pub mod place;
mod platform;
#[cfg(test)]
mod sample;
pub mod servers;
pub mod shell;
pub mod text;
mod version;
pub mod view;
pub mod wish;
pub mod words;
