//! Lines out of a stream of bytes, read in chunks, with a cap that costs one message and not the stream.

use std::io;

use bytes::{Buf, Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt};

use crate::oversize::KEPT;

const CHUNK: usize = 64 << 10;
/// A buffer that had to grow beyond this for one line is given back after it.
const KEEP: usize = 1 << 20;

/// One line without its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// The line.
    Whole(Bytes),
    /// A line longer than the cap; its middle was thrown away as it came.
    Oversize {
        /// How it begins.
        head: Bytes,
        /// How it ends.
        tail: Bytes,
    },
}

/// What is known of the stream next.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// A line came to its end.
    Line(Line),
    /// A line that is still coming has outgrown the cap; how it begins.
    Outgrown(Bytes),
}

/// Splits a stream into lines (`\n` or `\r\n`); empty lines are passed over.
#[derive(Debug)]
pub struct Lines<R> {
    source: R,
    cap: usize,
    buffer: BytesMut,
    /// How far the buffer is known to hold no end of line.
    scanned: usize,
    /// The head of a line that is being thrown away.
    oversize: Option<Bytes>,
}

impl<R: AsyncRead + Unpin> Lines<R> {
    /// Lines of at most `cap` bytes.
    pub fn new(source: R, cap: usize) -> Self {
        Self { source, cap, buffer: BytesMut::with_capacity(CHUNK), scanned: 0, oversize: None }
    }

    /// The next line; `None` at the end of the stream. What follows the last line end there is a line too.
    ///
    /// # Errors
    /// Those of the stream.
    pub async fn next(&mut self) -> io::Result<Option<Line>> {
        loop {
            match self.next_part().await? {
                Some(Part::Line(line)) => return Ok(Some(line)),
                Some(Part::Outgrown(_)) => {}
                None => return Ok(None),
            }
        }
    }

    /// As [`Lines::next`], and tells of a line that is too long as soon as that is known.
    pub(crate) async fn next_part(&mut self) -> io::Result<Option<Part>> {
        loop {
            if let Some(part) = self.take() {
                return Ok(Some(part));
            }
            self.buffer.reserve(CHUNK);
            if self.source.read_buf(&mut self.buffer).await? == 0 {
                return Ok(self.rest().map(Part::Line));
            }
        }
    }

    fn take(&mut self) -> Option<Part> {
        loop {
            let fresh = self.buffer.get(self.scanned..).unwrap_or_default();
            let Some(at) = memchr::memchr(b'\n', fresh) else {
                self.scanned = self.buffer.len();
                return self.shed().map(Part::Outgrown);
            };
            let line = self.buffer.split_to(self.scanned + at);
            self.buffer.advance(1);
            self.scanned = 0;
            if line.len() > KEEP {
                self.buffer = BytesMut::from(self.buffer.as_ref());
            }
            if let Some(line) = self.finish(line) {
                return Some(Part::Line(line));
            }
        }
    }

    fn rest(&mut self) -> Option<Line> {
        self.scanned = 0;
        let line = self.buffer.split();
        self.finish(line)
    }

    fn finish(&mut self, mut line: BytesMut) -> Option<Line> {
        if line.last() == Some(&b'\r') {
            line.truncate(line.len() - 1);
        }
        if self.oversize.is_none() && line.len() > self.cap {
            self.oversize = Some(Bytes::copy_from_slice(line.get(..KEPT).unwrap_or(&line)));
        }
        match self.oversize.take() {
            Some(head) => {
                let from = line.len().saturating_sub(KEPT);
                Some(Line::Oversize { head, tail: line.split_off(from).freeze() })
            }
            None if line.trim_ascii().is_empty() => None,
            None => Some(Line::Whole(line.freeze())),
        }
    }

    /// Keeps memory bounded while a line that is too long goes by; gives its beginning when that turns out. The last
    /// byte may belong to the line end.
    fn shed(&mut self) -> Option<Bytes> {
        let is_new = self.oversize.is_none() && self.buffer.len() > self.cap.max(KEPT) + 1;
        if is_new {
            self.oversize = self.buffer.get(..KEPT).map(Bytes::copy_from_slice);
        }
        if self.oversize.is_some() && self.buffer.len() > KEPT + 1 {
            self.buffer = BytesMut::from(self.buffer.get(self.buffer.len() - KEPT - 1..).unwrap_or_default());
            self.scanned = self.buffer.len();
        }
        self.oversize.clone().filter(|_| is_new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn all(chunks: &[&[u8]], cap: usize) -> Vec<String> {
        let mut builder = tokio_test_io(chunks);
        let mut lines = Lines::new(&mut builder, cap);
        let mut seen = vec![];
        while let Some(line) = lines.next().await.unwrap() {
            seen.push(match line {
                Line::Whole(bytes) => String::from_utf8(bytes.to_vec()).unwrap(),
                Line::Oversize { head, tail } => format!("oversize {}..{}", head.len(), tail.len()),
            });
        }
        seen
    }

    /// A reader that gives one chunk at a time.
    fn tokio_test_io(chunks: &[&[u8]]) -> impl AsyncRead + Unpin {
        struct Chunks(std::collections::VecDeque<Vec<u8>>);
        impl AsyncRead for Chunks {
            fn poll_read(
                mut self: std::pin::Pin<&mut Self>,
                _: &mut std::task::Context<'_>,
                buffer: &mut tokio::io::ReadBuf<'_>,
            ) -> std::task::Poll<io::Result<()>> {
                if let Some(mut chunk) = self.0.pop_front() {
                    let fits = chunk.len().min(buffer.remaining());
                    let rest = chunk.split_off(fits);
                    buffer.put_slice(&chunk);
                    if !rest.is_empty() {
                        self.0.push_front(rest);
                    }
                }
                std::task::Poll::Ready(Ok(()))
            }
        }
        Chunks(chunks.iter().map(|chunk| chunk.to_vec()).collect())
    }

    #[tokio::test]
    async fn any_split_of_the_bytes_gives_the_same_lines() {
        let text = b"one\r\n\n  \ntwo \xc3\xa4\nthree";
        for size in 1..text.len() {
            let chunks: Vec<_> = text.chunks(size).collect();
            assert_eq!(all(&chunks, 100).await, ["one", "two ä", "three"], "chunks of {size}");
        }
    }

    #[tokio::test]
    async fn a_line_that_is_too_long_costs_itself_only() {
        let mut text = vec![b'x'; 300_000];
        text.extend_from_slice(b"\nnext\n");
        text.extend_from_slice(&[b'y'; 2000]);
        for size in [1000, 70_000, 400_000] {
            let chunks: Vec<_> = text.chunks(size).collect();
            assert_eq!(
                all(&chunks, 1000).await,
                ["oversize 512..512", "next", "oversize 512..512"],
                "chunks of {size}"
            );
        }
    }

    #[test]
    fn memory_stays_bounded_while_a_line_never_ends() {
        let mut lines = Lines::new(tokio::io::empty(), 1000);
        for round in 0..2000 {
            lines.buffer.extend_from_slice(&[b'x'; 10_000]);
            // it is told once that it is too long, and at once
            assert_eq!(lines.take().is_some(), round == 0);
            assert!(lines.buffer.capacity() <= 2 * CHUNK, "{}", lines.buffer.capacity());
        }
    }
}
