//! The last lines of an output, bounded in lines and bytes.

use std::collections::VecDeque;

use crate::text::escaped;

/// How many lines are kept.
pub(super) const LINES: usize = 200;
/// How many bytes of a line are kept: the last line of a core that does not start names all faults of its settings.
pub(super) const LINE: usize = 32 << 10;
/// How many bytes are kept in all.
pub(super) const BYTES: usize = 128 << 10;

/// The last lines of an output.
#[derive(Debug, Default)]
pub(super) struct Tail {
    lines: VecDeque<Vec<u8>>,
    bytes: usize,
    /// The line that has not ended.
    open: Vec<u8>,
}

impl Tail {
    /// Takes what was read, however it was split.
    pub(super) fn push(&mut self, chunk: &[u8]) {
        let mut pieces = chunk.split(|byte| *byte == b'\n');
        if let Some(first) = pieces.next() {
            self.extend(first);
        }
        for piece in pieces {
            self.close();
            self.extend(piece);
        }
    }

    /// The lines, oldest first, with everything spelled out that could be more than text.
    pub(super) fn lines(&self) -> Vec<String> {
        let open = Some(&self.open).filter(|open| !open.is_empty());
        self.lines.iter().chain(open).map(|line| escaped(&text(line))).collect()
    }

    /// The last line that is not empty, as it is.
    pub(super) fn last(&self) -> Option<String> {
        let lines = std::iter::once(&self.open).chain(self.lines.iter().rev());
        lines.map(|line| text(line)).find(|line| !line.trim().is_empty())
    }

    fn extend(&mut self, piece: &[u8]) {
        let room = LINE - self.open.len();
        self.open.extend_from_slice(piece.get(..room).unwrap_or(piece));
    }

    fn close(&mut self) {
        let line = std::mem::take(&mut self.open);
        self.bytes += line.len();
        self.lines.push_back(line);
        while self.lines.len() > LINES || self.bytes > BYTES {
            self.bytes -= self.lines.pop_front().map_or(0, |line| line.len());
        }
    }
}

fn text(line: &[u8]) -> String {
    String::from_utf8_lossy(line.strip_suffix(b"\r").unwrap_or(line)).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_split_gives_the_same_lines() {
        let told = b"one\r\n\ntwo \x1b[2J\n\xff\n  \nopen";
        for size in 1..=told.len() {
            let mut tail = Tail::default();
            told.chunks(size).for_each(|chunk| tail.push(chunk));
            assert_eq!(tail.lines(), ["one", "", "two \\u{1b}[2J", "\u{fffd}", "  ", "open"], "{size}");
            assert_eq!(tail.last().as_deref(), Some("open"));
            tail.push(b"ed\n \n");
            assert_eq!(tail.last().as_deref(), Some("opened"));
        }
        assert_eq!((Tail::default().lines(), Tail::default().last()), (vec![], None));
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let mut tail = Tail::default();
        (0..1000).for_each(|number| tail.push(format!("{number}\n").as_bytes()));
        assert_eq!((tail.lines().len(), tail.last().unwrap().as_str()), (LINES, "999"));
        for _ in 0..100 {
            tail.push(&[b'x'; 3 * LINE]);
            tail.push(b"\n");
        }
        let kept: usize = tail.lines().iter().map(String::len).sum();
        assert!((LINE..=BYTES).contains(&kept), "{kept}");
        assert!(tail.lines().iter().all(|line| line.len() <= LINE));
        tail.push(b"short\n");
        assert_eq!(tail.last().as_deref(), Some("short"));
    }
}
