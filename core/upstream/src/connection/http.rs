//! A link over streamable HTTP: the session is watched over by one task, which also hears the server's own stream.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use mcpproxy_domain::server::Endpoint;
use mcpproxy_logs::Redactor;
use mcpproxy_task::Scope;
use mcpproxy_wire::{
    Era, Exchange, LinkError, Message, Outcome, Timing,
    http::{Link, Listening},
};
use tokio::{
    sync::{mpsc, watch},
    time::Instant,
};
use tokio_util::sync::CancellationToken;

use super::{
    Ears, Way,
    address::{Address, shown},
    calling::Lists,
    meeting::open_session,
};
use crate::{Failure, Surroundings};

/// The pause before the stream is opened again, unless the server asks for another.
const RELISTEN: Duration = Duration::from_secs(1);
/// The longest such pause.
const RELISTEN_CAP: Duration = Duration::from_secs(30);
/// How long a server may take to show that it is there.
const PING: Duration = Duration::from_secs(5);

pub(crate) struct Connection {
    handle: Handle,
    ears: Arc<Ears>,
    lost_sessions: Option<mpsc::Receiver<u64>>,
    init_timeout: Duration,
}

/// What callers hold: the link, and the way to report that the session is lost.
#[derive(Clone, Debug)]
pub struct Handle {
    link: Link,
    report: mpsc::Sender<u64>,
    /// Which session of this link is in force.
    session: Arc<watch::Sender<u64>>,
    gone: CancellationToken,
    redactor: Redactor,
    why: Arc<OnceLock<Failure>>,
    pub(super) lists: Arc<Lists>,
}

impl Connection {
    pub(super) fn start(
        endpoint: &Endpoint,
        init_timeout: Duration,
        surroundings: &Surroundings,
        ears: Arc<Ears>,
    ) -> Result<Self, Failure> {
        let Address { url, headers } = Address::of(endpoint, surroundings)?;
        let pairs = headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let link = Link::new(&url, pairs, surroundings.limits, Arc::clone(&ears) as _)?;
        // one report is enough: all who wait learn of the new session at once
        let (report, lost_sessions) = mpsc::channel(1);
        let handle = Handle {
            link,
            report,
            session: Arc::new(watch::Sender::new(0)),
            gone: CancellationToken::new(),
            redactor: surroundings.redactor.clone(),
            why: Arc::default(),
            lists: Arc::new(Lists::new(Arc::clone(&ears))),
        };
        Ok(Self { handle, ears, lost_sessions: Some(lost_sessions), init_timeout })
    }

    pub(super) fn handle(&self) -> Handle {
        self.handle.clone()
    }

    /// The server is met: from now on the session, if there is one, is watched over.
    pub(super) fn established(&mut self, era: Era, scope: &Scope) {
        self.handle.negotiated(era);
        if era.is_stateless() {
            return;
        }
        if let Some(lost_sessions) = self.lost_sessions.take() {
            let (handle, ears) = (self.handle.clone(), Arc::clone(&self.ears));
            let keeper = Keeper { handle, ears, lost_sessions, init_timeout: self.init_timeout };
            let gone = self.handle.gone.clone();
            scope.spawn("http session", async move {
                gone.run_until_cancelled_owned(keeper.keep()).await;
            });
        }
    }

    pub(super) fn post_mortem(&self, failure: Failure) -> Failure {
        self.handle.why.get().cloned().unwrap_or(failure)
    }

    pub(super) async fn close(self) {
        self.handle.gone.cancel();
        self.handle.link.close().await;
    }
}

impl Drop for Connection {
    /// Whatever becomes of the one that owned it, nobody watches over its session any more.
    fn drop(&mut self) {
        self.handle.gone.cancel();
    }
}

impl Handle {
    /// One deadline holds for the whole: the first try, a renewal of the session, the second try.
    pub(super) async fn request(
        &self,
        message: &Message,
        exchange: &Exchange,
        timing: Timing,
    ) -> Result<Outcome, LinkError> {
        let begun = Instant::now();
        let session = *self.session.borrow();
        match self.once(message, exchange, timing).await {
            Err(LinkError::SessionLost { .. }) => {
                self.renewed(session, exchange).await?;
                let left = timing.total.saturating_sub(begun.elapsed());
                let timing = Timing { silence: timing.silence.min(left), total: left };
                match self.once(message, exchange, timing).await {
                    // a fresh session, and the same words: it was not the session
                    Err(LinkError::SessionLost { status, body }) => Err(LinkError::Status { status, body }),
                    answer => answer,
                }
            }
            answer => answer,
        }
    }

    pub(super) async fn once(
        &self,
        message: &Message,
        exchange: &Exchange,
        timing: Timing,
    ) -> Result<Outcome, LinkError> {
        tokio::select! {
            biased;
            answer = self.link.request(message, exchange, timing) => answer.map_err(|error| shown(error, &self.redactor)),
            () = self.gone.cancelled() => Err(LinkError::Closed),
        }
    }

    pub(super) async fn notify(&self, message: &Message) -> Result<(), LinkError> {
        self.link.notify(message).await
    }

    pub(super) fn negotiated(&self, era: Era) {
        self.link.negotiated(era);
    }

    pub(super) fn in_flight(&self) -> usize {
        self.link.in_flight()
    }

    pub(super) async fn closed(&self) {
        self.gone.cancelled().await;
    }

    /// Reports that a session is lost and waits for the next.
    async fn renewed(&self, lost: u64, exchange: &Exchange) -> Result<(), LinkError> {
        let mut session = self.session.subscribe();
        // a full channel holds a report already
        let _ = self.report.try_send(lost);
        tokio::select! {
            renewed = session.wait_for(|session| *session > lost) => renewed.map(|_| ()).map_err(|_| LinkError::Closed),
            () = exchange.cancel.cancelled() => Err(LinkError::Cancelled),
            // the handshake that renews it has its own limit, and ends the link where it fails
            () = self.gone.cancelled() => Err(LinkError::Closed),
        }
    }
}

/// Watches over the session: renews it when it is lost, hears the server's own stream while it lives.
struct Keeper {
    handle: Handle,
    ears: Arc<Ears>,
    lost_sessions: mpsc::Receiver<u64>,
    init_timeout: Duration,
}

/// Why the server's own stream is heard no longer.
enum Silence {
    SessionLost,
    Unreachable(LinkError),
}

impl Keeper {
    async fn keep(mut self) {
        loop {
            let current = *self.handle.session.borrow();
            {
                let hearing = hear(&self.handle, &self.ears);
                tokio::pin!(hearing);
                loop {
                    tokio::select! {
                        lost = self.lost_sessions.recv() => match lost {
                            None => return,
                            // reported late: it is renewed already, and the stream belongs to the new one
                            Some(lost) if lost < current => {}
                            Some(_) => break,
                        },
                        silence = &mut hearing => match silence {
                            Silence::SessionLost => break,
                            Silence::Unreachable(error) => return self.give_up(error.into()),
                        },
                    }
                }
            }
            match open_session(&Way::Http(self.handle.clone()), self.init_timeout).await {
                Ok(_) => {
                    tracing::info!("the server had forgotten the session; a new one is open");
                    self.handle.session.send_replace(current + 1);
                    // a server that was started anew may have other tools, and no reason to say so
                    self.ears.announce_change();
                }
                Err(failure) => return self.give_up(failure),
            }
        }
    }

    fn give_up(&self, failure: Failure) {
        let _ = self.handle.why.set(failure);
        self.handle.gone.cancel();
    }
}

/// Hears the stream of the server's own messages, however often it has to be opened; ends only when the server turns
/// out to be gone or to have forgotten the session.
async fn hear(handle: &Handle, ears: &Ears) -> Silence {
    let mut from: Option<String> = None;
    let mut pause = RELISTEN;
    loop {
        match handle.link.listen(from.as_deref()).await {
            Listening::Refused => std::future::pending().await,
            Listening::SessionLost => return Silence::SessionLost,
            Listening::Ended { last_id, retry, heard } => {
                pause = if heard { RELISTEN } else { (pause * 2).min(RELISTEN_CAP) };
                from = last_id.or(from);
                tokio::time::sleep(retry.unwrap_or(pause).clamp(pause, RELISTEN_CAP)).await;
                if from.is_none() {
                    // what was told in between is lost, and nothing says what it was
                    ears.announce_change();
                }
            }
            Listening::Failed(error) => {
                tracing::debug!(%error, "the server's stream cannot be heard");
                let ping = Message::bare("ping");
                match handle.once(&ping, &Exchange::default(), Timing::within(PING)).await {
                    Err(LinkError::SessionLost { .. }) => return Silence::SessionLost,
                    Err(error @ LinkError::Io(_)) => return Silence::Unreachable(error),
                    // it lives, or is slow: the probes of life decide
                    _ => tokio::time::sleep(RELISTEN_CAP).await,
                }
            }
        }
    }
}
