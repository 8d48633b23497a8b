//! `mcpproxy connect` for the clients that have a command of their own, as a person runs it who has all three.

use std::fs;

use mcpproxy_clients::ClientId;
use serde_json::Value;

use crate::{
    connect::places,
    stage::{core, newcomer, ran},
};

#[test]
fn all_clients_that_are_installed_are_connected_and_disconnected() {
    let Some((clients, home)) = newcomer() else { return };
    let (core, places) = (core(), places(&clients, &home));
    let mcpproxy = |words: &[&str]| {
        let mut command = home.command().unwrap();
        command.env("PATH", &places.search_path).env_remove("XDG_CONFIG_HOME").env_remove("CODEX_HOME");
        command.env_remove("CLAUDE_CONFIG_DIR").args(words).args(["--data-dir"]).arg(core.scratch.data());
        let told = ran(&mut command).stdout;
        serde_json::from_str::<Value>(&told).unwrap_or_else(|error| panic!("{error}: {told}"))
    };
    let done = mcpproxy(&["connect", "--all", "--yes", "-o", "json"]);
    let names: Vec<_> = done["results"].as_array().unwrap().iter().map(|result| result["client"].clone()).collect();
    assert_eq!(names, ["claude-code", "codex", "gemini"], "{done:#}");

    let seen = ran(clients.at_home(&clients.claude(), &home).args(["mcp", "list"])).stdout;
    assert!(seen.contains(&format!("mcpproxy: {} (HTTP) - ✔ Connected", core.url())), "{seen}");
    let seen = ran(clients.at_home(&clients.codex(), &home).args(["mcp", "get", "mcpproxy", "--json"])).stdout;
    assert!(seen.contains(&core.url()), "{seen}");
    let codex = fs::read_to_string(places.config(ClientId::Codex)).unwrap();
    assert!(codex.contains("direct_only_tool_namespaces"), "{codex}");
    assert!(fs::read_to_string(places.config(ClientId::Gemini)).unwrap().contains(&core.url()));

    for client in ["claude-code", "codex", "gemini"] {
        let gone = mcpproxy(&["disconnect", client, "--yes", "-o", "json"]);
        assert!(gone["results"][0]["action"] != "not_found", "{gone}");
    }
    let list = mcpproxy(&["connect", "--list", "-o", "json"]);
    assert!(list.as_array().unwrap().iter().all(|client| client["connected"] == false), "{list:#}");
}
