//! The accept loop: takes connections as long as there is room, and outlives every error of accepting. And one
//! connection at a time for a listener that is none of ours.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use mcpproxy_task::Scope;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::{Semaphore, watch},
};

use crate::{
    connection::drive,
    dispatch::Origin,
    route::Routes,
    settings::{EdgeSettings, Limits},
};

const SHORTEST_PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// Written as it stands to a client for whom there is no room.
const NO_ROOM: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain; charset=utf-8\r\n\
    Content-Length: 44\r\nRetry-After: 1\r\nConnection: close\r\n\r\n503 too many connections; close some of them";

/// What all connections of a listener share.
struct Listening {
    routes: Routes,
    settings: watch::Receiver<Arc<EdgeSettings>>,
    limits: Limits,
}

/// Serves `listener` with tasks of `scope`, and returns at once. Cancelling the scope closes the listener, lets the
/// requests under way finish and takes no further ones; [`Scope::drain`] waits for that. Answers that never end by
/// themselves (event streams) must be ended by their face.
pub fn serve(
    listener: TcpListener,
    routes: Routes,
    settings: watch::Receiver<Arc<EdgeSettings>>,
    limits: Limits,
    scope: &Scope,
) {
    let listening = Arc::new(Listening { routes, settings, limits });
    scope.spawn("accept", accept(listener, listening, scope.clone()));
}

/// Serves HTTP over one connection whose other end belongs to the person who runs the core: a socket or a pipe. Returns
/// when the connection has ended; cancelling `scope` lets the request under way finish and takes no further ones.
pub async fn serve_stream(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    routes: &Routes,
    limits: &Limits,
    scope: &Scope,
) {
    // nothing of the settings is asked of the owner
    let settings = Arc::<EdgeSettings>::default();
    drive(stream, Origin::Socket, routes, limits, || Arc::clone(&settings), scope.clone()).await;
}

async fn accept(listener: TcpListener, listening: Arc<Listening>, scope: Scope) {
    let room = Arc::new(Semaphore::new(listening.limits.connections.min(Semaphore::MAX_PERMITS)));
    let mut pause = SHORTEST_PAUSE;
    loop {
        let accepted = tokio::select! {
            biased;
            () = scope.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => {
                pause = SHORTEST_PAUSE;
                let Ok(place) = Arc::clone(&room).try_acquire_owned() else {
                    turn_away(&stream);
                    tracing::warn!(%peer, limit = listening.limits.connections, "no room for another connection");
                    continue;
                };
                let connection = over_tcp(stream, peer, Arc::clone(&listening), scope.clone());
                scope.spawn("connection", async move {
                    connection.await;
                    drop(place);
                });
            }
            Err(error) if concerns_one_client(&error) => {}
            Err(error) => {
                // out of descriptors or memory: trying again at once would only burn the processor
                tracing::warn!(%error, ?pause, "cannot accept connections for now");
                tokio::select! {
                    () = scope.cancelled() => return,
                    () = tokio::time::sleep(pause) => pause = (pause * 2).min(LONGEST_PAUSE),
                }
            }
        }
    }
}

async fn over_tcp(stream: TcpStream, peer: SocketAddr, listening: Arc<Listening>, scope: Scope) {
    let Ok(local) = stream.local_addr() else { return };
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%peer, %error, "small packets will wait for each other");
    }
    let Listening { routes, settings, limits } = &*listening;
    let now = || Arc::clone(&settings.borrow());
    drive(stream, Origin::Tcp { peer, local }, routes, limits, now, scope).await;
}

/// Whether a client gave up between its arrival and our accepting it.
fn concerns_one_client(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset | io::ErrorKind::Interrupted
    )
}

/// Says why and closes. A fresh socket has room for so few bytes; where it has not, closing must do.
fn turn_away(stream: &TcpStream) {
    let _ = stream.try_write(NO_ROOM);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_for_want_of_room_has_the_length_that_it_announces() {
        let text = std::str::from_utf8(NO_ROOM).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(head.contains(&format!("Content-Length: {}\r\n", body.len())), "{}", body.len());
    }

    #[test]
    fn only_errors_of_one_client_are_passed_over() {
        for (kind, passed_over) in [
            (io::ErrorKind::ConnectionAborted, true),
            (io::ErrorKind::ConnectionReset, true),
            (io::ErrorKind::Interrupted, true),
            (io::ErrorKind::OutOfMemory, false),
            (io::ErrorKind::Other, false),
        ] {
            assert_eq!(concerns_one_client(&kind.into()), passed_over, "{kind:?}");
        }
    }
}
