//! What a person asks for, and where it goes: to the link, to the core, or to the desktop.

use mcpproxy_ipc_proto::{
    Connection, ConnectionError,
    call::{ActOnServers, ApproveServer, ConnectClient, Selection, ServerAction},
};

use tokio::sync::mpsc;

use super::{
    News, Tray,
    ask::{PATIENCE, clients},
    window::Wanted,
};
use crate::{
    link::Input,
    shell::Shell,
    text,
    view::Reason,
    wish::{Act, Place, Target, Wish},
};

impl<S: Shell> Tray<S> {
    pub(super) fn wish(&mut self, wish: Wish) {
        tracing::debug!(?wish, "asked for");
        self.is_stale = true;
        self.view.refused = None;
        match wish {
            Wish::Start => self.step(Input::Start),
            Wish::Stop => self.step(Input::Stop),
            Wish::Disconnect => self.step(Input::Disconnect),
            Wish::Retry => {
                self.view.failure = Reason::default();
                self.step(Input::Retry);
            }
            Wish::Replace => self.step(Input::Replace),
            Wish::UseFreePort => self.step(Input::UseFreePort),
            Wish::Attach => self.step(Input::Attach),
            Wish::Quit => self.step(Input::Quit),
            Wish::Act { server, act } => self.act(server, act),
            Wish::Approve { server, fingerprint } => self.ask_core(|connection, _| async move {
                let approve = ApproveServer { name: server, fingerprint };
                connection.call(&approve, PATIENCE).await.map(drop).map_err(|error| words(&error))
            }),
            Wish::Connect { client } => self.connect(client),
            Wish::Window { path } => self.open_window(path),
            Wish::WindowClosed => {
                self.showing = None;
                // its page may have changed them
                self.ask_clients();
            }
            Wish::Browser => self.way_to_page(Wanted::Browser),
            Wish::Reveal(place) => {
                let folder = match place {
                    Place::Settings => &self.view.places.settings,
                    Place::Logs => &self.view.places.logs,
                };
                self.shell.open(&Target::Folder(folder.clone()));
            }
            Wish::Autostart(on) => {
                self.shell.set_autostart(on);
                self.view.autostart = self.shell.autostart();
                if self.view.autostart != Some(on) {
                    self.refuse("This desktop did not take the change of what runs at startup".to_owned());
                }
                // what was clicked has changed its mark already: it is told how it is
                self.face = None;
            }
            Wish::About => self.about(),
        }
    }

    fn act(&mut self, server: String, act: Act) {
        let action = match act {
            Act::Enable => ServerAction::Enable,
            Act::Disable => ServerAction::Disable,
            Act::Restart => ServerAction::Restart,
            Act::Quarantine => ServerAction::Quarantine,
        };
        self.ask_core(|connection, _| async move {
            let servers = Selection::Named(vec![server]);
            let done =
                connection.call(&ActOnServers { servers, action }, PATIENCE).await.map_err(|error| words(&error))?;
            done.errors.into_values().next().map_or(Ok(()), Err)
        });
    }

    fn connect(&mut self, client: String) {
        let attempt = self.view.link.attempt();
        self.ask_core(move |connection, tell| async move {
            connection.call(&ConnectClient { client }, PATIENCE).await.map_err(|error| words(&error))?;
            // its mark is what the core sees then
            clients(&connection, attempt, &tell).await;
            Ok(())
        });
    }

    fn ask_core<F>(&mut self, ask: impl FnOnce(Connection, mpsc::Sender<News>) -> F)
    where
        F: Future<Output = Result<(), String>> + Send + 'static,
    {
        if self.open.is_none() {
            self.refuse("No core is connected".to_owned());
            return;
        }
        self.asking(|connection, tell| {
            let asked = ask(connection, tell.clone());
            async move {
                let done = asked.await.map_err(|words| text::line(&words, text::LINE));
                let _ = tell.send(News::Done(done)).await;
            }
        });
    }
}

/// Why the core did not do it, and what it advises.
pub(super) fn words(error: &ConnectionError) -> String {
    match error {
        ConnectionError::Refused(failure) if !failure.hint.is_empty() => {
            format!("{}; {}", failure.message, failure.hint)
        }
        other => other.to_string(),
    }
}
