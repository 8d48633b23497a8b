//! What is shown, and that no key is.

use std::fs;

use mcpproxy_domain::Secret;

use super::*;
use crate::{System, connect::Wish};

fn home() -> (tempfile::TempDir, Places) {
    let folder = tempfile::tempdir().unwrap();
    let variable = |name: &str| matches!(name, "HOME" | "USERPROFILE").then(|| folder.path().as_os_str().to_owned());
    let places = Places::of(System::Linux, variable).unwrap();
    (folder, places)
}

fn target(key: Option<&str>) -> Target {
    Target {
        url: "http://127.0.0.1:8080/mcp".to_owned(),
        api_key: key.map(Secret::new),
        binary: "/opt/mcpproxy".into(),
        bridge: vec![Target::BRIDGE.to_owned()],
        name: "mcpproxy".to_owned(),
    }
}

fn put(client: ClientId, places: &Places, text: &str) {
    let path = places.config(client);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

#[test]
fn clients_are_told_apart_by_what_can_be_done_with_them() {
    let (_folder, places) = home();
    put(ClientId::Cursor, &places, "{\"mcpServers\":{\"mcpproxy\":{\"url\":\"http://127.0.0.1:8080/mcp\"}}}");
    put(ClientId::VsCode, &places, "{\n\"servers\": oops\n}");
    fs::create_dir_all(places.config(ClientId::Zed).parent().unwrap()).unwrap();
    let states = list(&places, &target(None));
    let told: Vec<_> = states
        .iter()
        .filter(|state| state.installed)
        .map(|state| (state.client, state.access.clone(), state.standing.clone()))
        .collect();
    assert_eq!(told.len(), 3, "{told:?}");
    assert_eq!(told[0], (ClientId::Cursor, Access::Accessible, Some(Standing::Connected)));
    assert!(matches!(&told[1], (ClientId::VsCode, Access::Malformed { line: 2, .. }, None)), "{told:?}");
    assert_eq!(told[2], (ClientId::Zed, Access::Absent, Some(Standing::Absent)));
}

#[test]
fn a_preview_shows_the_lines_that_change_and_no_key() {
    let (_folder, places) = home();
    let old = "{\n  \"a\": 1,\n  \"mcpServers\": {\n    \"mcpproxy\": {\"url\": \"http://127.0.0.1:8080/mcp\", \"headers\": {\"X-API-Key\": \"old-key\"}}\n  },\n  \"z\": \"secret of another\"\n}\n";
    put(ClientId::Cursor, &places, old);
    let told = preview(ClientId::Cursor, &places, &target(Some("new\"key")), false).unwrap();
    assert_eq!(told.removed.len(), 1);
    assert!(told.added.iter().any(|line| line.contains("\"X-API-Key\": \"••••\"")), "{told:?}");
    let all = format!("{told:?}");
    assert!(!all.contains("old-key") && !all.contains("key\"") && !all.contains("another"), "{all}");
    assert!(told.contains_key && told.command.is_none());
    assert_eq!(told.entry["headers"]["X-API-Key"], "••••");
    assert!(told.entry_text.contains("\"mcpServers\"") && told.entry_text.contains("••••"), "{told:?}");
    let existing = told.existing.unwrap();
    assert_eq!(existing.endpoint, "http://127.0.0.1:8080/mcp");
    assert_eq!(existing.header_names, ["X-API-Key"]);

    let long = format!("{{\"x\":\"{}\",\"mcpServers\":{{}}}}", "secret ".repeat(60));
    put(ClientId::Windsurf, &places, &long);
    let told = preview(ClientId::Windsurf, &places, &target(None), false).unwrap();
    assert_eq!(told.removed, Vec::<String>::new());
    assert_eq!(told.added, ["… \"mcpproxy\":{\"serverUrl\":\"http://127.0.0.1:8080/mcp\"} …"]);
    // it holds for exactly this file
    put(ClientId::Windsurf, &places, "{}");
    let wish = Wish { seen: Some(told.fingerprint), ..Wish::default() };
    let refused = crate::connect(ClientId::Windsurf, &places, &target(None), &wish);
    assert!(matches!(refused, Err(ClientError::Changed { .. })));
}

#[test]
fn nothing_that_may_be_a_secret_is_shown_of_an_entry_that_gives_way() {
    let (_folder, places) = home();
    let theirs = r#"{
  "mcpServers": {
    "mcpproxy": {
      "command": "npx",
      "args": ["-y", "mcp-remote", "http://u:canary-0@127.0.0.1:8080/mcp?apikey=canary-1", "--header", "X-API-Key: canary-2"],
      "env": { "A": "canary-3" },
      "oauth": { "client_secret": "canary-4" }
    }
  }
}
"#;
    put(ClientId::ClaudeDesktop, &places, theirs);
    let told = preview(ClientId::ClaudeDesktop, &places, &target(None), true).unwrap();
    assert!(told.removed.iter().any(|line| line.contains("npx")), "{told:?}");
    assert!(told.added.iter().any(|line| line.contains("\"stdio\"")), "what we write is shown: {told:?}");
    assert!(!format!("{told:?}").contains("canary"), "{told:?}");

    let theirs = "[features.code_mode]\nx = true\n\n[mcp_servers.b.env]\nB = \"canary-5\"\n\n[mcp_servers.mcpproxy]\n\
                  url = \"http://127.0.0.1:8080/mcp?apikey=canary-6\"\n";
    put(ClientId::Codex, &places, theirs);
    let told = preview(ClientId::Codex, &places, &target(None), true).unwrap();
    assert!(told.added.iter().any(|line| line.contains("mcp__mcpproxy")), "{told:?}");
    assert!(
        told.removed.iter().any(|line| line.contains("127.0.0.1")) && !format!("{told:?}").contains("canary"),
        "{told:?}"
    );
}

#[test]
fn what_to_paste_is_a_command_or_a_part_of_the_file() {
    let (_folder, places) = home();
    let claude = print(ClientId::ClaudeCode, &places, &target(None), false);
    assert_eq!(claude, "claude mcp add --scope user --transport http mcpproxy http://127.0.0.1:8080/mcp\n");
    let codex = print(ClientId::Codex, &places, &target(Some("k")), true);
    let expected = "[mcp_servers.mcpproxy]\nurl = \"http://127.0.0.1:8080/mcp\"\nhttp_headers = { X-API-Key = \"k\" }\n\n\
                    [features.code_mode]\ndirect_only_tool_namespaces = [\"mcp__mcpproxy\"]\n";
    assert!(codex.starts_with("# ") && codex.ends_with(expected), "{codex}");
    let goose = print(ClientId::Goose, &places, &target(None), false);
    assert!(goose.contains("\nextensions:\n  mcpproxy:\n    enabled: true\n    type: streamable_http\n"), "{goose}");
}
