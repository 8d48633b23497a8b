//! Gemini CLI. Where nobody can be asked, it shows its model only tools that need no question.

use std::fs;

use mcpproxy_tests::{Scratch, clients::Clients};
use serde_json::{Value, json};

use crate::{
    model::{Model, assert_offers_search},
    stage::{core, newcomer, ran},
};

#[test]
fn a_whole_turn_with_the_search_in_its_first_request() {
    let Some((clients, home)) = newcomer() else { return };
    let (core, model) = (core(), Model::start(&home));
    // nobody is there to be asked for permission
    add(&clients, &home, &core.url(), &["--trust"]);
    let mut command = clients.at_home(&clients.gemini(), &home);
    command.env("GOOGLE_GEMINI_BASE_URL", &model.url).env("GEMINI_API_KEY", "none");
    let first = model.check_turn(&ran(command.args(["-p", "What is 100 F in Celsius?"])));
    assert_offers_search(&first, &core);
}

#[test]
fn its_list_says_connected() {
    let Some((clients, home)) = newcomer() else { return };
    let core = core();
    add(&clients, &home, &core.url(), &[]);
    let listed = ran(clients.at_home(&clients.gemini(), &home).args(["mcp", "list"]));
    let list = listed.stdout + &listed.stderr;
    assert!(list.contains(&format!("✓ mcpproxy: {} (http) - Connected", core.url())), "{list}");
}

/// Adds the server as a user does, who has said before that the folder is to be trusted and how they sign in.
fn add(clients: &Clients, home: &Scratch, url: &str, flags: &[&str]) {
    let folder = home.home().canonicalize().unwrap();
    let settings = folder.join(".gemini");
    fs::create_dir(&settings).unwrap();
    let write = |name: &str, what: &Value| fs::write(settings.join(name), what.to_string()).unwrap();
    write("trustedFolders.json", &json!({ folder.to_string_lossy(): "TRUST_FOLDER" }));
    write("settings.json", &json!({ "security": { "auth": { "selectedType": "gemini-api-key" } } }));
    let mut command = clients.at_home(&clients.gemini(), home);
    ran(command.args(["mcp", "add", "--scope", "user", "--transport", "http"]).args(flags).args(["mcpproxy", url]));
}
