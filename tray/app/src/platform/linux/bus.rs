//! The session bus, through the main loop that GTK runs anyway.

use gtk::gio::{self, DBusConnection};

/// The bus of the session. Without one the tray goes on, but it is neither seen in a panel nor can it notify.
pub fn session() -> Option<DBusConnection> {
    let bus = gio::bus_get_sync(gio::BusType::Session, gio::Cancellable::NONE);
    if let Err(error) = &bus {
        tracing::debug!(%error, "there is no session bus");
    }
    let bus = bus.ok()?;
    // The default is to end the process with the bus, without a word.
    bus.set_exit_on_close(false);
    Some(bus)
}
