//! AI clients over REST and over the socket, in the real core with the home of whoever runs it: looked at, shown, put in,
//! taken back to the byte, taken out. What each client wants is tested in `clients`.

use std::{fs, os::unix::fs::PermissionsExt as _, path::PathBuf, sync::Arc};

use mcpproxy_ipc_proto::{
    Connection as Socket,
    call::{ConnectClient, DisconnectClient, ListClients},
    endpoint::Endpoint,
    hello::Hello,
    view::ConnectAction,
};
use mcpproxy_task::Scope;
use mcpproxy_tests::{
    Core, DEADLINE, Scratch,
    http::{Connection, Request},
    scratch::read,
};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

const AS_FOUND: &str = "{\n  // mine\n  \"mcpServers\": {\n    \"a\": { \"command\": \"b\" }, // c\n  },\n}\n";

/// A core whose programs are in `bin` of its home, and the settings of Cursor.
fn start() -> (Core, PathBuf) {
    let scratch = Arc::new(Scratch::with_servers(&[]).unwrap());
    let path = scratch.home().join(".cursor/mcp.json");
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, AS_FOUND).unwrap();
    let bin = scratch.home().join("bin");
    fs::create_dir_all(&bin).unwrap();
    let mut command = scratch.command().unwrap();
    for name in ["XDG_CONFIG_HOME", "CLAUDE_CONFIG_DIR", "CODEX_HOME"] {
        command.env_remove(name);
    }
    command.env("PATH", bin).arg("serve").arg("--data-dir").arg(scratch.data()).args(["--listen", "127.0.0.1:0"]);
    (Core::launch(&scratch, command).unwrap(), path)
}

fn data(core: &Core, method: &str, path: &str, body: &Value) -> Value {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let (status, answer) = core.api(method, path, &body).unwrap();
    assert_eq!(status, 200, "{method} {path} {body}: {answer}");
    answer["data"].clone()
}

#[test]
fn a_client_is_shown_connected_taken_back_and_taken_out_over_rest() {
    let (core, path) = start();
    let nothing = Value::Null;
    let list = data(&core, "GET", "/connect", &nothing);
    let installed: Vec<_> = list.as_array().unwrap().iter().filter(|client| client["installed"] == true).collect();
    assert_eq!(installed.len(), 1, "{list}");
    let cursor = installed[0];
    assert_eq!((&cursor["id"], &cursor["config_path"]), (&json!("cursor"), &json!(path)));
    assert_eq!((&cursor["connected"], &cursor["access_state"]), (&json!(false), &json!("unknown")), "not looked into");
    assert_eq!(data(&core, "GET", "/connect/cursor", &nothing)["connected"], false);
    assert_eq!(core.api("GET", "/connect/emacs", "").unwrap().0, 404);
    let stranger = Request::new("POST", core.address, "/api/v1/connect/cursor").with_body("{}");
    assert_eq!(Connection::open(core.address).unwrap().ask(&stranger).unwrap().status, 401);

    // what was seen is what is changed, and nothing else
    let preview = data(&core, "GET", "/connect/cursor/preview", &nothing);
    assert!(preview["added"].to_string().contains(&core.url()) && preview["removed"] == json!([]), "{preview}");
    assert_eq!((preview.get("connect_refusal"), &preview["contains_api_key"]), (None, &json!(false)), "{preview}");
    let seen = json!({ "precondition_token": preview["precondition_token"] });
    let later = AS_FOUND.to_owned() + "// later\n";
    fs::write(&path, &later).unwrap();
    let (status, refused) = core.api("POST", "/connect/cursor", &seen.to_string()).unwrap();
    assert_eq!((status, &refused["action"]), (409, &json!("precondition_failed")), "{refused}");
    assert_eq!(read(&path), later);
    fs::write(&path, AS_FOUND).unwrap();
    let connected = data(&core, "POST", "/connect/cursor", &seen);
    assert_eq!(connected["action"], "created", "{connected}");
    let copy = path.with_file_name(connected["backup_name"].as_str().unwrap());
    assert_eq!((read(&copy).as_str(), &connected["backup_path"]), (AS_FOUND, &json!(copy)));
    assert!(read(&path).contains(&core.url()));
    assert_eq!(data(&core, "POST", "/connect/cursor", &nothing)["action"], "already_exists");

    // taken back to the byte, but never over what somebody wrote since
    let undo = json!({ "backup_name": connected["backup_name"] });
    let with = read(&path);
    fs::write(&path, with.clone() + "// later\n").unwrap();
    let (status, refused) = core.api("POST", "/connect/cursor/undo", &undo.to_string()).unwrap();
    assert_eq!((status, &refused["action"]), (409, &json!("conflict")), "{refused}");
    fs::write(&path, &with).unwrap();
    for foreign in ["../../../data/mcp_config.json", "mcp.json", "mcp.json.bak.20200101-000000"] {
        let body = json!({ "backup_name": foreign }).to_string();
        assert_eq!(core.api("POST", "/connect/cursor/undo", &body).unwrap().0, 404, "{foreign}");
    }
    assert_eq!(data(&core, "POST", "/connect/cursor/undo", &undo)["action"], "restored");
    assert_eq!(read(&path), AS_FOUND);

    // an entry that leads elsewhere gives way to force alone
    let theirs = r#"{"mcpServers":{"mcpproxy":{"url":"https://elsewhere.invalid/mcp?k=canary"}}}"#;
    fs::write(&path, theirs).unwrap();
    for method in ["POST", "DELETE"] {
        let (status, refused) = core.api(method, "/connect/cursor", "{}").unwrap();
        assert_eq!(status, 409, "{method}: {refused}");
        assert!(!refused.to_string().contains("canary"), "{refused}");
    }
    assert_eq!(read(&path), theirs);
    assert_eq!(data(&core, "POST", "/connect/cursor", &json!({ "force": true }))["action"], "updated");
    let gone = data(&core, "DELETE", "/connect/cursor", &nothing);
    assert_eq!((&gone["action"], gone["backup_name"].is_string()), (&json!("removed"), true), "{gone}");
    assert_eq!(data(&core, "DELETE", "/connect/cursor", &nothing)["action"], "not_found");
    assert!(!read(&path).contains("mcpproxy"));
}

/// Such a program writes more than its entry, so the file is not what we would have made of the copy.
#[test]
fn what_a_clients_own_program_wrote_is_taken_back_too() {
    let (core, _) = start();
    let path = core.scratch.home().join(".claude.json");
    let program = core.scratch.home().join("bin/claude");
    let writes = r#"{"started": 2, "mcpServers": {"mcpproxy": {"type": "http", "url": "%s"}}}"#;
    fs::write(&program, format!("#!/bin/sh\nprintf '{writes}' \"$8\" > \"$HOME/.claude.json\"\n")).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    fs::write(&path, r#"{"started": 1}"#).unwrap();
    let preview = data(&core, "GET", "/connect/claude-code/preview", &Value::Null);
    assert_eq!((&preview["command"][0], &preview["command"][2]), (&json!("claude"), &json!("add")), "{preview}");
    let connected = data(&core, "POST", "/connect/claude-code", &Value::Null);
    assert!(connected["action"] == "created" && read(&path).contains(r#""started": 2"#), "{connected}");
    let undo = json!({ "backup_name": connected["backup_name"] });
    assert_eq!(data(&core, "POST", "/connect/claude-code/undo", &undo)["action"], "restored");
    assert_eq!(read(&path), r#"{"started": 1}"#);
}

#[test]
fn a_program_beside_the_core_connects_a_client_and_disconnects_it() {
    let (core, path) = start();
    let runtime = Runtime::new().unwrap();
    let endpoint = Endpoint::Socket(core.scratch.data().join("mcpproxy.sock"));
    let (socket, _incoming, hello, driver) = runtime.block_on(Socket::open(&endpoint, Hello::of("test"))).unwrap();
    let scope = Scope::new();
    runtime.block_on(async { scope.spawn("connection", driver) });
    assert!(hello.can("clients.connect"));
    let connected = || {
        let clients = runtime.block_on(socket.call(&ListClients {}, DEADLINE)).unwrap();
        clients.into_iter().find(|client| client.id == "cursor").unwrap().connected
    };
    let client = || "cursor".to_owned();
    assert_eq!(connected(), None, "nobody has looked into it");
    let done = runtime.block_on(socket.call(&ConnectClient { client: client() }, DEADLINE)).unwrap();
    assert_eq!((done.action, connected()), (ConnectAction::Created, Some(true)));
    assert!(read(&path).contains(&core.url()));
    let done = runtime.block_on(socket.call(&DisconnectClient { client: client() }, DEADLINE)).unwrap();
    assert_eq!((done.action, connected()), (ConnectAction::Restored, Some(false)));
    assert_eq!(read(&path), AS_FOUND);
    assert!(runtime.block_on(socket.call(&ConnectClient { client: "emacs".to_owned() }, DEADLINE)).is_err());
}
