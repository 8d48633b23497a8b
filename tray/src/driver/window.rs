//! What the window shows: the page of the core while one is there, and else our own.

use mcpproxy_ipc_proto::call::OpenUi;

use super::{News, Tray, ask::PATIENCE, wishes::words};
use crate::{
    link::{Attempt, State},
    page,
    shell::{Page, Shell, Window},
    wish::Target,
};

/// What an open window shows.
pub(super) enum Showing {
    /// The page of the core, at a path; whether it is there yet.
    Core {
        /// The path below the page.
        path: String,
        /// Whether the way to it was handed to the window.
        is_there: bool,
    },
    /// Our own page, and where the person wanted to go.
    Own {
        /// As it was shown.
        page: Page,
        /// The path below the core's page.
        path: String,
        /// The link under which the core gave no way to its page: it is not asked again by itself.
        refused: Option<Attempt>,
    },
    /// What this program is.
    About,
}

/// Where a way to the core's page is wanted.
pub(super) enum Wanted {
    /// In our window, at a path.
    Window(String),
    /// In the person's browser.
    Browser,
}

impl<S: Shell> Tray<S> {
    pub(super) fn open_window(&mut self, path: String) {
        if self.has_page() {
            self.showing = Some(Showing::Core { path: path.clone(), is_there: false });
            self.way_to_page(Wanted::Window(path));
        } else {
            self.show_own(path, None);
        }
    }

    pub(super) fn about(&mut self) {
        self.shell.window(&Window::Own(page::about(&self.view)));
        self.showing = Some(Showing::About);
    }

    /// A ticket for one browser, once.
    pub(super) fn way_to_page(&mut self, wanted: Wanted) {
        if !self.has_page() {
            self.refuse("No core is connected whose page could be shown".to_owned());
            return;
        }
        self.asking(|connection, tell| async move {
            let ticket = connection.call(&OpenUi {}, PATIENCE).await.map_err(|error| words(&error));
            let _ = tell.send(News::Ticket(wanted, ticket.map(|ticket| ticket.url))).await;
        });
    }

    pub(super) fn ticket(&mut self, wanted: Wanted, ticket: Result<String, String>) {
        match (wanted, ticket) {
            (Wanted::Browser, Ok(url)) => self.shell.open(&Target::Url(url)),
            (Wanted::Browser, Err(why)) => self.refuse(why),
            // the window may have been closed, or shows something else by now
            (Wanted::Window(path), Ok(url)) if self.is_awaited(&path) => {
                self.shell.window(&Window::Core { address: at(&url, &path), path: path.clone() });
                self.showing = Some(Showing::Core { path, is_there: true });
            }
            (Wanted::Window(path), Err(why)) if self.is_awaited(&path) => {
                self.view.refused = Some(why);
                self.show_own(path, Some(self.view.link.attempt()));
            }
            (Wanted::Window(_), _) => {}
        }
    }

    /// Follows the core: its page goes when it goes, and comes when it comes.
    pub(super) fn keep_window(&mut self) {
        let is_back = self.has_page();
        let attempt = self.view.link.attempt();
        match &self.showing {
            Some(Showing::Own { path, refused, .. }) if is_back && *refused != Some(attempt) => {
                self.open_window(path.clone());
            }
            Some(Showing::Own { page, path, refused }) if *page != page::page(&self.view) => {
                self.show_own(path.clone(), *refused);
            }
            Some(Showing::Core { path, .. }) if !is_back => self.show_own(path.clone(), None),
            None | Some(Showing::Own { .. } | Showing::Core { .. } | Showing::About) => {}
        }
    }

    fn is_awaited(&self, path: &str) -> bool {
        matches!(&self.showing, Some(Showing::Core { path: wanted, is_there: false }) if wanted == path)
    }

    fn show_own(&mut self, path: String, refused: Option<Attempt>) {
        let page = page::page(&self.view);
        self.shell.window(&Window::Own(page.clone()));
        self.showing = Some(Showing::Own { page, path, refused });
    }

    /// Whether a core is there that has a page for us.
    fn has_page(&self) -> bool {
        matches!(self.view.link.state, State::Linked(_)) && self.can("ui.ticket")
    }
}

/// The address of a path below the core's page, for the bearer of the ticket in it.
fn at(url: &str, path: &str) -> String {
    match url.split_once("/ui/?") {
        Some((host, ticket)) => {
            let and = if path.contains('?') { '&' } else { '?' };
            format!("{host}/ui/{path}{and}{ticket}")
        }
        None => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_goes_before_the_ticket() {
        assert_eq!(at("http://h:1/ui/?ticket=t", "servers/a"), "http://h:1/ui/servers/a?ticket=t");
        assert_eq!(at("http://h:1/ui/?ticket=t", "servers?a=b"), "http://h:1/ui/servers?a=b&ticket=t");
        assert_eq!(at("http://h:1/ui/?ticket=t", ""), "http://h:1/ui/?ticket=t");
    }
}
