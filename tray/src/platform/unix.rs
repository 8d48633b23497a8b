//! Unix: mode bits, process groups and signals.

use std::{
    fs::{self, DirBuilder, OpenOptions},
    io,
    os::unix::{
        fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _},
        process::ExitStatusExt as _,
    },
    path::Path,
    process::ExitStatus,
};

use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use tokio::process::{Child, Command};

/// A group of its own: what the terminal of the tray tells its programs is not meant for the child.
pub(crate) fn own_group(command: &mut Command) {
    command.process_group(0);
}

/// Asks a child to end in order. Nothing is sent to one whose end was taken note of: its number may be another's.
pub(crate) fn terminate(child: &mut Child) -> io::Result<()> {
    match pid(child) {
        Some(pid) => Ok(kill_process(pid, Signal::TERM)?),
        None => Ok(()),
    }
}

/// Kills a child that has a group of its own, with all that it started and that stayed in the group.
pub(crate) fn kill_group(child: &mut Child) {
    if let Some(pid) = pid(child) {
        let _ = kill_process_group(pid, Signal::KILL);
    }
}

fn pid(child: &Child) -> Option<Pid> {
    child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw)
}

/// The signal that ended a process.
pub(crate) fn signal(status: ExitStatus) -> Option<i32> {
    status.signal()
}

/// Whether a file is there that can be started.
pub(crate) fn is_program(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

/// Whether this is the superuser.
pub(crate) fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// Makes a folder that only its owner can look into, where there is none.
pub(crate) fn create_private_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// The file that is made can be read by its owner only.
pub(crate) fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    options.mode(0o600)
}
