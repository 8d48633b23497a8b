//! Arguments that do not fit a tool's input schema: the caller is told where, and the server is never asked.

use mcpproxy_tests::{Answer, Peer, Session, mcp::REVISION};
use serde_json::{Value, json};

use crate::fleet::{Fleet, shared, through};

#[test]
fn the_caller_is_told_where_the_arguments_do_not_fit() {
    let fleet = shared();
    for (server, tool, arguments, place) in [
        ("everything", "echo", "{}", "at /: \"message\" is a required property"),
        ("everything", "get-sum", r#"{"a":"one","b":2}"#, "at /a: value is not of type \"number\""),
        ("remote", "get-structured-content", r#"{"location":"Atlantis"}"#, "at /location: value is not one of"),
        ("files", "read_text_file", "{}", "at /: \"path\" is a required property"),
        ("time", "get_current_time", r#"{"time_zone":"UTC"}"#, "at /: \"timezone\" is a required property"),
    ] {
        for answer in both_ways(&fleet, server, tool, arguments) {
            let told = refusal(&answer);
            assert!(told["error"].as_str().unwrap().contains(place), "{told}");
            assert_eq!(told["tool"], format!("{server}:{tool}"));
            assert!(told["input_schema"]["properties"].is_object(), "{told}");
            assert!(!told["hint"].as_str().unwrap().is_empty());
        }
    }
}

#[test]
fn the_server_is_not_asked_and_what_fits_reaches_it_as_it_was_written() {
    let fleet = shared();
    let pid = |fleet: &Fleet| both_ways(fleet, "fake", "pids", "{}").map(|answer| answer.text().unwrap());
    let before = pid(&fleet);
    // were it asked, it would end
    for answer in both_ways(&fleet, "fake", "crash", r#"{"ms":"soon"}"#) {
        refusal(&answer);
    }
    assert_eq!(pid(&fleet), before, "it runs still");
    for answer in both_ways(&fleet, "fake", "echo", r#"{"z":12345678901234567890,"ms":1,"a":[{"c":1,"b":2}]}"#) {
        let seen = answer.text().unwrap();
        assert!(seen.contains(r#"{"z":12345678901234567890,"ms":1,"a":[{"c":1,"b":2}]}"#), "{seen}");
    }
}

/// The same call through the door and by the tool's own name.
fn both_ways(fleet: &Fleet, server: &str, tool: &str, arguments: &str) -> [Answer; 2] {
    let mut direct = Session::open_path(fleet.core.address, "/mcp/all", REVISION).unwrap();
    let mut search = fleet.core.session().unwrap();
    [
        search.call("call_tool_read", &through(&format!("{server}:{tool}"), arguments)).unwrap(),
        direct.call(&format!("{server}__{tool}"), arguments).unwrap(),
    ]
}

fn refusal(answer: &Answer) -> Value {
    assert!(answer.is_tool_error(), "{answer:?}");
    let told = answer.document().unwrap();
    assert_eq!((&told["error_type"], &told["code"]), (&json!("invalid_params"), &json!("INVALID_ARGUMENTS")), "{told}");
    let error = told["error"].as_str().unwrap();
    assert!(error.chars().count() <= 500 && !error.contains('\n'), "{error}");
    told
}
