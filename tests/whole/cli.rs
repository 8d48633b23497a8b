//! The command line beside a core, and without one: what people steer, what scripts read, what is told when it fails.

use std::{
    fs::{self, File},
    net::{Ipv4Addr, TcpListener},
    process::{Command, Stdio},
    sync::Arc,
};

use mcpproxy_tests::{
    Core, Ran, Scratch,
    processes::{self, Signal},
    run,
    scratch::read,
    terminal::Terminal,
    until,
};
use serde_json::{Value, json};

use crate::fleet::fake;

/// What one of our own servers is called whose tools are as hostile as it gets.
const SNEAKY_TOOL: &str = "a\u{1b}[2J\u{202e}b";

#[test]
fn without_a_core_the_settings_are_shown_and_changed() {
    let scratch = Scratch::with_servers(&[fake(&[]).entry("one")]).unwrap();
    let list = json_of(&cli(&scratch, &["upstream", "list", "--json"]));
    assert_eq!(list["servers"][0]["health"]["summary"], "Daemon not running");
    assert_eq!((&list["servers"][0]["status"], &list["stats"]["total_servers"]), (&json!("disconnected"), &json!(1)));

    let line = ["upstream", "add", "two", "--env", "A_TOKEN=canary-secret", "--", "npx", "-y", "pkg", "--env", "X=y"];
    let added = cli(&scratch, &line);
    assert!(added.code == Some(0) && added.stdout.contains("upstream approve two"), "{added:?}");
    assert!(!added.stdout.contains("canary"), "{added:?}");
    assert!(told_as(&cli(&scratch, &line), "ALREADY_EXISTS").contains("already"), "{line:?}");
    let again = ["upstream", "add", "two", "--if-not-exists", "https://example.com/mcp"];
    assert_eq!(json_of(&cli(&scratch, &[&again[..], &["--json"]].concat()))["action"], "none");
    let entry = |name: &str| {
        let settings: Value = serde_json::from_str(&read(&scratch.settings())).unwrap();
        settings["mcpServers"].as_array().unwrap().iter().find(|entry| entry["name"] == name).cloned()
    };
    let two = entry("two").unwrap();
    assert_eq!((&two["args"], &two["quarantined"]), (&json!(["-y", "pkg", "--env", "X=y"]), &json!(true)));

    assert_eq!(cli(&scratch, &["upstream", "disable", "one"]).code, Some(0));
    assert_eq!(entry("one").unwrap()["enabled"], false);
    let enabled = cli(&scratch, &["upstream", "enable", "one", "nobody", "-o", "yaml"]);
    assert!(enabled.code == Some(1) && enabled.stdout.contains("successful: 1\nfailed: 1\n"), "{enabled:?}");
    assert_eq!(entry("one").unwrap()["enabled"], true);

    assert!(told_as(&cli(&scratch, &["upstream", "remove", "two"]), "INVALID_INPUT").contains("--yes"));
    assert!(entry("two").is_some());
    assert_eq!(cli(&scratch, &["upstream", "remove", "two", "--yes"]).code, Some(0));
    assert!(entry("two").is_none());

    assert_eq!(json_of(&cli(&scratch, &["status", "--json"]))["state"], "Not running");
    let doctor = cli(&scratch, &["doctor"]);
    assert!(doctor.code == Some(0) && doctor.stdout.contains("server one: has what it needs to start"), "{doctor:?}");
}

#[test]
fn the_doctor_finds_what_keeps_servers_and_core_from_starting() {
    let server = |name: &str, program: &str, env: Value| json!({ "name": name, "command": program, "env": env, "enabled": true, "quarantined": false });
    let servers = [
        server("lost", "no-such-program-anywhere", json!({})),
        server("poor", env!("CARGO_BIN_EXE_fake-mcp"), json!({ "T": "${env:NOBODY_SETS_THIS}" })),
    ];
    let scratch = Scratch::new().unwrap();
    let holder = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let taken = holder.local_addr().unwrap().to_string();
    scratch.write_settings(&json!({ "listen": taken, "mcpServers": servers })).unwrap();
    let told = cli(&scratch, &["doctor", "--json"]);
    assert_eq!(told.code, Some(1));
    let findings = json_of_any(&told)["findings"].clone();
    for (about, word) in
        [("server lost", "no-such-program-anywhere"), ("server poor", "NOBODY_SETS_THIS"), ("port", taken.as_str())]
    {
        let found = findings.as_array().unwrap().iter().find(|finding| finding["about"] == about).unwrap();
        assert!(found["message"].as_str().unwrap().contains(word) && found["level"] == "error", "{found}");
        assert!(!found["help"].as_str().unwrap().is_empty(), "{found}");
    }
    scratch.write_settings(&json!({ "tools_limit": -3 })).unwrap();
    let broken = cli(&scratch, &["doctor"]);
    assert!(broken.code == Some(1) && broken.stdout.contains("tools_limit"), "{broken:?}");
}

#[test]
fn failures_are_told_once_in_the_form_that_was_asked_for() {
    let scratch = Scratch::new().unwrap();
    for line in
        [&["tools", "list", "--json"][..], &["call", "a:b", "--json"], &["search", "x", "-o", "json", "--no-start"]]
    {
        let ran = cli(&scratch, line);
        let told = json_of_any(&ran);
        assert_eq!((ran.code, &told["code"], ran.stderr.as_str()), (Some(1), &json!("DAEMON_NOT_RUNNING"), ""));
        assert_eq!(told["recovery_command"], "mcpproxy serve");
    }
    let plain = cli(&scratch, &["tools", "list"]);
    assert!(plain.stdout.is_empty() && plain.stderr.starts_with("error: no core is running\nhint: "), "{plain:?}");
    assert_eq!(told_as(&cli(&scratch, &["status", "-o", "xml"]), "INVALID_OUTPUT_FORMAT").lines().count(), 3);
    let mut command = scratch.command().unwrap();
    let ran = run(command.args(["status", "--config", "/nowhere/at/all.json"]).env("MCPPROXY_OUTPUT", "json")).unwrap();
    let told = json_of_any(&ran);
    assert_eq!((&told["code"], &told["context"]["path"]), (&json!("CONFIG_NOT_FOUND"), &json!("/nowhere/at/all.json")));
    assert_eq!(json_of_any(&cli(&scratch, &["no-such-command", "--json"]))["code"], "INVALID_INPUT");
    let help = cli(&scratch, &["call", "tool-read", "--help-json"]);
    assert_eq!(json_of(&help)["name"], "tool-read");
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = cli(&scratch, &["completions", shell]);
        assert!(script.code == Some(0) && script.stdout.contains("upstream"), "{shell}");
    }
    assert_eq!(cli(&scratch, &["-V"]).stdout, cli(&scratch, &["version"]).stdout);
}

#[test]
fn people_steer_a_running_core() {
    let beside = Scratch::new().unwrap();
    let marker = beside.file("marker");
    let mut held = fake(&["--touch", marker.to_str().unwrap()]).entry("held");
    held["quarantined"] = json!(true);
    let servers = [
        fake(&["--extra-tool", SNEAKY_TOOL]).entry("fake"),
        held,
        fake(&["--exit-before-init", "3", "--stderr", "no licence was found"]).entry("broken"),
    ];
    let scratch = Arc::new(Scratch::with_servers(&servers).unwrap());
    let mut core = Core::start(&scratch).unwrap();
    let cli = |line: &[&str]| cli(&scratch, line);
    // told when it is so, whatever came before
    until("a server that is ready", || Ok(cli(&["upstream", "list"]).stdout.contains("Connected").then_some(())))
        .unwrap();

    let status = json_of(&cli(&["status", "--json"]));
    assert_eq!((&status["state"], &status["pid"]), (&json!("Running"), &json!(core.pid())));
    let verbose = cli(&["status", "-v"]);
    assert!(verbose.stderr.contains("mcpproxy.sock"), "{verbose:?}");

    let refused = cli(&["upstream", "approve", "held"]);
    assert!(
        refused.code == Some(1) && refused.stderr.contains("fake-mcp --touch"),
        "what would run is shown: {refused:?}"
    );
    assert!(!marker.exists(), "its code was not run");
    let approved = cli(&["upstream", "approve", "held", "--yes"]);
    assert!(approved.code == Some(0) && approved.stdout.contains("ready, 10 tools"), "{approved:?}");
    assert!(marker.exists());

    let restarted = cli(&["upstream", "restart", "fake", "broken"]);
    assert_eq!(restarted.code, Some(1), "{restarted:?}");
    assert!(
        restarted.stdout.contains("fake: ready") && restarted.stdout.contains("no licence was found"),
        "{restarted:?}"
    );
    let log = json_of(&cli(&["upstream", "logs", "broken", "--json"]));
    let entries = log["logs"].as_array().unwrap();
    assert!(
        entries.iter().any(|entry| entry["level"] == "STDERR" && entry["message"] == "no licence was found"),
        "{log}"
    );
    let doctor = cli(&["doctor"]);
    assert!(doctor.code == Some(1) && doctor.stdout.contains("mcpproxy upstream logs broken"), "{doctor:?}");

    for line in [&["tools", "list"][..], &["tools", "list", "-s", "fake"], &["upstream", "inspect", "fake"]] {
        let ran = cli(line);
        assert!(ran.code == Some(0) && ran.stdout.contains("a\\u{1b}[2J\\u{202e}b"), "{line:?}: {ran:?}");
        assert!(!ran.stdout.contains(['\u{1b}', '\u{202e}']));
    }
    let found = json_of(&cli(&["search", "echo", "the", "parameters", "-l", "2", "--json"]));
    assert_eq!(found["results"][0]["tool"]["name"], "echo");

    assert_eq!(cli(&["upstream", "disable", "fake"]).code, Some(0));
    told_as(&cli(&["call", "fake:echo"]), "SERVER_DISABLED");
    let enabled = cli(&["upstream", "enable", "fake"]);
    assert!(enabled.code == Some(0) && enabled.stdout.contains("ready"), "{enabled:?}");
    assert_eq!(cli(&["upstream", "tools", "disable", "fake", "echo"]).code, Some(0));
    until("a tool that is held", || Ok((cli(&["call", "fake:echo"]).code == Some(1)).then_some(()))).unwrap();

    core.kill().unwrap();
    let stale = cli(&["upstream", "list"]);
    assert!(scratch.data().join("mcpproxy.sock").exists(), "a killed core leaves its socket");
    assert!(stale.code == Some(0) && stale.stdout.contains("Daemon not running"), "{stale:?}");
}

#[test]
fn tools_are_called_with_what_their_schemas_want() {
    let scratch = Arc::new(Scratch::with_servers(&[fake(&[]).entry("fake")]).unwrap());
    let _core = Core::start(&scratch).unwrap();
    let cli = |line: &[&str]| cli(&scratch, line);
    until("a tool that answers", || Ok((cli(&["call", "fake:echo"]).code == Some(0)).then_some(()))).unwrap();
    let called = cli(&["call", "fake:slow", "ms=1"]);
    assert_eq!(called.code, Some(0), "a number is sent as one: {called:?}");
    let echoed = cli(&["call", "fake:echo", "text=5", "more:=[1]"]);
    assert!(echoed.stdout.contains(r#""arguments":{"text":"5","more":[1]}"#), "{echoed:?}");
    let long = cli(&["call", "tool-destructive", "-t", "fake:echo", "-j", r#"{"b":1,"a":2}"#, "-o", "json"]);
    let result = json_of(&long);
    assert_eq!(result["structuredContent"]["arguments"].to_string(), r#"{"b":1,"a":2}"#);
    let failed = cli(&["call", "fake:tool_error"]);
    assert!(failed.code == Some(1) && !failed.stdout.is_empty(), "{failed:?}");
    let unknown = told_as(&cli(&["call", "fake:ecoh"]), "TOOL_NOT_FOUND");
    assert!(unknown.contains("fake:echo") || unknown.contains("echo"), "{unknown}");
    told_as(&cli(&["call", "nobody:echo"]), "SERVER_NOT_FOUND");
    assert!(told_as(&cli(&["call", "tool", "-t", "fake:echo"]), "INVALID_INPUT").contains("call tool-read"));
}

#[test]
fn a_command_starts_the_core_which_stays() {
    let scratch = Scratch::with_servers(&[fake(&[]).entry("fake")]).unwrap();
    let data = scratch.data();
    let mut command = scratch.command().unwrap();
    command
        .args(["call", "fake:echo", "text=hello", "--start", "--data-dir"])
        .arg(&data)
        .env("MCPPROXY_LISTEN", "127.0.0.1:0");
    let called = run(&mut command).unwrap();
    let pid = json_of(&cli(&scratch, &["status", "--json"]))["pid"].as_u64().unwrap();
    let started = Started { pid: u32::try_from(pid).unwrap(), scratch: &scratch };
    assert!(called.code == Some(0) && called.stdout.contains("hello"), "its servers are waited for: {called:?}");
    processes::signal(started.pid, Signal::Terminate).unwrap();
    until("the end of the core", || Ok((!data.join("mcpproxy.sock").exists()).then_some(()))).unwrap();

    let holder = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let taken = holder.local_addr().unwrap().to_string();
    let mut command = scratch.command().unwrap();
    command.args(["tools", "list", "--start", "--data-dir"]).arg(&data).env("MCPPROXY_LISTEN", &taken);
    let refused = run(&mut command).unwrap();
    assert!(refused.code == Some(2) && refused.stderr.contains(&taken), "the core's own reason: {refused:?}");
}

#[test]
fn a_log_is_followed_until_ctrl_c() {
    let scratch = Arc::new(Scratch::with_servers(&[fake(&["--stderr", "a line of mine"]).entry("fake")]).unwrap());
    let _core = Core::start(&scratch).unwrap();
    let path = scratch.file("followed");
    let mut command = scratch.command().unwrap();
    command.args(["upstream", "logs", "fake", "-f", "--data-dir"]).arg(scratch.data());
    let mut child = spawn(&mut command, &path);
    let lines = || read(&path).matches("a line of mine").count();
    until("the first line", || Ok((lines() == 1).then_some(()))).unwrap();
    assert_eq!(cli(&scratch, &["upstream", "restart", "fake"]).code, Some(0));
    until("a line that is written later", || Ok((lines() == 2).then_some(()))).unwrap();
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    let status = child.wait().unwrap();
    assert_eq!(status.code(), Some(0), "whoever follows a log ends it so");
}

#[test]
fn a_person_at_a_terminal_is_asked() {
    let mut held = fake(&[]).entry("held");
    held["quarantined"] = json!(true);
    let scratch = Scratch::with_servers(&[held]).unwrap();
    let at_terminal = |line: &[&str]| {
        let mut command = scratch.command().unwrap();
        command.arg("--data-dir").arg(scratch.data()).args(line).env("MCPPROXY_LISTEN", "127.0.0.1:0");
        for (name, value) in [("TERM", "xterm"), ("LANG", "C.UTF-8"), ("LC_ALL", ""), ("NO_COLOR", "")] {
            command.env(name, value);
        }
        Terminal::open(command).unwrap()
    };
    let mut asked = at_terminal(&["upstream", "approve", "held"]);
    asked.shows("Start it? [Y/n]").unwrap();
    asked.types("n").unwrap();
    let ran = asked.ended().unwrap();
    assert!(ran.code == Some(1) && ran.stdout.contains("hint: ") && !ran.stdout.contains("{\"code\""), "{ran:?}");

    let mut asked = at_terminal(&["upstream", "approve", "held"]);
    asked.shows("Start it? [Y/n]").unwrap();
    asked.types("").unwrap();
    asked.shows("the core runs now").unwrap();
    let pid = json_of(&cli(&scratch, &["status", "--json"]))["pid"].as_u64().unwrap();
    let _started = Started { pid: u32::try_from(pid).unwrap(), scratch: &scratch };
    asked.shows("held runs:").unwrap();
    asked.shows("Approve held? This runs its code. [y/N]").unwrap();
    asked.types("").unwrap();
    let ran = asked.ended().unwrap();
    assert!(ran.code == Some(1) && ran.stdout.contains("nothing was changed"), "{ran:?}");

    let mut asked = at_terminal(&["upstream", "approve", "held"]);
    asked.shows("[y/N]").unwrap();
    asked.types("yes").unwrap();
    asked.shows("ready, 10 tools").unwrap();
    assert_eq!(asked.ended().unwrap().code, Some(0));
    let ran = at_terminal(&["upstream", "list"]).ended().unwrap();
    assert!(ran.stdout.contains('━') && ran.stdout.contains("\u{1b}[32m●"), "{ran:?}");
}

/// A core that a command started.
struct Started<'a> {
    pid: u32,
    scratch: &'a Scratch,
}

impl Drop for Started<'_> {
    fn drop(&mut self) {
        let _ = processes::signal(self.pid, Signal::Kill);
        for pid in self.scratch.mark().map(|mark| processes::with_variable(&mark)).unwrap_or_default() {
            let _ = processes::signal(pid, Signal::Kill);
        }
    }
}

fn spawn(command: &mut Command, stdout: &std::path::Path) -> std::process::Child {
    let file = File::create(stdout).unwrap();
    command.stdin(Stdio::null()).stdout(file).stderr(Stdio::null()).spawn().unwrap()
}

fn cli(scratch: &Scratch, line: &[&str]) -> Ran {
    let data = fs::canonicalize(scratch.data()).unwrap();
    run(scratch.command().unwrap().arg("--data-dir").arg(data).args(line)).unwrap()
}

/// The answer of a command that did what it was asked to.
fn json_of(ran: &Ran) -> Value {
    assert_eq!(ran.code, Some(0), "{ran:?}");
    json_of_any(ran)
}

fn json_of_any(ran: &Ran) -> Value {
    serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:?}"))
}

/// What was told on stderr by a command that failed so.
fn told_as(ran: &Ran, code: &str) -> String {
    assert!(ran.code == Some(1) && ran.stdout.is_empty(), "{ran:?}");
    let last: Value = serde_json::from_str(ran.stderr.lines().last().unwrap_or_default()).unwrap_or_default();
    assert_eq!(last["code"], code, "{ran:?}");
    ran.stderr.clone()
}
