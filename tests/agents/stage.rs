//! What every client meets: one core before the demo server, and the question that finds one of its tools.

use std::{
    process::Command,
    sync::{Arc, Mutex, PoisonError, Weak},
};

use mcpproxy_tests::{Core, Peer, Ran, Scratch, binary, clients::Clients, peers::Program, run, until};
use serde_json::Value;

/// What somebody wants.
pub const QUESTION: &str = "convert a temperature from Fahrenheit to Celsius";
/// The tool that does it, and what it is called with.
pub const TOOL: &str = "demo:convert_units";
pub const ARGUMENTS: &str = r#"{"value":100,"from":"fahrenheit","to":"celsius"}"#;
/// What stands in the answer, whichever of its parts a client shows to its model.
pub const ANSWER: &str = "37.7777777778";

pub const MENU: [&str; 5] =
    ["retrieve_tools", "describe_tool", "call_tool_read", "call_tool_write", "call_tool_destructive"];

/// The core, ready. It is started once for all tests that run at the same time, and ends with the last of them.
pub fn core() -> Arc<Core> {
    static SHARED: Mutex<Weak<Core>> = Mutex::new(Weak::new());
    let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(core) = shared.upgrade() {
        return core;
    }
    let demo = Program::new(binary::mcpproxy().unwrap(), &["demo-server"]);
    let core = Core::start(&Arc::new(Scratch::with_servers(&[demo.entry("demo")]).unwrap())).unwrap();
    let mut session = core.session().unwrap();
    let question = serde_json::json!({ "query": QUESTION }).to_string();
    let found = until("the tool that is asked for", || {
        let found = session.call("retrieve_tools", &question)?.document()?;
        Ok((found["tools"][0]["name"] == TOOL).then_some(()))
    });
    found.unwrap_or_else(|trouble| panic!("{trouble}\n{}", core.stderr()));
    let core = Arc::new(core);
    *shared = Arc::downgrade(&core);
    core
}

/// The input schema of `retrieve_tools`, as the core gives it.
pub fn search_schema(core: &Core) -> Value {
    let list = core.session().unwrap().ask("tools/list", "{}").unwrap().result().unwrap();
    list["tools"][0]["inputSchema"].clone()
}

/// Runs a client to its good end and gives what it printed to stdout and stderr.
pub fn ran(command: &mut Command) -> Ran {
    let ran = run(command).unwrap();
    assert_eq!(ran.code, Some(0), "{command:?}\n{}\n{}", ran.stdout, ran.stderr);
    ran
}

/// A user with an empty home, and the clients that are installed; `None` where there are none.
pub fn newcomer() -> Option<(Clients, Scratch)> {
    Clients::installed().unwrap().map(|clients| (clients, Scratch::new().unwrap()))
}
