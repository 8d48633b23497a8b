//! One core before five servers, three of them third-party, that all tests share which change nothing in it.

use std::{
    fs,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError, Weak},
};

use mcpproxy_tests::{Core, Peer, Scratch, Session, peers, peers::Program, remote::Remote, until};
use serde_json::{Value, json};

/// What the file holds that `files` can read.
pub const TEXT: &str = "grüße, 世界\n\t\"quoted\" \\ and <b>&amp;</b>\u{2028}end";

pub struct Fleet {
    pub core: Core,
    pub remote: Remote,
    pub folder: PathBuf,
}

/// The fleet, ready. It is started once for all tests that run at the same time, and ends with the last of them.
pub fn shared() -> Arc<Fleet> {
    static SHARED: Mutex<Weak<Fleet>> = Mutex::new(Weak::new());
    let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(fleet) = shared.upgrade() {
        return fleet;
    }
    let fleet = Arc::new(start());
    *shared = Arc::downgrade(&fleet);
    fleet
}

pub fn fake(args: &[&str]) -> Program {
    Program::new(env!("CARGO_BIN_EXE_fake-mcp"), args)
}

fn start() -> Fleet {
    let remote = Remote::start().unwrap();
    let scratch = Arc::new(Scratch::new().unwrap());
    let folder = scratch.file("files");
    fs::create_dir(&folder).unwrap();
    let folder = folder.canonicalize().unwrap();
    fs::write(folder.join("note.txt"), TEXT).unwrap();
    let servers = json!([
        peers::everything("stdio").unwrap().entry("everything"),
        remote.entry("remote"),
        peers::filesystem(&folder).unwrap().entry("files"),
        peers::time().unwrap().entry("time"),
        fake(&[]).entry("fake"),
    ]);
    scratch.write_settings(&json!({ "mcpServers": servers })).unwrap();
    let core = Core::start(&scratch).unwrap();
    let sample = ["everything:echo", "remote:echo", "files:read_text_file", "time:get_current_time", "fake:echo"];
    until_found(&core, "echo the current time and read a file", &sample);
    Fleet { core, remote, folder }
}

/// Asks until the answer holds all these tools and no server is still starting.
pub fn until_found(core: &Core, question: &str, tools: &[&str]) {
    let mut session = core.session().unwrap();
    let found = until("tools that are found", || {
        let found = retrieve(&mut session, question, 100);
        let names = names(&found);
        let is_complete = found["notice"].is_null() && tools.iter().all(|tool| names.iter().any(|name| name == tool));
        Ok(is_complete.then_some(()))
    });
    found.unwrap_or_else(|trouble| panic!("{trouble}: {tools:?}\n{}", core.stderr()));
}

pub fn retrieve(session: &mut Session, question: &str, limit: usize) -> Value {
    let arguments = json!({ "query": question, "limit": limit }).to_string();
    session.call("retrieve_tools", &arguments).unwrap().document().unwrap()
}

/// The names of the tools in an answer of `retrieve_tools`, best first.
pub fn names(found: &Value) -> Vec<String> {
    found["tools"].as_array().unwrap().iter().map(|tool| tool["name"].as_str().unwrap().to_owned()).collect()
}

/// The arguments of a `call_tool_*` for a tool of a server; `arguments` is JSON.
pub fn through(name: &str, arguments: &str) -> String {
    format!(r#"{{"name":{},"args":{arguments}}}"#, Value::from(name))
}
