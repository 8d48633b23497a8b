//! A folder below the user's profile inherits an access list that admits the user, administrators and the system.

use std::{
    fs::{File, OpenOptions},
    io,
    path::Path,
};

/// Windows decides by the inherited access list; opening files in the folder fails where that does not admit us.
pub(crate) fn owner_problem(_folder: &Path) -> io::Result<Option<String>> {
    Ok(None)
}

/// See the head of this file: nothing is to be taken away.
pub(crate) fn make_private(_folder: &Path) -> io::Result<bool> {
    Ok(false)
}

/// A new file in the folder, with the folder's access list; fails if there is one.
pub(crate) fn create_private_file(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).open(path)
}
