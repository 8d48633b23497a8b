//! The desktop as the loop sees it: each thing is handed to the main thread, and nobody waits.

use mcpproxy_task::Scope;
use mcpproxy_tray::{
    shell::{Face, Notice, Shell, Window},
    wish::Target,
};
use tauri::AppHandle;

use crate::{
    desk::{self, Desk},
    open,
    platform::Autostart,
};

/// The real desktop.
pub struct Desktop {
    app: AppHandle,
    autostart: Autostart,
    /// What hears those who start the tray again.
    hearing: Scope,
}

impl Desktop {
    /// That of this application. `hearing` is what answers those who start it again, for as long as it does not end.
    pub const fn new(app: AppHandle, autostart: Autostart, hearing: Scope) -> Self {
        Self { app, autostart, hearing }
    }

    fn hand_over(&self, work: impl FnOnce(&mut Desk) + Send + 'static) {
        if let Err(error) = self.app.run_on_main_thread(|| desk::with(work)) {
            tracing::error!(%error, "the desktop takes nothing any more");
        }
    }
}

impl Shell for Desktop {
    fn show(&mut self, face: &Face) {
        let face = face.clone();
        self.hand_over(move |desk| desk.show(&face));
    }

    fn notify(&mut self, notice: &Notice) {
        let notice = notice.clone();
        self.hand_over(move |desk| desk.notify(&notice));
    }

    fn window(&mut self, window: &Window) {
        let window = window.clone();
        self.hand_over(move |desk| desk.window(&window));
    }

    fn open(&mut self, target: &Target) {
        open::open(target);
    }

    fn autostart(&self) -> Option<bool> {
        self.autostart.is_on()
    }

    fn set_autostart(&mut self, on: bool) {
        if let Err(error) = self.autostart.set(on) {
            tracing::error!(%error, "the start at sign-in was not switched");
        }
    }

    fn closing(&mut self) {
        self.hearing.cancel();
    }

    fn leave(&mut self) {
        self.app.exit(0);
    }
}
