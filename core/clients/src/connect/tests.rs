//! Real files in a scratch home. Clients with a command of their own are met in `tests/agents`.

use mcpproxy_domain::Secret;
use tempfile::TempDir;

use super::*;
use crate::System;

struct Home {
    #[cfg_attr(not(unix), expect(dead_code, reason = "it is kept, and looked into on Unix only"))]
    folder: TempDir,
    places: Places,
}

impl Home {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let variable =
            |name: &str| matches!(name, "HOME" | "USERPROFILE").then(|| folder.path().as_os_str().to_owned());
        let places = Places::of(System::Linux, variable).unwrap();
        Self { folder, places }
    }

    fn put(&self, client: ClientId, text: &str) -> PathBuf {
        let path = self.places.config(client);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }

    fn files(&self, client: ClientId) -> usize {
        fs::read_dir(self.places.config(client).parent().unwrap()).unwrap().count()
    }
}

fn target() -> Target {
    Target {
        url: "http://127.0.0.1:8080/mcp".to_owned(),
        api_key: None,
        binary: "/opt/mcpproxy".into(),
        bridge: vec![Target::BRIDGE.to_owned()],
        name: "mcpproxy".to_owned(),
    }
}

/// Settings as people have them, for each client whose file is edited here.
const AS_FOUND: [(ClientId, &str); 11] = [
    (ClientId::ClaudeDesktop, "{\"mcpServers\": {}}"),
    (
        ClientId::ClaudeDesktop,
        "{\r\n    \"globalShortcut\": \"\",\r\n    \"mcpServers\": {\r\n        \"fs\": {\"command\": \"npx\", \"args\": [\"-y\", \"fs\"]}\r\n    }\r\n}",
    ),
    (
        ClientId::Cursor,
        "{\n\t\"mcpServers\": {\n\t\t\"a\": { \"url\": \"https://a.example/mcp?x=1&y=<2>\" }, // mine\n\t}\n}\n",
    ),
    (ClientId::Cursor, "\n\n{\n}\n"),
    (
        ClientId::VsCode,
        "// servers of mine\n{\n  // none yet\n  \"servers\": {\n    // \"old\": {}\n  },\n  \"inputs\": [{\"id\": \"k\", \"n\": 12345678901234567890}]\n}",
    ),
    (ClientId::Windsurf, "{\"mcpServers\":{\"a\":{\"command\":\"x\"}}}"),
    (
        ClientId::Zed,
        "\u{feff}// Zed settings\n{\n  \"theme\": \"One Dark\", /* dark */\n  \"context_servers\": {\"a\": {\"command\": \"x\", \"args\": []}},\n}\n",
    ),
    (ClientId::OpenCode, "{\n  \"$schema\": \"https://opencode.ai/config.json\"\n}\n"),
    (
        ClientId::OpenCode,
        "{\n  \"mcp\": {\n    \"servers\": {\n      \"a\": { \"type\": \"local\", \"command\": [\"x\"] },\n    },\n  },\n}\n",
    ),
    (
        ClientId::Goose,
        "GOOSE_MODEL: x   # mine\nextensions:\n  developer:\n    enabled: true\n    type: builtin\n    name: developer\n# end\n",
    ),
    (ClientId::Goose, "extensions: {}"),
];

#[test]
fn what_was_connected_is_disconnected_to_the_byte() {
    for (client, text) in AS_FOUND {
        let home = Home::new();
        let path = home.put(client, text);
        for target in [target(), Target { api_key: Some(Secret::new("k: \"#\\")), ..target() }] {
            let connected = connect(client, &home.places, &target, &Wish::default());
            assert!(matches!(connected, Ok(Connected::Added { backup: Some(_) })), "{client}: {connected:?}");
            let with = fs::read_to_string(&path).unwrap();
            assert_eq!(connect(client, &home.places, &target, &Wish::default()).unwrap(), Connected::Already);
            assert_eq!(fs::read_to_string(&path).unwrap(), with, "{client}: nothing was to be done");
            let disconnected = disconnect(client, &home.places, &target, false);
            assert_eq!(disconnected.unwrap(), Disconnected::Restored, "{client}\n{with}");
            assert_eq!(fs::read_to_string(&path).unwrap(), text, "{client}");
            assert_eq!(home.files(client), 1, "{client}: copies that are of no more use");
            let again = disconnect(client, &home.places, &target, false);
            assert_eq!(again.unwrap(), Disconnected::NotConnected);
        }
    }
}

#[test]
fn what_somebody_wrote_in_between_stays() {
    for (client, text) in AS_FOUND {
        let home = Home::new();
        let path = home.put(client, text);
        connect(client, &home.places, &target(), &Wish::default()).unwrap();
        let remark = if client == ClientId::Goose { "\n# later\n" } else { "\n// later\n" };
        let with = fs::read_to_string(&path).unwrap() + remark;
        fs::write(&path, &with).unwrap();
        let disconnected = disconnect(client, &home.places, &target(), false).unwrap();
        let Disconnected::Removed { backup } = disconnected else { panic!("{client}: {disconnected:?}") };
        assert_eq!(fs::read_to_string(backup).unwrap(), with);
        let after = fs::read_to_string(&path).unwrap();
        assert!(after.ends_with(remark) && !after.contains("mcpproxy"), "{client}: {after}");
        let (after, before) = (client.format().read(&after).unwrap(), client.format().read(text).unwrap());
        assert_eq!(crate::format::settled(&after), crate::format::settled(&before), "{client}");
    }
}

#[test]
fn a_file_that_was_made_goes_again() {
    for client in AS_FOUND.map(|(client, _)| client) {
        let home = Home::new();
        let missing = connect(client, &home.places, &target(), &Wish::default());
        assert!(matches!(missing, Err(ClientError::NotInstalled { .. })), "{client}: {missing:?}");
        fs::create_dir_all(home.places.config(client).parent().unwrap()).unwrap();
        let connected = connect(client, &home.places, &target(), &Wish::default()).unwrap();
        assert_eq!(connected, Connected::Added { backup: None }, "{client}");
        let disconnected = disconnect(client, &home.places, &target(), false).unwrap();
        assert_eq!(disconnected, Disconnected::Deleted, "{client}");
        assert_eq!(home.files(client), 0, "{client}");
    }
}

#[test]
fn what_cannot_be_read_or_edited_is_left_alone() {
    for (client, text) in [
        (ClientId::Cursor, "{\"mcpServers\": {"),
        (ClientId::VsCode, "{\"servers\": []}"),
        (ClientId::Goose, "extensions: {a: {type: builtin}}\n"),
        (ClientId::Goose, "extensions:\n\ta: 1\n"),
    ] {
        let home = Home::new();
        let path = home.put(client, text);
        let refused = connect(client, &home.places, &target(), &Wish { force: true, ..Wish::default() }).unwrap_err();
        assert!(matches!(refused, ClientError::Malformed { .. } | ClientError::Shape { .. }), "{refused:?}");
        assert_eq!(refused.code(), mcpproxy_domain::Code::ConfigInvalid);
        assert_eq!((fs::read_to_string(&path).unwrap().as_str(), home.files(client)), (text, 1));
    }
    let home = Home::new();
    let path = home.put(ClientId::Cursor, "");
    fs::write(&path, b"{\n\"a\": \"\xff\"}").unwrap();
    let refused = connect(ClientId::Cursor, &home.places, &target(), &Wish::default());
    assert!(matches!(refused, Err(ClientError::Malformed { line: 2, .. })), "{refused:?}");
}

#[test]
fn an_entry_that_leads_elsewhere_gives_way_to_force_alone() {
    let home = Home::new();
    let theirs =
        "{\n  \"mcpServers\": {\n    \"mcpproxy\": {\"url\": \"https://x.example/mcp?k=v\", \"trust\": true}\n  }\n}\n";
    let path = home.put(ClientId::Cursor, theirs);
    for refused in [
        connect(ClientId::Cursor, &home.places, &target(), &Wish::default()).map(|_| ()),
        disconnect(ClientId::Cursor, &home.places, &target(), false).map(|_| ()),
    ] {
        let told = refused.unwrap_err().to_string();
        assert!(told.contains("https://x.example/mcp;") && told.contains("--force"), "{told}");
    }
    assert_eq!(fs::read_to_string(&path).unwrap(), theirs);
    let forced = connect(ClientId::Cursor, &home.places, &target(), &Wish { force: true, ..Wish::default() }).unwrap();
    let Connected::Updated { backup: Some(backup) } = forced else { panic!("{forced:?}") };
    assert_eq!(fs::read_to_string(backup).unwrap(), theirs);
    assert!(!fs::read_to_string(&path).unwrap().contains("trust"), "what belonged to another server is gone");
    let gone = disconnect(ClientId::Cursor, &home.places, &target(), false).unwrap();
    assert!(matches!(gone, Disconnected::Removed { .. }), "their entry does not come back by itself: {gone:?}");
    // one of the other make, at our address, is ours without force
    let old = "{\"mcpServers\":{\"mcpproxy\":{\"type\":\"sse\",\"url\":\"http://127.0.0.1:8080/mcp\",\"trust\":true}}}";
    fs::write(&path, old).unwrap();
    let updated = connect(ClientId::Cursor, &home.places, &target(), &Wish::default()).unwrap();
    assert!(matches!(updated, Connected::Updated { .. }), "{updated:?}");
    let now = "{\"mcpServers\":{\"mcpproxy\":{\"url\":\"http://127.0.0.1:8080/mcp\",\"trust\":true}}}";
    assert_eq!(fs::read_to_string(&path).unwrap(), now);
    // and a core that moved is taken out without force
    let moved = Target { url: "http://127.0.0.1:8081/mcp".to_owned(), ..target() };
    disconnect(ClientId::Cursor, &home.places, &moved, false).unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "{\"mcpServers\":{}}");
}

#[test]
fn a_client_whose_program_is_missing_is_not_installed() {
    let home = Home::new();
    for client in [ClientId::ClaudeCode, ClientId::Codex, ClientId::Gemini] {
        let refused = connect(client, &home.places, &target(), &Wish::default());
        assert!(matches!(refused, Err(ClientError::NotInstalled { .. })), "{refused:?}");
    }
    // its extensions read the same file
    let text = "[features.code_mode]\nenabled = true # mine\n";
    let path = home.put(ClientId::Codex, text);
    let target = Target { api_key: Some(Secret::new("k")), ..target() };
    let wish = Wish { force: true, shown: true, seen: None };
    connect(ClientId::Codex, &home.places, &target, &wish).unwrap();
    let expected = "[features.code_mode]\nenabled = true # mine\ndirect_only_tool_namespaces = [\"mcp__mcpproxy\"]\n\n\
                    [mcp_servers.mcpproxy]\nurl = \"http://127.0.0.1:8080/mcp\"\nhttp_headers = { X-API-Key = \"k\" }\n";
    assert_eq!(fs::read_to_string(&path).unwrap(), expected);
    assert_eq!(disconnect(ClientId::Codex, &home.places, &target, false).unwrap(), Disconnected::Restored);
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
}

#[cfg(unix)]
#[test]
fn what_a_clients_program_leaves_half_done_is_told() {
    use std::os::unix::fs::PermissionsExt;

    let home = Home::new();
    let program = home.folder.path().join("claude");
    fs::write(&program, "#!/bin/sh\nprintf '{\"half\": 1}' > \"$HOME/.claude.json\"\nexit 3\n").unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let places = Places { search_path: home.folder.path().into(), ..home.places.clone() };
    let connected = || connect(ClientId::ClaudeCode, &places, &target(), &Wish { force: true, ..Wish::default() });

    let told = connected().unwrap_err().to_string();
    assert!(told.contains(".claude.json") && told.ends_with("there was none before"), "{told}");
    let path = home.put(ClientId::ClaudeCode, "{}");
    let Err(ClientError::HalfWay { backup: Some(backup), .. }) = connected() else { panic!("it is told") };
    assert_eq!(fs::read_to_string(backup).unwrap(), "{}");
    // an entry that was there is not lost
    let theirs = "{\"mcpServers\":{\"mcpproxy\":{\"type\":\"http\",\"url\":\"https://x.example/mcp\"}}}";
    fs::write(&path, theirs).unwrap();
    assert!(matches!(connected(), Err(ClientError::Command { .. })));
    assert_eq!(fs::read_to_string(&path).unwrap(), theirs);
    // one that changes nothing leaves nothing to look at
    fs::write(&path, "{\"half\": 1}").unwrap();
    assert!(matches!(connected(), Err(ClientError::Command { .. })));
}

#[cfg(unix)]
#[test]
fn links_and_permissions_stay_and_a_key_is_the_users_alone() {
    use std::os::unix::fs::{PermissionsExt, symlink};

    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let home = Home::new();
    let path = home.put(ClientId::Cursor, "{}");
    let real = home.folder.path().join("dotfiles.json");
    fs::rename(&path, &real).unwrap();
    symlink("../dotfiles.json", &path).unwrap();
    fs::set_permissions(&real, fs::Permissions::from_mode(0o644)).unwrap();
    connect(ClientId::Cursor, &home.places, &target(), &Wish::default()).unwrap();
    assert_eq!(mode(&real), 0o644);
    let keyed = Target { api_key: Some(Secret::new("k")), ..target() };
    connect(ClientId::Cursor, &home.places, &keyed, &Wish::default()).unwrap();
    assert_eq!(mode(&real), 0o600);
    assert!(fs::read_to_string(&real).unwrap().contains("\"X-API-Key\": \"k\""));
    assert!(path.symlink_metadata().unwrap().is_symlink());
    disconnect(ClientId::Cursor, &home.places, &keyed, false).unwrap();
    let other = home.put(ClientId::Zed, "{}");
    fs::set_permissions(&other, fs::Permissions::from_mode(0o644)).unwrap();
    connect(ClientId::Zed, &home.places, &keyed, &Wish::default()).unwrap();
    assert_eq!(mode(&other), 0o600);
    assert_eq!(disconnect(ClientId::Zed, &home.places, &keyed, false).unwrap(), Disconnected::Restored);
    assert_eq!(mode(&other), 0o644);
}
