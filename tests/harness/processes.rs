//! Processes by what marks them, and signals by process id.
//!
//! Looking into other processes works on Linux only; elsewhere nothing is found.

use crate::{Result, Trouble};

/// What a process is told.
#[derive(Clone, Copy, Debug)]
pub enum Signal {
    /// End in order.
    Terminate,
    /// Read the settings again.
    HangUp,
    /// End at once.
    Kill,
    /// What Ctrl-C sends.
    Interrupt,
}

/// Sends a signal to one process.
///
/// # Errors
/// There is no such process, or this is not Unix.
#[cfg(unix)]
pub fn signal(pid: u32, signal: Signal) -> Result<()> {
    use rustix::process::{Pid, Signal as System, kill_process};

    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw).ok_or_else(|| Trouble::new("this is no process id"))?;
    let signal = match signal {
        Signal::Terminate => System::TERM,
        Signal::HangUp => System::HUP,
        Signal::Kill => System::KILL,
        Signal::Interrupt => System::INT,
    };
    kill_process(pid, signal).map_err(Trouble::with("signalling a process"))
}

/// Sends a signal to one process.
///
/// # Errors
/// There is no such process, or this is not Unix.
#[cfg(not(unix))]
pub fn signal(_: u32, signal: Signal) -> Result<()> {
    Err(Trouble::new(format!("{signal:?} is a signal of Unix")))
}

/// The processes that run with exactly this variable, `NAME=value`, in their environment. A zombie has none.
#[must_use]
pub fn with_variable(variable: &str) -> Vec<u32> {
    found("environ", |text| text.split(|byte| *byte == 0).any(|other| other == variable.as_bytes()))
}

/// The processes whose command line holds this text.
#[must_use]
pub fn with_argument(text: &str) -> Vec<u32> {
    found("cmdline", |line| String::from_utf8_lossy(line).contains(text))
}

fn found(file: &str, is_it: impl Fn(&[u8]) -> bool) -> Vec<u32> {
    let ids = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let ids = ids.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    ids.filter(|id: &u32| std::fs::read(format!("/proc/{id}/{file}")).is_ok_and(|text| is_it(&text))).collect()
}
