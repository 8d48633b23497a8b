//! A desktop that draws nothing and remembers everything, for tests.

use std::time::Duration;

use tokio::{sync::watch, time::timeout};

use super::{Face, Notice, Shell, Window};
use crate::wish::Target;

/// How long a test waits for what should be shown.
const PATIENCE: Duration = Duration::from_secs(600);

/// What the tray asked of the desktop, in order.
#[derive(Debug, Default)]
pub(crate) struct Recorded {
    pub(crate) faces: Vec<Face>,
    pub(crate) notices: Vec<Notice>,
    pub(crate) windows: Vec<Window>,
    pub(crate) opened: Vec<Target>,
    pub(crate) autostart: bool,
    pub(crate) is_closing: bool,
    pub(crate) has_left: bool,
}

/// The desktop. Clones are the same one.
#[derive(Clone, Debug)]
pub(crate) struct Recorder(watch::Sender<Recorded>);

impl Default for Recorder {
    fn default() -> Self {
        Self(watch::Sender::new(Recorded::default()))
    }
}

impl Recorder {
    /// Waits until it has seen what is wanted.
    pub(crate) async fn until(&self, what: &str, wanted: impl FnMut(&Recorded) -> bool) {
        let mut seen = self.0.subscribe();
        let found = timeout(PATIENCE, seen.wait_for(wanted)).await.is_ok_and(|found| found.is_ok());
        assert!(found, "{what}: never came; {:#?}", self.0.borrow().faces.last());
    }

    /// What it has seen.
    pub(crate) fn seen<T>(&self, look: impl FnOnce(&Recorded) -> T) -> T {
        look(&self.0.borrow())
    }
}

impl Shell for Recorder {
    fn show(&mut self, face: &Face) {
        self.0.send_modify(|seen| seen.faces.push(face.clone()));
    }

    fn notify(&mut self, notice: &Notice) {
        self.0.send_modify(|seen| seen.notices.push(notice.clone()));
    }

    fn window(&mut self, window: &Window) {
        self.0.send_modify(|seen| seen.windows.push(window.clone()));
    }

    fn open(&mut self, target: &Target) {
        self.0.send_modify(|seen| seen.opened.push(target.clone()));
    }

    fn autostart(&self) -> Option<bool> {
        Some(self.0.borrow().autostart)
    }

    fn set_autostart(&mut self, on: bool) {
        self.0.send_modify(|seen| seen.autostart = on);
    }

    fn closing(&mut self) {
        self.0.send_modify(|seen| seen.is_closing = true);
    }

    fn leave(&mut self) {
        self.0.send_modify(|seen| seen.has_left = true);
    }
}
