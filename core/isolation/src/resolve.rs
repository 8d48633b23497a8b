//! Which file a program's name stands for, so that what is missing can be named before anything is forked.
//!
//! Not here: the `PATH` itself ([`crate::environment`]). An empty entry of `PATH` does not mean the current folder:
//! no program is ever taken from there by accident.

use std::{
    ffi::{OsStr, OsString},
    fs, io,
    path::{Path, PathBuf},
};

use crate::{Launch, SpawnError, platform};

/// Checks the folder to start in, and finds the program as the child would.
///
/// # Errors
/// Says which of the two is missing or not usable.
pub fn resolve(launch: &Launch) -> Result<PathBuf, SpawnError> {
    let base = match &launch.working_dir {
        Some(dir) => {
            check_folder(dir)?;
            std::path::absolute(dir)
        }
        None => std::env::current_dir(),
    }
    .map_err(|source| SpawnError::Other { program: PathBuf::from(&launch.program), source })?;
    let extensions = platform::program_extensions(launch.variable("PATHEXT"));
    let given = Path::new(&launch.program);
    let named_by_path = given.components().count() > 1 || given.is_absolute();
    let path = launch.variable("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = if named_by_path {
        vec![base]
    } else {
        std::env::split_paths(path).filter(|dir| !dir.as_os_str().is_empty()).map(|dir| base.join(dir)).collect()
    };
    let mut refused = None;
    for candidate in folders.iter().flat_map(|dir| candidates(dir, &launch.program, &extensions)) {
        match fs::metadata(&candidate) {
            Ok(found) if found.is_file() && platform::may_execute(&candidate) => return Ok(candidate),
            Ok(found) if found.is_file() || named_by_path => refused = refused.or(Some(candidate)),
            _ => {}
        }
    }
    Err(match refused {
        Some(file) => SpawnError::PermissionDenied(file),
        None if named_by_path => SpawnError::NoSuchFile(given.to_path_buf()),
        None => SpawnError::NotFound {
            program: launch.program.to_string_lossy().into_owned(),
            path: path.to_string_lossy().into_owned(),
        },
    })
}

fn check_folder(dir: &Path) -> Result<(), SpawnError> {
    match fs::metadata(dir) {
        Ok(found) if found.is_dir() => Ok(()),
        Ok(_) => Err(SpawnError::WorkingDirNotADirectory(dir.to_path_buf())),
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
            Err(SpawnError::WorkingDirNotADirectory(dir.to_path_buf()))
        }
        Err(_) => Err(SpawnError::WorkingDirMissing(dir.to_path_buf())),
    }
}

/// The files that a name may mean in one folder. Where extensions make a program (Windows), a name that carries none
/// of them only counts with one added: beside `npx.cmd` lies an `npx` for other shells.
fn candidates(dir: &Path, name: &OsStr, extensions: &[String]) -> Vec<PathBuf> {
    let plain = dir.join(name);
    let carried = plain.extension().and_then(OsStr::to_str).map(|text| format!(".{text}"));
    let complete =
        extensions.is_empty() || carried.is_some_and(|own| extensions.iter().any(|ext| ext.eq_ignore_ascii_case(&own)));
    if complete {
        return vec![plain];
    }
    let with = |ext: &String| {
        let mut file = OsString::from(plain.as_os_str());
        file.push(ext);
        PathBuf::from(file)
    };
    extensions.iter().map(with).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extensions_are_added_only_where_they_make_a_program() {
        let windows = [".EXE".to_owned(), ".CMD".to_owned()];
        for (name, extensions, expected) in [
            ("npx", &windows[..], vec!["d/npx.EXE", "d/npx.CMD"]),
            ("npx.cmd", &windows[..], vec!["d/npx.cmd"]),
            ("python3.12", &windows[..], vec!["d/python3.12.EXE", "d/python3.12.CMD"]),
            ("npx", &[][..], vec!["d/npx"]),
        ] {
            let expected: Vec<PathBuf> = expected.into_iter().map(PathBuf::from).collect();
            assert_eq!(candidates(Path::new("d"), OsStr::new(name), extensions), expected, "{name}");
        }
    }
}
