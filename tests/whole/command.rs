//! The command line: answers on stdout and nothing else there, failures told with a code and a hint.

use mcpproxy_tests::{Ran, Scratch, peers, run};
use serde_json::{Value, json};

use crate::{fleet::fake, refusals::told};

#[test]
fn version() {
    let scratch = Scratch::new().unwrap();
    let ran = mcpproxy(&scratch, &["version"]);
    let version = env!("CARGO_PKG_VERSION");
    assert!(ran.stdout.starts_with(&format!("MCPProxy {version} ")), "{ran:?}");
    for form in [&["version", "--json"][..], &["version", "-o", "json"]] {
        let ran = mcpproxy(&scratch, form);
        let told: Value = serde_json::from_str(&ran.stdout).unwrap();
        assert_eq!((ran.code, &told["version"]), (Some(0), &Value::from(version)));
        assert_eq!(told["implementation"], "mcpproxy-rs");
    }
    assert_eq!(std::fs::read_dir(scratch.data()).unwrap().count(), 0, "asking changes nothing");
}

#[test]
fn a_wrong_command_line_is_told_on_stderr() {
    let scratch = Scratch::new().unwrap();
    for line in [&["no-such-command"][..], &["version", "--no-such-flag"], &["upstream", "inspect"]] {
        let ran = mcpproxy(&scratch, line);
        assert!(ran.code == Some(1) && ran.stdout.is_empty() && ran.stderr.contains("Usage: "), "{line:?}: {ran:?}");
    }
    let help = mcpproxy(&scratch, &["--help"]);
    assert!(help.code == Some(0) && help.stdout.contains("serve") && help.stderr.is_empty(), "{help:?}");
}

#[test]
fn one_server_is_looked_at_by_itself() {
    let scratch = Scratch::new().unwrap();
    let marker = scratch.file("marker");
    let mut held = fake(&["--touch", marker.to_str().unwrap()]).entry("held");
    held.as_object_mut().unwrap().shift_remove("quarantined");
    let broken = fake(&["--exit-before-init", "3", "--stderr", "no licence was found"]).entry("broken");
    scratch.write_settings(&json!({ "mcpServers": [peers::time().unwrap().entry("time"), held, broken] })).unwrap();
    let look = |server: &str, more: &[&str]| {
        let data = scratch.data();
        let line = [&["tools", "list", "--server", server, "--data-dir", data.to_str().unwrap()], more].concat();
        mcpproxy(&scratch, &line)
    };
    let table = look("time", &[]);
    assert_eq!(table.code, Some(0), "{table:?}");
    let names: Vec<_> = table.stdout.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!(names, ["NAME", "get_current_time", "convert_time"]);
    let json = look("time", &["--json"]);
    let json: Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(
        (&json["tools"][0]["name"], &json["tools"][0]["call_with"]),
        (&"get_current_time".into(), &"read".into())
    );

    let nobody = told(&look("tme", &[]), 1, "SERVER_NOT_FOUND");
    assert!(nobody["hint"].as_str().unwrap().contains("time, held, broken"), "{nobody}");
    told(&look("held", &[]), 1, "QUARANTINED_SERVER_BLOCKED");
    assert!(!marker.exists(), "its code was not run");
    let broken = told(&look("broken", &[]), 1, "UPSTREAM_FAILED");
    let message = broken["message"].as_str().unwrap();
    assert!(message.contains("exited with code 3") && message.contains("no licence was found"), "{message}");
}

#[cfg(target_os = "linux")]
#[test]
fn looks_beside_each_other_leave_each_others_servers_alone() {
    use std::process::Stdio;

    use mcpproxy_tests::{processes, until};

    let scratch = Scratch::new().unwrap();
    let marker = scratch.file("marker");
    let silent = fake(&["--silent-init", "--touch", marker.to_str().unwrap()]).entry("silent");
    scratch.write_settings(&json!({ "mcpServers": [silent, fake(&[]).entry("quick")] })).unwrap();
    let look = |server: &str| {
        let mut command = scratch.command().unwrap();
        command.args(["tools", "list", "--server", server, "--data-dir"]).arg(scratch.data());
        command
    };
    let mut first = look("silent").stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let servers = || processes::with_argument(marker.to_str().unwrap());
    until("the first server", || Ok(marker.exists().then_some(()))).unwrap();
    let before = servers();
    assert_eq!(before.len(), 1);
    assert_eq!(run(&mut look("quick")).unwrap().code, Some(0));
    assert_eq!(servers(), before, "the first look goes on");
    processes::signal(first.id(), processes::Signal::Interrupt).unwrap();
    let status = first.wait().unwrap();
    assert!(!status.success() && servers().is_empty(), "one that is interrupted leaves nothing: {status}");
}

#[test]
fn the_demo_shows_the_whole_way_and_ends() {
    let scratch = Scratch::new().unwrap();
    let mut command = scratch.command().unwrap();
    let ran = run(command.arg("demo").env("DEMO_ONCE", "1").env("TMPDIR", scratch.home())).unwrap();
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{ran:?}");
    for word in ["retrieve_tools", "demo:convert_units", "call_tool_read", "37.77"] {
        assert!(ran.stdout.contains(word), "{word} is not in:\n{}", ran.stdout);
    }
    assert_eq!(std::fs::read_dir(scratch.home()).unwrap().count(), 0, "nothing stays behind");
}

fn mcpproxy(scratch: &Scratch, line: &[&str]) -> Ran {
    run(scratch.command().unwrap().args(line)).unwrap()
}
