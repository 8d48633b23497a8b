//! Folders on Unix: private ones, and making a rename last. Not here: files.

use std::{
    fs::{DirBuilder, File},
    io,
    os::unix::fs::DirBuilderExt as _,
    path::Path,
};

/// Makes a folder, and those above it, that nobody else can enter; one that exists is left as it is.
pub(super) fn create_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// Waits until the names in the folder have reached the disk. A file system that cannot do that is no reason to fail:
/// the new file stands there already.
pub(super) fn sync_folder(path: &Path) {
    if let Err(error) = File::open(path).and_then(|folder| folder.sync_all()) {
        tracing::debug!(folder = %path.display(), %error, "the folder could not be synced");
    }
}
