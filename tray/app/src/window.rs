//! The one window: made when it is asked for and gone when it is closed, because a web view costs more than all the rest.
//! It shows our own page or that of the core; whatever else is followed goes to the person's browser.
//!
//! Not here: what our own page may ask for (`page`).

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

use mcpproxy_domain::identity;
use mcpproxy_tray::wish::{Target, Wish};
use tauri::{AppHandle, Manager, Url, WebviewUrl, WebviewWindowBuilder, WindowEvent, webview::NewWindowResponse};

use crate::{open, wishes};

/// The name of the window; the permissions of our own page name it too.
const LABEL: &str = "main";
const OWN_PAGE: &str = if cfg!(windows) { "https://tauri.localhost/" } else { "tauri://localhost/" };

/// The window, whether it is there or not.
pub struct Pane {
    app: AppHandle,
    /// Where the web view keeps what pages store.
    folder: PathBuf,
    showing: Arc<Mutex<Showing>>,
}

/// What may be shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum Showing {
    /// Our own page.
    #[default]
    Own,
    /// The page of the core, which lives at this origin.
    Core(url::Origin),
}

/// Why the window does not show what was asked for.
#[derive(Debug, thiserror::Error)]
pub enum WindowError {
    /// No web view. The address may hold a ticket, so it is told by nobody.
    #[error("the window cannot be made: {0}")]
    Webview(#[from] tauri::Error),
    /// The core names an address that is none.
    #[error("the core gave no address for its page")]
    Address,
}

impl Pane {
    /// Nothing is shown yet.
    pub fn new(app: &AppHandle, folder: PathBuf) -> Self {
        Self { app: app.clone(), folder, showing: Arc::default() }
    }

    /// Whether there is a window.
    pub fn is_open(&self) -> bool {
        self.app.get_webview_window(LABEL).is_some()
    }

    /// Shows our own page.
    ///
    /// # Errors
    /// [`WindowError`]
    pub fn own(&self) -> Result<(), WindowError> {
        if self.is_open() && *lock(&self.showing) == Showing::Own {
            return Ok(());
        }
        let address = OWN_PAGE.parse().map_err(|_| WindowError::Address)?;
        self.show(Showing::Own, WebviewUrl::default(), address)
    }

    /// Shows the page of the core.
    ///
    /// # Errors
    /// [`WindowError`]
    pub fn core(&self, address: &str) -> Result<(), WindowError> {
        let address: Url = address.parse().map_err(|_| WindowError::Address)?;
        if !matches!(address.scheme(), "http" | "https") {
            return Err(WindowError::Address);
        }
        self.show(Showing::Core(address.origin()), WebviewUrl::External(address.clone()), address)
    }

    fn show(&self, showing: Showing, first: WebviewUrl, address: Url) -> Result<(), WindowError> {
        *lock(&self.showing) = showing;
        match self.app.get_webview_window(LABEL) {
            Some(window) => Ok(window.navigate(address)?),
            None => self.make(first),
        }
    }

    fn make(&self, first: WebviewUrl) -> Result<(), WindowError> {
        let (showing, closed) = (Arc::clone(&self.showing), self.app.clone());
        let window = WebviewWindowBuilder::new(&self.app, LABEL, first)
            .title(identity::PRODUCT)
            .inner_size(1100.0, 760.0)
            .min_inner_size(375.0, 320.0)
            .data_directory(self.folder.clone())
            .use_https_scheme(true)
            .devtools(cfg!(debug_assertions))
            .on_navigation(move |address| {
                let showing = lock(&showing).clone();
                let stays = may_show(&showing, address);
                // Our own page has no links: what is refused there is what the page before it was about to do.
                if !stays && showing != Showing::Own {
                    outside(address);
                }
                stays
            })
            .on_new_window(|address, _| {
                outside(&address);
                NewWindowResponse::Deny
            })
            .build()?;
        window.on_window_event(move |event| {
            if matches!(event, WindowEvent::Destroyed) {
                wishes::ask(&closed, Wish::WindowClosed);
            }
        });
        Ok(())
    }
}

/// Brings the window to the front if there is one.
pub fn raise(app: &AppHandle) {
    let raised = app.clone();
    let raise = move || {
        let Some(window) = raised.get_webview_window(LABEL) else { return };
        let done = window.unminimize().and_then(|()| window.show()).and_then(|()| window.set_focus());
        if let Err(error) = done {
            tracing::warn!(%error, "the window could not be brought to the front");
        }
    };
    if let Err(error) = app.run_on_main_thread(raise) {
        tracing::warn!(%error, "the window could not be brought to the front");
    }
}

/// The page of the core may not lead to ours, which has rights, and ours leads nowhere.
fn may_show(showing: &Showing, address: &Url) -> bool {
    match showing {
        Showing::Own => OWN_PAGE.parse::<Url>().is_ok_and(|own| {
            (own.scheme(), own.host_str(), own.port()) == (address.scheme(), address.host_str(), address.port())
        }),
        Showing::Core(origin) => address.origin() == *origin,
    }
}

/// Only pages go to the browser: any other address could start any other program.
fn outside(address: &Url) {
    tracing::debug!(scheme = address.scheme(), "the page leads out of the window");
    if matches!(address.scheme(), "http" | "https") {
        open::open(&Target::Url(address.to_string()));
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_leads_nowhere_else() {
        let url = |address: &str| address.parse::<Url>().unwrap();
        let core = Showing::Core(url("http://127.0.0.1:8080/ui/?ticket=t").origin());
        let own = url(OWN_PAGE).join("index.html").unwrap();
        let table = [
            (&core, "http://127.0.0.1:8080/ui/servers", true),
            (&core, "http://127.0.0.1:8081/ui/", false),
            (&core, "https://127.0.0.1:8080/ui/", false),
            (&core, "http://localhost:8080/ui/", false),
            (&core, own.as_str(), false),
            (&core, "file:///etc/passwd", false),
            (&core, "data:text/html,x", false),
            (&Showing::Own, own.as_str(), true),
            (&Showing::Own, "http://127.0.0.1:8080/ui/", false),
            (&Showing::Own, "tauri://elsewhere/", false),
            (&Showing::Own, "about:blank", false),
        ];
        for (showing, address, may) in table {
            assert_eq!(may_show(showing, &url(address)), may, "{address}");
        }
    }
}
