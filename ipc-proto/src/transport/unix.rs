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

/// Where the system can, the socket is private from its first moment; elsewhere the folder, which is closed to others,
/// guards the moment until [`make_private`].
#[expect(clippy::unnecessary_wraps, reason = "the other platform can fail here")]
pub(super) fn guarded(options: ListenerOptions<'_>) -> io::Result<ListenerOptions<'_>> {
    #[cfg(target_os = "linux")]
    let options = interprocess::os::unix::local_socket::ListenerOptionsExt::mode(options, 0o600);
    Ok(options)
}

pub(super) fn make_private(path: &Path) -> io::Result<()> {
    fs::set_permissions(path, Permissions::from_mode(0o600))
}

pub(super) fn is_socket(found: &Metadata) -> bool {
    found.file_type().is_socket()
}

/// Whether this is how the system says that a connection was never queued: it has no other end yet.
pub(super) fn is_overrun(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::ConnectionReset | io::ErrorKind::NotConnected)
}
