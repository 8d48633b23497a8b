//! Unix: process groups, signals, and what is set between fork and exec. The only unsafe code of the crate on Unix.
//!
//! Not here: orphans that fall to us (`orphans`).

use std::{ffi::OsStr, io, path::Path};

use rustix::{
    fs::Access,
    process::{Pid, Signal, WaitOptions, kill_process_group, test_kill_process_group, waitpgid},
};
use tokio::process::{Child, Command};

/// A process group that was made for one child; its id is the child's.
#[derive(Debug)]
pub(crate) struct Group(Pid);

impl Group {
    /// The group of a child that was started after [`prepare`].
    pub(crate) fn of(child: &mut Child) -> io::Result<Self> {
        let id = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        id.map(Self).ok_or_else(|| io::Error::other("the child has ended before its id was known"))
    }

    /// Asks all members to end; `false` = there is nobody to ask.
    pub(crate) fn terminate(&self) -> bool {
        kill_process_group(self.0, Signal::TERM).is_ok()
    }

    /// Kills all members.
    pub(crate) fn kill(&self) {
        let _ = kill_process_group(self.0, Signal::KILL);
    }

    /// Whether no member is left that we could signal. Only to be asked once the child's own status is known: it
    /// collects members that fell to us as orphans, which would otherwise stay visible as zombies.
    pub(crate) fn is_empty(&self) -> bool {
        while let Ok(Some(_)) = waitpgid(self.0, WaitOptions::NOHANG) {}
        // Any error means that: no member at all, or only members of another user (on macOS also: only zombies).
        test_kill_process_group(self.0).is_err()
    }
}

/// Gives the child a group of its own and, on Linux, the order to die with us.
pub(crate) fn prepare(command: &mut Command) {
    command.process_group(0);
    #[cfg(target_os = "linux")]
    die_with_parent(command);
}

#[cfg(target_os = "linux")]
#[expect(unsafe_code, reason = "code between fork and exec has no safe interface")]
fn die_with_parent(command: &mut Command) {
    use rustix::process::{getpid, getppid, set_parent_process_death_signal};

    let parent = getpid();
    let order = move || {
        set_parent_process_death_signal(Some(Signal::KILL))?;
        // The parent may have died before the order was given; then nobody would ever kill this child.
        if getppid() == Some(parent) { Ok(()) } else { Err(rustix::io::Errno::SRCH.into()) }
    };
    // SAFETY: between fork and exec only async-signal-safe calls are allowed. The closure makes two system calls
    // (prctl, getppid), allocates nothing, takes no lock and touches nothing but the id that it owns.
    unsafe { command.pre_exec(order) };
}

/// Whether the file may be executed by us.
pub(crate) fn may_execute(file: &Path) -> bool {
    rustix::fs::access(file, Access::EXEC_OK).is_ok()
}

/// Which endings make a file a program: none is needed here.
pub(crate) fn program_extensions(_pathext: Option<&OsStr>) -> Vec<String> {
    Vec::new()
}

/// Whether the system said that a file is not a program.
pub(crate) fn is_bad_format(error: &io::Error) -> bool {
    error.raw_os_error() == Some(rustix::io::Errno::NOEXEC.raw_os_error())
}

/// The name of a signal that ends programs.
pub(crate) fn signal_name(signal: i32) -> Option<&'static str> {
    let known = [
        (Signal::HUP, "SIGHUP"),
        (Signal::INT, "SIGINT"),
        (Signal::QUIT, "SIGQUIT"),
        (Signal::ILL, "SIGILL"),
        (Signal::TRAP, "SIGTRAP"),
        (Signal::ABORT, "SIGABRT"),
        (Signal::BUS, "SIGBUS"),
        (Signal::FPE, "SIGFPE"),
        (Signal::KILL, "SIGKILL"),
        (Signal::SEGV, "SIGSEGV"),
        (Signal::PIPE, "SIGPIPE"),
        (Signal::ALARM, "SIGALRM"),
        (Signal::TERM, "SIGTERM"),
        (Signal::XCPU, "SIGXCPU"),
        (Signal::SYS, "SIGSYS"),
    ];
    known.iter().find(|(known, _)| known.as_raw() == signal).map(|(_, name)| *name)
}
