//! The first frames of a connection: who speaks, whether we understand each other, and the farewell if not.

use std::time::Duration;

use mcpproxy_ipc_proto::{
    PROTOCOL,
    call::NAMES,
    frame::{Decoder, Frame, FrameError, Kind},
    hello::{Bye, ByeReason, Hello, Incompatible},
};
use mcpproxy_management::core::phase_view;
use serde::Serialize;
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    time::timeout,
};

use crate::{connection::PIECE, serve::Faces};

/// The capability that the same socket also takes HTTP.
const HTTP: &str = "http";
/// How long a farewell may take.
const FAREWELL: Duration = Duration::from_secs(1);

/// Greets whoever spoke first. `None` = they do not understand each other; that has been said.
pub(crate) async fn greet<S>(stream: &mut S, decoder: &mut Decoder, faces: &Faces) -> Option<Hello>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let theirs = match first(stream, decoder).await {
        Ok(theirs) => theirs?,
        Err(error) => {
            farewell(stream, ByeReason::Fault, &error.to_string()).await;
            return None;
        }
    };
    let ours = hello(faces);
    let understood = if theirs.implementation == ours.implementation {
        theirs.agree(&PROTOCOL).map(|_| ()).map_err(|incompatible| match incompatible {
            Incompatible::PeerTooOld => {
                format!(
                    "this program ({} {}) is too old for the core {}: update it",
                    theirs.role, theirs.build, ours.build
                )
            }
            Incompatible::WeAreTooOld => {
                format!(
                    "the core {} is too old for this program ({} {}): update it",
                    ours.build, theirs.role, theirs.build
                )
            }
        })
    } else {
        Err(format!("this core is {}, and what connected is {}", ours.implementation, theirs.implementation))
    };
    say(stream, Kind::Hello, &ours).await?;
    match understood {
        Ok(()) => Some(theirs),
        Err(message) => {
            farewell(stream, ByeReason::Incompatible, &message).await;
            None
        }
    }
}

/// Says why a connection ends. Whoever does not listen misses it.
pub(crate) async fn farewell(stream: &mut (impl AsyncWrite + Unpin), reason: ByeReason, message: &str) {
    let _ = timeout(FAREWELL, async {
        say(stream, Kind::Bye, &Bye { reason, message: message.to_owned() }).await;
        let _ = stream.shutdown().await;
    })
    .await;
}

fn hello(faces: &Faces) -> Hello {
    Hello {
        phase: Some(phase_view(*faces.phase.borrow())),
        launched_by: faces.launched_by.clone(),
        instance: faces.instance.clone(),
        capabilities: NAMES.iter().chain([&HTTP]).map(|name| (*name).to_owned()).collect(),
        ..Hello::of("core")
    }
}

/// Their greeting, which has to be their first frame; `None` = they went away.
async fn first(stream: &mut (impl AsyncRead + Unpin), decoder: &mut Decoder) -> Result<Option<Hello>, FrameError> {
    let mut piece = vec![0; PIECE];
    loop {
        if let Some(frame) = decoder.next_frame()? {
            if frame.kind == Kind::Hello {
                return frame.body().map(Some);
            }
            return Err(FrameError::Malformed("the first frame has to be a greeting".to_owned()));
        }
        match stream.read(&mut piece).await {
            Ok(0) | Err(_) => return Ok(None),
            Ok(read) => decoder.push(piece.get(..read).unwrap_or_default()),
        }
    }
}

async fn say(stream: &mut (impl AsyncWrite + Unpin), kind: Kind, body: &impl Serialize) -> Option<()> {
    let bytes = Frame::new(kind, None, None, body).and_then(|frame| frame.encode()).ok()?;
    stream.write_all(&bytes).await.ok()?;
    stream.flush().await.ok()
}
