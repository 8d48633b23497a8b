//! Starts that fail: each says what is wrong and what to do, with an exit code of its own and nothing on stdout.

use std::{
    fs::{self, File},
    net::{Ipv4Addr, TcpListener},
    sync::{Arc, Mutex, PoisonError},
};

use mcpproxy_tests::{Core, Ran, Scratch, run};
use serde_json::{Value, json};

/// The ports that are tried when nobody chose one; whoever needs them in a test holds this.
pub static USUAL_PORTS: Mutex<()> = Mutex::new(());

#[test]
fn faults_in_the_settings_are_all_told_at_once() {
    let scratch = Scratch::new().unwrap();
    let settings = json!({
        "listen": "127.0.0.1:99999",
        "tools_limit": -3,
        "api_key": "s3cret-canary-key",
        "call_tool_timeout": "soon",
        "mcpServers": [
            { "name": "a:b", "command": "x" },
            { "name": "two", "url": "ftp://nowhere" },
            { "name": "two", "command": "y", "env": { "TOKEN": 7 } },
            { "name": "empty" },
        ],
    });
    scratch.write_settings(&settings).unwrap();
    let before = fs::read(scratch.settings()).unwrap();
    let ran = serve(&scratch, &[]);
    let line = told(&ran, 4, "CONFIG_INVALID");
    assert_eq!(line["path"], json!(scratch.settings()));
    for path in [
        "listen",
        "tools_limit",
        "call_tool_timeout",
        "mcpServers[0].name",
        "mcpServers[1].url",
        "mcpServers[2].name",
        "mcpServers[2].env.TOKEN",
        "mcpServers[3].command",
    ] {
        let mut lines = ran.stderr.lines().filter(|line| line.trim_start().starts_with(path));
        let line = lines.next().unwrap_or_else(|| panic!("{path} is not told:\n{}", ran.stderr));
        assert!(line.ends_with(')'), "a hint stands at the end: {line}");
    }
    assert!(!ran.stderr.contains("s3cret-canary-key"));
    assert_eq!(fs::read(scratch.settings()).unwrap(), before, "a file with faults is never overwritten");

    fs::write(scratch.settings(), "{ \"mcpServers\": [ }").unwrap();
    let ran = serve(&scratch, &[]);
    told(&ran, 4, "CONFIG_INVALID");
    assert!(ran.stderr.contains("line 1"), "{}", ran.stderr);
}

#[test]
fn a_port_that_is_taken_names_its_holder_and_a_free_one() {
    let scratch = Scratch::new().unwrap();
    let holder = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let taken = holder.local_addr().unwrap().to_string();
    let ran = serve(&scratch, &["--listen", &taken]);
    let line = told(&ran, 2, "PORT_IN_USE");
    let message = line["message"].as_str().unwrap();
    assert!(message.contains(&taken), "{message}");
    if cfg!(target_os = "linux") {
        assert!(message.contains(&format!("(pid {})", std::process::id())), "{message}");
    }
    let hint = line["hint"].as_str().unwrap();
    let free = hint.rsplit_once("--listen ").unwrap().1;
    let free: std::net::SocketAddr = free.parse().unwrap_or_else(|_| panic!("{hint}"));
    assert_ne!(free.to_string(), taken);
    assert!(!scratch.settings().exists(), "a port that somebody chose is not written down");
}

#[test]
fn a_folder_has_one_core() {
    let core = Core::start(&Arc::new(Scratch::new().unwrap())).unwrap();
    let ran = serve(&core.scratch, &["--listen", "127.0.0.1:0"]);
    let line = told(&ran, 3, "DATA_FOLDER_LOCKED");
    let message = line["message"].as_str().unwrap();
    assert!(message.contains(&core.pid().to_string()) && message.contains(&core.address.to_string()), "{message}");
    assert!(line["hint"].as_str().unwrap().contains("--data-dir"), "{line}");
    assert_eq!(line["path"], json!(core.scratch.data()));
    assert!(core.session().is_ok(), "the one that runs is not disturbed");
}

#[test]
fn a_folder_that_the_other_make_serves_is_left_alone() {
    let scratch = Scratch::new().unwrap();
    let path = scratch.data().join("config.db");
    fs::write(&path, "theirs").unwrap();
    let theirs = File::open(&path).unwrap();
    theirs.lock().unwrap();
    let ran = serve(&scratch, &["--listen", "127.0.0.1:0"]);
    let line = told(&ran, 3, "DATA_FOLDER_LOCKED");
    assert!(line["message"].as_str().unwrap().contains("config.db"), "{line}");
    assert_eq!(fs::read_to_string(&path).unwrap(), "theirs");
    drop(theirs);

    scratch.write_settings(&json!({ "mcpServers": [] })).unwrap();
    let before = fs::read_to_string(scratch.settings()).unwrap();
    let scratch = Arc::new(scratch);
    let mut core = Core::start(&scratch).unwrap();
    assert!(File::open(&path).unwrap().try_lock().is_err(), "neither make serves beside the other");
    assert!(core.stop().unwrap().success());
    assert_eq!(fs::read_to_string(&path).unwrap(), "theirs");
    assert_eq!(fs::read_to_string(scratch.data().join("mcp_config.json.before-rs")).unwrap(), before);
}

#[test]
fn a_folder_of_somebody_else_is_refused() {
    let scratch = Scratch::new().unwrap();
    if std::os::unix::fs::chown(scratch.data(), Some(65_534), None).is_err() {
        eprintln!("skipped: only root can give a folder to somebody else");
        return;
    }
    let ran = serve(&scratch, &["--listen", "127.0.0.1:0"]);
    let line = told(&ran, 5, "DATA_FOLDER_DENIED");
    assert!(line["message"].as_str().unwrap().contains("65534"), "{line}");
    assert!(line["hint"].as_str().unwrap().contains("--data-dir"), "{line}");
    assert_eq!(fs::read_dir(scratch.data()).unwrap().count(), 0, "nothing is written into it");
}

#[test]
fn a_data_folder_that_is_a_file_is_refused() {
    let scratch = Scratch::new().unwrap();
    fs::remove_dir(scratch.data()).unwrap();
    fs::write(scratch.data(), "a file").unwrap();
    let config = scratch.file("settings.json");
    fs::write(&config, "{}").unwrap();
    let ran = serve(&scratch, &["--config", config.to_str().unwrap()]);
    told(&ran, 5, "DATA_FOLDER_DENIED");
}

#[test]
fn a_port_that_nobody_chose_is_looked_for_once_and_kept() {
    let _turn = USUAL_PORTS.lock().unwrap_or_else(PoisonError::into_inner);
    let free: Vec<u16> = (8080..=8089).filter(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok()).collect();
    let [first, second, ..] = free[..] else {
        eprintln!("skipped: the ports 8080 to 8089 are taken on this machine");
        return;
    };
    let scratch = Arc::new(Scratch::with_servers(&[json!({ "name": "kept", "command": "x", "later": true })]).unwrap());
    let holder = TcpListener::bind((Ipv4Addr::LOCALHOST, first)).unwrap();
    let mut core = Core::start_with(&scratch, &[]).unwrap();
    assert_eq!(core.address.port(), second);
    assert!(core.stop().unwrap().success());
    drop(holder);
    let written: Value = serde_json::from_str(&fs::read_to_string(scratch.settings()).unwrap()).unwrap();
    assert_eq!(written["listen"], format!("127.0.0.1:{second}"));
    assert_eq!(written["mcpServers"][0]["later"], true, "what is not ours stays");

    let before = fs::read(scratch.settings()).unwrap();
    let core = Core::start_with(&scratch, &[]).unwrap();
    assert_eq!(core.address.port(), second, "though an earlier one is free now");
    assert_eq!(fs::read(scratch.settings()).unwrap(), before, "written once");
}

fn serve(scratch: &Scratch, flags: &[&str]) -> Ran {
    run(scratch.command().unwrap().arg("serve").arg("--data-dir").arg(scratch.data()).args(flags)).unwrap()
}

/// What was told on stderr; the last line is for programs.
pub fn told(ran: &Ran, code: i32, name: &str) -> Value {
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(code), ""), "{}", ran.stderr);
    let line: Value = serde_json::from_str(ran.stderr.lines().last().unwrap()).unwrap();
    assert_eq!(line["code"], name, "{line}");
    assert!(ran.stderr.contains("error: ") && ran.stderr.contains("hint: "), "for people too: {}", ran.stderr);
    line
}
