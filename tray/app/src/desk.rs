//! What stands on the desktop: icon, menu, window, notifications. Lives on the main thread, where desktops want it.
//!
//! Not here: how others get to it (`shell`).
#![cfg_attr(
    all(windows, target_env = "gnu"),
    expect(
        clippy::missing_const_for_thread_local,
        reason = "where threads have no storage of their own it is not seen"
    )
)]

use std::{
    cell::RefCell,
    path::{Path, PathBuf},
};

use mcpproxy_domain::identity;
use mcpproxy_tray::{
    shell::{Face, Icon, Notice, Page, Window},
    wish::Wish,
};
use tauri::{
    AppHandle, Manager,
    tray::{MouseButton, MouseButtonState, TrayIcon, TrayIconBuilder, TrayIconEvent},
};

use crate::{
    icons, no_icon,
    page::{OwnPage, Told},
    platform::{NoIcon, Notifier, TrayHost},
    renderer::Renderer,
    window::{Pane, WindowError},
    wishes,
};

thread_local! {
    static DESK: RefCell<Option<Desk>> = const { RefCell::new(None) };
}

/// The things on the desktop.
pub struct Desk {
    app: AppHandle,
    renderer: Renderer,
    icon: Option<TrayIcon>,
    shown: Option<(Icon, String)>,
    /// What the icon is kept in while a panel reads it: a folder of our own.
    folder: PathBuf,
    pane: Pane,
    notifier: Notifier,
    no_icon: Option<NoIcon>,
    page: Page,
    /// Where the person wanted to go, while the page that is shown is the one that says that there is no icon.
    notice: Option<String>,
    /// Whether that was said without having been asked, which is done once.
    was_said: bool,
}

/// Sets the desk up, on the main thread. `folder` is ours alone.
///
/// # Errors
/// The menu cannot be made.
pub fn set_up(app: &AppHandle, folder: &Path) -> tauri::Result<()> {
    let clicked = app.clone();
    let desk = Desk {
        app: app.clone(),
        renderer: Renderer::new(app)?,
        icon: None,
        shown: None,
        folder: folder.join("icon"),
        pane: Pane::new(app, folder.join("pages")),
        notifier: Notifier::new(move || wishes::ask(&clicked, Wish::Window { path: String::new() })),
        no_icon: None,
        page: Page::default(),
        notice: None,
        was_said: false,
    };
    DESK.with(|place| place.replace(Some(desk)));
    TrayHost::watch(|why| with(|desk| desk.host_changed(why)));
    Ok(())
}

/// Does something with the desk, on the main thread; nothing before it is set up and after it is cleared.
pub fn with(work: impl FnOnce(&mut Desk)) {
    DESK.with(|desk| match desk.try_borrow_mut() {
        Ok(mut desk) => {
            if let Some(desk) = desk.as_mut() {
                work(desk);
            }
        }
        Err(_) => tracing::error!("the desktop called back while it was being changed; what it told is lost"),
    });
}

/// Takes everything away.
pub fn clear() {
    drop(DESK.with(RefCell::take));
}

impl Desk {
    /// Shows icon, tooltip and menu.
    pub fn show(&mut self, face: &Face) {
        self.renderer.show(&face.menu);
        let now = (face.icon, face.tooltip.clone());
        if self.shown.as_ref() == Some(&now) {
            return;
        }
        let done = match &self.icon {
            Some(icon) => change(icon, self.shown.as_ref(), face),
            None => self.make_icon(face),
        };
        match done {
            Ok(()) => self.shown = Some(now),
            Err(error) => {
                tracing::error!(%error, "the icon could not be shown");
                if self.icon.is_none() && self.no_icon.is_none() {
                    self.host_changed(Some(NoIcon::Failed));
                }
            }
        }
    }

    /// Tells the person something.
    pub fn notify(&self, notice: &Notice) {
        self.notifier.tell(notice);
    }

    /// Shows the window. Where no icon is seen, a new window says so first.
    pub fn window(&mut self, window: &Window) {
        let done = match (window, self.no_icon) {
            (Window::Own(page), _) => self.own(page.clone(), None),
            (Window::Core { path, .. }, Some(why)) if !self.pane.is_open() => self.say_no_icon(why, path),
            (Window::Core { address, .. }, _) => self.pane.core(address),
        };
        self.tell_failure(done);
    }

    /// What the line of the menu asks for.
    pub fn clicked(&self, line: &str) -> Option<Wish> {
        self.renderer.clicked(line)
    }

    fn make_icon(&mut self, face: &Face) -> tauri::Result<()> {
        let icon = TrayIconBuilder::with_id("main")
            .icon(icons::image(face.icon))
            .icon_as_template(true)
            .tooltip(&face.tooltip)
            .menu(self.renderer.root())
            .show_menu_on_left_click(cfg!(target_os = "macos"))
            .temp_dir_path(&self.folder)
            .on_tray_icon_event(|icon, event| match event {
                // Elsewhere the click shows the menu.
                TrayIconEvent::Click { button: MouseButton::Left, button_state: MouseButtonState::Up, .. }
                    if cfg!(windows) =>
                {
                    wishes::ask(icon.app_handle(), Wish::Window { path: String::new() });
                }
                _ => {}
            })
            .build(&self.app)?;
        self.icon = Some(icon);
        Ok(())
    }

    /// Somebody shows icons now, or nobody does any more.
    fn host_changed(&mut self, why: Option<NoIcon>) {
        self.no_icon = why;
        if let (None, Some(path)) = (why, &self.notice) {
            self.page = no_icon::seen(path);
        }
        self.publish();
        let Some(why) = why else { return };
        tracing::warn!("{}", no_icon::note(why, &desktop()));
        // Who has a window can do everything.
        if self.was_said || self.pane.is_open() {
            return;
        }
        self.was_said = true;
        let done = self.say_no_icon(why, "");
        self.tell_failure(done);
    }

    fn say_no_icon(&mut self, why: NoIcon, path: &str) -> Result<(), WindowError> {
        self.own(no_icon::page(why, &desktop(), path), Some(path.to_owned()))
    }

    fn own(&mut self, page: Page, notice: Option<String>) -> Result<(), WindowError> {
        (self.page, self.notice) = (page, notice);
        self.publish();
        self.pane.own()
    }

    fn publish(&self) {
        let mut told = Told { page: self.page.clone(), note: String::new() };
        if let Some(why) = self.no_icon.filter(|_| self.notice.is_none()) {
            told.note = no_icon::note(why, &desktop());
            // There is no menu to end it with.
            told.page.actions.push(no_icon::quit());
        }
        self.app.state::<OwnPage>().show(told);
    }

    fn tell_failure(&self, done: Result<(), WindowError>) {
        let Err(error) = done else { return };
        tracing::error!(%error, "no window");
        self.notifier.tell(&Notice {
            key: "window".into(),
            title: format!("The window of {} cannot be shown", identity::PRODUCT),
            body: format!("{error}. The menu of the icon works without it, and so does `mcpproxy ui` in a terminal."),
        });
        wishes::ask(&self.app, Wish::WindowClosed);
    }
}

fn change(icon: &TrayIcon, shown: Option<&(Icon, String)>, face: &Face) -> tauri::Result<()> {
    if shown.is_none_or(|(shown, _)| *shown != face.icon) {
        icon.set_icon_with_as_template(Some(icons::image(face.icon)), true)?;
    }
    icon.set_tooltip(Some(&face.tooltip))
}

fn desktop() -> String {
    std::env::var("XDG_CURRENT_DESKTOP").unwrap_or_default()
}
