//! Who may call what: servers that nobody approved, tools that destroy, tools that the settings hold back, slips.

use std::sync::Arc;

use mcpproxy_tests::{Answer, Core, Peer, Scratch};
use serde_json::{Value, json};

use crate::fleet::{fake, names, retrieve, shared, through, until_found};

#[test]
fn a_server_that_nobody_approved_is_not_started_not_found_and_not_callable() {
    let scratch = Arc::new(Scratch::new().unwrap());
    let (held, stopped) = (scratch.file("held-marker"), scratch.file("off-marker"));
    let entry = |name: &str, marker: &std::path::Path, tool: &str| {
        fake(&["--touch", marker.to_str().unwrap(), "--extra-tool", tool]).entry(name)
    };
    let mut stranger = entry("stranger", &held, "transmogrify_wombat");
    stranger.as_object_mut().unwrap().shift_remove("quarantined");
    let mut off = entry("off", &stopped, "transmogrify_wombat");
    off["enabled"] = json!(false);
    let friend = scratch.file("friend-marker");
    let servers = json!([stranger, off, entry("friend", &friend, "greet_friend")]);
    scratch.write_settings(&json!({ "mcpServers": servers })).unwrap();
    let mut core = Core::start(&scratch).unwrap();
    until_found(&core, "greet friend", &["friend:greet_friend"]);

    let mut session = core.session().unwrap();
    let found = retrieve(&mut session, "transmogrify wombat", 10);
    assert_eq!(names(&found), [""; 0]);
    assert!(found["notice"].as_str().unwrap().contains("approval"), "{found}");
    for door in ["call_tool_read", "call_tool_write", "call_tool_destructive"] {
        let refused = session.call(door, &through("stranger:transmogrify_wombat", "{}")).unwrap();
        let told = refusal(&refused);
        assert_eq!(told["status"], "QUARANTINED_SERVER_BLOCKED", "{told}");
        assert!(told["instructions"].as_str().unwrap().contains("\"quarantined\": false"), "{told}");
    }
    let refused = session.call("call_tool_read", &through("off:transmogrify_wombat", "{}")).unwrap();
    assert!(refused.is_tool_error() && refused.text().unwrap().starts_with("TOOL_BLOCKED: "), "{refused:?}");
    assert!(core.stop().unwrap().success());
    assert!(friend.exists() && !held.exists() && !stopped.exists(), "only the approved server was ever started");
}

#[test]
fn a_destructive_tool_needs_the_destructive_door() {
    let fleet = shared();
    let mut session = fleet.core.session().unwrap();
    let path = fleet.folder.join("written.txt");
    let arguments = json!({ "path": path, "content": "x" }).to_string();
    for door in ["call_tool_read", "call_tool_write"] {
        let told = refusal(&session.call(door, &through("files:write_file", &arguments)).unwrap());
        assert_eq!(told["code"], "WRONG_VARIANT");
        assert!(told["troubleshooting"].as_str().unwrap().contains("call_tool_destructive"), "{told}");
        assert!(!path.exists());
    }
    let written = session.call("call_tool_destructive", &through("files:write_file", &arguments)).unwrap();
    assert!(!written.is_tool_error() && path.exists(), "{written:?}");
}

#[test]
fn a_tool_that_the_settings_hold_back_is_neither_found_nor_callable() {
    let mut entry = fake(&["--extra-tool", "wombat_feed", "--extra-tool", "wombat_pet"]).entry("zoo");
    entry["disabled_tools"] = json!(["wombat_feed"]);
    let core = Core::start(&Arc::new(Scratch::with_servers(&[entry]).unwrap())).unwrap();
    until_found(&core, "wombat", &["zoo:wombat_pet"]);
    let mut session = core.session().unwrap();
    assert_eq!(names(&retrieve(&mut session, "wombat feed", 10)), ["zoo:wombat_pet"]);
    let refused = session.call("call_tool_read", &through("zoo:wombat_feed", "{}")).unwrap();
    assert!(refused.is_tool_error() && refused.text().unwrap().starts_with("TOOL_BLOCKED: "), "{refused:?}");
}

#[test]
fn a_slip_of_the_pen_is_answered_with_what_was_meant() {
    let fleet = shared();
    let mut session = fleet.core.session().unwrap();
    for (name, code, meant) in [
        ("time:get_curent_time", "TOOL_NOT_FOUND", json!("time:get_current_time")),
        ("tme:get_current_time", "SERVER_NOT_FOUND", json!("time")),
    ] {
        let told = refusal(&session.call("call_tool_read", &through(name, "{}")).unwrap());
        assert_eq!((&told["code"], &told["did_you_mean"][0]), (&json!(code), &meant), "{told}");
    }
    let told = refusal(&session.call("call_tool_read", r#"{"name":"no colon"}"#).unwrap());
    assert_eq!(told["code"], "INVALID_INPUT", "{told}");
    let unknown = session.call("time:get_current_time", "{}").unwrap();
    assert!(unknown.outcome.unwrap_err().contains("call_tool_read"));
}

fn refusal(answer: &Answer) -> Value {
    assert!(answer.is_tool_error(), "{answer:?}");
    answer.document().unwrap()
}
