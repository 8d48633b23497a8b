//! `mcpproxy stdio`: what clients that speak over pipes get of a core that runs elsewhere, whatever becomes of it.

use std::{fs, path::Path, process::Command, sync::Arc};

use mcpproxy_tests::{
    Core, Peer, Pipes, Scratch,
    mcp::{hello, message},
    peers, processes, run,
    scratch::read,
    until,
};
use serde_json::{Value, json};

use crate::fleet::{fake, shared, through, until_found};

/// A core that nobody else ends.
struct Left(u32);

impl Drop for Left {
    fn drop(&mut self) {
        let _ = processes::signal(self.0, processes::Signal::Kill);
    }
}

const INITIALIZED: &str = r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#;

#[test]
fn pipes_carry_what_http_does_byte_for_byte() {
    let fleet = shared();
    let (mut pipes, mut http) = (opened(&mut stdio(&fleet.core.scratch, &[])), fleet.core.session().unwrap());
    let odd = r#"{"z":[12345678901234567890],"a":{"k":-0.5},"t":"\u00e4\n"}"#;
    for (method, params) in [
        ("tools/list", "{}".to_owned()),
        ("ping", "{}".to_owned()),
        ("nope", "{}".to_owned()),
        ("tools/call", call("call_tool_read", &through("fake:echo", odd))),
        ("tools/call", call("call_tool_read", &through("fake:fail", "{}"))),
        ("tools/call", call("call_tool_read", &through("everything:echo", r#"{"message":"grüße"}"#))),
        ("tools/call", call("call_tool_read", &through("fake:big", r#"{"bytes":3000000}"#))),
    ] {
        let (piped, told) = (pipes.ask(method, &params).unwrap(), http.ask(method, &params).unwrap());
        assert!(piped.outcome == told.outcome, "{method} {params}: {piped:?} {told:?}");
    }
    pipes.say("nonsense").unwrap();
    assert!(pipes.hear().unwrap().contains("-32700"));
    assert_eq!(pipes.finish().unwrap(), (Some(0), vec![]));
}

#[test]
fn two_clients_hear_their_own_progress_in_order_and_what_is_withdrawn_is_stopped() {
    let fleet = shared();
    let mut clients = [(); 2].map(|()| opened(&mut stdio(&fleet.core.scratch, &[])));
    let burst =
        r#"{"name":"call_tool_read","arguments":{"name":"fake:slow","args":{"ms":200}},"_meta":{"progressToken":"p"}}"#;
    for client in &mut clients {
        client.say(&message(7, "tools/call", burst)).unwrap();
    }
    for client in &clients {
        let heard: Vec<Value> = (0..5).map(|_| serde_json::from_str(&client.hear().unwrap()).unwrap()).collect();
        let steps: Vec<_> = heard[..4].iter().map(|line| &line["params"]).collect();
        let step = |step: u64| json!({ "progressToken": "p", "progress": step, "total": 4 });
        assert_eq!(steps, [&step(0), &step(1), &step(2), &step(3)]);
        assert_eq!(heard[4]["id"], 7);
    }
    let [mut client, other] = clients;
    drop(other);
    let cancelled = |client: &mut Pipes| {
        let ids = client.call("call_tool_read", &through("fake:cancelled_ids", "{}")).unwrap().result().unwrap();
        ids["structuredContent"]["ids"].as_array().unwrap().len()
    };
    let before = cancelled(&mut client);
    client.say(&message(90, "tools/call", &call("call_tool_read", &through("fake:slow", r#"{"ms":100000}"#)))).unwrap();
    client.say(r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":90}}"#).unwrap();
    until("the cancellation", || Ok((cancelled(&mut client) > before).then_some(()))).unwrap();
    assert_eq!(client.finish().unwrap(), (Some(0), vec![]), "nothing more is heard of it");
}

#[test]
fn a_client_outlives_a_core_that_is_killed() {
    let scratch = Arc::new(Scratch::with_servers(&[fake(&[]).entry("fake")]).unwrap());
    let mut core = Core::start(&scratch).unwrap();
    until_found(&core, "slow", &["fake:slow"]);
    let mut pipes = opened(stdio(&scratch, &[]).arg("--no-start"));
    let slow = through("fake:slow", r#"{"ms":100000}"#);
    pipes.say(&message(70, "tools/call", &call("call_tool_read", &slow))).unwrap();
    // the answer to what comes behind shows that the call is with the core
    pipes.ask("ping", "{}").unwrap();
    core.kill().unwrap();
    let told: Value = serde_json::from_str(&pipes.hear().unwrap()).unwrap();
    assert_eq!(told["id"], 70);
    assert!(told["error"]["message"].as_str().unwrap().contains("restarted"), "{told}");
    pipes.say(&message(71, "tools/list", "{}")).unwrap();
    drop(core);
    let core = Core::start(&scratch).unwrap();
    let told: Value = serde_json::from_str(&pipes.hear().unwrap()).unwrap();
    assert_eq!((&told["id"], told["result"]["tools"].as_array().map(Vec::len)), (&json!(71), Some(5)), "{told}");
    until_found(&core, "slow", &["fake:slow"]);
    let echoed = pipes.call("call_tool_read", &through("fake:echo", r#"{"a":1}"#)).unwrap();
    assert!(!echoed.is_tool_error(), "{echoed:?}");
    assert_eq!(pipes.finish().unwrap().0, Some(0));
}

#[test]
fn a_core_that_does_not_run_is_started_and_stays() {
    let scratch = Arc::new(Scratch::with_servers(&[fake(&[]).entry("fake")]).unwrap());
    let mut pipes = opened(stdio(&scratch, &["--server", "fake"]).env("MCPPROXY_LISTEN", "127.0.0.1:0"));
    let list = pipes.ask("tools/list", "{}").unwrap().result().unwrap();
    assert!(list["tools"].as_array().unwrap().iter().any(|tool| tool["name"] == "echo"), "{list}");
    assert_eq!(pipes.finish().unwrap(), (Some(0), vec![]));
    let lock: Value = serde_json::from_str(&read(&scratch.lock())).unwrap();
    let left = Left(u32::try_from(lock["pid"].as_u64().unwrap()).unwrap());
    let mut again = opened(&mut stdio(&scratch, &["--no-start"]));
    assert_eq!(again.ask("ping", "{}").unwrap().outcome.as_deref(), Ok("{}"), "it still runs");
    drop(again);
    processes::signal(left.0, processes::Signal::Terminate).unwrap();
    let ended = || Ok(Core::start(&scratch).is_ok().then_some(()));
    until("the folder without a core", ended).unwrap();
}

/// An AI client runs us in projects that somebody else wrote.
#[test]
fn a_settings_file_of_the_folder_is_not_for_whom_a_client_starts() {
    let scratch = Scratch::new().unwrap();
    let (project, usual) = (scratch.file("project"), scratch.home().join(".mcpproxy"));
    for folder in [&project, &usual] {
        fs::create_dir(folder).unwrap();
    }
    let marker = scratch.file("marker");
    let theirs = fake(&["--touch", marker.to_str().unwrap()]).entry("theirs");
    let settings = json!({ "mcpServers": [theirs], "data_dir": project.join("data") });
    fs::write(project.join("mcp_config.json"), settings.to_string()).unwrap();
    let own = json!({ "mcpServers": [fake(&[]).entry("fake")] });
    fs::write(usual.join("mcp_config.json"), own.to_string()).unwrap();

    let mut command = scratch.command().unwrap();
    command.current_dir(&project).args(["stdio", "--server", "fake"]).env("MCPPROXY_LISTEN", "127.0.0.1:0");
    let mut pipes = opened(&mut command);
    let list = pipes.ask("tools/list", "{}").unwrap().result().unwrap();
    assert!(list["tools"].as_array().unwrap().iter().any(|tool| tool["name"] == "echo"), "{list}");
    let lock: Value = serde_json::from_str(&read(&usual.join("mcpproxy-rs.lock"))).unwrap();
    let core = Left(u32::try_from(lock["pid"].as_u64().unwrap()).unwrap());
    assert!(!marker.exists() && !project.join("data").exists(), "nothing of the project was used");
    let stands = || fs::read_link(format!("/proc/{}/cwd", core.0));
    if cfg!(target_os = "linux") {
        assert_eq!(stands().unwrap(), Path::new("/"));
    }
    // the bridge outlives it, and takes note of its end
    processes::signal(core.0, processes::Signal::Terminate).unwrap();
    let is_gone = || !Path::new(&format!("/proc/{}", core.0)).exists();
    until("the end of the core", || Ok(is_gone().then_some(()))).unwrap();
    assert_eq!(pipes.finish().unwrap().0, Some(0));
}

#[test]
fn one_server_is_shown_as_it_is() {
    let fleet = shared();
    let mut direct = opened(&mut fake(&[]).command());
    let mut pipes = Pipes::start(&mut stdio(&fleet.core.scratch, &["--server", "fake"])).unwrap();
    let greeting = pipes.ask("initialize", &hello("2025-11-25")).unwrap().result().unwrap();
    assert_eq!(
        (&greeting["instructions"], &greeting["serverInfo"]["name"]),
        (&json!("Use with care."), &json!("mcpproxy"))
    );
    pipes.say(INITIALIZED).unwrap();
    for (method, params) in [
        ("tools/list", "{}".to_owned()),
        ("tools/call", call("echo", r#"{"z":12345678901234567890,"a":1}"#)),
        ("tools/call", call("fail", "{}")),
    ] {
        let (piped, told) = (pipes.ask(method, &params).unwrap(), direct.ask(method, &params).unwrap());
        assert_eq!(piped.outcome, told.outcome, "{method}");
    }
    let unknown = pipes.call("ech", "{}").unwrap().outcome.unwrap_err();
    assert!(unknown.contains("did you mean echo?"), "{unknown}");
    let mut stranger = Pipes::start(&mut stdio(&fleet.core.scratch, &["--server", "fak"])).unwrap();
    let refused = stranger.ask("initialize", &hello("2025-11-25")).unwrap().outcome.unwrap_err();
    assert!(refused.contains("no server named fak is configured; did you mean fake?"), "{refused}");
    assert_eq!(stranger.finish().unwrap().0, Some(0));
}

#[test]
fn a_held_server_is_told_to_be_held() {
    let mut entry = fake(&[]).entry("fake");
    entry["quarantined"] = json!(true);
    let core = Core::start(&Arc::new(Scratch::with_servers(&[entry]).unwrap())).unwrap();
    let mut pipes = Pipes::start(&mut stdio(&core.scratch, &["--server", "fake"])).unwrap();
    let refused = pipes.ask("initialize", &hello("2025-11-25")).unwrap().outcome.unwrap_err();
    assert!(refused.contains("waits for approval") && refused.contains("QUARANTINED_SERVER_BLOCKED"), "{refused}");
}

#[test]
fn serve_without_an_address_speaks_over_its_own_pipes() {
    let scratch = Arc::new(Scratch::with_servers(&[fake(&[]).entry("fake")]).unwrap());
    let mut command = scratch.command().unwrap();
    command.args(["serve", "--listen", "", "--data-dir"]).arg(scratch.data());
    let mut pipes = opened(&mut command);
    let found = until("the tool", || {
        let found = pipes.call("retrieve_tools", r#"{"query":"echo"}"#)?;
        Ok(found.text()?.contains("fake:echo").then_some(()))
    });
    found.unwrap();
    let lock: Value = serde_json::from_str(&read(&scratch.lock())).unwrap();
    assert_eq!(lock["address"], Value::Null, "{lock}");
    let echoed = pipes.call("call_tool_read", &through("fake:echo", r#"{"a":12345678901234567890}"#)).unwrap();
    assert!(echoed.outcome.unwrap().contains("12345678901234567890"));
    // what is under way when the client says no more is still answered
    let slow = through("fake:slow", r#"{"ms":400}"#);
    pipes.say(&message(70, "tools/call", &call("call_tool_read", &slow))).unwrap();
    let (code, rest) = pipes.finish().unwrap();
    assert!(code == Some(0) && rest.len() == 1 && rest[0].contains("slept_ms"), "{code:?} {rest:?}");
    Core::start(&scratch).unwrap();
}

#[test]
fn the_python_sdk_works_over_pipes_in_both_eras() {
    let fleet = shared();
    let core = stdio(&fleet.core.scratch, &[]);
    let args: Vec<_> = core.get_args().map(|arg| arg.to_string_lossy()).collect();
    let server = json!({ "command": core.get_program().to_string_lossy(), "args": args }).to_string();
    let client = peers::python_client("python_sdk.py", &[&server, "auto", "legacy"]).unwrap();
    let mut command = client.command();
    fleet.core.scratch.settle(&mut command);
    let ran = run(&mut command).unwrap();
    assert_eq!(ran.code, Some(0), "{}\n{}", ran.stdout, ran.stderr);
    crate::python_client::check_both(&ran.stdout);
}

fn stdio(scratch: &Scratch, args: &[&str]) -> Command {
    let mut command = scratch.command().unwrap();
    command.args(["stdio", "--data-dir"]).arg(scratch.data()).args(args);
    command
}

fn opened(command: &mut Command) -> Pipes {
    Pipes::open(command).unwrap()
}

fn call(tool: &str, arguments: &str) -> String {
    format!(r#"{{"name":{},"arguments":{arguments}}}"#, Value::from(tool))
}
