//! Claude Code. It keeps the tools of servers back behind a search of its own, unless a tool asks not to be.

use mcpproxy_tests::{Scratch, binary, clients::Clients};

use crate::{
    model::{Model, assert_offers_search},
    stage::{core, newcomer, ran},
};

#[test]
fn a_whole_turn_with_the_search_in_its_first_request() {
    let Some((clients, home)) = newcomer() else { return };
    let (core, model) = (core(), Model::start(&home));
    add(&clients, &home, "mcpproxy", &core.url());
    // the same server without our wish: what it lists is kept back, so keeping back is what this version does by default
    add(&clients, &home, "all", &format!("{}/all", core.url()));
    let mut command = clients.at_home(&clients.claude(), &home);
    command.env("ANTHROPIC_BASE_URL", &model.url).env("ANTHROPIC_API_KEY", "none");
    // nobody is there to be asked for permission
    command.args(["-p", "What is 100 F in Celsius?", "--allowedTools", "mcp__mcpproxy"]);
    let first = model.check_turn(&ran(&mut command));
    assert_offers_search(&first, &core);
    let tools: Vec<_> = first["tools"].as_array().unwrap().iter().filter_map(|tool| tool.as_str()).collect();
    let ours = tools.iter().filter(|tool| tool.starts_with("mcp__mcpproxy__"));
    assert_eq!(ours.count(), 5, "{tools:?}");
    assert!(tools.contains(&"ToolSearch") && !tools.iter().any(|tool| tool.starts_with("mcp__all__")), "{tools:?}");
}

#[test]
fn its_list_says_connected() {
    let Some((clients, home)) = newcomer() else { return };
    let core = core();
    add(&clients, &home, "mcpproxy", &core.url());
    let list = ran(clients.at_home(&clients.claude(), &home).args(["mcp", "list"])).stdout;
    assert!(list.contains(&format!("mcpproxy: {} (HTTP) - ✔ Connected", core.url())), "{list}");
}

#[test]
fn a_whole_turn_over_pipes() {
    let Some((clients, home)) = newcomer() else { return };
    let (core, model) = (core(), Model::start(&home));
    let mut command = clients.at_home(&clients.claude(), &home);
    command.args(["mcp", "add", "--scope", "user", "mcpproxy", "--"]).arg(binary::mcpproxy().unwrap());
    ran(command.args(["stdio", "--data-dir"]).arg(core.scratch.data()));
    let list = ran(clients.at_home(&clients.claude(), &home).args(["mcp", "list"])).stdout;
    assert!(list.contains("stdio --data-dir") && list.contains("✔ Connected"), "{list}");
    let mut command = clients.at_home(&clients.claude(), &home);
    command.env("ANTHROPIC_BASE_URL", &model.url).env("ANTHROPIC_API_KEY", "none");
    command.args(["-p", "What is 100 F in Celsius?", "--allowedTools", "mcp__mcpproxy"]);
    assert_offers_search(&model.check_turn(&ran(&mut command)), &core);
}

fn add(clients: &Clients, home: &Scratch, name: &str, url: &str) {
    let mut command = clients.at_home(&clients.claude(), home);
    ran(command.args(["mcp", "add", "--scope", "user", "--transport", "http", name, url]));
}
