//! One line of JSON to the tray that is here, one line back. Whoever is at the other end is the same user; the transport
//! sees to that.

use std::{io, time::Duration};

use mcpproxy_ipc_proto::{
    endpoint::Endpoint,
    transport::{Listening, Stream, connect},
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    sync::mpsc,
    time::{sleep, timeout},
};

/// The longest line, in bytes.
const LONGEST: u64 = 4096;
/// How long a caller may take; they are heard one after the other.
const CALLER: Duration = Duration::from_secs(1);
/// The pause after the system has refused a connection.
const PAUSE: Duration = Duration::from_millis(100);

/// Somebody has started the tray again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summons {
    /// What is to be shown: a path below the core's page; empty = what is shown first.
    #[serde(default)]
    pub show: String,
}

/// What the tray that is here said to a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reply {
    /// It does what it was called for.
    Heard,
    /// It is about to end, and does nothing any more.
    Ends,
    /// Nothing.
    None,
}

#[derive(Serialize, Deserialize)]
struct Answer {
    ok: bool,
}

impl Summons {
    /// Calls the tray that listens there.
    pub(super) async fn send(&self, endpoint: &Endpoint) -> Reply {
        let Ok(mut stream) = connect(endpoint).await else { return Reply::None };
        let answer = async {
            write(&mut stream, self).await?;
            read::<Answer>(&mut stream).await
        };
        answer.await.map_or(Reply::None, |answer| if answer.ok { Reply::Heard } else { Reply::Ends })
    }
}

/// Hears callers, one after the other. Once nobody takes their calls any more, it tells them so.
pub(super) async fn listen(listening: Listening, calls: mpsc::Sender<Summons>) {
    loop {
        match listening.accept().await {
            Ok(mut stream) => {
                if let Ok(Err(error)) = timeout(CALLER, hear(&mut stream, &calls)).await {
                    tracing::debug!("a call that was none: {error}");
                }
            }
            Err(error) => {
                tracing::warn!("{error}");
                sleep(PAUSE).await;
            }
        }
    }
}

async fn hear(stream: &mut Stream, calls: &mpsc::Sender<Summons>) -> io::Result<()> {
    let summons = read::<Summons>(stream).await?;
    let ok = calls.send(summons).await.is_ok();
    write(stream, &Answer { ok }).await?;
    // a pipe that is closed takes along what was not read
    let _ = stream.read(&mut [0]).await;
    Ok(())
}

async fn write(stream: &mut Stream, message: &impl Serialize) -> io::Result<()> {
    let mut line = serde_json::to_vec(message)?;
    line.push(b'\n');
    stream.write_all(&line).await?;
    stream.flush().await
}

async fn read<T: DeserializeOwned>(stream: &mut Stream) -> io::Result<T> {
    let mut line = Vec::new();
    BufReader::new(stream.take(LONGEST)).read_until(b'\n', &mut line).await?;
    match line.strip_suffix(b"\n") {
        Some(line) => Ok(serde_json::from_slice(line)?),
        None => Err(io::Error::new(io::ErrorKind::InvalidData, "the line does not end")),
    }
}
