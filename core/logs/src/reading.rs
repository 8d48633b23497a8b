//! The lines of a server's log, read back: the last ones, or those behind a place.
//!
//! Only the file that is written to at the moment is read; rotated ones are for people with an editor.

use std::{
    fs::File,
    io::{self, Read as _, Seek as _, SeekFrom},
    path::Path,
};

/// How much is read at most, in bytes: a whole answer of long lines would be of no use to anybody.
const MOST: u64 = 4 * 1024 * 1024;

/// What was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Read {
    /// The lines, oldest first.
    pub lines: Vec<LogLine>,
    /// Where the next lines will stand.
    pub cursor: u64,
}

/// One line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogLine {
    /// When it was written, RFC 3339.
    pub time: String,
    /// What it is: `EVENT`, `STDERR`, `SENT` or `RECEIVED`.
    pub kind: String,
    /// The text.
    pub text: String,
}

/// Reads at most `tail` lines: the last ones, or the first ones behind `cursor`. A file that is not there is empty, and
/// a cursor beyond its end means that it was rotated: then it is read from its beginning.
pub(crate) fn read(path: &Path, tail: usize, cursor: Option<u64>) -> io::Result<Read> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Read::default()),
        Err(error) => return Err(error),
    };
    let length = file.metadata()?.len();
    let from = match cursor {
        Some(cursor) if cursor <= length => cursor,
        Some(_) => 0,
        None => length.saturating_sub(MOST),
    };
    file.seek(SeekFrom::Start(from))?;
    let mut bytes = Vec::new();
    file.take(MOST).read_to_end(&mut bytes)?;
    // a line that is being written is read the next time
    let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    bytes.truncate(whole);
    let text = String::from_utf8_lossy(&bytes);
    let mut lines: Vec<&str> = text.lines().collect();
    if from > 0 && cursor.is_none() && !lines.is_empty() {
        // the first one may have begun before
        lines.remove(0);
    }
    let mut used = bytes.len() as u64;
    match cursor {
        None => lines = lines.split_off(lines.len().saturating_sub(tail)),
        Some(_) if lines.len() > tail => {
            lines.truncate(tail);
            used = lines.iter().map(|line| line.len() as u64 + 1).sum();
        }
        Some(_) => {}
    }
    Ok(Read { lines: lines.into_iter().map(parse).collect(), cursor: from + used })
}

fn parse(line: &str) -> LogLine {
    let mut parts = line.splitn(3, " | ");
    match (parts.next(), parts.next(), parts.next()) {
        (Some(time), Some(kind), Some(text)) => {
            LogLine { time: time.to_owned(), kind: kind.to_owned(), text: text.to_owned() }
        }
        _ => LogLine { kind: "EVENT".to_owned(), text: line.to_owned(), ..LogLine::default() },
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn whoever_follows_sees_every_line_once_also_after_a_rotation() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s.log");
        let texts = |read: &Read| read.lines.iter().map(|line| line.text.clone()).collect::<Vec<_>>().join(" ");
        assert_eq!(read(&path, 10, None).unwrap(), Read::default());
        fs::write(&path, "t1 | EVENT | a | b\nt2 | STDERR | c\nhalf").unwrap();
        let first = read(&path, 1, None).unwrap();
        assert_eq!((texts(&first).as_str(), first.lines[0].kind.as_str(), first.cursor), ("c", "STDERR", 35));
        assert!(read(&path, 10, Some(first.cursor)).unwrap().lines.is_empty());
        fs::write(&path, "t1 | EVENT | a | b\nt2 | STDERR | c\nhalf a line\nt4 | SENT | d\nt5 | SENT | e\n").unwrap();
        let next = read(&path, 2, Some(first.cursor)).unwrap();
        assert_eq!(texts(&next), "half a line d");
        let last = read(&path, 2, Some(next.cursor)).unwrap();
        assert_eq!(texts(&last), "e");
        fs::write(&path, "t6 | EVENT | new\n").unwrap();
        assert_eq!(texts(&read(&path, 2, Some(last.cursor)).unwrap()), "new");
        assert_eq!(read(&path, 9, None).unwrap().lines.len(), 1);
    }
}
