//! A settings file of another program, read from where somebody says it is. Errors name the file and tell nothing of what
//! is in it. Not here: what stands in it.

use std::{
    fs::{self, File},
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use mcpproxy_domain::Code;

use crate::Refusal;

/// The most that is read of a file, in bytes.
const LARGEST: u64 = 10 * 1024 * 1024;

/// The path in full: whoever asks is in another folder than we are.
pub(super) fn absolute(path: &str, home: Option<&Path>) -> Result<PathBuf, Refusal> {
    let full = match (path.strip_prefix("~/"), home) {
        (Some(below), Some(home)) => home.join(below),
        _ => PathBuf::from(path),
    };
    if full.is_absolute() {
        return Ok(full);
    }
    Err(Refusal::new(Code::InvalidInput, format!("{path:?} is not a full path"), "begin it at the root, or with ~/"))
}

/// The text of a file.
pub(super) async fn read(path: PathBuf) -> Result<String, Refusal> {
    let stopping = |_| Err(Refusal::internal("the file was not read, because the core is stopping"));
    tokio::task::spawn_blocking(move || content(&path)).await.unwrap_or_else(stopping)
}

fn content(path: &Path) -> Result<String, Refusal> {
    // before it is opened: that would wait, for whoever writes into a pipe
    let facts = fs::metadata(path).map_err(|error| unread(path, &error))?;
    if !facts.is_file() {
        let told = format!("{} is not a file", path.display());
        return Err(Refusal::new(Code::InvalidInput, told, "name the settings file itself"));
    }
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(|error| unread(path, &error))?;
    // some files of the system say that they are empty, and are not
    file.take(LARGEST + 1).read_to_end(&mut bytes).map_err(|error| unread(path, &error))?;
    if bytes.len() as u64 > LARGEST {
        let told = format!("{} is larger than {} MiB, so it cannot be server settings", path.display(), LARGEST >> 20);
        return Err(Refusal::new(Code::TooLarge, told, "name the settings file itself"));
    }
    String::from_utf8(bytes).map_err(|_| {
        let told = format!("{} is not a text, so it cannot be server settings", path.display());
        Refusal::new(Code::InvalidInput, told, "name the settings file itself")
    })
}

fn unread(path: &Path, error: &io::Error) -> Refusal {
    match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => {
            let told = format!("there is no file {}", path.display());
            Refusal::new(Code::NotFound, told, "the known places are told by /api/v1/servers/import/paths")
        }
        _ => {
            let told = format!("{} cannot be read: {error}", path.display());
            Refusal::new(Code::InvalidInput, told, "let the user of the core read it, or hand in its text")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_full_and_home_is_that_of_the_core() {
        let home = std::env::temp_dir();
        assert_eq!(absolute("~/a/b.json", Some(&home)).unwrap(), home.join("a/b.json"));
        for path in ["", "a.json", "./a.json", "~", "~root/a.json"] {
            assert_eq!(absolute(path, Some(&home)).unwrap_err().code, Code::InvalidInput, "{path}");
        }
        assert!(absolute("~/a.json", None).is_err());
    }
}
