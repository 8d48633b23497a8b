//! Reaching a core: connect, greet, and tell the link who is there; later, that it is gone.

use std::io;

use mcpproxy_ipc_proto::{
    Connection, ConnectionError,
    endpoint::Endpoint,
    hello::{Bye, ByeReason, Hello, Incompatible},
    transport::{self, TransportError},
};
use tokio::sync::mpsc;

use super::{Met as Greeting, News, Open, Tray};
use crate::{
    link::{Age, Attempt, Farewell, Input, LaunchedBy, Met, Refusal},
    shell::Shell,
    version,
    view::{Places, Reason},
};

/// As what we present ourselves.
const ROLE: &str = "tray";

impl<S: Shell> Tray<S> {
    pub(super) fn reach(&mut self, attempt: Attempt) {
        self.trying.cancel();
        self.open = None;
        self.trying = self.scope.child();
        let ours = self.running.as_ref().map(|(_, running)| running.pid()).filter(|pid| *pid != 0);
        let (endpoint, tell) = (self.endpoint.clone(), self.tell.clone());
        self.trying.spawn_until_cancelled("reach", async move {
            if let Some(input) = reach(&endpoint, attempt, ours, &tell).await {
                let _ = tell.send(News::Link(input)).await;
            }
        });
    }

    /// Somebody is there who understands us.
    pub(super) fn met(&mut self, met: Greeting) {
        let Greeting { input, open } = met;
        let Input::Greeted(attempt, _) = input else { return };
        if attempt != self.view.link.attempt() {
            return;
        }
        // what was told before the connection was lost is shown until the core tells anew
        let (pid, phase) = (open.hello.pid, open.hello.phase);
        if self.view.core.as_ref().is_none_or(|core| core.hello.pid != pid) {
            self.view.places = self.places();
        }
        if let Some(core) = &mut self.view.core {
            core.hello = open.hello.clone();
        }
        self.open = Some(open);
        self.view.failure = Reason::default();
        self.step(input);
        if let Some(phase) = phase {
            self.in_phase(phase, None);
        }
    }

    /// Where the files of a core are that has not said so. What holds our folder elsewhere may have others.
    pub(super) fn places(&self) -> Places {
        if self.endpoint == self.place.endpoint { self.place.places() } else { Places::default() }
    }
}

/// Connects, greets, moves the bytes for as long as the connection lasts; what to tell the link in the end.
async fn reach(endpoint: &Endpoint, attempt: Attempt, ours: Option<u32>, tell: &mpsc::Sender<News>) -> Option<Input> {
    let stream = match transport::connect(endpoint).await {
        Ok(stream) => stream,
        Err(error) => return Some(absent(attempt, &error)),
    };
    tell.send(News::Link(Input::Connected(attempt))).await.ok()?;
    let (connection, incoming, hello, bytes) = match Connection::over(stream, Hello::of(ROLE)).await {
        Ok(open) => open,
        Err(error) => return Some(misfit(attempt, &error)),
    };
    let by = launched_by(&hello, ours);
    let input = Input::Greeted(attempt, Met::Core { age: age(&hello), by });
    let open = Open { connection: connection.clone(), incoming: Some(incoming), hello, has_told: false };
    tell.send(News::Met(Box::new(Greeting { input, open }))).await.ok()?;
    bytes.await;
    let is_stopping = connection.farewell().is_some_and(|bye| bye.reason == ByeReason::Stopping);
    Some(Input::Lost(attempt, if is_stopping { Farewell::Stopping } else { Farewell::Broken }))
}

fn absent(attempt: Attempt, error: &TransportError) -> Input {
    match error {
        TransportError::Absent { .. } => Input::Absent(attempt),
        TransportError::Stranger { .. } => Input::Refused(attempt, Refusal::Stranger),
        TransportError::InUse { .. } => Input::Refused(attempt, Refusal::Busy),
        TransportError::Io { source, .. } => match source.kind() {
            io::ErrorKind::PermissionDenied => Input::Refused(attempt, Refusal::Denied),
            io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => Input::Refused(attempt, Refusal::Busy),
            // a folder that does not exist, a file that is no socket: nobody is there, and a core tells why it cannot be
            _ => Input::Absent(attempt),
        },
    }
}

fn misfit(attempt: Attempt, error: &ConnectionError) -> Input {
    let met = |met| Input::Greeted(attempt, met);
    match error {
        ConnectionError::OtherMake(_) => met(Met::OtherMake),
        ConnectionError::Incompatible(Incompatible::PeerTooOld, _) => met(Met::CoreTooOld),
        ConnectionError::Incompatible(Incompatible::WeAreTooOld, _) => met(Met::TrayTooOld),
        ConnectionError::Protocol(_) => Input::Refused(attempt, Refusal::Unknown),
        ConnectionError::Bye(Bye { reason: ByeReason::Stopping, .. }) => Input::Lost(attempt, Farewell::Stopping),
        ConnectionError::Bye(Bye { reason: ByeReason::Busy, .. }) | ConnectionError::Timeout(_) => {
            Input::Refused(attempt, Refusal::Busy)
        }
        ConnectionError::Bye(_)
        | ConnectionError::Closed
        | ConnectionError::Transport(_)
        | ConnectionError::Refused(_) => Input::Lost(attempt, Farewell::Broken),
    }
}

fn launched_by(hello: &Hello, ours: Option<u32>) -> LaunchedBy {
    match hello.launched_by.as_str() {
        _ if ours == Some(hello.pid) => LaunchedBy::Us,
        "tray" => LaunchedBy::Tray,
        "installer" => LaunchedBy::Installer,
        _ => LaunchedBy::Other,
    }
}

fn age(hello: &Hello) -> Age {
    match version::compare(&hello.build, mcpproxy_domain::identity::VERSION) {
        Some(std::cmp::Ordering::Less) => Age::Older,
        Some(std::cmp::Ordering::Greater) => Age::Newer,
        Some(std::cmp::Ordering::Equal) | None => Age::Same,
    }
}
