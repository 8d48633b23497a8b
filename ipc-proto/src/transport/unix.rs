//! Unix: the socket's mode, and the user at the other end as the kernel tells it.

use std::{
    fs::{self, Metadata, Permissions},
    io,
    os::unix::fs::{FileTypeExt as _, PermissionsExt as _},
    path::Path,
};

use interprocess::local_socket::{ListenerOptions, PeerCreds};

pub(super) fn is_of_this_user(creds: &PeerCreds) -> io::Result<bool> {
    let user = creds.euid().ok_or_else(|| io::Error::other("the system does not say whose it is"))?;
    Ok(user == rustix::process::geteuid().as_raw())
}

/// The folder is closed to others, which guards the moment until [`make_private`].
#[expect(clippy::unnecessary_wraps, reason = "the other platform can fail here")]
pub(super) fn guarded(options: ListenerOptions<'_>) -> io::Result<ListenerOptions<'_>> {
    Ok(options)
}

pub(super) fn make_private(path: &Path) -> io::Result<()> {
    fs::set_permissions(path, Permissions::from_mode(0o600))
}

pub(super) fn is_socket(found: &Metadata) -> bool {
    found.file_type().is_socket()
}
