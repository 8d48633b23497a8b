//! Lines of a pipe: any split of the bytes gives the same lines, within the cap. The first byte chooses the pieces.

#![no_main]

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};

use libfuzzer_sys::fuzz_target;
use mcpproxy_wire::stdio::{Line, Lines};
use tokio::io::{AsyncRead, ReadBuf};

const CAP: usize = 64;

fuzz_target!(|bytes: &[u8]| {
    let Some((&size, text)) = bytes.split_first() else { return };
    let whole = heard(text, text.len().max(1));
    assert_eq!(heard(text, usize::from(size).max(1)), whole);
    for line in whole {
        match line {
            Line::Whole(line) => assert!(line.len() <= CAP && !line.contains(&b'\n')),
            Line::Oversize { head, tail } => assert!(head.len() > CAP && tail.len() > CAP),
        }
    }
});

fn heard(text: &[u8], size: usize) -> Vec<Line> {
    // nothing here waits for anything outside
    let mut context = Context::from_waker(std::task::Waker::noop());
    let mut seen = Vec::new();
    let mut lines = Lines::new(Pieces { text, size }, CAP);
    loop {
        let next = std::pin::pin!(lines.next());
        match std::future::Future::poll(next, &mut context) {
            Poll::Ready(Ok(Some(line))) => seen.push(line),
            Poll::Ready(Ok(None)) => return seen,
            other => panic!("memory neither fails nor waits: {other:?}"),
        }
    }
}

/// Gives so many bytes at a time.
struct Pieces<'a> {
    text: &'a [u8],
    size: usize,
}

impl AsyncRead for Pieces<'_> {
    fn poll_read(mut self: Pin<&mut Self>, _: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let (now, later) = self.text.split_at(self.size.min(buffer.remaining()).min(self.text.len()));
        buffer.put_slice(now);
        self.text = later;
        Poll::Ready(Ok(()))
    }
}
