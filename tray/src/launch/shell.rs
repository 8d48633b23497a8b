//! The `PATH` that the login shell of a person sets up, which desktops do not hand down. The core itself is never run by a
//! shell.

use std::{
    ffi::{OsStr, OsString},
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use tokio::{
    io::AsyncReadExt as _,
    process::{ChildStdout, Command},
    time::timeout,
};

use crate::platform;

/// Stands before and behind the answer, among whatever else profiles print.
const MARK: &str = "mcpproxy-path-2f6c1e";
/// How much is read before we give up.
const MOST: usize = 256 << 10;

/// Asks a shell; `None` if it does not tell in time. The question is one that all kinds of shells understand.
pub(super) async fn path_of(shell: &Path, patience: Duration) -> Option<OsString> {
    let mut command = Command::new(shell);
    command
        .args(["-l", "-c"])
        .arg(format!("echo {MARK}; printenv PATH; echo {MARK}"))
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true);
    platform::own_group(&mut command);
    let mut child = command.spawn().ok()?;
    let stdout = child.stdout.take()?;
    let told = timeout(patience, answer(stdout)).await.ok().flatten();
    if told.is_none() {
        tracing::warn!(shell = %shell.display(), "the login shell does not tell its PATH; the core gets the desktop's");
        // a profile may wait for something that never comes
        platform::kill_group(&mut child);
    }
    told
}

/// All folders of `first`, then those of `second` that are not among them.
pub(super) fn joined(first: &OsStr, second: &OsStr) -> Option<OsString> {
    let mut all: Vec<PathBuf> = Vec::new();
    for folder in std::env::split_paths(first).chain(std::env::split_paths(second)) {
        if !folder.as_os_str().is_empty() && !all.contains(&folder) {
            all.push(folder);
        }
    }
    std::env::join_paths(all).ok()
}

/// Reads no further than needed: what a profile left running may hold the pipe open for ever.
async fn answer(mut stdout: ChildStdout) -> Option<OsString> {
    let mut told = Vec::new();
    while told.len() < MOST {
        let is_over = !matches!(stdout.read_buf(&mut told).await, Ok(1..));
        match marked(&String::from_utf8_lossy(&told)) {
            Some(path) => return Some(path.into()),
            None if is_over => return None,
            None => {}
        }
    }
    None
}

/// The line between two lines that are the mark.
fn marked(told: &str) -> Option<&str> {
    // a line that has not ended may be half a line
    let (ended, _) = told.rsplit_once('\n')?;
    let mut lines = ended.lines().skip_while(|line| *line != MARK).skip(1);
    let (path, mark) = (lines.next()?, lines.next()?);
    Some(path).filter(|path| mark == MARK && !path.is_empty() && !path.contains('\u{fffd}'))
}
