//! A link over a pair of pipes: many callers, one writer, one reader, our own ids.

use std::{
    borrow::Cow,
    collections::HashMap,
    future::Future,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use serde_json::json;
use tokio::{
    io::{AsyncRead, AsyncWrite, AsyncWriteExt},
    sync::{Notify, mpsc, oneshot},
};
use tokio_util::sync::CancellationToken;

use super::lines::{Line, Lines};
use crate::{
    Envelope, Exchange, Id, Listener, Message, Object, Outcome, Progress, Timing,
    deadline::Deadline,
    envelope::{self, DecodeError},
    exchange::with_progress_token,
    handshake::INITIALIZE,
    link::{Limits, LinkError, answer_as_bare_client},
};

/// Messages that may wait for the writer. A child that reads nothing fills it, and callers then wait within their
/// own time limits.
const OUTBOX: usize = 256;
/// How many bytes are gathered into one write.
const BATCH: usize = 64 << 10;

/// A shared handle; the link itself lives in the future that [`connect`] returns.
#[derive(Clone, Debug)]
pub struct Link {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    next: AtomicU64,
    /// `None` once the link is gone. Held for map operations only.
    pending: Mutex<Option<HashMap<u64, Pending>>>,
    outbox: mpsc::Sender<Vec<u8>>,
    limits: Limits,
    hang_up: CancellationToken,
    gone: CancellationToken,
}

#[derive(Debug)]
struct Pending {
    answer: oneshot::Sender<Result<Outcome, LinkError>>,
    progress: Option<(Progress, Arc<Notify>)>,
}

/// Makes a link of two pipes. The returned future does all reading and writing: it must be spawned, and ends when the
/// peer closes its side (or the pipe breaks).
pub fn connect<R, W>(
    from_peer: R,
    to_peer: W,
    limits: Limits,
    listener: Arc<dyn Listener>,
) -> (Link, impl Future<Output = ()> + Send)
where
    R: AsyncRead + Unpin + Send + 'static,
    W: AsyncWrite + Unpin + Send + 'static,
{
    let (outbox, letters) = mpsc::channel(OUTBOX);
    let shared = Arc::new(Shared {
        next: AtomicU64::new(1),
        pending: Mutex::new(Some(HashMap::new())),
        outbox,
        limits,
        hang_up: CancellationToken::new(),
        gone: CancellationToken::new(),
    });
    let link = Link { shared: Arc::clone(&shared) };
    let work = async move {
        // whatever ends this future, dropping it too: nobody waits for a link that nobody reads
        let _gone = Gone(Arc::clone(&shared));
        let writing = write(letters, to_peer, shared.hang_up.clone());
        let reading = read(&shared, Lines::new(from_peer, limits.message_cap), listener.as_ref());
        tokio::pin!(writing, reading);
        tokio::select! {
            reason = &mut reading => shared.fail(&reason),
            wrote = &mut writing => {
                // hung up: what the peer still says is read to the end, so that it is not blocked on a full pipe
                if let Err(error) = wrote {
                    shared.fail(&LinkError::io(error));
                }
                let reason = reading.await;
                shared.fail(&reason);
            }
        }
    };
    (link, work)
}

impl Link {
    /// Sends a request and awaits its answer.
    ///
    /// # Errors
    /// When no answer of the peer can be had; see [`LinkError`]. A request that is given up is cancelled at the peer.
    pub async fn request(&self, message: &Message, exchange: &Exchange, timing: Timing) -> Result<Outcome, LinkError> {
        let number = self.shared.next.fetch_add(1, Ordering::Relaxed);
        let params = match &exchange.progress {
            Some(_) => Some(Cow::Owned(with_progress_token(message.params.as_deref(), number))),
            None => message.params.as_deref().map(Cow::Borrowed),
        };
        let line = one_line(envelope::request(&Id::from(number), &message.method, params.as_deref()));
        if line.len() > self.shared.limits.message_cap {
            return Err(LinkError::TooLarge(self.shared.limits.message_cap));
        }
        let (answer, mut answered) = oneshot::channel();
        let beat = exchange.progress.as_ref().map(|_| Arc::new(Notify::new()));
        let progress = exchange.progress.clone().zip(beat.clone());
        self.shared.register(number, Pending { answer, progress })?;
        // the handshake is the one request that must not be cancelled
        let mut given_up = GivenUp { shared: &self.shared, number, armed: message.method != INITIALIZE };
        let mut deadline = Deadline::new(timing, &exchange.cancel);
        deadline.within(self.shared.outbox.send(line)).await?.map_err(|_| LinkError::Closed)?;
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
    /// [`LinkError::Closed`] when the link is gone.
    pub async fn notify(&self, message: &Message) -> Result<(), LinkError> {
        let line = one_line(envelope::notification(&message.method, message.params.as_deref()));
        self.shared.outbox.send(line).await.map_err(|_| LinkError::Closed)
    }

    /// How many requests wait for their answers.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.shared.pending.lock().unwrap_or_else(PoisonError::into_inner).as_ref().map_or(0, HashMap::len)
    }

    /// Closes our side: what waits is written, then the peer sees the end of its input.
    pub fn hang_up(&self) {
        self.shared.hang_up.cancel();
    }

    /// Completes when the peer is gone.
    pub async fn closed(&self) {
        self.shared.gone.cancelled().await;
    }
}

/// Fails what still waits when the link's future ends.
struct Gone(Arc<Shared>);

impl Drop for Gone {
    fn drop(&mut self) {
        self.0.fail(&LinkError::Closed);
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
        if self.shared.take(self.number).is_some() && self.armed {
            let params = json!({ "requestId": self.number, "reason": "the caller withdrew the request" });
            let cancelled = Message::new("notifications/cancelled", &params);
            // a full outbox means a peer that reads nothing: it would not read this either
            let _ = self.shared.outbox.try_send(envelope::notification(&cancelled.method, cancelled.params.as_deref()));
        }
    }
}

impl Shared {
    fn register(&self, number: u64, pending: Pending) -> Result<(), LinkError> {
        match self.pending.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
            Some(map) => {
                map.insert(number, pending);
                Ok(())
            }
            None => Err(LinkError::Closed),
        }
    }

    fn take(&self, number: u64) -> Option<Pending> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner).as_mut()?.remove(&number)
    }

    fn waits_for(&self, number: u64) -> bool {
        let pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
        pending.as_ref().is_some_and(|pending| pending.contains_key(&number))
    }

    fn progress_of(&self, number: u64) -> Option<(Progress, Arc<Notify>)> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner).as_ref()?.get(&number)?.progress.clone()
    }

    fn fail(&self, reason: &LinkError) {
        let pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner).take();
        for (_, waiting) in pending.into_iter().flatten() {
            let _ = waiting.answer.send(Err(reason.clone()));
        }
        self.hang_up.cancel();
        self.gone.cancel();
    }

    fn answered(&self, id: Option<&Id>, outcome: Result<Outcome, LinkError>) {
        // an answer to nobody: late, after the caller gave up
        if let Some(pending) = id.and_then(Id::as_u64).and_then(|number| self.take(number)) {
            let _ = pending.answer.send(outcome);
        }
    }
}

async fn write<W: AsyncWrite + Unpin>(
    mut letters: mpsc::Receiver<Vec<u8>>,
    mut to_peer: W,
    hang_up: CancellationToken,
) -> std::io::Result<()> {
    loop {
        let mut batch = tokio::select! {
            biased;
            letter = letters.recv() => match letter {
                Some(letter) => letter,
                None => break,
            },
            () = hang_up.cancelled() => break,
        };
        batch.push(b'\n');
        while batch.len() < BATCH
            && let Ok(letter) = letters.try_recv()
        {
            batch.extend_from_slice(&letter);
            batch.push(b'\n');
        }
        to_peer.write_all(&batch).await?;
        to_peer.flush().await?;
    }
    to_peer.shutdown().await
}

async fn read<R: AsyncRead + Unpin>(shared: &Shared, mut lines: Lines<R>, listener: &dyn Listener) -> LinkError {
    loop {
        match lines.next().await {
            Ok(Some(Line::Whole(line))) => hear(shared, &line, listener),
            Ok(Some(Line::Oversize { head, tail })) => {
                let too_large = LinkError::TooLarge(shared.limits.message_cap);
                match oversize_id(&head, &tail) {
                    Some(number) => shared.answered(Some(&Id::from(number)), Err(too_large)),
                    None => return too_large,
                }
            }
            Ok(None) => return LinkError::Closed,
            Err(error) => return LinkError::io(error),
        }
    }
}

fn hear(shared: &Shared, line: &[u8], listener: &dyn Listener) {
    match envelope::decode(line) {
        Ok(Envelope::Response { id, outcome }) => {
            shared.answered(id.as_ref(), Ok(outcome.map(ToOwned::to_owned)));
        }
        Ok(Envelope::Notification { method, params }) if method == "notifications/progress" => {
            let Some(params) = params.and_then(Object::open) else { return };
            let number = params.get("progressToken").and_then(|token| token.get().parse().ok());
            if let Some((progress, beat)) = number.and_then(|number| shared.progress_of(number)) {
                progress.report(params);
                beat.notify_one();
            }
        }
        Ok(Envelope::Notification { method, params }) => listener
            .notified(Message { method: Cow::Owned(method.into_owned()), params: params.map(ToOwned::to_owned) }),
        Ok(Envelope::Request { id, method, .. }) => {
            let answer = envelope::response(&id, &answer_as_bare_client(&method));
            // never waits: the reader must go on, or both sides could wait for each other
            let _ = shared.outbox.try_send(one_line(answer));
        }
        // an answer that is not one: its caller must not wait for another
        Err(DecodeError::Shape { id: Some(id), reason })
            if id.as_u64().is_some_and(|number| shared.waits_for(number)) =>
        {
            shared.answered(Some(&id), Err(LinkError::Protocol(reason)));
        }
        Err(_) => listener.noise(line),
    }
}

/// Line ends inside a message can only be white space between tokens, so they may become blanks.
fn one_line(mut bytes: Vec<u8>) -> Vec<u8> {
    if memchr::memchr2(b'\n', b'\r', &bytes).is_some() {
        for byte in &mut bytes {
            if matches!(byte, b'\n' | b'\r') {
                *byte = b' ';
            }
        }
    }
    bytes
}

/// The id of an answer that was too long to keep: it stands before the result or behind it. Only an id in the
/// outermost object counts, so that the text of one answer cannot fail another.
fn oversize_id(head: &[u8], tail: &[u8]) -> Option<u64> {
    let digits = |text: &str| {
        let text = text.trim_start();
        let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        text.get(..end)?.parse().ok()
    };
    let head = String::from_utf8_lossy(head);
    let before_result = head.split("\"result\"").next().unwrap_or_default();
    if before_result.len() < head.len()
        && let Some((_, after)) = before_result.split_once("\"id\":")
    {
        return digits(after);
    }
    let tail = String::from_utf8_lossy(tail);
    let end = tail.rsplit_once("\"id\":")?.1;
    end.trim_end().strip_suffix('}').filter(|text| text.trim().bytes().all(|b| b.is_ascii_digit())).and_then(digits)
}

#[cfg(test)]
mod tests;
