//! Writes a table of the files in `ui/dist`, which `scripts/ui` builds, for the crate to embed. Without that folder the
//! table is empty: the binary then builds without node, and says in the browser what is missing.
//!
//! Not here: building the page. A compiler run starts no package manager.

use std::{
    env, fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

fn main() -> io::Result<()> {
    let manifest = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let built = manifest.join("../dist");
    // cargo takes a path that is not there for one that changed, and would build everything above again each time; where
    // nothing may be written, it does
    let _ = fs::create_dir_all(&built);
    for watched in [&manifest.join("build.rs"), &built] {
        writeln!(io::stdout(), "cargo::rerun-if-changed={}", watched.display())?;
    }
    let mut files = Vec::new();
    if built.join("index.html").is_file() {
        collect(&built, "", &mut files)?;
    }
    files.sort();
    let rows = files.iter().map(|(name, path, digest)| {
        format!("    ({name:?}, \"{digest:016x}\", include_bytes!({:?})),\n", path.display().to_string())
    });
    let table = format!("&[\n{}]\n", rows.collect::<String>());
    fs::write(PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default()).join("files.rs"), table)
}

fn collect(folder: &Path, prefix: &str, files: &mut Vec<(String, PathBuf, u64)>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
        let name = format!("{prefix}{name}");
        if path.is_dir() {
            collect(&path, &format!("{name}/"), files)?;
        } else {
            let digest = fnv1a(&fs::read(&path)?);
            files.push((name, path, digest));
        }
    }
    Ok(())
}

/// FNV-1a, 64 bits: it tells one build of a file from another, and protects from nothing.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}
