//! Clients with a command of their own, connected and disconnected by us: each says in its own list what it then sees, and
//! what people wrote into its settings stays.

use std::{fs, os::unix::fs::PermissionsExt, path::Path, process::Command};

use mcpproxy_clients::{
    ClientError, ClientId, Connected, Disconnected, Places, Standing, System, Target, Wish, connect, disconnect, look,
};
use mcpproxy_domain::Secret;
use mcpproxy_tests::{Scratch, clients::Clients, peers::Program};
use serde_json::{Value, json};

use crate::stage::{core, newcomer, ran};

#[test]
fn claude_code() {
    let Some((clients, home)) = newcomer() else { return };
    let (core, claude) = (core(), clients.claude());
    let (places, target) = (places(&clients, &home), target(&core.url(), None));
    let list = || ran(clients.at_home(&claude, &home).args(["mcp", "list"])).stdout;
    // what it notes on its first start is there before
    list();
    let path = places.config(ClientId::ClaudeCode);
    let mut settings: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    settings["mine"] = json!(12_345_678_901_234_567_890_u64);
    settings["mcpServers"] = json!({ "other": { "command": "none" } });
    let before = settings.to_string() + "\n\n";
    fs::write(&path, &before).unwrap();

    assert!(matches!(connect(ClientId::ClaudeCode, &places, &target, &Wish::default()), Ok(Connected::Added { .. })));
    let seen = list();
    assert!(seen.contains(&format!("mcpproxy: {} (HTTP) - ✔ Connected", core.url())), "{seen}");
    assert!(read(&path).contains("12345678901234567890"), "a number that its own command cuts: {}", read(&path));
    // a key goes in by an edit, never by a command line
    let keyed = self::target(&core.url(), Some("canary"));
    assert!(matches!(connect(ClientId::ClaudeCode, &places, &keyed, &Wish::default()), Ok(Connected::Updated { .. })));
    let seen = ran(clients.at_home(&claude, &home).args(["mcp", "get", "mcpproxy"])).stdout;
    assert!(seen.contains("X-API-Key"), "{seen}");
    let gone = disconnect(ClientId::ClaudeCode, &places, &keyed, false).unwrap();
    assert!(matches!(gone, Disconnected::Removed { .. } | Disconnected::Restored), "{gone:?}");
    assert!(!list().contains("mcpproxy"));
    assert_eq!(read(&path), before);
    // what Claude Code itself cannot read is not touched
    fs::write(&path, "{\n  // mine\n}\n").unwrap();
    let refused = connect(ClientId::ClaudeCode, &places, &target, &Wish::default());
    assert!(matches!(refused, Err(ClientError::Malformed { line: 2, .. })), "{refused:?}");
    assert_eq!(read(&path), "{\n  // mine\n}\n");
}

#[test]
fn codex() {
    let Some((clients, home)) = newcomer() else { return };
    let (core, codex) = (core(), clients.codex());
    let (places, target) = (places(&clients, &home), target(&core.url(), Some("canary")));
    let path = places.config(ClientId::Codex);
    let before =
        "# mine\r\nmodel   = \"o3\" # why\r\n\r\n[mcp_servers.other] # theirs\r\ncommand = \"none\"\r\n\r\n# end";
    put(&path, before);
    let wish = Wish { shown: true, ..Wish::default() };
    assert!(matches!(connect(ClientId::Codex, &places, &target, &wish), Ok(Connected::Added { .. })));
    assert!(read(&path).starts_with(before), "its own command drops comments: {}", read(&path));
    let get = |name: &str| clients.at_home(&codex, &home).args(["mcp", "get", name, "--json"]).output().unwrap();
    let seen: Value = serde_json::from_slice(&get("mcpproxy").stdout).unwrap();
    assert_eq!(seen["transport"]["url"], core.url(), "{seen}");
    assert_eq!(seen["transport"]["http_headers"]["X-API-Key"], "canary", "{seen}");
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let state = look(ClientId::Codex, &places, &target);
    assert_eq!((state.standing, state.shown, state.installed), (Some(Standing::Connected), Some(true), true));
    assert_eq!(disconnect(ClientId::Codex, &places, &target, false).unwrap(), Disconnected::Restored);
    assert_eq!(read(&path), before);
    assert!(!get("mcpproxy").status.success());
}

#[test]
fn gemini() {
    let Some((clients, home)) = newcomer() else { return };
    let (core, gemini) = (core(), clients.gemini());
    let (places, target) = (places(&clients, &home), target(&core.url(), None));
    let path = places.config(ClientId::Gemini);
    let folder = home.home().canonicalize().unwrap();
    let auth = "{\r\n\t// mine\r\n\t\"security\":{\"auth\":{\"selectedType\":\"gemini-api-key\"}}, /* key */\r\n\t\"mcpServers\": {}\r\n}";
    put(&path, auth);
    let trusted = json!({ folder.to_string_lossy(): "TRUST_FOLDER" });
    fs::write(path.with_file_name("trustedFolders.json"), trusted.to_string()).unwrap();
    let list = || {
        let listed = ran(clients.at_home(&gemini, &home).args(["mcp", "list"]));
        listed.stdout + &listed.stderr
    };
    // one that leads elsewhere is replaced by its own commands, too
    let elsewhere = self::target("https://nowhere.invalid/mcp", None);
    assert!(matches!(connect(ClientId::Gemini, &places, &elsewhere, &Wish::default()), Ok(Connected::Added { .. })));
    let refused = connect(ClientId::Gemini, &places, &target, &Wish::default());
    assert!(matches!(refused, Err(ClientError::Taken { .. })), "{refused:?}");
    let forced = connect(ClientId::Gemini, &places, &target, &Wish { force: true, ..Wish::default() });
    assert!(matches!(forced, Ok(Connected::Updated { .. })), "{forced:?}");
    let seen = list();
    assert!(seen.contains(&format!("✓ mcpproxy: {} (http) - Connected", core.url())), "{seen}");
    let gone = disconnect(ClientId::Gemini, &places, &target, false).unwrap();
    assert!(matches!(gone, Disconnected::Removed { .. }), "{gone:?}");
    assert_eq!(read(&path), auth);
    assert!(!list().contains("mcpproxy"));
}

#[test]
fn what_a_command_says_when_it_fails_is_told() {
    let Some((clients, home)) = newcomer() else { return };
    let places = places(&clients, &home);
    fs::write(home.file("bin/codex"), "#!/bin/sh\necho 'no room left'\nexit 3\n").unwrap();
    let failed = connect(ClientId::Codex, &places, &target("http://127.0.0.1:1/mcp", None), &Wish::default());
    let told = failed.unwrap_err().to_string();
    assert_eq!(told, "\"codex mcp add mcpproxy --url http://127.0.0.1:1/mcp\" failed: no room left");
    assert!(!places.config(ClientId::Codex).exists());
}

fn target(url: &str, key: Option<&str>) -> Target {
    Target {
        url: url.to_owned(),
        api_key: key.map(Secret::new),
        binary: "mcpproxy".into(),
        bridge: vec![Target::BRIDGE.to_owned()],
        name: Target::NAME.to_owned(),
    }
}

/// A home on whose `PATH` the clients are, kept from leaving the machine.
pub fn places(clients: &Clients, home: &Scratch) -> Places {
    let folder = home.file("bin");
    fs::create_dir_all(&folder).unwrap();
    let programs: [(&str, Program); 3] =
        [("claude", clients.claude()), ("codex", clients.codex()), ("gemini", clients.gemini())];
    for (name, program) in programs {
        let path = folder.join(name);
        fs::write(&path, script(&clients.at_home(&program, home))).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let path = format!("{}:/usr/bin:/bin", folder.display());
    let variable = |name: &str| match name {
        "HOME" => Some(home.home().into_os_string()),
        "PATH" => Some(path.clone().into()),
        _ => None,
    };
    Places::of(System::HERE, variable).unwrap()
}

fn script(command: &Command) -> String {
    let quoted = |text: &std::ffi::OsStr| format!("'{}'", text.to_str().unwrap().replace('\'', "'\\''"));
    let variables = command.get_envs().filter_map(|(name, value)| {
        let mut pair = name.to_owned();
        pair.push("=");
        pair.push(value?);
        Some(quoted(&pair))
    });
    let words = variables.chain([quoted(command.get_program())]).chain(command.get_args().map(quoted));
    format!("#!/bin/sh\nexec env -i {} \"$@\"\n", words.collect::<Vec<_>>().join(" "))
}

fn put(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap()
}
