//! Owner and mode bits.

use std::{
    fs::{self, File, OpenOptions, Permissions},
    io,
    os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt},
    path::Path,
};

/// Who else owns the folder; `None` if we do.
pub(crate) fn owner_problem(folder: &Path) -> io::Result<Option<String>> {
    let (owner, own) = (fs::metadata(folder)?.uid(), rustix::process::geteuid().as_raw());
    Ok((owner != own).then(|| format!("belongs to the user with id {owner}, not to you ({own})")))
}

/// Takes from everybody else what they may do with the folder; `true` = there was something to take.
pub(crate) fn make_private(folder: &Path) -> io::Result<bool> {
    let mode = fs::metadata(folder)?.permissions().mode();
    let open = mode & 0o077 != 0;
    if open {
        fs::set_permissions(folder, Permissions::from_mode(mode & 0o700))?;
    }
    Ok(open)
}

/// A new file that only its owner can read; fails if there is one.
pub(crate) fn create_private_file(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}
