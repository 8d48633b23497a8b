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

#[test]
fn only_the_named_keys_change() {
    for (before, changes, after) in [
        ("", vec![("listen", "h:1".into())], "{\n  \"listen\": \"h:1\"\n}\n"),
        ("\u{feff}{ }", vec![("listen", "h:1".into())], "{\n  \"listen\": \"h:1\"\n}\n"),
        (
            "{\n\n  \"z\": 1.50, \"odd key\": {\"b\":1,\n\"a\": [ ]},\n  \"listen\": \"old\",\n  \"y\": 1e3\n}",
            vec![("listen", "h:1".into())],
            "{\n\n  \"z\": 1.50, \"odd key\": {\"b\":1,\n\"a\": [ ]},\n  \"listen\": \"h:1\",\n  \"y\": 1e3\n}",
        ),
        (
            "{\r\n\t\"a\": \"{\"\r\n}\r\n",
            vec![("b", true.into()), ("a", serde_json::json!({"x": ["l\n", 1]}))],
            "{\r\n\t\"a\": {\n    \"x\": [\n      \"l\\n\",\n      1\n    ]\n  },\r\n\t\"b\": true\r\n}\r\n",
        ),
        ("{\"a\":1}", vec![("q\"k", 2.into())], "{\"a\":1,\"q\\\"k\": 2}"),
        ("{\"\\u0061\":1}", vec![("a", 2.into())], "{\"\\u0061\":2}"),
    ] {
        let (folder, path) = file(before);
        patch(&path, &changes).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), after);
        assert_eq!(names(&folder), ["mcp_config.json"]);
        #[cfg(unix)]
        assert_eq!(mode(&path), 0o600);
    }
}

#[test]
fn a_file_with_faults_is_never_overwritten() {
    for text in ["{\"a\": 1,}", "[]", "{\"a\": 1, \"a\": 2}", "{\"b\": {\"a\": 1, \"a\": 2}}"] {
        let (folder, path) = file(text);
        let error = patch(&path, &[("listen", "h:1".into())]).unwrap_err();
        assert!(matches!(error, ConfigError::Invalid { .. }), "{error}");
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
        assert_eq!(names(&folder), ["mcp_config.json"]);
    }
}

#[cfg(unix)]
#[test]
fn a_symbolic_link_stays_one() {
    let (folder, path) = file("{}");
    let elsewhere = tempfile::tempdir().unwrap();
    let link = elsewhere.path().join("link.json");
    std::os::unix::fs::symlink(&path, &link).unwrap();
    patch(&link, &[("listen", "h:1".into())]).unwrap();
    assert!(link.is_symlink());
    assert!(fs::read_to_string(&path).unwrap().contains("h:1"));
    assert_eq!(names(&elsewhere), ["link.json"]);
    // a link that leads nowhere is a mistake to tell, not to paper over
    fs::remove_file(&path).unwrap();
    assert!(matches!(patch(&link, &[]), Err(ConfigError::Write { .. })));
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
    fs::write(&path, "{}").unwrap();
    assert_eq!(adopt(&path, folder.path()).unwrap(), None);
    assert_eq!(fs::read_to_string(&copy).unwrap(), "{\"listen\": \"theirs\"}");
    assert_eq!(names(&folder), ["config.db", "mcp_config.json", "mcp_config.json.before-rs"]);
}
