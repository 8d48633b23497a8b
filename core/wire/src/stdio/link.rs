//! A link over a pair of pipes: one writer, one reader.
//!
//! Not here: who waits for which answer (`duplex`).

use std::{future::Future, sync::Arc};

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio_util::sync::CancellationToken;

use super::lines::{Line, Lines, Part};
use crate::{
    Limits, LinkError, Listener,
    duplex::{Letter, Link, Outbox, Sender, Shared},
};

/// How many bytes are gathered into one write.
const BATCH: usize = 64 << 10;

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
    let (link, shared, letters) = Link::new(limits);
    let work = async move {
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

async fn write<W: AsyncWrite + Unpin>(
    mut letters: Outbox,
    mut to_peer: W,
    hang_up: CancellationToken,
) -> std::io::Result<()> {
    loop {
        let letter = tokio::select! {
            biased;
            letter = letters.recv() => match letter {
                Some(letter) => letter,
                None => break,
            },
            () = hang_up.cancelled() => break,
        };
        let mut batch = line(letter);
        while batch.len() < BATCH
            && let Ok(letter) = letters.try_recv()
        {
            batch.extend_from_slice(&line(letter));
        }
        to_peer.write_all(&batch).await?;
        to_peer.flush().await?;
    }
    to_peer.shutdown().await
}

/// A letter as a line with its end. Lines keep their order, so for a notification it is enough that it is on its way.
fn line(letter: Letter) -> Vec<u8> {
    if let Sender::Notifier(delivered) = letter.sender {
        let _ = delivered.send(Ok(()));
    }
    let mut line = one_line(letter.bytes);
    line.push(b'\n');
    line
}

async fn read<R: AsyncRead + Unpin>(shared: &Shared, mut lines: Lines<R>, listener: &dyn Listener) -> LinkError {
    loop {
        match lines.next_part().await {
            Ok(Some(Part::Line(Line::Whole(line)))) => shared.hear(&line, listener),
            Ok(Some(Part::Outgrown(head))) => shared.hear_beginning(&head),
            Ok(Some(Part::Line(Line::Oversize { head, tail }))) => {
                if let Err(lost) = shared.hear_ends(&head, &tail) {
                    return lost;
                }
            }
            Ok(None) => return LinkError::Closed,
            Err(error) => return LinkError::io(error),
        }
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

#[cfg(test)]
mod tests;
