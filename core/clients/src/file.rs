//! Files of others: read whole, and replaced at once where they are as they were read.

use std::{
    fs::{self, File},
    io::{self, Read as _, Write as _},
    path::{Path, PathBuf},
};

use tempfile::NamedTempFile;

use crate::ClientError;

/// Links that lead to links are followed this often.
const LINKS: usize = 16;

/// The most that is read of a file, in bytes.
pub const LARGEST: u64 = 10 * 1024 * 1024;

/// The bytes of a file; `None` where there is none.
///
/// # Errors
/// It is no regular file or too large, the system does not let us, or reading fails.
pub fn read(path: &Path) -> Result<Option<Vec<u8>>, ClientError> {
    match content(path) {
        Err(ClientError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => Ok(None),
        content => content.map(Some),
    }
}

fn content(path: &Path) -> Result<Vec<u8>, ClientError> {
    let failed = |error| failed(path, error);
    // before it is opened, since that alone moves some devices, and after it, since it may be another by then
    let regular =
        |facts: &fs::Metadata| facts.is_file().then_some(()).ok_or(ClientError::NoFile { path: path.to_owned() });
    regular(&fs::metadata(path).map_err(failed)?)?;
    let file = open(path).map_err(failed)?;
    regular(&file.metadata().map_err(failed)?)?;
    let mut bytes = Vec::new();
    // some files of the system say that they are empty, and are not
    file.take(LARGEST + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > LARGEST {
        return Err(ClientError::TooLarge { path: path.to_owned(), limit: LARGEST });
    }
    Ok(bytes)
}

/// Opens without waiting for whoever writes into a pipe.
fn open(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.read(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, rustix::fs::OFlags::NONBLOCK.bits().cast_signed());
    options.open(path)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_a_limit() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mcp.json");
        assert_eq!(read(&path).unwrap(), None);
        let file = File::create(&path).unwrap();
        file.set_len(LARGEST).unwrap();
        assert_eq!(read(&path).unwrap().unwrap().len() as u64, LARGEST);
        file.set_len(LARGEST + 1).unwrap();
        let told = read(&path).unwrap_err();
        assert!(matches!(told, ClientError::TooLarge { .. }) && told.to_string().contains("mcp.json"), "{told}");
        let told = read(folder.path()).unwrap_err();
        assert!(matches!(told, ClientError::NoFile { .. }), "{told}");
    }

    #[cfg(unix)]
    #[test]
    fn a_pipe_is_not_waited_for() {
        use std::{process::Command, sync::mpsc, thread, time::Duration};

        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mcp.json");
        assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
        let (sender, answer) = mpsc::sync_channel(1);
        let pipe = path.clone();
        // also one that took the place of a file after that was looked at
        thread::spawn(move || sender.send((read(&pipe), open(&pipe).map(drop))));
        let (read, opened) = answer.recv_timeout(Duration::from_secs(30)).expect("it waits for a writer");
        let told = read.unwrap_err();
        assert!(matches!(&told, ClientError::NoFile { path: named } if *named == path), "{told}");
        assert!(told.to_string().contains("mcp.json"), "{told}");
        opened.unwrap();
    }
}
