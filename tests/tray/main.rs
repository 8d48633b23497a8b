//! Stories of the tray on a desktop that the tests play themselves: the real tray and the real core, before a screen that
//! nobody sees (Xvfb), on a bus of their own, with a tray host, a menu that is clicked over D-Bus, and a listener for
//! notices.
//!
//! They need Xvfb, dbus-daemon, WebKitWebDriver, xdotool, ImageMagick and xfce4-panel: `scripts/test` sees to all of them,
//! and what misses one says so and is skipped. Not here: the rules of the tray, which have tests beside them; other systems
//! than Linux, whose desktops no test can play.

#[cfg(test)]
#[cfg(target_os = "linux")]
mod figures;
#[cfg(test)]
#[cfg(target_os = "linux")]
mod stage;
#[cfg(test)]
#[cfg(target_os = "linux")]
mod stories;
