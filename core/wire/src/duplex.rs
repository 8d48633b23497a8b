//! A link of one way out and one way in, both shared by many callers: our own ids, and whatever comes in finds the one
//! whom it concerns.
//!
//! Not here: how bytes travel. A transport reads the letters out of its [`Outbox`] and lets [`Shared::hear`] each
//! message that comes in.

use std::{
    borrow::Cow,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use serde_json::json;
use tokio::sync::{Notify, mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use crate::{
    Envelope, Exchange, Id, Limits, LinkError, Listener, Message, Object, Outcome, Timing,
    deadline::Deadline,
    envelope::{self, DecodeError},
    exchange::numbered,
    handshake::INITIALIZE,
    link::answer_as_bare_client,
    oversize::{Concerns, concerns},
    pending::{Pending, Waiting},
};

/// Messages that may wait for the transport. A peer that takes nothing fills it, and callers then wait within their
/// own time limits.
const OUTBOX: usize = 256;

/// Where a transport finds what it has to deliver.
pub(crate) type Outbox = mpsc::Receiver<Letter>;

/// One message on its way out.
#[derive(Debug)]
pub(crate) struct Letter {
    pub(crate) bytes: Vec<u8>,
    pub(crate) sender: Sender,
}

/// Who wants to know what became of a letter.
#[derive(Debug)]
pub(crate) enum Sender {
    /// The request of this number, which waits for its answer anyway.
    Request(u64),
    /// Somebody who waits until it is delivered, because what follows must not overtake it.
    Notifier(oneshot::Sender<Result<(), LinkError>>),
    /// Nobody.
    Nobody,
}

/// A shared handle; the link itself lives in the future that was returned with it.
#[derive(Clone, Debug)]
pub struct Link {
    shared: Arc<Shared>,
}

/// What the handles of a link and its transport have in common.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) pending: Pending,
    pub(crate) limits: Limits,
    pub(crate) hang_up: CancellationToken,
    next: AtomicU64,
    outbox: mpsc::Sender<Letter>,
    gone: CancellationToken,
}

impl Link {
    /// A link without a transport yet; the [`Gone`] belongs into the future that is the transport.
    pub(crate) fn new(limits: Limits) -> (Self, Gone, Outbox) {
        let (outbox, letters) = mpsc::channel(OUTBOX);
        let shared = Arc::new(Shared {
            pending: Pending::default(),
            limits,
            hang_up: CancellationToken::new(),
            next: AtomicU64::new(1),
            outbox,
            gone: CancellationToken::new(),
        });
        (Self { shared: Arc::clone(&shared) }, Gone(shared), letters)
    }

    /// Sends a request and awaits its answer.
    ///
    /// # Errors
    /// When no answer of the peer can be had; see [`LinkError`]. A request that is given up is cancelled at the peer.
    pub async fn request(&self, message: &Message, exchange: &Exchange, timing: Timing) -> Result<Outcome, LinkError> {
        let number = self.shared.next.fetch_add(1, Ordering::Relaxed);
        let bytes = numbered(message, exchange, number, self.shared.limits)?;
        let (answer, mut answered) = oneshot::channel();
        let beat = exchange.progress.as_ref().map(|_| Arc::new(Notify::new()));
        let progress = exchange.progress.clone().zip(beat.clone());
        self.shared.pending.register(number, Waiting { answer, progress })?;
        // the handshake is the one request that must not be cancelled
        let mut given_up = GivenUp { shared: &self.shared, number, armed: message.method != INITIALIZE };
        let mut deadline = Deadline::new(timing, &exchange.cancel);
        let letter = Letter { bytes, sender: Sender::Request(number) };
        if deadline.within(self.shared.outbox.send(letter)).await?.is_err() {
            // a link that failed has said why; one that was hung up has not
            return answered.try_recv().unwrap_or(Err(LinkError::Closed));
        }
        loop {
            let sign = async {
                match &beat {
                    Some(beat) => beat.notified().await,
                    None => std::future::pending().await,
                }
            };
            let answer = deadline
                .within(async {
                    tokio::select! {
                        biased;
                        answer = &mut answered => Some(answer),
                        () = sign => None,
                    }
                })
                .await?;
            match answer {
                Some(answer) => {
                    given_up.armed = false;
                    return answer.unwrap_or(Err(LinkError::Closed));
                }
                None => deadline.alive(),
            }
        }
    }

    /// Sends a notification.
    ///
    /// # Errors
    /// [`LinkError::Closed`] when the link is gone; where a transport acknowledges messages, why this one was refused.
    pub async fn notify(&self, message: &Message) -> Result<(), LinkError> {
        let bytes = envelope::notification(&message.method, message.params.as_deref());
        let (delivered, known) = oneshot::channel();
        let letter = Letter { bytes, sender: Sender::Notifier(delivered) };
        self.shared.outbox.send(letter).await.map_err(|_| LinkError::Closed)?;
        known.await.unwrap_or(Err(LinkError::Closed))
    }

    /// How many requests wait for their answers.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.shared.pending.len()
    }

    /// Closes our side: what waits to go out goes out first.
    pub fn hang_up(&self) {
        self.shared.hang_up.cancel();
    }

    /// Completes when the peer is gone.
    pub async fn closed(&self) {
        self.shared.gone.cancelled().await;
    }
}

/// Takes a request back when its caller stops waiting, however that happens.
struct GivenUp<'a> {
    shared: &'a Shared,
    number: u64,
    armed: bool,
}

impl Drop for GivenUp<'_> {
    fn drop(&mut self) {
        if self.shared.pending.withdraw(self.number) && self.armed {
            let params = json!({ "requestId": self.number, "reason": "the caller withdrew the request" });
            let cancelled = Message::new("notifications/cancelled", &params);
            self.shared.mention(envelope::notification(&cancelled.method, cancelled.params.as_deref()));
        }
    }
}

impl Shared {
    /// Finds out whom a message concerns.
    pub(crate) fn hear(&self, message: &[u8], listener: &dyn Listener) {
        match envelope::decode(message) {
            Ok(Envelope::Response { id: Some(id), outcome }) => {
                self.pending.answered(&id, Ok(outcome.map(ToOwned::to_owned)));
            }
            Ok(Envelope::Notification { method, params }) if method == "notifications/progress" => {
                let Some(params) = params.and_then(Object::open) else { return };
                let number = params.get("progressToken").and_then(|token| token.get().parse().ok());
                if let Some((progress, beat)) = number.and_then(|number| self.pending.progress_of(number)) {
                    progress.report(params);
                    beat.notify_one();
                }
            }
            Ok(Envelope::Notification { method, params }) => listener
                .notified(Message { method: Cow::Owned(method.into_owned()), params: params.map(ToOwned::to_owned) }),
            Ok(Envelope::Request { id, method, .. }) => {
                self.mention(envelope::response(&id, &answer_as_bare_client(&method)));
            }
            // an answer that is not one: its caller must not wait for another
            Err(DecodeError::Shape { id: Some(id), reason })
                if id.as_u64().is_some_and(|number| self.pending.waits_for(number)) =>
            {
                self.pending.answered(&id, Err(LinkError::Protocol(reason)));
            }
            // an answer to nobody in particular, or an event that carries nothing
            Ok(Envelope::Response { id: None, .. }) | Err(DecodeError::Empty) => {}
            Err(_) => listener.noise(message),
        }
    }

    /// A message that is too large has begun: where it says already whose answer it is, nobody waits for its end.
    pub(crate) fn hear_beginning(&self, head: &[u8]) {
        if let Concerns::Request(number) = concerns(head, &[]) {
            self.pending.answered(&Id::from(number), Err(LinkError::TooLarge(self.limits.message_cap)));
        }
    }

    /// Finds out whom a message concerns of which only the ends are left: an answer fails its own call, and what the
    /// server said unasked is lost.
    ///
    /// # Errors
    /// Whose answer it is cannot be told, so that its caller would wait in vain: the link is over.
    pub(crate) fn hear_ends(&self, head: &[u8], tail: &[u8]) -> Result<(), LinkError> {
        let too_large = LinkError::TooLarge(self.limits.message_cap);
        match concerns(head, tail) {
            Concerns::Request(number) => self.pending.answered(&Id::from(number), Err(too_large)),
            Concerns::Nobody => tracing::warn!(cap = self.limits.message_cap, "a message was too large and is skipped"),
            Concerns::Unknown => return Err(too_large),
        }
        Ok(())
    }

    /// The link is over: what waits fails with `reason`.
    pub(crate) fn fail(&self, reason: &LinkError) {
        self.end(reason, LinkError::Closed);
    }

    /// The link never came to be: whoever comes later is told why, too.
    pub(crate) fn refuse(&self, reason: &LinkError) {
        self.end(reason, reason.clone());
    }

    fn end(&self, reason: &LinkError, later: LinkError) {
        self.pending.end(reason, later);
        self.hang_up.cancel();
        self.gone.cancel();
    }

    /// Sends what nobody waits for. It never waits itself: the reader must go on, or both sides could wait for each
    /// other, and a full outbox means a peer that takes nothing, this neither.
    fn mention(&self, bytes: Vec<u8>) {
        let _ = self.outbox.try_send(Letter { bytes, sender: Sender::Nobody });
    }
}

/// Fails what still waits when the future that holds it ends, however that happens: nobody waits for a link that
/// nobody reads.
pub(crate) struct Gone(Arc<Shared>);

impl std::ops::Deref for Gone {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

impl Drop for Gone {
    fn drop(&mut self) {
        self.0.fail(&LinkError::Closed);
    }
}
