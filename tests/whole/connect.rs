//! `mcpproxy connect` and `disconnect` for clients that are files: shown, asked, written, undone to the byte. The clients
//! with a command of their own are run in `tests/agents`.

use std::{collections::BTreeMap, fs, os::unix::fs::PermissionsExt, path::PathBuf, process::Command, sync::Arc};

use mcpproxy_tests::{
    Core, Ran, Scratch,
    processes::{self, Signal},
    run,
    scratch::read,
    terminal::Terminal,
    until,
};
use serde_json::{Value, json};

use crate::refusals::told;

#[test]
fn every_client_that_is_a_file_is_connected_and_disconnected_to_the_byte() {
    let scratch = Arc::new(Scratch::with_servers(&[]).unwrap());
    let core = Core::start(&scratch).unwrap();
    let before = install(&scratch);
    let dry = connect(&scratch, &["--all", "--dry-run", "-o", "json"]);
    assert_eq!((dry.code, report(&dry)["results"].as_array().unwrap().len()), (Some(0), before.len()), "{dry:?}");
    assert_eq!(before, install_state(&before), "a dry run writes nothing");

    let ran = connect(&scratch, &["--all", "--yes", "-o", "json"]);
    let done = report(&ran);
    assert!(ran.code == Some(0) && done["errors"] == json!([]), "{ran:?}");
    let results = done["results"].as_array().unwrap();
    assert_eq!(results.len(), before.len());
    for result in results {
        let path = PathBuf::from(result["config_path"].as_str().unwrap());
        let text = read(&path);
        let leads = if result["client"] == "claude-desktop" { "stdio".to_owned() } else { core.url() };
        assert!(result["action"] == "created" && text.contains(&leads), "{result}: {text}");
        match &before[&path] {
            Some(text) => assert_eq!(read(&PathBuf::from(result["backup_path"].as_str().unwrap())), *text),
            None => assert!(result["backup_path"].is_null(), "{result}"),
        }
    }
    let list: Value = serde_json::from_str(&connect(&scratch, &["--list", "-o", "json"]).stdout).unwrap();
    let connected = list.as_array().unwrap().iter().filter(|client| client["connected"] == true);
    assert_eq!(connected.count(), before.len(), "{list:#}");
    let again = report(&connect(&scratch, &["--all", "--yes", "-o", "json"]));
    assert!(again["results"].as_array().unwrap().iter().all(|result| result["action"] == "already_exists"), "{again}");

    for result in results {
        let client = result["client"].as_str().unwrap();
        let ran = mcpproxy(&scratch, "disconnect", &[client, "--yes"]);
        assert_eq!(ran.code, Some(0), "{ran:?}");
    }
    assert_eq!(before, install_state(&before));
    let missing = connect(&scratch, &["codex", "--yes"]);
    assert!(missing.code == Some(1) && missing.stdout.contains("was not found"), "{missing:?}");
}

#[test]
fn a_person_sees_the_change_before_it_is_made() {
    let scratch = Arc::new(Scratch::with_servers(&[]).unwrap());
    let core = Core::start(&scratch).unwrap();
    let path = scratch.home().join(".cursor/mcp.json");
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    for end in [Some("n"), None] {
        let mut terminal = terminal(&scratch, &["cursor"]);
        terminal.shows("+ ").unwrap();
        terminal.shows(&core.url()).unwrap();
        terminal.shows("Make this change?").unwrap();
        match end {
            Some(answer) => terminal.types(answer).unwrap(),
            None => terminal.ends_input().unwrap(),
        }
        let ran = terminal.ended().unwrap();
        assert!(ran.code == Some(1) && ran.stdout.contains("nothing was changed"), "{ran:?}");
        assert!(!path.exists());
    }
    // without a name, the clients are listed, and one is asked for
    let mut terminal = terminal(&scratch, &[]);
    terminal.shows("claude-code").unwrap();
    terminal.shows("Which one?").unwrap();
    terminal.types("emacs").unwrap();
    terminal.shows("there is no client").unwrap();
    terminal.types("cursor").unwrap();
    terminal.shows("Make this change?").unwrap();
    terminal.types("").unwrap();
    let ran = terminal.ended().unwrap();
    assert!(
        ran.code == Some(0) && ran.stdout.contains("restart Cursor") && ran.stdout.contains("mcpproxy add"),
        "{ran:?}"
    );
    assert!(read(&path).contains(&core.url()));

    // one that leads elsewhere stays, unless somebody insists
    let foreign = r#"{"mcpServers":{"mcpproxy":{"url":"https://elsewhere.invalid/mcp?key=canary"}}}"#;
    fs::write(&path, foreign).unwrap();
    let refused = connect(&scratch, &["cursor", "--yes"]);
    assert!(
        refused.code == Some(1) && refused.stdout.contains("--force") && !refused.stdout.contains("canary"),
        "{refused:?}"
    );
    assert_eq!(read(&path), foreign);
    assert_eq!(connect(&scratch, &["cursor", "--yes", "--force"]).code, Some(0));
    assert!(read(&path).contains(&core.url()));
}

#[test]
fn a_key_goes_along_where_the_core_asks_for_one_and_is_never_shown() {
    let scratch = Arc::new(Scratch::new().unwrap());
    let key = "canary-key-0123456789";
    scratch.write_settings(&json!({ "require_mcp_auth": true, "api_key": key, "mcpServers": [] })).unwrap();
    let _core = Core::start(&scratch).unwrap();
    let path = scratch.home().join(".cursor/mcp.json");
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let ran = connect(&scratch, &["cursor", "--yes"]);
    assert!(ran.code == Some(0) && !ran.stdout.contains(key) && !ran.stderr.contains(key), "{ran:?}");
    assert!(ran.stderr.contains("API key"), "{ran:?}");
    let written: Value = serde_json::from_str(&read(&path)).unwrap();
    assert_eq!(written["mcpServers"]["mcpproxy"]["headers"]["X-API-Key"], key);
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let printed = connect(&scratch, &["zed", "--print"]);
    assert!(printed.stdout.contains(key) && printed.stdout.contains("context_servers"), "{printed:?}");
}

#[test]
fn without_a_core_the_address_comes_from_the_settings_or_from_its_first_start() {
    let scratch = Scratch::new().unwrap();
    let path = scratch.home().join(".cursor/mcp.json");
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let none = connect(&scratch, &["cursor", "--yes"]);
    told(&none, 1, "DAEMON_NOT_RUNNING");
    assert!(!path.exists());
    let ran = connect(&scratch, &["cursor", "--yes", "--start"]);
    let lock: Value = serde_json::from_str(&read(&scratch.lock())).unwrap();
    let pid = u32::try_from(lock["pid"].as_u64().unwrap()).unwrap();
    let url = format!("http://{}/mcp", lock["address"].as_str().unwrap());
    processes::signal(pid, Signal::Terminate).unwrap();
    assert!(ran.code == Some(0) && read(&path).contains(&url), "{ran:?}");
    until("the end of the core", || Ok((!is_served(&scratch)).then_some(()))).unwrap();
    // its address is written down, so that the next client needs no core
    let zed = scratch.home().join(".config/zed/settings.json");
    fs::create_dir_all(zed.parent().unwrap()).unwrap();
    let ran = connect(&scratch, &["zed", "--yes"]);
    assert!(ran.code == Some(0) && read(&zed).contains(&url), "{ran:?}");
}

/// Settings of clients as people have them, some with none yet. Gives the text of each.
fn install(scratch: &Scratch) -> BTreeMap<PathBuf, Option<String>> {
    let files: [(&str, Option<&str>); 7] = [
        (".config/Claude/claude_desktop_config.json", None),
        (
            ".cursor/mcp.json",
            Some("{\n  // mine\n  \"mcpServers\": {\n    \"a\": { \"command\": \"b\" }, // c\n  },\n}\n"),
        ),
        (".config/goose/config.yaml", Some("# mine\nGOOSE_MODE: auto\n")),
        (".config/opencode/opencode.json", Some("{ \"theme\": \"x\" }")),
        (".config/Code/User/mcp.json", Some("{\r\n\t\"servers\": {},\r\n}")),
        (".codeium/windsurf/mcp_config.json", None),
        (".config/zed/settings.json", Some("// mine\n{ \"vim_mode\": true, }\n")),
    ];
    let put = |(name, text): (&str, Option<&str>)| {
        let path = scratch.home().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        if let Some(text) = text {
            fs::write(&path, text).unwrap();
        }
        (path, text.map(str::to_owned))
    };
    files.into_iter().map(put).collect()
}

/// The same files as they are now.
fn install_state(files: &BTreeMap<PathBuf, Option<String>>) -> BTreeMap<PathBuf, Option<String>> {
    files.keys().map(|path| (path.clone(), fs::read_to_string(path).ok())).collect()
}

fn is_served(scratch: &Scratch) -> bool {
    let status = mcpproxy(scratch, "status", &["-o", "json"]);
    serde_json::from_str::<Value>(&status.stdout).is_ok_and(|status| status["pid"].is_u64())
}

fn connect(scratch: &Scratch, words: &[&str]) -> Ran {
    mcpproxy(scratch, "connect", words)
}

fn mcpproxy(scratch: &Scratch, command: &str, words: &[&str]) -> Ran {
    run(&mut line(scratch, command, words)).unwrap()
}

/// No client's program is on the path.
fn line(scratch: &Scratch, name: &str, words: &[&str]) -> Command {
    let mut command = scratch.command().unwrap();
    command.env("PATH", "/nonexistent").env_remove("XDG_CONFIG_HOME");
    command.arg(name).arg("--data-dir").arg(scratch.data()).args(words);
    command
}

fn terminal(scratch: &Scratch, words: &[&str]) -> Terminal {
    Terminal::open(line(scratch, "connect", words)).unwrap()
}

fn report(ran: &Ran) -> Value {
    serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:?}"))
}
