//! Whether anybody shows tray icons. The icon itself comes by itself when somebody does.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use gtk::{gio, glib};

use super::bus;
use crate::platform::NoIcon;

const WATCHER: &str = "org.kde.StatusNotifierWatcher";
/// What a panel is given to appear that starts together with the tray, or anew.
const PATIENCE: Duration = Duration::from_millis(1500);

/// Watches for somebody who shows icons.
pub struct TrayHost;

impl TrayHost {
    /// Watches from now on, on the main thread. `changed` is told why no icon is seen, once that has lasted a moment; and
    /// `None` when it is seen.
    pub fn watch(changed: impl Fn(Option<NoIcon>) + Send + Sync + 'static) {
        let Some(bus) = bus::session() else {
            glib::timeout_add_once(PATIENCE, move || changed(Some(NoIcon::NoBus)));
            return;
        };
        let (there, changed) = (Arc::new(AtomicBool::new(false)), Arc::new(changed));
        let (appeared, seen) = (Arc::clone(&there), Arc::clone(&changed));
        gio::bus_watch_name_on_connection(
            &bus,
            WATCHER,
            gio::BusNameWatcherFlags::NONE,
            move |_, _, _| {
                appeared.store(true, Ordering::Relaxed);
                seen(None);
            },
            // Called at once where nobody is there yet.
            move |_, _| {
                there.store(false, Ordering::Relaxed);
                let (there, changed) = (Arc::clone(&there), Arc::clone(&changed));
                glib::timeout_add_once(PATIENCE, move || {
                    if !there.load(Ordering::Relaxed) {
                        changed(Some(NoIcon::NoHost));
                    }
                });
            },
        );
    }
}
