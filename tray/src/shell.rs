//! What the tray asks of a desktop; behind it stand the real one and one that records.

use crate::{menu::Menu, wish::Target};

/// A desktop. Its methods hand over what is to be shown and return at once; a failure is the shell's to log.
pub trait Shell: Send {
    /// Shows icon, tooltip and menu. Told only when something of it changed.
    fn show(&mut self, face: &Face);
    /// Tells the person something, outside the menu.
    fn notify(&mut self, notice: &Notice);
    /// Shows the window, or what it shows already in another way. Made when it is first asked for.
    fn window(&mut self, window: &Window);
    /// Opens something with the person's own program.
    fn open(&mut self, target: &Target);
    /// Whether the tray starts when the person signs in, read from the system; `None` where that cannot be had.
    fn autostart(&self) -> Option<bool>;
    /// Sets that. What came of it is read with [`Shell::autostart`].
    fn set_autostart(&mut self, on: bool);
    /// The tray begins to end, which may take a while. Whoever is started from now on is on its own.
    fn closing(&mut self);
    /// Ends the application.
    fn leave(&mut self);
}

/// What stands in the tray.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Face {
    /// The picture.
    pub icon: Icon,
    /// One line for whoever points at it.
    pub tooltip: String,
    /// The menu.
    pub menu: Menu,
}

/// The four states that the picture tells apart by its shape, not by its colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Icon {
    /// No core is wanted, or none is there yet.
    #[default]
    Stopped,
    /// All is well.
    Fine,
    /// Something needs the person, or is on its way.
    Attention,
    /// The core does not work.
    Error,
}

/// Something to tell the person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// What it is about: one of a key is not told again for a while.
    pub key: String,
    /// The headline.
    pub title: String,
    /// The rest.
    pub body: String,
}

/// What the window shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Window {
    /// The page of the core.
    Core {
        /// The whole address; it holds a ticket and is used once.
        address: String,
        /// The path below the page that it leads to.
        path: String,
    },
    /// Our own page, while no core is there.
    Own(Page),
}

/// Our own page: what is the matter, and what can be done.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Page {
    /// The state in a few words.
    pub title: String,
    /// What happened.
    pub message: String,
    /// What to do.
    pub hint: String,
    /// The last lines of the core, oldest first.
    pub log: Vec<String>,
    /// What can be asked for from here: the words, and what they ask.
    pub actions: Vec<(String, crate::wish::Wish)>,
}

#[cfg(test)]
#[cfg(unix)]
pub(crate) mod record;
