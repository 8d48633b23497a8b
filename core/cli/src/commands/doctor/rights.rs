//! Who may use the data folder. On Windows a folder below the user's own is theirs by the rules of the system.

use std::{io, path::Path};

use super::{Finding, Severity};

const ABOUT: &str = "data folder";

/// Looks at the folder, and changes nothing of it.
pub(super) fn data_folder(folder: &Path, findings: &mut Vec<Finding>) {
    let shown = folder.display();
    let found = match std::fs::metadata(folder) {
        Ok(found) if found.is_dir() => found,
        Ok(_) => {
            let help = "name another folder with --data-dir";
            findings.push(Finding::new(Severity::Error, ABOUT, format!("{shown} is a file"), help));
            return;
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            findings.push(Finding::ok(ABOUT, format!("{shown} is not there yet; the first start makes it")));
            return;
        }
        Err(error) => {
            let message = format!("{shown} cannot be looked at: {error}");
            findings.push(Finding::new(Severity::Error, ABOUT, message, "check its permissions"));
            return;
        }
    };
    if let Some(finding) = of_system(folder, &found) {
        findings.push(finding);
    } else if let Err(error) = tempfile::tempfile_in(folder) {
        let message = format!("nothing can be written into {shown}: {error}");
        let help = "check its permissions and the space on its disk";
        findings.push(Finding::new(Severity::Error, ABOUT, message, help));
    } else {
        findings.push(Finding::ok(ABOUT, format!("{shown} is yours")));
    }
}

#[cfg(unix)]
fn of_system(folder: &Path, found: &std::fs::Metadata) -> Option<Finding> {
    use std::os::unix::fs::MetadataExt as _;
    let shown = folder.display();
    if found.uid() != rustix::process::geteuid().as_raw() {
        let message = format!("{shown} belongs to the user with id {}", found.uid());
        return Some(Finding::new(Severity::Error, ABOUT, message, "name another folder with --data-dir"));
    }
    let mode = found.mode() & 0o777;
    (mode & 0o077 != 0).then(|| {
        let message = format!("others may look into {shown} (mode {mode:04o}); the next start closes it");
        let help = format!("chmod 700 {}", crate::output::escape::shell_word(&shown.to_string()));
        Finding::new(Severity::Warning, ABOUT, message, help)
    })
}

#[cfg(not(unix))]
fn of_system(_: &Path, _: &std::fs::Metadata) -> Option<Finding> {
    None
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_folder_that_others_may_look_into_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let told = |mode: u32| {
            std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(mode)).unwrap();
            let mut findings = Vec::new();
            data_folder(folder.path(), &mut findings);
            findings.remove(0)
        };
        assert_eq!(told(0o700).level, Severity::Ok);
        let open = told(0o755);
        assert!(open.level == Severity::Warning && open.help.starts_with("chmod 700 "), "{open:?}");
    }
}
