//! One connection that speaks frames, from its greeting to its end. Not here: what becomes of a request (`requests`),
//! what a watcher is told (`watching`), in which order bytes go out (`outbox`).

use std::{pin::pin, sync::Arc, time::Duration};

use mcpproxy_ipc_proto::{
    chunk::Joiner,
    frame::{Decoder, Frame, FrameError, Kind},
    hello::{Bye, ByeReason},
};
use mcpproxy_task::Scope;
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    time::timeout,
};
use tokio_util::sync::CancellationToken;

use crate::{
    outbox::{self, Outbox, Written},
    requests::Requests,
    serve::Faces,
    watching,
};

/// How much is read at once, in bytes.
pub(crate) const PIECE: usize = 16 * 1024;
/// How long the last frames may take to be written once all is said.
const LAST_FRAMES: Duration = Duration::from_secs(2);
/// How long calls may take to notice that they are cancelled.
const CANCELLED_WITHIN: Duration = Duration::from_secs(2);

/// Why a connection ends.
#[derive(Debug, PartialEq, Eq)]
enum End {
    /// The peer went away, or does not read.
    Gone,
    /// The core stops.
    Stopping,
    /// The peer broke the protocol.
    Fault(String),
}

/// Serves a connection whose greeting is done; what came with the greeting is still in the decoder. Once `scope` is
/// cancelled, what is under way may finish for a while, and the peer is told goodbye.
pub(crate) async fn converse<S>(stream: S, decoder: Decoder, faces: &Arc<Faces>, scope: &Scope)
where
    S: AsyncRead + AsyncWrite,
{
    let (mut reader, mut writer) = tokio::io::split(stream);
    let (outbox, queue) = outbox::outbox();
    // not a child of the scope: what is under way ends with the connection, not with the request to stop
    let calls = Scope::new();
    let _cut_off_with_us = calls.token().drop_guard();
    let mut write = pin!(async {
        let written = outbox::write(queue, &mut writer, faces.limits.silence).await;
        if written == Written::All {
            let _ = writer.shutdown().await;
        } else {
            tracing::debug!(?written, "a connection of a program beside the core broke off");
        }
        calls.cancel();
    });
    let mut talk = pin!(talk(&mut reader, decoder, outbox, faces, &calls, scope));
    tokio::select! {
        () = &mut write => talk.await,
        () = &mut talk => {
            let _ = timeout(LAST_FRAMES, write).await;
        }
    }
}

/// Hears and answers until one side has enough, then says why.
async fn talk(
    reader: &mut (impl AsyncRead + Unpin),
    decoder: Decoder,
    outbox: Outbox,
    faces: &Arc<Faces>,
    calls: &Scope,
    scope: &Scope,
) {
    let (begin_watch, watches) = watching::begin();
    let requests = Requests::new(faces, outbox.clone(), begin_watch, calls.clone());
    let heard = CancellationToken::new();
    let (end, ()) = tokio::join!(
        async {
            let end = hear(reader, decoder, &requests, calls, scope).await;
            heard.cancel();
            end
        },
        watching::tell(watches, &outbox, &heard),
    );
    if end == End::Stopping && calls.drain(faces.limits.finish).await.is_err() {
        tracing::debug!(left = calls.len(), "calls are given up: the core stops");
    }
    calls.cancel();
    if let Err(left) = calls.drain(CANCELLED_WITHIN).await {
        tracing::warn!(left, "calls did not end when they were cancelled");
    }
    let bye = match end {
        End::Gone => return,
        End::Stopping => Bye { reason: ByeReason::Stopping, message: "the core stops".to_owned() },
        End::Fault(message) => Bye { reason: ByeReason::Fault, message },
    };
    if let Ok(frame) = Frame::new(Kind::Bye, None, None, &bye) {
        // whoever is gone misses it
        let _ = timeout(LAST_FRAMES, outbox.reply(&frame)).await;
    }
}

async fn hear(
    reader: &mut (impl AsyncRead + Unpin),
    mut decoder: Decoder,
    requests: &Requests,
    calls: &Scope,
    scope: &Scope,
) -> End {
    let mut joiner = Joiner::default();
    let mut piece = vec![0; PIECE];
    let read = async {
        loop {
            while let Some(frame) = decoder.next_frame()? {
                if !take(frame, &mut joiner, requests).await? {
                    return Ok(());
                }
            }
            match reader.read(&mut piece).await {
                Ok(0) | Err(_) => return Ok(()),
                Ok(read) => decoder.push(piece.get(..read).unwrap_or_default()),
            }
        }
    };
    tokio::select! {
        biased;
        () = calls.cancelled() => End::Gone,
        () = scope.cancelled() => End::Stopping,
        heard = read => match heard {
            Ok(()) => End::Gone,
            Err(FrameError::Malformed(what)) => End::Fault(what),
            Err(error @ FrameError::TooLarge(_)) => End::Fault(error.to_string()),
        },
    }
}

/// Takes one frame; whether the peer stays.
async fn take(frame: Frame, joiner: &mut Joiner, requests: &Requests) -> Result<bool, FrameError> {
    match frame.kind {
        Kind::Request | Kind::Chunk | Kind::Cancel => {
            let Some(frame) = joiner.take(frame)? else { return Ok(true) };
            let Some(id) = frame.id else {
                return Err(FrameError::Malformed("a request without an id".to_owned()));
            };
            match frame.kind {
                Kind::Cancel => requests.cancel(id),
                _ => requests.begin(id, frame).await?,
            }
            Ok(true)
        }
        Kind::Bye => Ok(false),
        // what only a core says, and what a later version may say
        Kind::Hello | Kind::Reply | Kind::Event | Kind::Other => Ok(true),
    }
}
