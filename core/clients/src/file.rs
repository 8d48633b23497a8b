//! Files of others: read whole, and replaced at once where they are as they were read.

use std::{
    fs, io,
    io::Write,
    path::{Path, PathBuf},
};

use tempfile::NamedTempFile;

use crate::ClientError;

/// Links that lead to links are followed this often.
const LINKS: usize = 16;

/// The bytes of a file; `None` where there is none.
///
/// # Errors
/// The system does not let us, or reading fails.
pub fn read(path: &Path) -> Result<Option<Vec<u8>>, ClientError> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed(path, error)),
    }
}

/// Who may read a file that is written. A new one is the user's alone.
#[derive(Clone, Debug)]
pub enum Mode {
    /// Whoever could before.
    Kept,
    /// The user alone: it holds a key.
    Private,
    /// Whoever may read another file.
    Like(fs::Permissions),
}

/// Replaces a file, at the end of links too, provided that it still holds `before`.
///
/// # Errors
/// Somebody else wrote the file, the system does not let us, or writing fails.
pub fn replace(path: &Path, before: Option<&[u8]>, bytes: &[u8], mode: Mode) -> Result<(), ClientError> {
    let file = followed(path);
    let folder = file.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(|error| failed(folder, error))?;
    let permissions = match mode {
        Mode::Kept => fs::metadata(&file).ok().map(|metadata| metadata.permissions()),
        Mode::Private => None,
        Mode::Like(permissions) => Some(permissions),
    };
    let mut fresh = NamedTempFile::new_in(folder).map_err(|error| failed(folder, error))?;
    fresh.write_all(bytes).and_then(|()| fresh.as_file().sync_all()).map_err(|error| failed(&file, error))?;
    if let Some(permissions) = permissions {
        fs::set_permissions(fresh.path(), permissions).map_err(|error| failed(&file, error))?;
    }
    if read(&file)?.as_deref() != before {
        return Err(ClientError::Changed { path: path.to_owned() });
    }
    fresh.persist(&file).map_err(|error| failed(&file, error.error))?;
    Ok(())
}

/// Removes a file, provided that it still holds `before`.
///
/// # Errors
/// Somebody else wrote the file, or the system does not let us.
pub fn remove(path: &Path, before: &[u8]) -> Result<(), ClientError> {
    if read(path)?.as_deref() != Some(before) {
        return Err(ClientError::Changed { path: path.to_owned() });
    }
    fs::remove_file(followed(path)).map_err(|error| failed(path, error))
}

/// The error of the system, with the file.
pub fn failed(path: &Path, source: io::Error) -> ClientError {
    if source.kind() == io::ErrorKind::PermissionDenied {
        return ClientError::Denied { path: path.to_owned() };
    }
    ClientError::Io { path: path.to_owned(), source }
}

fn followed(path: &Path) -> PathBuf {
    let mut path = path.to_owned();
    for _ in 0..LINKS {
        let Ok(target) = fs::read_link(&path) else { break };
        path = path.parent().unwrap_or(Path::new("")).join(target);
    }
    path
}
