//! `mcpproxy add` and `upstream import`: whatever is pasted becomes a server, nothing of it runs before somebody has said
//! so, and nothing is approved but by a person.

use std::{fs, path::Path, sync::Arc};

use mcpproxy_tests::{
    Core, Peer, Ran, Scratch,
    processes::{self, Signal},
    remote::Remote,
    run,
    scratch::read,
    terminal::Terminal,
    until,
};
use serde_json::{Value, json};

use crate::{
    fleet::{through, until_found},
    refusals::told,
};

const FAKE: &str = env!("CARGO_BIN_EXE_fake-mcp");

#[test]
fn every_form_is_understood_looked_at_and_held() {
    let (scratch, remote) = (Scratch::new().unwrap(), Remote::start().unwrap());
    let snippet = json!({ "mcpServers": {
        "from-snippet": { "command": FAKE, "env": { "A_TOKEN": "canary" } },
        "other": { "command": FAKE, "args": ["--tools", "1"] },
    }})
    .to_string();
    let link =
        format!("cursor://anysphere.cursor-deeplink/mcp/install?name=linked&config={}", json!({ "command": FAKE }));
    let url = format!("http://{}/mcp", remote.address);
    let forms: [(&[&str], &[&str]); 6] = [
        (&[FAKE, "--tools", "3"], &["fake"]),
        (&["named", "--", FAKE], &["named"]),
        (&[&snippet], &["from-snippet", "other"]),
        (&["claude", "mcp", "add", "--env", "API_KEY=canary", "by-claude", "--", FAKE], &["by-claude"]),
        (&[&link], &["linked"]),
        (&["--name", "remote", "--header", "X-Key: canary", &url], &["remote"]),
    ];
    for (words, names) in forms {
        let line = [&["--yes", "-o", "json"][..], words].concat();
        let ran = add(&scratch, &line);
        assert_eq!(ran.code, Some(0), "{words:?}: {ran:?}");
        assert!(!ran.stdout.contains("canary") && !ran.stderr.contains("canary"), "{ran:?}");
        let servers = servers(&ran);
        let found: Vec<_> = servers.iter().map(|server| server["name"].as_str().unwrap()).collect();
        assert_eq!(found, names, "{words:?}");
        for server in &servers {
            assert_eq!(
                (&server["action"], &server["held"], &server["approved"]),
                (&json!("added"), &json!(true), &json!(false)),
                "{server}"
            );
            let echo = server["tools"].as_array().unwrap().iter().find(|tool| tool["name"] == "echo").unwrap();
            assert!(echo["tokens"].as_u64().unwrap() > 10, "{server}");
        }
    }
    let written = entries(&scratch);
    assert_eq!(written.len(), 7);
    assert!(written.iter().all(|entry| entry["quarantined"] == true && entry["enabled"] == true), "{written:?}");
    assert_eq!(written[2]["env"], json!({ "A_TOKEN": "canary" }));
    assert_eq!((&written[6]["url"], &written[6]["headers"]), (&json!(url), &json!({ "X-Key": "canary" })));
}

#[test]
fn nothing_runs_before_the_question_is_answered() {
    let scratch = Scratch::new().unwrap();
    let marker = scratch.file("marker");
    let command = [FAKE, "--extra-tool", "evil\u{1b}[2J", "--touch", marker.to_str().unwrap()];
    let asked = || {
        let mut terminal = terminal(&scratch, &command);
        terminal.shows("--touch").unwrap();
        terminal.shows("with your rights").unwrap();
        assert!(!marker.exists(), "its code ran before anybody agreed");
        terminal
    };
    for end in [Some("n"), Some(""), None] {
        let mut terminal = asked();
        match end {
            Some(answer) => terminal.types(answer).unwrap(),
            None => terminal.ends_input().unwrap(),
        }
        let ran = terminal.ended().unwrap();
        assert!(ran.code == Some(1) && ran.stdout.contains("nothing was changed"), "{end:?}: {ran:?}");
    }
    assert!(!marker.exists() && !scratch.settings().exists());

    // looked at, and then none of the other answers adds it
    for end in ["cancel", "", "interrupt"] {
        let mut terminal = asked();
        terminal.types("yes").unwrap();
        terminal.shows("evil\\u{1b}[2J").unwrap();
        terminal.shows("Approve ").unwrap();
        assert_eq!(read(&marker).lines().count(), 1);
        assert!(!scratch.settings().exists(), "it is written after the answer");
        match end {
            "" => terminal.ends_input().unwrap(),
            "interrupt" => processes::signal(terminal.pid(), Signal::Interrupt).unwrap(),
            answer => terminal.types(answer).unwrap(),
        }
        let ran = terminal.ended().unwrap();
        assert_eq!(ran.code, Some(1), "{end:?}: {ran:?}");
        assert!(!ran.stdout.contains("\u{1b}[2J"), "a tool's name clears no screen: {ran:?}");
        assert!(!scratch.settings().exists());
        fs::remove_file(&marker).unwrap();
    }

    let mut terminal = asked();
    terminal.types("y").unwrap();
    terminal.shows("Approve ").unwrap();
    terminal.types("approve").unwrap();
    let ran = terminal.ended().unwrap();
    assert!(ran.code == Some(0) && ran.stdout.contains("added and approved, 11 tools"), "{ran:?}");
    assert_eq!(entries(&scratch)[0]["quarantined"], false);
    assert_eq!(read(&marker).lines().count(), 1, "no core runs, so it does not either");
}

#[test]
fn with_a_core_it_serves_once_it_is_approved() {
    let scratch = Arc::new(Scratch::with_servers(&[]).unwrap());
    let core = Core::start(&scratch).unwrap();
    let marker = |name: &str| scratch.file(name);
    let answered = |name: &str, answer: &str| {
        let file = marker(name);
        let mut terminal = terminal(&scratch, &["--name", name, FAKE, "--touch", file.to_str().unwrap()]);
        terminal.shows("with your rights").unwrap();
        terminal.types("yes").unwrap();
        terminal.shows("Approve ").unwrap();
        terminal.types(answer).unwrap();
        terminal.ended().unwrap()
    };
    let held = answered("held", "");
    assert!(held.code == Some(0) && held.stdout.contains("mcpproxy upstream approve held"), "{held:?}");
    let approved = answered("good", "approve");
    assert!(approved.code == Some(0) && approved.stdout.contains("added and approved, 10 tools"), "{approved:?}");
    until_found(&core, "echo", &["good:echo"]);
    let answer = core.session().unwrap().call("call_tool_read", &through("good:echo", r#"{"text":"x"}"#)).unwrap();
    assert!(!answer.is_tool_error(), "{answer:?}");
    assert_eq!(read(&marker("good")).lines().count(), 2, "looked at, then started");
    assert_eq!(read(&marker("held")).lines().count(), 1, "looked at only");

    // a look that is interrupted leaves nothing running
    let before = core.children().len();
    let file = marker("silent");
    let mut silent = terminal(&scratch, &[FAKE, "--silent-init", "--touch", file.to_str().unwrap()]);
    silent.shows("with your rights").unwrap();
    silent.types("y").unwrap();
    until("the look", || Ok(file.exists().then_some(()))).unwrap();
    processes::signal(silent.pid(), Signal::Interrupt).unwrap();
    let ran = silent.ended().unwrap();
    assert!(ran.code == Some(1) && ran.stdout.contains("interrupted"), "{ran:?}");
    until("the end of what was looked at", || Ok((core.children().len() == before).then_some(()))).unwrap();

    // the name of one that is there is offered with a number
    let mut again = terminal(&scratch, &["--name", "good", "--no-probe", "--hold", FAKE]);
    again.shows("as good-2?").unwrap();
    again.types("y").unwrap();
    assert_eq!(again.ended().unwrap().code, Some(0));
    let names: Vec<_> = entries(&scratch).iter().map(|entry| entry["name"].clone()).collect();
    assert_eq!(names, ["held", "good", "good-2"]);
}

#[test]
fn who_is_not_there_to_be_asked_says_so_in_advance() {
    let scratch = Arc::new(Scratch::with_servers(&[]).unwrap());
    let core = Core::start(&scratch).unwrap();
    let marker = scratch.file("marker");
    let touching = |flags: &[&str], name: &str| {
        let command = ["--name", name, FAKE, "--touch", marker.to_str().unwrap()];
        add(&scratch, &[flags, &command].concat())
    };
    let runs = || read(&marker).lines().count();
    let line = told(&touching(&[], "none"), 1, "INVALID_INPUT");
    assert!(line["hint"].as_str().unwrap().contains("--yes"), "{line}");
    assert_eq!(touching(&["--dry-run"], "dry").code, Some(0));
    assert_eq!(touching(&["--no-probe", "--hold"], "unseen").code, Some(0));
    told(&touching(&["--no-probe"], "undecided"), 1, "INVALID_INPUT");
    assert_eq!(runs(), 0);
    let held = touching(&["--yes"], "held");
    assert!(held.code == Some(0) && held.stdout.contains("nobody has approved it"), "{held:?}");
    assert_eq!(runs(), 1);
    let approved = touching(&["--yes", "--approve"], "good");
    assert_eq!(approved.code, Some(0), "{approved:?}");
    until("its start", || Ok((runs() == 3).then_some(()))).unwrap();
    let list = |name: &str| entries(&scratch).into_iter().find(|entry| entry["name"] == name).unwrap();
    assert_eq!((&list("held")["quarantined"], &list("good")["quarantined"]), (&json!(true), &json!(false)));

    assert_eq!(touching(&["--yes", "--if-not-exists"], "held").code, Some(0));
    let twice = touching(&["--yes", "-o", "json"], "held");
    let error = &servers(&twice)[0]["error"];
    assert!(twice.code == Some(1) && error["code"] == "ALREADY_EXISTS", "{twice:?}");
    assert!(error["hint"].as_str().unwrap().contains("--name held-2"), "{error}");
    assert_eq!(runs(), 3);
    drop(core);
}

#[test]
fn one_that_does_not_work_says_why_and_is_added_only_by_somebody_who_wants_it() {
    let scratch = Scratch::new().unwrap();
    let broken = ["--name", "broken", FAKE, "--exit-before-init", "3", "--stderr", "no licence was found"];
    let ran = add(&scratch, &[&["--yes", "-o", "json"], &broken[..]].concat());
    let error = servers(&ran)[0]["error"]["message"].as_str().unwrap().to_owned();
    assert!(
        ran.code == Some(1) && error.contains("exited with code 3") && error.contains("no licence was found"),
        "{ran:?}"
    );
    assert!(!scratch.settings().exists());

    let mut terminal = terminal(&scratch, &broken);
    terminal.shows("with your rights").unwrap();
    terminal.types("y").unwrap();
    terminal.shows("no licence was found").unwrap();
    terminal.shows("anyway").unwrap();
    terminal.types("y").unwrap();
    let ran = terminal.ended().unwrap();
    assert!(ran.code == Some(0) && !ran.stdout.contains("Approve"), "{ran:?}");
    assert_eq!(entries(&scratch)[0]["quarantined"], true);

    // each of several has its own outcome
    let snippet =
        json!({ "good": { "command": FAKE }, "bad": { "command": FAKE, "args": ["--exit-before-init", "1"] } });
    let ran = add(&scratch, &["--yes", "--approve", "-o", "json", &snippet.to_string()]);
    let actions: Vec<_> = servers(&ran).iter().map(|server| server["action"].clone()).collect();
    assert_eq!((ran.code, actions), (Some(1), vec![json!("added"), json!("failed")]));
    let silent =
        add(&scratch, &["--yes", "--timeout", "1s", "--name", "silent", FAKE, "--silent-init", "--stderr", "loading"]);
    assert!(silent.code == Some(1) && silent.stdout.contains("loading"), "{silent:?}");
}

#[test]
fn settings_of_other_programs_are_imported_and_held() {
    let scratch = Scratch::new().unwrap();
    let (marker, path) = (scratch.file("marker"), scratch.file("claude_desktop_config.json"));
    let args = ["--touch", marker.to_str().unwrap()];
    let settings = json!({ "mcpServers": {
        "one": { "command": FAKE, "args": args },
        "two": { "command": FAKE, "args": args, "env": { "TOKEN": "canary" } },
        "mcpproxy": { "url": "http://127.0.0.1:8080/mcp" },
        "empty": {},
    }});
    fs::write(&path, format!("// mine\n{settings}")).unwrap();
    let import = |flags: &[&str]| import(&scratch, &path, flags);
    let dry = import(&["--dry-run"]);
    assert!(dry.code == Some(1) && !scratch.settings().exists(), "one of them has no address: {dry:?}");
    let ran = import(&["-s", "one", "-o", "json", "--no-quarantine"]);
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    let one = &report["imported"][0];
    assert_eq!((&one["name"], &one["held"], &one["approved"]), (&json!("one"), &json!(false), &json!(true)));
    told(&import(&["--approve"]), 1, "INVALID_INPUT");
    let whole = import(&["-o", "json"]);
    let report: Value = serde_json::from_str(&whole.stdout).unwrap();
    assert_eq!(report["summary"], json!({ "total": 4, "imported": 1, "skipped": 2, "failed": 1 }), "{report:#}");
    assert!(whole.code == Some(1) && !whole.stdout.contains("canary") && !whole.stderr.contains("canary"), "{whole:?}");
    let held: Vec<_> = entries(&scratch).iter().map(|entry| entry["quarantined"].clone()).collect();
    assert!(held == [json!(false), json!(true)] && !marker.exists(), "{held:?}");
}

fn add(scratch: &Scratch, words: &[&str]) -> Ran {
    run(scratch.command().unwrap().args(["add", "--data-dir"]).arg(scratch.data()).args(words)).unwrap()
}

fn import(scratch: &Scratch, path: &Path, flags: &[&str]) -> Ran {
    let mut command = scratch.command().unwrap();
    command.args(["upstream", "import", "--data-dir"]).arg(scratch.data()).args(flags).arg(path);
    run(&mut command).unwrap()
}

fn terminal(scratch: &Scratch, words: &[&str]) -> Terminal {
    let mut command = scratch.command().unwrap();
    command.args(["add", "--data-dir"]).arg(scratch.data()).args(words);
    Terminal::open(command).unwrap()
}

/// What `-o json` told of each server.
fn servers(ran: &Ran) -> Vec<Value> {
    let told: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:?}"));
    told["servers"].as_array().unwrap().clone()
}

/// The servers in the settings file.
fn entries(scratch: &Scratch) -> Vec<Value> {
    let settings: Value = serde_json::from_str(&read(&scratch.settings())).unwrap();
    settings["mcpServers"].as_array().unwrap().clone()
}
