//! What desktops do each in their own way: one module a platform, of the same shape.
//!
//! Not here: windows, menus and icons, which Tauri makes the same everywhere.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(not(target_os = "linux"))]
mod other;

#[cfg(target_os = "linux")]
pub use linux::{Autostart, Notifier, TrayHost, check_display};
#[cfg(not(target_os = "linux"))]
pub use other::{Autostart, Notifier, TrayHost, check_display};

/// There is nothing to draw on.
#[cfg_attr(not(target_os = "linux"), expect(dead_code, reason = "elsewhere there always is something"))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoDisplay {
    /// Nothing names one.
    #[error(
        "there is no display: neither DISPLAY nor WAYLAND_DISPLAY is set; start the tray from within a desktop, or use \
         `mcpproxy serve` where there is none"
    )]
    Unnamed,
    /// It does not answer.
    #[error(
        "the display that DISPLAY or WAYLAND_DISPLAY names cannot be used; start the tray from within the desktop, as the \
         user who is signed in there"
    )]
    Unreachable,
}

/// Why the start at sign-in could not be switched.
#[derive(Debug, thiserror::Error)]
pub enum AutostartError {
    /// The entry cannot be written or removed.
    #[error("the entry for the start at sign-in at {place} cannot be changed: {source}")]
    Entry {
        /// Where it stands.
        place: String,
        /// Why.
        source: std::io::Error,
    },
    /// It is not known where it stands, or what it would start.
    #[error("the start at sign-in cannot be switched here: {0}")]
    Unknown(&'static str),
}

/// Why no icon is seen.
#[cfg_attr(
    all(not(target_os = "linux"), not(test)),
    expect(dead_code, reason = "elsewhere there is a place for icons")
)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoIcon {
    /// There is no bus to be found by.
    NoBus,
    /// Nobody on the bus shows icons.
    NoHost,
    /// The icon itself could not be made.
    Failed,
}
