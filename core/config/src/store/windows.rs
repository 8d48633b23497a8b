//! Folders on Windows, where a folder below the profile is private and a rename lasts by itself. Not here: files.

use std::{fs, io, path::Path};

/// Makes a folder, and those above it; one that exists is left as it is.
pub(super) fn create_folder(path: &Path) -> io::Result<()> {
    fs::create_dir_all(path)
}

/// Nothing to wait for: the file system keeps a journal of its names.
pub(super) fn sync_folder(_path: &Path) {}
