//! Linux: GTK for the display, D-Bus for notifications and the place of the icon, XDG for the start at sign-in.

mod autostart;
mod bus;
mod host;
mod notifications;

pub use autostart::Autostart;
pub use host::TrayHost;
pub use notifications::Notifier;

use super::NoDisplay;

/// Whether there is a display. Asked before Tauri asks, which can only panic.
///
/// # Errors
/// [`NoDisplay`]
pub fn check_display() -> Result<(), NoDisplay> {
    let named = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    if !named("DISPLAY") && !named("WAYLAND_DISPLAY") {
        return Err(NoDisplay::Unnamed);
    }
    gtk::init().map_err(|_| NoDisplay::Unreachable)
}
