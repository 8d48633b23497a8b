//! The data folder: there, ours, and closed to others.

use std::{fs, io, path::Path};

use crate::{StartError, platform};

/// Makes the folder where it does not exist and refuses one that is not ours. `true` = others could look into it.
pub(crate) fn prepare(folder: &Path) -> Result<bool, StartError> {
    let refuse =
        |reason: String, hint: &str| StartError::Folder { path: folder.to_owned(), reason, hint: hint.to_owned() };
    let system = |error: io::Error| {
        refuse(format!("cannot be used: {error}"), "check its permissions, or name another folder with --data-dir")
    };
    let mut is_new = false;
    match fs::metadata(folder) {
        Ok(found) if !found.is_dir() => {
            return Err(refuse("is a file".to_owned(), "name another folder with --data-dir"));
        }
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            is_new = true;
            fs::create_dir_all(folder).map_err(system)?;
        }
        Err(error) => return Err(system(error)),
    }
    if let Some(problem) = platform::owner_problem(folder).map_err(system)? {
        return Err(refuse(problem, "start as the folder's owner, or name another folder with --data-dir"));
    }
    let was_open = platform::make_private(folder).map_err(system)?;
    // a folder that is ours may still be on a file system that is read-only or full
    tempfile::tempfile_in(folder).map_err(system)?;
    Ok(was_open && !is_new)
}
