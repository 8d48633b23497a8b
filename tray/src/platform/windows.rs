//! Windows: no signals, no mode bits; what lies below the user's profile inherits an access list that admits the user.

use std::{
    fs::{self, OpenOptions},
    io,
    path::Path,
    process::ExitStatus,
};

use tokio::process::{Child, Command};

const DETACHED_PROCESS: u32 = 0x0000_0008;
const CREATE_NEW_PROCESS_GROUP: u32 = 0x0000_0200;

/// Without a console, and not ended with ours.
pub(crate) fn own_group(command: &mut Command) {
    command.creation_flags(DETACHED_PROCESS | CREATE_NEW_PROCESS_GROUP);
}

/// There is nothing gentle that reaches a program without a console; whoever can asks the core itself before.
pub(crate) fn terminate(child: &mut Child) -> io::Result<()> {
    child.start_kill()
}

/// There are no groups to be killed here; only login shells have one, and none is asked.
pub(crate) fn kill_group(child: &mut Child) {
    let _ = child.start_kill();
}

/// Windows has no signals.
pub(crate) fn signal(_status: ExitStatus) -> Option<i32> {
    None
}

/// Whether a file is there; its ending says that it can be started.
pub(crate) fn is_program(path: &Path) -> bool {
    path.is_file()
}

/// No place depends on this here.
pub(crate) fn is_root() -> bool {
    false
}

/// Makes a folder, where there is none.
pub(crate) fn create_private_folder(path: &Path) -> io::Result<()> {
    fs::create_dir_all(path)
}

/// See the head of this file.
pub(crate) fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    options
}
