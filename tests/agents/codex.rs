//! Codex. With the models that it chooses by itself it keeps all tools of all servers back: the model sees the beginning
//! of a server's instructions and writes scripts. A setting of the user's shows the tools instead.

use std::fs;

use mcpproxy_tests::{Ran, Scratch, clients::Clients};
use serde_json::Value;

use crate::{
    model::{Model, assert_offers_search},
    stage::{core, newcomer, ran},
};

/// Shows the tools of our server in the first request.
const SHOWN: &str = "[features.code_mode]\ndirect_only_tool_namespaces = [\"mcp__mcpproxy\"]\n";

#[test]
fn a_whole_turn_with_nothing_but_what_the_announcement_says() {
    let Some((clients, home)) = newcomer() else { return };
    let (core, model) = (core(), Model::start(&home));
    let first = model.check_turn(&turn(&clients, &home, &model, &core.url(), ""));
    assert_eq!(first["schema"], Value::Null, "this version shows tools: say so in the README\n{first:#}");
    let told = first["announced"]["mcp__mcpproxy"].as_str().unwrap();
    for needed in ["retrieve_tools with {query}", "call_tool_destructive with {name, args}"] {
        assert!(told.contains(needed), "{needed:?} is cut off: {told:?}");
    }
}

#[test]
fn a_whole_turn_with_the_search_in_its_first_request_where_the_setting_says_so() {
    let Some((clients, home)) = newcomer() else { return };
    let (core, model) = (core(), Model::start(&home));
    let first = model.check_turn(&turn(&clients, &home, &model, &core.url(), SHOWN));
    assert_offers_search(&first, &core);
}

#[test]
fn its_list_says_enabled() {
    let Some((clients, home)) = newcomer() else { return };
    let core = core();
    add(&clients, &home, &core.url());
    let list = ran(clients.at_home(&clients.codex(), &home).args(["mcp", "list"])).stdout;
    let line = list.lines().find(|line| line.starts_with("mcpproxy")).unwrap_or_default();
    assert!(line.contains(&core.url()) && line.contains("enabled"), "{list}");
}

fn turn(clients: &Clients, home: &Scratch, model: &Model, url: &str, settings: &str) -> Ran {
    add(clients, home, url);
    let path = home.home().join(".codex/config.toml");
    let added = fs::read_to_string(&path).unwrap();
    let provider = format!("name = \"mock\"\nbase_url = \"{}/v1\"\nwire_api = \"responses\"\n", model.url);
    let settings = format!("model_provider = \"mock\"\n{added}\n[model_providers.mock]\n{provider}\n{settings}");
    fs::write(&path, settings).unwrap();
    let mut command = clients.at_home(&clients.codex(), home);
    ran(command.args(["exec", "--skip-git-repo-check", "What is 100 F in Celsius?"]))
}

fn add(clients: &Clients, home: &Scratch, url: &str) {
    ran(clients.at_home(&clients.codex(), home).args(["mcp", "add", "mcpproxy", "--url", url]));
}
