//! How a core lives and ends: orderly, killed, reloaded; and that no process of its servers outlives it.

use std::{fs, sync::Arc};

use mcpproxy_tests::{
    Answer, Core, Peer, Scratch,
    http::{Connection, Reply},
    mcp::{self, message},
    peers::Program,
    processes, until,
};
use serde_json::{Value, json};

use crate::fleet::{fake, names, retrieve, through, until_found};

const NOBODY: [u32; 0] = [];

#[test]
fn sigterm_during_calls_answers_them_and_leaves_no_process() {
    let scratch = Scratch::with_servers(&[
        fake(&["--grandchild"]).entry("polite"),
        fake(&["--ignore-eof", "--ignore-term", "--grandchild"]).entry("stubborn"),
        escaping("leaver"),
    ]);
    let mut core = Core::start(&Arc::new(scratch.unwrap())).unwrap();
    until_found(&core, "echo", &["polite:echo", "stubborn:echo", "leaver:echo"]);
    assert!(core.children().len() >= 6, "three servers, two grandchildren, one that left: {:?}", core.children());

    let short = UnderWay::begin(&core, "polite:slow", r#"{"ms":1500}"#);
    let long = UnderWay::begin(&core, "polite:slow", r#"{"ms":600000}"#);
    core.ask_to_stop().unwrap();
    let short = short.answer();
    assert_eq!(short.result().unwrap()["structuredContent"]["slept_ms"], 1500, "it had time to finish: {short:?}");
    let long = long.answer();
    let told = long.document().unwrap();
    assert!(long.is_tool_error() && told["code"] == "CANCELLED", "it is told that it was cut short: {told}");
    let status = core.wait().unwrap();
    assert_eq!(status.code(), Some(0), "{}", core.stderr());
    assert_eq!(core.children(), NOBODY);
    assert_eq!(core.stdout(), "", "stdout belongs to answers");
}

#[test]
fn a_second_sigterm_cuts_the_stop_short() {
    let server = fake(&["--ignore-eof", "--ignore-term"]).entry("stubborn");
    let mut core = Core::start(&Arc::new(Scratch::with_servers(&[server]).unwrap())).unwrap();
    until_found(&core, "echo", &["stubborn:echo"]);
    core.ask_to_stop().unwrap();
    until("the begin of the stop", || Ok(core.stderr().contains("draining").then_some(()))).unwrap();
    core.ask_to_stop().unwrap();
    assert_eq!(core.wait().unwrap().code(), Some(1));
    until("the end of its server", || Ok(core.children().is_empty().then_some(()))).unwrap();
}

#[test]
fn kill_nine_ends_the_servers_and_the_next_start_ends_what_had_left_them() {
    let entries = [fake(&["--ignore-eof", "--ignore-term"]).entry("stubborn"), escaping("leaver")];
    let scratch = Arc::new(Scratch::with_servers(&entries).unwrap());
    let mut core = Core::start(&scratch).unwrap();
    until_found(&core, "echo", &["stubborn:echo", "leaver:echo"]);
    let mark = scratch.mark().unwrap();
    let servers = pids(&core, &["stubborn", "leaver"]);
    let left = until("the process that leaves", || Ok(Some(leavers(&mark)).filter(|left| left.len() == 1))).unwrap();
    // a process that merely looks like one of ours: another instance's
    let stranger = std::process::Command::new("sleep").arg("1000").env("MCPPROXY_INSTANCE", "somebody-elses").spawn();
    let mut stranger = stranger.unwrap();

    core.kill().unwrap();
    until("servers that die with their core", || {
        let running = processes::with_variable(&mark);
        Ok(servers.iter().all(|pid| !running.contains(pid)).then_some(()))
    })
    .unwrap();
    assert_eq!(processes::with_variable(&mark), left, "what left its group lives on, for now");

    let core = Core::start(&scratch).unwrap();
    until("the sweep", || Ok((!core.children().contains(&left[0])).then_some(()))).unwrap();
    until_found(&core, "echo", &["stubborn:echo", "leaver:echo"]);
    let is_stranger_there = stranger.try_wait().unwrap().is_none();
    stranger.kill().unwrap();
    stranger.wait().unwrap();
    assert!(is_stranger_there, "another instance's process is never touched");
}

#[test]
fn sighup_takes_over_what_changed_and_a_broken_file_changes_nothing() {
    let one = fake(&["--extra-tool", "wombat_one"]).entry("one");
    let scratch = Arc::new(Scratch::with_servers(std::slice::from_ref(&one)).unwrap());
    let core = Core::start(&scratch).unwrap();
    until_found(&core, "wombat", &["one:wombat_one"]);
    let before = pids(&core, &["one"]);

    let two = fake(&["--extra-tool", "wombat_two"]).entry("two");
    scratch.write_settings(&json!({ "mcpServers": [one, two] })).unwrap();
    core.ask_to_reload().unwrap();
    until_found(&core, "wombat", &["one:wombat_one", "two:wombat_two"]);
    assert_eq!(pids(&core, &["one"]), before, "a server that did not change is not touched");

    fs::write(scratch.settings(), "{ \"mcpServers\": [ {\"name\": 7} ").unwrap();
    core.ask_to_reload().unwrap();
    until("the fault that is told", || Ok(core.stderr().contains("not taken over").then_some(()))).unwrap();
    assert_eq!(pids(&core, &["one"]), before);
    assert!(core.session().is_ok());

    scratch.write_settings(&json!({ "mcpServers": [two] })).unwrap();
    core.ask_to_reload().unwrap();
    let mut session = core.session().unwrap();
    until("a server that is gone", || {
        Ok((names(&retrieve(&mut session, "wombat", 10)) == ["two:wombat_two"]).then_some(()))
    })
    .unwrap();
    until("its process that is gone", || Ok((core.children().len() == 1).then_some(()))).unwrap();
    let told = session.call("call_tool_read", &through("one:wombat_one", "{}")).unwrap().document().unwrap();
    assert_eq!(told["code"], "SERVER_NOT_FOUND", "{told}");
}

#[test]
fn an_edit_by_hand_is_taken_over_by_itself_and_the_logs_know_its_secrets_first() {
    let scratch = Arc::new(Scratch::with_servers(&[]).unwrap());
    let core = Core::start(&scratch).unwrap();
    let secret = "canary-of-an-edited-key";
    let script = format!("echo 'the key is {secret}' >&2; exec \"$0\" --extra-tool wombat_one");
    let one = Program::new("sh", &["-c", &script, env!("CARGO_BIN_EXE_fake-mcp")]).entry("one");
    scratch.write_settings(&json!({ "mcpServers": [one], "api_key": secret })).unwrap();
    until_found(&core, "wombat", &["one:wombat_one"]);
    until("the words of the server", || Ok(scratch.log("server-one.log").contains("the key is ***").then_some(())))
        .unwrap();
    fs::write(scratch.settings(), format!("{{\"api_key\": \"{secret}\",\n}}")).unwrap();
    until("the fault that is told", || Ok(core.stderr().contains("line 2, column 1").then_some(()))).unwrap();
    assert!(core.session().is_ok());
}

#[test]
fn a_server_that_dies_comes_back_by_itself() {
    let core = Core::start(&Arc::new(Scratch::with_servers(&[fake(&[]).entry("fake")]).unwrap())).unwrap();
    until_found(&core, "echo", &["fake:echo"]);
    let before = pids(&core, &["fake"]);
    let mut session = core.session().unwrap();
    let crashed = session.call("call_tool_read", &through("fake:crash", "{}")).unwrap();
    let told = crashed.document().unwrap();
    assert!(crashed.is_tool_error() && told["code"] == "UPSTREAM_FAILED", "{told}");
    let back = until("a server that is back", || {
        let answer = session.call("call_tool_read", &through("fake:pids", "{}"))?;
        Ok((!answer.is_tool_error()).then_some(answer))
    });
    let back = back.unwrap().result().unwrap()["structuredContent"]["own"].as_u64().unwrap();
    assert_ne!([u32::try_from(back).unwrap()], before[..]);
}

/// A server that starts a process in a session of its own, outside of its group.
fn escaping(name: &str) -> Value {
    let script = r#"setsid sleep 1000 <&- >&- 2>&- & exec "$0""#;
    Program::new("sh", &["-c", script, env!("CARGO_BIN_EXE_fake-mcp")]).entry(name)
}

/// The processes of [`escaping`] servers that left.
fn leavers(mark: &str) -> Vec<u32> {
    let sleeping = processes::with_argument("sleep\u{0}1000");
    processes::with_variable(mark).into_iter().filter(|pid| sleeping.contains(pid)).collect()
}

fn pids(core: &Core, servers: &[&str]) -> Vec<u32> {
    let mut session = core.session().unwrap();
    let own = servers.iter().map(|server| {
        let answer = session.call("call_tool_read", &through(&format!("{server}:pids"), "{}")).unwrap();
        u32::try_from(answer.result().unwrap()["structuredContent"]["own"].as_u64().unwrap()).unwrap()
    });
    own.collect()
}

/// A call whose answer has begun, so that its server is known to be at work.
struct UnderWay {
    connection: Connection,
    reply: Reply,
}

impl UnderWay {
    fn begin(core: &Core, tool: &str, arguments: &str) -> Self {
        let call = format!(r#"{{"name":{tool:?},"args":{arguments}}}"#);
        let params = format!(r#"{{"name":"call_tool_read","arguments":{call},"_meta":{{"progressToken":1}}}}"#);
        let mut connection = Connection::open(core.address).unwrap();
        let post = core.session().unwrap().post(&message(1, "tools/call", &params));
        connection.send(&post.bytes()).unwrap();
        let mut reply = connection.head().unwrap();
        let first = connection.chunk().unwrap().unwrap();
        reply.body = String::from_utf8(first).unwrap();
        assert!(reply.body.contains("notifications/progress"), "{reply:?}");
        Self { connection, reply }
    }

    fn answer(mut self) -> Answer {
        mcp::read(&self.connection.rest(self.reply).unwrap(), 1).unwrap()
    }
}
