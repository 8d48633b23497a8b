//! Where secrets may be: in the environment of the server that needs them, and nowhere else.

use std::{fs, path::Path, sync::Arc};

use mcpproxy_tests::{Core, Peer, Scratch, peers::Program, processes, until};
use serde_json::json;

use crate::fleet::{retrieve, through};

/// Once plain in the settings, once by reference to our own environment, once as our key.
const PLAIN: &str = "canary-plain-0b5c1f77aa";
const REFERRED: &str = "canary-referred-91d2e3c4bb";
const KEY: &str = "canary-key-5566778899cc";
const ALL: [&str; 3] = [PLAIN, REFERRED, KEY];

#[test]
fn what_a_server_writes_to_stderr_is_in_its_log_without_the_secrets() {
    // says its secrets aloud, then serves; the second one says them and dies
    let loud = r#"echo "loud: token=$API_TOKEN header $OTHER_TOKEN" >&2; exec "$0" --stderr-flood 200000"#;
    let dying = r#"echo "dying: bad token $API_TOKEN" >&2; exit 9"#;
    let scratch = Arc::new(Scratch::new().unwrap());
    let servers = [("loud", loud), ("dying", dying)].map(|(name, script)| {
        let mut entry = Program::new("sh", &["-c", script, env!("CARGO_BIN_EXE_fake-mcp")]).entry(name);
        entry["env"] = json!({ "API_TOKEN": PLAIN, "OTHER_TOKEN": "${env:CANARY}" });
        entry
    });
    scratch.write_settings(&json!({ "mcpServers": servers, "api_key": KEY, "logging": { "level": "trace" } })).unwrap();
    let mut command = scratch.command().unwrap();
    command.env("CANARY", REFERRED).args(["serve", "--listen", "127.0.0.1:0", "--log-level", "trace", "--data-dir"]);
    command.arg(scratch.data());
    let mut core = Core::launch(&scratch, command).unwrap();
    until_loud_serves(&core);

    let log = until("the words of the server", || {
        let log = scratch.log("server-loud.log");
        Ok(log.contains("loud: token=").then_some(log))
    });
    let log = log.unwrap();
    let line = log.lines().find(|line| line.contains("loud: token=")).unwrap();
    assert!(line.contains("token=***") && line.contains("header ***"), "{line}");
    until("the end of the other one", || Ok(scratch.log("server-dying.log").contains("dying: ").then_some(())))
        .unwrap();

    for secret in ALL {
        let with_it: Vec<u32> = processes::with_argument(secret);
        assert_eq!(with_it, [0_u32; 0], "in the arguments of a process");
    }
    let mut session = core.session().unwrap();
    let views = [
        retrieve(&mut session, "echo", 100).to_string(),
        format!("{:?}", session.call("call_tool_read", &through("dying:echo", "{}")).unwrap()),
        format!("{:?}", session.call("call_tool_read", &through("nobody:echo", "{}")).unwrap()),
    ];
    assert!(views[1].contains("exited with code 9"), "{}", views[1]);
    assert!(core.stop().unwrap().success());
    let mut texts = logs(&scratch.data().join("logs"));
    assert!(texts.len() >= 3, "main.log and one for each server");
    texts.extend([core.stdout(), core.stderr()]);
    for text in texts.iter().chain(&views) {
        assert!(ALL.iter().all(|secret| !text.contains(secret)), "a secret is shown in:\n{text}");
    }
}

fn until_loud_serves(core: &Core) {
    // the other server never comes up, so a fleet that is complete cannot be waited for
    let mut session = core.session().unwrap();
    until("the server that serves", || {
        let answer = session.call("call_tool_read", &through("loud:pids", "{}"))?;
        Ok((!answer.is_tool_error()).then_some(()))
    })
    .unwrap();
}

/// The texts of all files in a folder.
fn logs(folder: &Path) -> Vec<String> {
    let files = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    files.map(|path| String::from_utf8_lossy(&fs::read(path).unwrap()).into_owned()).collect()
}
