//! Lines to the client: whole, in order, and nothing but messages.

use bytes::{Bytes, BytesMut};
use tokio::{
    io::{AsyncWrite, AsyncWriteExt as _, BufWriter},
    sync::mpsc,
};
use tokio_util::sync::CancellationToken;

/// How many lines may wait for a client that is slow to read. Then those who bring more wait.
const WAITING: usize = 64;

/// The way to the client.
#[derive(Clone)]
pub(crate) struct Output(mpsc::Sender<Vec<Bytes>>);

/// What waits to be written.
pub(crate) struct Lines(mpsc::Receiver<Vec<Bytes>>);

/// A way to the client, and what has to be written there.
pub(crate) fn channel() -> (Output, Lines) {
    let (sender, receiver) = mpsc::channel(WAITING);
    (Output(sender), Lines(receiver))
}

impl Output {
    /// Sends a message, which lies in pieces, as one line.
    pub(crate) async fn line(&self, pieces: impl IntoIterator<Item = Bytes>) {
        let pieces = pieces.into_iter().map(one_line).collect();
        // a client that is gone misses nothing
        let _ = self.0.send(pieces).await;
    }
}

impl Lines {
    /// Writes until nobody has anything left to say, or the client is gone, which is told.
    pub(crate) async fn write<W: AsyncWrite + Unpin>(mut self, to_client: W, gone: CancellationToken) {
        let mut to_client = BufWriter::new(to_client);
        while let Some(line) = self.0.recv().await {
            let mut written = write_line(&mut to_client, line).await;
            while written.is_ok()
                && let Ok(line) = self.0.try_recv()
            {
                written = write_line(&mut to_client, line).await;
            }
            if written.is_err() || to_client.flush().await.is_err() {
                gone.cancel();
                return;
            }
        }
        let _ = to_client.shutdown().await;
    }
}

async fn write_line<W: AsyncWrite + Unpin>(to_client: &mut W, line: Vec<Bytes>) -> std::io::Result<()> {
    for piece in line {
        to_client.write_all(&piece).await?;
    }
    to_client.write_all(b"\n").await
}

/// Line ends inside a message can only be white space between tokens, so they may become blanks.
fn one_line(bytes: Bytes) -> Bytes {
    if memchr::memchr2(b'\n', b'\r', &bytes).is_none() {
        return bytes;
    }
    let mut bytes = BytesMut::from(bytes);
    for byte in bytes.iter_mut().filter(|byte| matches!(byte, b'\n' | b'\r')) {
        *byte = b' ';
    }
    bytes.freeze()
}
