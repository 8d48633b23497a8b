//! The web page as a person meets it, in a real browser: the stories of `ui/story`, run against the real core, with
//! pictures of every page in `target/ui-shots`.
//!
//! They need node, what `ui/package-lock.json` pins, a built page and Chromium: `scripts/test` sees to all of them. What
//! the page does is written there; here is only what a page cannot do itself, such as stopping the core.

use std::{
    env,
    fmt::Arguments,
    fs,
    io::{self, BufRead, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::Arc,
};

use mcpproxy_tests::{
    Core, Result, Scratch, Trouble, binary,
    http::{Connection, Request},
    until,
};
use serde_json::{Value, json};

const FAKE: &str = env!("CARGO_BIN_EXE_fake-mcp");
const KEY: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

#[test]
fn a_person_adds_approves_finds_calls_and_has_the_core_back() {
    let Some(browser) = Browser::found() else { return };
    let scratch = Arc::new(Scratch::new().unwrap());
    let cursor = scratch.home().join(".cursor");
    fs::create_dir_all(&cursor).unwrap();
    fs::write(cursor.join("mcp.json"), "{\n  // mine\n  \"mcpServers\": {}\n}\n").unwrap();
    browser.tell("story/story.mjs", &scratch, &json!([])).unwrap();
}

/// It judges no time: the figures depend on the machine. It holds that the page copes with as much as this.
#[test]
fn fifty_servers_and_two_thousand_tools_are_shown() {
    let Some(browser) = Browser::found() else { return };
    let servers = (0..50).map(|at| {
        json!({ "name": format!("s{at:02}"), "command": FAKE, "args": ["--tools", "40"], "enabled": true, "quarantined": false })
    });
    let scratch = Arc::new(Scratch::new().unwrap());
    browser.tell("story/paint.mjs", &scratch, &servers.collect::<Value>()).unwrap();
}

/// A browser, and what drives it.
struct Browser {
    node: PathBuf,
    chromium: PathBuf,
}

impl Browser {
    /// `None`, and said why, where something is missing.
    fn found() -> Option<Self> {
        let missing = |what: &str| {
            say(format_args!("SKIPPED: {what} is missing; scripts/test installs or names it"));
            None::<Self>
        };
        let root = binary::root();
        let named = env::var_os("CHROMIUM").map_or_else(|| PathBuf::from("/usr/bin/chromium"), PathBuf::from);
        let node = env::var_os("UI_NODE").map_or_else(|| PathBuf::from("node"), PathBuf::from);
        if !named.is_file() {
            return missing("Chromium");
        }
        if node.as_os_str().is_empty()
            || !Command::new(&node).arg("--version").output().is_ok_and(|ran| ran.status.success())
        {
            return missing("node");
        }
        for needed in ["ui/node_modules/playwright-core", "ui/dist/index.html"] {
            if !root.join(needed).exists() {
                return missing(needed);
            }
        }
        Some(Self { node, chromium: named })
    }

    /// Runs a script against a core with these servers, and does what it asks for.
    fn tell(&self, script: &str, scratch: &Arc<Scratch>, servers: &Value) -> Result<()> {
        let count = servers.as_array().map_or(0, Vec::len);
        scratch.write_settings(&json!({ "api_key": KEY, "mcpServers": servers }))?;
        let mut core = Core::start(scratch)?;
        if count > 0 {
            all_ready(&core, count)?;
        }
        let address = core.address;
        let mut script = self.start(script, &format!("http://{address}"), &scratch.home())?;
        let lines = script.0.stdout.take().map(BufReader::new).into_iter().flat_map(BufRead::lines);
        let mut last = String::new();
        for line in lines.map_while(io::Result::ok) {
            say(format_args!("{line}"));
            match line.as_str() {
                "please: stop" => drop(core.stop()?),
                "please: start" => core = Core::start_with(scratch, &["--listen", &address.to_string()])?,
                _ => {}
            }
            if line.starts_with("please: ") {
                script.answer()?;
            }
            last = line;
        }
        let status = script.0.wait().map_err(Trouble::with("waiting for the script"))?;
        if status.success() && last == "done" {
            Ok(())
        } else {
            Err(Trouble::new(format!("the script ended with {status}")))
        }
    }

    fn start(&self, script: &str, core: &str, home: &Path) -> Result<Script> {
        let root = binary::root();
        let shots = env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from).join("ui-shots");
        let mut command = Command::new(&self.node);
        command.current_dir(root.join("ui")).arg(script);
        command.env("CORE", core).env("KEY", KEY).env("FAKE", FAKE).env("CHROMIUM", &self.chromium);
        command.env("BINARY", binary::mcpproxy()?).env("SHOTS", shots).env("CLIENTS", home);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        command.spawn().map(Script).map_err(Trouble::with("node could not be started"))
    }
}

/// A running script. Dropped, it is killed.
struct Script(Child);

impl Script {
    fn answer(&mut self) -> Result<()> {
        let input = self.0.stdin.as_mut().ok_or_else(|| Trouble::new("the script takes no answers"))?;
        input.write_all(b"done\n").and_then(|()| input.flush()).map_err(Trouble::with("answering the script"))
    }
}

impl Drop for Script {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Waits until so many servers serve calls.
fn all_ready(core: &Core, count: usize) -> Result<()> {
    let mut connection = Connection::open(core.address)?;
    until("all servers", || {
        let reply = connection.ask(&Request::get(core.address, "/api/v1/servers").with("X-API-Key", KEY))?;
        let told: Value = serde_json::from_str(&reply.body).map_err(Trouble::with("the list of servers"))?;
        let ready = told.pointer("/data/stats/connected_servers").and_then(Value::as_u64);
        Ok((ready == u64::try_from(count).ok()).then_some(()))
    })
}

fn say(line: Arguments<'_>) {
    let _ = writeln!(io::stdout(), "{line}");
}
