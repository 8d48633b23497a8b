//! What stands in the file after each way of writing it.

use tempfile::TempDir;

use super::*;

/// A folder with a settings file of this text.
fn file(text: &str) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mcp_config.json");
    fs::write(&path, text).unwrap();
    (folder, path)
}

fn names(folder: &TempDir) -> Vec<String> {
    let entries = fs::read_dir(folder.path()).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[cfg(unix)]
fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt as _;
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// Changes the file as somebody whose home is the folder.
fn change_it(path: &Path, patch: &ConfigPatch, between: &mut dyn FnMut()) -> Result<Written, ConfigError> {
    let env = Env::new([], path.parent().map(Path::to_owned), path.to_owned());
    change_with(path, &env, &Flags::default(), patch, &|_, _| Ok(()), between)
}

fn listen() -> ConfigPatch {
    ConfigPatch::new().set("listen", "h:1")
}

#[test]
fn only_the_named_keys_change() {
    for (before, after) in [
        ("", "{\n  \"listen\": \"h:1\"\n}\n"),
        ("\u{feff}{ }\n", "\u{feff}{\n  \"listen\": \"h:1\"\n}\n"),
        (
            "{\n\n  \"z\": 1.50, \"odd key\": {\"b\":1,\n\"a\": [ ]},\n  \"listen\": \"old:1\",\n  \"y\": 1e3\n}",
            "{\n\n  \"z\": 1.50, \"odd key\": {\"b\":1,\n\"a\": [ ]},\n  \"listen\": \"h:1\",\n  \"y\": 1e3\n}",
        ),
    ] {
        let (folder, path) = file(before);
        let written = change_it(&path, &listen(), &mut || {}).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), after);
        assert_eq!(written.fingerprint, Fingerprint::of(after.as_bytes()));
        let fields: Vec<_> = written.changed.iter().map(|change| change.field).collect();
        assert_eq!((fields, written.saved), (vec!["listen"], true));
        assert_eq!(written.config.listen.to_string(), "h:1");
        assert_eq!(names(&folder), ["mcp_config.json"]);
        #[cfg(unix)]
        assert_eq!(mode(&path), 0o600);
        let again = change_it(&path, &listen(), &mut || panic!("nothing is to be written")).unwrap();
        assert!(!again.saved && again.changed.is_empty() && again.fingerprint == written.fingerprint);
    }
}

#[test]
fn nothing_is_written_that_cannot_be_used() {
    for text in ["{\"a\": 1,}", "[]", "{\"a\": 1, \"a\": 2}", "{\"b\": {\"a\": 1, \"a\": 2}}", "{\"tools_limit\": 0}"] {
        let (folder, path) = file(text);
        let error = change_it(&path, &listen(), &mut || {}).unwrap_err();
        assert!(matches!(error, ConfigError::Invalid { .. }), "{error}");
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
        assert_eq!(names(&folder), ["mcp_config.json"]);
    }
    let (_folder, path) = file("{}");
    let error = change_it(&path, &listen().set("tools_limit", 0), &mut || {}).unwrap_err();
    assert!(error.to_string().contains("tools_limit = 0"), "{error}");
    assert_eq!(fs::read_to_string(&path).unwrap(), "{}");
    // a patch may mend what is wrong
    fs::write(&path, "{\"tools_limit\": 0}").unwrap();
    let written = change_it(&path, &ConfigPatch::new().set("tools_limit", 7), &mut || {}).unwrap();
    assert_eq!((written.config.tools_limit, written.changed.len()), (7, diff(None, &written.config).len()));
}

#[test]
fn whoever_saves_meanwhile_loses_nothing() {
    let (folder, path) = file("{\"tools_limit\": 1}");
    let mut rounds = 0;
    let mut edit = || {
        rounds += 1;
        if rounds <= 2 {
            fs::write(&path, format!("{{\"tools_limit\": 1{rounds}, \"mine\": {rounds}}}")).unwrap();
        }
    };
    let written = change_it(&path, &listen(), &mut edit).unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "{\"tools_limit\": 12, \"mine\": 2, \"listen\": \"h:1\"}");
    assert_eq!(written.config.tools_limit, 12);
    fs::write(&path, "{}").unwrap();
    let mut count = 0;
    let mut always = || {
        count += 1;
        fs::write(&path, format!("{{\"mine\": {count}}}")).unwrap();
    };
    assert!(matches!(change_it(&path, &listen(), &mut always), Err(ConfigError::Busy { .. })));
    assert_eq!(fs::read_to_string(&path).unwrap(), "{\"mine\": 5}");
    assert_eq!(names(&folder), ["mcp_config.json"]);
}

#[cfg(unix)]
#[test]
fn a_symbolic_link_stays_one() {
    let (folder, path) = file("{}");
    let elsewhere = tempfile::tempdir().unwrap();
    let link = elsewhere.path().join("link.json");
    std::os::unix::fs::symlink(&path, &link).unwrap();
    change_it(&link, &listen(), &mut || {}).unwrap();
    assert!(link.is_symlink());
    assert!(fs::read_to_string(&path).unwrap().contains("h:1"));
    assert_eq!(names(&elsewhere), ["link.json"]);
    // a link that leads nowhere is a mistake to tell, not to paper over
    fs::remove_file(&path).unwrap();
    assert!(matches!(change_it(&link, &listen(), &mut || {}), Err(ConfigError::Write { .. })));
    drop(folder);
}

#[test]
fn the_first_file_is_small_private_and_never_replaces_another() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deep/er/mcp_config.json");
    create_default(&path, Some("127.0.0.1:8081")).unwrap();
    let text = "{\n  \"listen\": \"127.0.0.1:8081\",\n  \"mcpServers\": []\n}\n";
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
    #[cfg(unix)]
    assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
    create_default(&path, None).unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
}

#[test]
fn a_foreign_file_is_copied_once() {
    let (folder, path) = file("{\"listen\": \"theirs\"}");
    assert_eq!(adopt(&path, folder.path()).unwrap(), None);
    fs::write(folder.path().join("config.db"), "").unwrap();
    let copy = folder.path().join("mcp_config.json.before-rs");
    assert_eq!(adopt(&path, folder.path()).unwrap(), Some(copy.clone()));
    fs::remove_file(&copy).unwrap();
    let theirs = ConfigPatch::new().set("data_dir", folder.path().to_str()).set("listen", "h:1");
    change_it(&path, &theirs, &mut || {}).unwrap();
    assert_eq!(adopt(&path, folder.path()).unwrap(), None);
    assert_eq!(fs::read_to_string(&copy).unwrap(), "{\"listen\": \"theirs\"}");
    assert_eq!(names(&folder), ["config.db", "mcp_config.json", "mcp_config.json.before-rs"]);
}
