//! The accept loop of the socket: as many connections as there is room for, whatever becomes of each. The first byte of
//! a connection says what it speaks: frames begin with a zero, HTTP with a capital letter.

use std::{io, sync::Arc, time::Duration};

use mcpproxy_domain::phase::Phase;
use mcpproxy_edge::{Routes, serve_stream};
use mcpproxy_ipc_proto::{
    frame::Decoder,
    hello::ByeReason,
    limits,
    transport::{Listening, Stream, TransportError},
};
use mcpproxy_task::Scope;
use tokio::{
    io::{AsyncReadExt as _, join, split},
    sync::{Semaphore, watch},
    time::{Instant, timeout, timeout_at},
};

use crate::{
    answers::Answers,
    connection::{PIECE, converse},
    greeting::{farewell, greet},
};

const SHORTEST_PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Who answers what comes over the socket, and what the core says of itself.
pub struct Faces {
    /// Answers the calls.
    pub answers: Arc<dyn Answers>,
    /// Answers HTTP: the same faces as on TCP. No key is asked, and the principal is the owner.
    pub routes: Routes,
    /// Where the core stands.
    pub phase: watch::Receiver<Phase>,
    /// Who started the core; empty if that is not known.
    pub launched_by: String,
    /// Which data folder the core serves.
    pub instance: String,
    /// How long and how much.
    pub limits: Limits,
}

/// How long and how much; holds for the life of the listener.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Most connections at one time; one more is told so and closed.
    pub connections: usize,
    /// Most calls that run at one time over one connection. As many again may wait; then nothing more is read.
    pub calls: usize,
    /// Longest time until a connection has said what it speaks and, with frames, has greeted.
    pub greeting: Duration,
    /// How long a peer may take nothing of what it is sent.
    pub silence: Duration,
    /// How long calls under way may take once the core stops.
    pub finish: Duration,
    /// The limits of the connections that speak HTTP.
    pub http: mcpproxy_edge::Limits,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: limits::CONNECTIONS,
            calls: limits::CALLS,
            greeting: limits::GREETING,
            silence: limits::SILENCE,
            finish: limits::FINISH,
            http: mcpproxy_edge::Limits::default(),
        }
    }
}

/// What a connection turns out to speak, with the bytes that told it.
enum Opening {
    Frames(Decoder),
    Http(Vec<u8>),
    Nothing,
    Unknown,
}

/// Serves the socket with tasks of `scope`, and returns at once. Cancelling the scope closes the listener, which removes
/// the socket, tells watchers what has happened, lets calls under way finish for a while, and says goodbye;
/// [`Scope::drain`] waits for that.
pub fn serve(listening: Listening, faces: Faces, scope: &Scope) {
    scope.spawn("accept at the socket", accept(listening, Arc::new(faces), scope.clone()));
}

async fn accept(listening: Listening, faces: Arc<Faces>, scope: Scope) {
    let room = Arc::new(Semaphore::new(faces.limits.connections.min(Semaphore::MAX_PERMITS)));
    let mut pause = SHORTEST_PAUSE;
    loop {
        let accepted = tokio::select! {
            biased;
            () = scope.cancelled() => return,
            accepted = listening.accept() => accepted,
        };
        match accepted {
            Ok(stream) => {
                pause = SHORTEST_PAUSE;
                let Ok(place) = Arc::clone(&room).try_acquire_owned() else {
                    turn_away(stream, faces.limits.connections).await;
                    continue;
                };
                let (faces, own) = (Arc::clone(&faces), scope.clone());
                scope.spawn("connection at the socket", async move {
                    connection(stream, &faces, &own).await;
                    drop(place);
                });
            }
            Err(error @ TransportError::Stranger { .. }) => tracing::warn!("{error}: the connection is closed"),
            Err(TransportError::Io { source, .. }) if concerns_one_peer(&source) => {}
            Err(error) => {
                // out of descriptors or memory: trying again at once would only burn the processor
                tracing::warn!(%error, ?pause, "cannot accept connections at the socket for now");
                tokio::select! {
                    () = scope.cancelled() => return,
                    () = tokio::time::sleep(pause) => pause = (pause * 2).min(LONGEST_PAUSE),
                }
            }
        }
    }
}

/// Whether a peer gave up between its arrival and our looking at it.
fn concerns_one_peer(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::Interrupted
            | io::ErrorKind::NotConnected
            | io::ErrorKind::BrokenPipe
    )
}

/// Says why and closes, without waiting: a fresh connection has room for so few bytes.
async fn turn_away(mut stream: Stream, limit: usize) {
    tracing::warn!(limit, "no room for another connection at the socket");
    let message = format!("the core has {limit} connections already; close some of them");
    let _ = timeout(Duration::ZERO, farewell(&mut stream, ByeReason::Busy, &message)).await;
}

async fn connection(mut stream: Stream, faces: &Arc<Faces>, scope: &Scope) {
    let until = Instant::now() + faces.limits.greeting;
    let opening = tokio::select! {
        biased;
        () = scope.cancelled() => None,
        opening = timeout_at(until, open(&mut stream)) => Some(opening.unwrap_or(Opening::Nothing)),
    };
    match opening {
        None => farewell(&mut stream, ByeReason::Stopping, "the core stops").await,
        Some(Opening::Nothing) => tracing::debug!("a connection at the socket said nothing"),
        Some(Opening::Unknown) => {
            farewell(&mut stream, ByeReason::Fault, "neither frames nor HTTP are spoken here").await;
        }
        Some(Opening::Http(said)) => {
            let (reader, writer) = split(stream);
            let stream = join(io::Cursor::new(said).chain(reader), writer);
            serve_stream(stream, &faces.routes, &faces.limits.http, scope).await;
        }
        Some(Opening::Frames(mut decoder)) => {
            let greeted = tokio::select! {
                biased;
                () = scope.cancelled() => None,
                greeted = timeout_at(until, greet(&mut stream, &mut decoder, faces)) => Some(greeted),
            };
            match greeted {
                None => farewell(&mut stream, ByeReason::Stopping, "the core stops").await,
                Some(Ok(Some(peer))) => {
                    tracing::debug!(role = %peer.role, build = %peer.build, pid = peer.pid, "a program beside the core");
                    converse(stream, decoder, faces, scope).await;
                }
                Some(Ok(None)) => {}
                Some(Err(_)) => farewell(&mut stream, ByeReason::Fault, "no greeting came in time").await,
            }
        }
    }
}

/// Reads enough to know what is spoken.
async fn open(stream: &mut Stream) -> Opening {
    let mut said = vec![0; PIECE];
    let Ok(read @ 1..) = stream.read(&mut said).await else { return Opening::Nothing };
    said.truncate(read);
    match said.first() {
        Some(0) => {
            let mut decoder = Decoder::default();
            decoder.push(&said);
            Opening::Frames(decoder)
        }
        Some(b'A'..=b'Z') => Opening::Http(said),
        _ => Opening::Unknown,
    }
}
