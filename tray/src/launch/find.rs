//! Where the core's program is. Nothing is ever copied.

use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
};

use mcpproxy_domain::identity;

use crate::{place::Place, platform};

/// There is no program to start.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Missing {
    /// The one that was named is none.
    #[error("MCPPROXY_CORE_PATH names {}, where there is no program", .0.display())]
    Named(PathBuf),
    /// It is in none of the usual places.
    #[error("there is no program {name} beside the tray in {} nor on PATH", exe_dir.display())]
    Nowhere {
        /// What was looked for.
        name: String,
        /// Where the tray is.
        exe_dir: PathBuf,
    },
}

impl Missing {
    /// What to do next.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Named(_) => "correct the variable, or unset it".to_owned(),
            Self::Nowhere { .. } => "install the core, or name its program with MCPPROXY_CORE_PATH".to_owned(),
        }
    }
}

/// The core's program: the one that was named, else one beside the tray (`exe_dir`) or in its bundle, else the first on
/// `PATH`. The tray's own program is none.
///
/// # Errors
/// [`Missing`]
pub fn find_core(place: &Place, exe_dir: &Path, path: Option<&OsStr>) -> Result<PathBuf, Missing> {
    if let Some(named) = &place.core_path {
        return if is_core(named) { Ok(named.clone()) } else { Err(Missing::Named(named.clone())) };
    }
    let name = format!("{}{}", identity::COMMAND, std::env::consts::EXE_SUFFIX);
    let near = [exe_dir.to_owned(), exe_dir.join("../Resources/bin"), exe_dir.join("../bin")];
    // what PATH names relatively is elsewhere for whoever stands elsewhere
    let far = std::env::split_paths(path.unwrap_or_default()).filter(|folder| folder.is_absolute());
    let mut all = near.into_iter().chain(far).map(|folder| folder.join(&name));
    all.find(|path| is_core(path)).ok_or_else(|| Missing::Nowhere { name, exe_dir: exe_dir.to_owned() })
}

/// Whether it can be started and is not ourselves under another name, as on disks that take `a` and `A` for the same.
fn is_core(path: &Path) -> bool {
    let real = |path: &Path| path.canonicalize().ok();
    let ourselves = std::env::current_exe().ok().and_then(|exe| real(&exe));
    platform::is_program(path) && (ourselves.is_none() || real(path) != ourselves)
}
