//! One file a server: its stderr, and what we did to it. The last lines of its stderr stay in memory for errors.
//!
//! Not here: reading the pipe; deleting the file of a server that was removed.

use std::{
    collections::{HashMap, VecDeque},
    fmt, io,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError, Weak},
};

use mcpproxy_domain::ServerName;
use time::OffsetDateTime;

use crate::{
    Limits, LogError, Read, Redactor,
    format::iso,
    reading,
    rotate::{RotatingFile, make_folder},
    text::{clip, escape},
};

/// How many lines stay in memory.
const TAIL_LINES: usize = 20;
/// Longest line in memory, in characters.
const TAIL_WIDTH: usize = 512;
/// Longest line in the file, in characters.
const LONGEST: usize = 64 * 1024;
/// Longest part of a file's name that comes from the server's name, in bytes.
const LONGEST_NAME: usize = 120;

/// What a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineKind {
    /// Something happened to the server: an attempt to connect, a start, an end, a call.
    Event,
    /// The server wrote it to its stderr. Only these lines stay in memory.
    Stderr,
    /// A message that went to the server.
    Sent,
    /// A message that came from the server.
    Received,
}

impl LineKind {
    fn as_str(self) -> &'static str {
        match self {
            Self::Event => "EVENT",
            Self::Stderr => "STDERR",
            Self::Sent => "SENT",
            Self::Received => "RECEIVED",
        }
    }
}

/// The log files of all servers.
#[derive(Clone, Debug)]
pub struct ServerLogs(Arc<Folder>);

#[derive(Debug)]
struct Folder {
    path: PathBuf,
    limits: Limits,
    redactor: Redactor,
    /// Which file belongs to whom, as long as anybody writes to it.
    open: Mutex<HashMap<String, Weak<Inner>>>,
}

impl ServerLogs {
    /// Makes the folder where it does not exist.
    ///
    /// # Errors
    /// The folder is refused.
    pub fn new(directory: PathBuf, limits: Limits, redactor: Redactor) -> Result<Self, LogError> {
        make_folder(&directory).map_err(|source| LogError::Folder { path: directory.clone(), source })?;
        Ok(Self(Arc::new(Folder { path: directory, limits, redactor, open: Mutex::default() })))
    }

    /// The log of one server; all that are opened for the same name are the same. The file is made by the first line.
    #[must_use]
    pub fn open(&self, server: &ServerName) -> ServerLog {
        let mut open = self.0.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.retain(|_, log| log.strong_count() > 0);
        let names = [file_name(server, false), file_name(server, true)];
        for name in &names {
            match open.get(&key(name)).and_then(Weak::upgrade) {
                Some(log) if log.server == *server => return ServerLog(log),
                _ => {}
            }
        }
        let free = names.iter().find(|name| !open.contains_key(&key(name))).or(names.last());
        let name = free.cloned().unwrap_or_default();
        let log = Arc::new(Inner {
            server: server.clone(),
            redactor: self.0.redactor.clone(),
            file: Mutex::new(RotatingFile::new(self.0.path.join(&name), self.0.limits.clone())),
            path: self.0.path.join(&name),
            tail: Mutex::default(),
        });
        open.insert(key(&name), Arc::downgrade(&log));
        ServerLog(log)
    }
}

/// The log of one server. Clones are the same log.
#[derive(Clone)]
pub struct ServerLog(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    server: ServerName,
    redactor: Redactor,
    path: PathBuf,
    file: Mutex<RotatingFile>,
    tail: Mutex<VecDeque<(String, u32)>>,
}

impl ServerLog {
    /// Writes one line. Text of several lines becomes one; a secret that was split between two calls is not recognised,
    /// so whole lines are to be handed over.
    pub fn line(&self, kind: LineKind, text: &str) {
        let text = self.0.redactor.redact(text.trim_end_matches(['\r', '\n']));
        let text = escape(&text);
        if kind == LineKind::Stderr {
            self.remember(&clip(&text, TAIL_WIDTH));
        }
        let (time, text) = (iso(OffsetDateTime::now_utc()), clip(&text, LONGEST));
        let line = format!("{time} | {} | {text}\n", kind.as_str());
        // A full disk must not stop a server.
        let _ = self.0.file.lock().unwrap_or_else(PoisonError::into_inner).write(&line);
    }

    /// The last lines of the server's stderr, oldest first, secrets hidden. A line that was repeated stands once, with
    /// how often it came.
    #[must_use]
    pub fn tail(&self) -> Vec<String> {
        let tail = self.0.tail.lock().unwrap_or_else(PoisonError::into_inner);
        let show = |(line, times): &(String, u32)| match times {
            1 => line.clone(),
            _ => format!("{line} (×{times})"),
        };
        tail.iter().map(show).collect()
    }

    /// Forgets the lines in memory: a new process begins, whose errors are its own.
    pub fn forget_tail(&self) {
        self.0.tail.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Reads at most `tail` lines of the file: the last ones, or the first ones behind `cursor`. Blocking.
    ///
    /// # Errors
    /// The file is there and cannot be read.
    pub fn read(&self, tail: usize, cursor: Option<u64>) -> io::Result<Read> {
        reading::read(&self.0.path, tail, cursor)
    }

    /// The file, for whoever wants to show it.
    #[must_use]
    pub fn path(&self) -> &std::path::Path {
        &self.0.path
    }

    fn remember(&self, line: &str) {
        let mut tail = self.0.tail.lock().unwrap_or_else(PoisonError::into_inner);
        match tail.back_mut() {
            Some((last, times)) if last == line => *times = times.saturating_add(1),
            _ => {
                if tail.len() == TAIL_LINES {
                    tail.pop_front();
                }
                tail.push_back((line.to_owned(), 1));
            }
        }
    }
}

impl fmt::Debug for ServerLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ServerLog").field(&self.0.server).finish()
    }
}

/// `server-<name>.log`. A name that cannot stand there as it is carries a checksum of itself, so that `a/b` and `a_b`
/// are two files.
fn file_name(server: &ServerName, with_sum: bool) -> String {
    let name = server.as_str();
    let allowed = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '_' | '-');
    let safe: String =
        name.chars().map(|letter| if allowed(letter) { letter } else { '_' }).take(LONGEST_NAME).collect();
    if safe == name && !with_sum {
        format!("server-{safe}.log")
    } else {
        format!("server-{safe}-{:08x}.log", sum(name))
    }
}

/// FNV-1a: the same in every version of the program, unlike the hashes of the standard library.
fn sum(name: &str) -> u32 {
    name.bytes().fold(0x811c_9dc5, |sum, byte| (sum ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

/// Two names with one key are one file: where the system does not tell upper from lower case, neither does the key.
fn key(name: &str) -> String {
    if cfg!(any(windows, target_os = "macos")) { name.to_ascii_lowercase() } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use mcpproxy_domain::Secret;

    use super::*;

    fn server(name: &str) -> ServerName {
        ServerName::new(name).unwrap()
    }

    #[test]
    fn every_server_has_a_file_of_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let logs = ServerLogs::new(folder.path().to_path_buf(), Limits::default(), Redactor::new()).unwrap();
        let long = "x".repeat(500);
        for (name, expected) in [
            ("github", "server-github.log"),
            ("A.b-c_1", "server-A.b-c_1.log"),
            ("a_b", "server-a_b.log"),
            ("a/b", "server-a_b-3a8e75c1.log"),
            ("a b", "server-a_b-"),
            ("ü", "server-_-"),
            ("../..", "server-.._..-"),
            (&long, "server-xxxxx"),
        ] {
            let log = logs.open(&server(name));
            let file = log.path().file_name().unwrap().to_str().unwrap().to_owned();
            assert!(file.starts_with(expected) && file.ends_with(".log") && file.len() < 150, "{name}: {file}");
            log.line(LineKind::Event, name);
            logs.open(&server(name)).line(LineKind::Event, name);
            let lines = fs::read_to_string(folder.path().join(&file)).unwrap();
            assert_eq!(lines.lines().count(), 2, "{name}: {lines}");
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 8);
        // A name made to look like another one's file: the second comer gets another.
        let held = logs.open(&server("a/b"));
        let forged = logs.open(&server("a_b-3a8e75c1"));
        assert_ne!(held.path(), forged.path());
    }

    #[test]
    fn lines_are_clean_and_the_tail_is_short() {
        let folder = tempfile::tempdir().unwrap();
        let redactor = Redactor::new();
        let logs = ServerLogs::new(folder.path().to_path_buf(), Limits::default(), redactor.clone()).unwrap();
        let log = logs.open(&server("s"));
        redactor.add(&Secret::from("canary7"));
        log.line(LineKind::Stderr, "key canary7\r\n");
        log.line(LineKind::Sent, "{\"k\":\"canary7\"}");
        log.line(LineKind::Stderr, "x\n2026 | EVENT | forged\u{1b}[0m");
        let text = fs::read_to_string(log.path()).unwrap();
        let shown: Vec<&str> = text.lines().map(|line| line.split_once(" | ").unwrap().1).collect();
        let forged = "x\\n2026 | EVENT | forged\\u001b[0m";
        assert_eq!(shown, ["STDERR | key ***", "SENT | {\"k\":\"***\"}", &format!("STDERR | {forged}")]);
        assert_eq!(log.tail(), ["key ***", forged]);

        for number in 0..30 {
            log.line(LineKind::Stderr, &format!("{number} {}", "y".repeat(600)));
            log.line(LineKind::Event, "between");
            log.line(LineKind::Stderr, &format!("{number} {}", "y".repeat(600)));
        }
        let tail = log.tail();
        assert_eq!((tail.len(), tail[0].chars().count()), (20, 512 + " (×2)".chars().count()));
        assert!(tail[0].starts_with("10 y") && tail[19].ends_with("… (×2)"), "{tail:?}");
        log.forget_tail();
        assert!(logs.open(&server("s")).tail().is_empty());
    }
}
