//! The client's end, once for all who use it: greets, asks, hears. Who connects again, and when, is decided by its user.
//!
//! Nothing is spawned here: [`Connection::open`] gives a handle, what comes in, and a future that moves the bytes and
//! has to be run by the caller for as long as the connection is wanted.

use std::{
    collections::HashMap,
    mem,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    sync::{Notify, mpsc, oneshot},
    time::timeout,
};

use crate::{
    PROTOCOL,
    call::{Call, Failure, Reply, Request},
    chunk::{Joiner, Pieces},
    endpoint::Endpoint,
    frame::{Decoder, Frame, FrameError, Kind, raw},
    hello::{Bye, Hello, Incompatible},
    limits::GREETING,
    transport::{self, TransportError},
    watch::Event,
};

/// How many frames may wait to be written.
const OUTBOX: usize = 64;
/// How many events may wait for their reader before it is told that it lagged.
const INBOX: usize = 256;
/// How much is read at once, in bytes.
const PIECE: usize = 16 * 1024;

/// Why a connection could not be made, or a call not answered.
#[derive(Debug, thiserror::Error)]
pub enum ConnectionError {
    /// No core is there, or it is not ours.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// It speaks no version of the protocol that we speak.
    #[error("{0}")]
    Incompatible(#[source] Incompatible, Box<Hello>),
    /// It is another make of the product, which is left alone.
    #[error("a core of another make is there: {}", .0.implementation)]
    OtherMake(Box<Hello>),
    /// It said goodbye.
    #[error("{}", .0.message)]
    Bye(Bye),
    /// It broke the protocol, or something else speaks there.
    #[error("what answers does not speak the protocol: {0}")]
    Protocol(#[from] FrameError),
    /// The connection is gone.
    #[error("the connection to the core is gone")]
    Closed,
    /// No answer within the time allowed.
    #[error("no answer within {} s", .0.as_secs_f32())]
    Timeout(Duration),
    /// The core answered that it did not do it.
    #[error("{0}")]
    Refused(Box<Failure>),
}

/// The handle of a connection. Clones ask over the same connection, at the same time.
#[derive(Clone, Debug)]
pub struct Connection {
    shared: Arc<Shared>,
}

/// What comes in without being asked for.
#[derive(Debug)]
pub struct Incoming(mpsc::Receiver<(u64, Event)>);

#[derive(Debug)]
struct Shared {
    outbox: mpsc::Sender<Frame>,
    waiting: Mutex<Waiting>,
    /// Rings when somebody has given up.
    given_up: Arc<Notify>,
    next: AtomicU64,
}

#[derive(Debug)]
struct Waiting {
    /// Whose answers are awaited; `Err` = the connection is gone and nobody's will come.
    answers: Result<HashMap<u64, oneshot::Sender<Frame>>, Option<Bye>>,
    /// Those who no longer wait, and of whom the core has to be told.
    given_up: Vec<u64>,
}

impl Incoming {
    /// The next event with its number; `None` = the connection is gone. [`Event::Lagged`] stands for events that were
    /// lost, here or at the core. What has no higher number than a snapshot is already in it.
    pub async fn next(&mut self) -> Option<(u64, Event)> {
        self.0.recv().await
    }
}

impl Connection {
    /// Connects to a core and greets it. The future moves the bytes until the connection ends; dropping it ends it.
    ///
    /// # Errors
    /// No core of ours is there that speaks our protocol.
    pub async fn open(
        endpoint: &Endpoint,
        ours: Hello,
    ) -> Result<(Self, Incoming, Hello, impl Future<Output = ()> + Send + use<>), ConnectionError> {
        let stream = transport::connect(endpoint).await?;
        Self::over(stream, ours).await
    }

    /// The same over any stream whose other end is trusted.
    ///
    /// # Errors
    /// As [`Connection::open`].
    pub async fn over<S>(
        mut stream: S,
        ours: Hello,
    ) -> Result<(Self, Incoming, Hello, impl Future<Output = ()> + Send + use<S>), ConnectionError>
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let mut decoder = Decoder::default();
        let theirs = timeout(GREETING, greet(&mut stream, &mut decoder, &ours))
            .await
            .map_err(|_| ConnectionError::Timeout(GREETING))??;
        let (outbox, outgoing) = mpsc::channel::<Frame>(OUTBOX);
        let (events, incoming) = mpsc::channel(INBOX);
        let waiting = Mutex::new(Waiting { answers: Ok(HashMap::new()), given_up: Vec::new() });
        let given_up = Arc::default();
        let shared = Arc::new(Shared { outbox, waiting, given_up, next: AtomicU64::new(1) });
        // the driver must not keep the outbox open: the connection ends with the last handle
        let mut end = End { shared: Arc::downgrade(&shared), bye: None };
        let mouth = Mouth { outgoing, given_up: Arc::clone(&shared.given_up), shared: end.shared.clone() };
        let (mut reader, writer) = tokio::io::split(stream);
        let driver = async move {
            let mut ears = Ears { joiner: Joiner::default(), events, next: None, lost: false };
            let hearing = end.shared.clone();
            let heard = ears.hear(&mut reader, decoder, |frame| {
                if let Some(shared) = hearing.upgrade() {
                    shared.answered(frame);
                }
            });
            let bye = tokio::select! {
                bye = heard => bye,
                () = mouth.speak(writer) => None,
            };
            end.with(bye);
        };
        Ok((Self { shared }, Incoming(incoming), theirs, driver))
    }

    /// How the core said goodbye; `None` while the connection is open, and where it ended without a word.
    #[must_use]
    pub fn farewell(&self) -> Option<Bye> {
        self.shared.waiting().answers.as_ref().err().cloned().flatten()
    }

    /// Asks, and awaits the answer.
    ///
    /// # Errors
    /// [`ConnectionError::Refused`] with the core's reason; else the connection is of no use any more, or the answer
    /// did not come in time.
    pub async fn call<C: Call>(&self, call: &C, patience: Duration) -> Result<C::Answer, ConnectionError> {
        let id = self.shared.next.fetch_add(1, Ordering::Relaxed);
        let deadline_ms = u64::try_from(patience.as_millis()).unwrap_or(u64::MAX);
        let request = Request { call: C::NAME.to_owned(), args: Some(raw(call)?), deadline_ms };
        let frames = Pieces::new(Kind::Request, id, raw(&request)?)?;
        let (answer, answered) = oneshot::channel();
        match &mut self.shared.waiting().answers {
            Ok(waiting) => waiting.insert(id, answer),
            Err(bye) => return Err(bye.clone().map_or(ConnectionError::Closed, ConnectionError::Bye)),
        };
        // whoever drops the call, or is late, no longer waits
        let _place = Place { shared: &self.shared, id };
        let ask = async {
            for frame in frames {
                self.shared.outbox.send(frame?).await.map_err(|_| ConnectionError::Closed)?;
            }
            answered.await.map_err(|_| self.shared.why_gone())
        };
        let reply: Reply = match timeout(patience, ask).await {
            Ok(frame) => frame?.body()?,
            Err(_) => return Err(ConnectionError::Timeout(patience)),
        };
        match reply {
            Reply { error: Some(failure), .. } => Err(ConnectionError::Refused(Box::new(failure))),
            Reply { ok, error: None } => Ok(Frame { kind: Kind::Reply, id: None, seq: None, body: ok }.body()?),
        }
    }
}

/// A place among those who wait. Left before the answer came, it has the core told that nobody waits any more.
struct Place<'a> {
    shared: &'a Shared,
    id: u64,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut waiting = self.shared.waiting();
        if let Ok(answers) = &mut waiting.answers
            && answers.remove(&self.id).is_some()
        {
            waiting.given_up.push(self.id);
            self.shared.given_up.notify_one();
        }
    }
}

impl Shared {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn answered(&self, frame: Frame) {
        if let (Ok(answers), Some(id)) = (&mut self.waiting().answers, frame.id)
            && let Some(answer) = answers.remove(&id)
        {
            let _ = answer.send(frame);
        }
    }

    /// Whether somebody waits for the answer.
    fn is_wanted(&self, id: u64) -> bool {
        self.waiting().answers.as_ref().is_ok_and(|answers| answers.contains_key(&id))
    }

    fn why_gone(&self) -> ConnectionError {
        match &self.waiting().answers {
            Err(Some(bye)) => ConnectionError::Bye(bye.clone()),
            _ => ConnectionError::Closed,
        }
    }
}

/// The end of a connection, also of one whose driver was dropped: whoever waits learns of it.
struct End {
    shared: Weak<Shared>,
    bye: Option<Bye>,
}

impl End {
    fn with(&mut self, bye: Option<Bye>) {
        self.bye = bye;
    }
}

impl Drop for End {
    fn drop(&mut self) {
        if let Some(shared) = self.shared.upgrade() {
            shared.waiting().answers = Err(self.bye.take());
        }
    }
}

/// What is said, in the order in which it was asked.
struct Mouth {
    outgoing: mpsc::Receiver<Frame>,
    given_up: Arc<Notify>,
    shared: Weak<Shared>,
}

impl Mouth {
    /// Speaks until nobody has anything to say any more, or nobody listens.
    async fn speak(mut self, mut writer: impl AsyncWrite + Unpin) {
        loop {
            let frame = tokio::select! {
                biased;
                () = self.given_up.notified() => None,
                frame = self.outgoing.recv() => match frame {
                    Some(frame) => Some(frame),
                    None => return,
                },
            };
            let Some(shared) = self.shared.upgrade() else { return };
            let cancel = |id| Frame { kind: Kind::Cancel, id: Some(id), seq: None, body: None };
            let frames: Vec<Frame> = match frame {
                // of a request that was given up in the middle, nothing may follow its cancel
                Some(frame) => frame.id.is_some_and(|id| shared.is_wanted(id)).then_some(frame).into_iter().collect(),
                None => mem::take(&mut shared.waiting().given_up).into_iter().map(cancel).collect(),
            };
            // or the last handle would be this one
            drop(shared);
            for frame in frames {
                let Ok(bytes) = frame.encode() else { continue };
                if writer.write_all(&bytes).await.is_err() || writer.flush().await.is_err() {
                    return;
                }
            }
        }
    }
}

/// What is heard, and where it goes.
struct Ears {
    joiner: Joiner,
    events: mpsc::Sender<(u64, Event)>,
    /// The number that the next event should have.
    next: Option<u64>,
    /// Whether events had to be left out since the last one that found room.
    lost: bool,
}

impl Ears {
    /// Hears until the connection ends; the farewell, if there was one.
    async fn hear(
        &mut self,
        reader: &mut (impl AsyncRead + Unpin),
        mut decoder: Decoder,
        answered: impl Fn(Frame),
    ) -> Option<Bye> {
        let mut piece = vec![0; PIECE];
        loop {
            loop {
                let frame = match decoder.next_frame() {
                    Ok(Some(frame)) => frame,
                    Ok(None) => break,
                    Err(_) => return None,
                };
                match frame.kind {
                    Kind::Bye => return frame.body().ok(),
                    Kind::Event => self.event(&frame),
                    Kind::Reply | Kind::Chunk => match self.joiner.take(frame) {
                        Ok(Some(frame)) => answered(frame),
                        Ok(None) => {}
                        Err(_) => return None,
                    },
                    Kind::Hello | Kind::Request | Kind::Cancel | Kind::Other => {}
                }
            }
            match reader.read(&mut piece).await {
                Ok(0) | Err(_) => return None,
                Ok(read) => decoder.push(piece.get(..read).unwrap_or_default()),
            }
        }
    }

    /// Hands an event on. It waits for nobody: a reader that is too slow is told so, and asks for the snapshot.
    fn event(&mut self, frame: &Frame) {
        let Some(seq) = frame.seq else { return };
        let event = frame.body::<Event>();
        self.lost |= event.is_err() || self.next.is_some_and(|next| next != seq);
        self.next = seq.checked_add(1);
        if self.lost {
            match self.events.try_send((seq, Event::Lagged {})) {
                Ok(()) => self.lost = false,
                Err(_) => return,
            }
        }
        match event {
            Ok(Event::Other) | Err(_) => {}
            Ok(event) => self.lost = self.events.try_send((seq, event)).is_err(),
        }
    }
}

/// Says who we are and hears who they are. What follows the greeting stays in the decoder.
async fn greet<S>(stream: &mut S, decoder: &mut Decoder, ours: &Hello) -> Result<Hello, ConnectionError>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let bytes = Frame::new(Kind::Hello, None, None, ours)?.encode()?;
    let closed = |_| ConnectionError::Closed;
    // a core without room does not listen, but what it said before it left is there to be read
    if stream.write_all(&bytes).await.is_ok() {
        let _ = stream.flush().await;
    }
    let mut piece = vec![0; PIECE];
    let frame = loop {
        if let Some(frame) = decoder.next_frame()? {
            break frame;
        }
        match stream.read(&mut piece).await.map_err(closed)? {
            0 => return Err(ConnectionError::Closed),
            read => decoder.push(piece.get(..read).unwrap_or_default()),
        }
    };
    match frame.kind {
        Kind::Hello => {
            let theirs: Hello = frame.body()?;
            if theirs.implementation != ours.implementation {
                return Err(ConnectionError::OtherMake(Box::new(theirs)));
            }
            match theirs.agree(&PROTOCOL) {
                Ok(_) => Ok(theirs),
                Err(incompatible) => Err(ConnectionError::Incompatible(incompatible, Box::new(theirs))),
            }
        }
        Kind::Bye => Err(ConnectionError::Bye(frame.body()?)),
        _ => Err(FrameError::Malformed("no greeting".to_owned()).into()),
    }
}

#[cfg(test)]
mod tests;
