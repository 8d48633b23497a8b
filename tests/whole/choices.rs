//! Over REST: servers are taken from where another program keeps them, a person chooses which of their tools are let
//! through, and sees why a search finds what it finds.

use std::{fs, sync::Arc};

use mcpproxy_tests::{
    Core, Scratch,
    http::{Connection, Request},
    scratch::read,
    until,
};
use serde_json::{Value, json};

use crate::fleet::fake;

#[test]
fn servers_of_another_program_are_imported_held_approved_and_their_tools_chosen() {
    let scratch = Arc::new(Scratch::new().unwrap());
    let core = Core::start(&scratch).unwrap();
    let mut entry = fake(&[]).entry("fake");
    for key in ["name", "enabled", "quarantined"] {
        entry.as_object_mut().unwrap().remove(key);
    }
    entry["env"] = json!({ "HELD": "${env:PATH}", "GONE": "${env:NOT_SET_ANYWHERE}x" });
    let theirs = json!({ "mcpServers": { "fake": entry } }).to_string();
    fs::write(scratch.home().join(".claude.json"), &theirs).unwrap();
    let api = |method: &str, path: &str, body: &str| {
        let (status, told) = core.api(method, path, body).unwrap();
        assert_eq!(status, 200, "{method} {path}: {told}");
        told["data"].clone()
    };
    let paths = api("GET", "/servers/import/paths", "")["paths"].clone();
    let there: Vec<_> = paths.as_array().unwrap().iter().filter(|place| place["exists"] == true).collect();
    assert_eq!((there.len(), &there[0]["format"]), (1, &json!("claude-code")), "{paths}");
    let ask = json!({ "path": there[0]["path"], "format": there[0]["format"] }).to_string();
    assert_eq!(api("POST", "/servers/import/path", &ask)["summary"]["imported"], 1);
    assert_eq!(read(&scratch.home().join(".claude.json")), theirs, "only read");
    assert_eq!(api("GET", "/servers/fake", "")["quarantined"], true);
    let secrets = api("GET", "/secrets/config", "");
    let told: Vec<_> = secrets["environment_vars"].as_array().unwrap().iter().map(|it| &it["is_set"]).collect();
    assert_eq!(told, [&json!(false), &json!(true)], "{secrets}");
    api("PATCH", "/servers/fake", r#"{"env":{"GONE":null,"HELD":null}}"#);
    api("POST", "/servers/fake/unquarantine", "");
    let tools = || Ok(Some(api("GET", "/servers/fake/tools", "")).filter(|told| told["count"] == 10));
    until("the tools of the server", tools).unwrap();

    // two at a time lose nothing of each other
    std::thread::scope(|scope| {
        for tool in ["slow", "big", "burst", "crash"] {
            let core = &core;
            scope.spawn(move || {
                let path = format!("/servers/fake/tools/{tool}/enabled");
                assert_eq!(core.api("POST", &path, r#"{"enabled":false}"#).unwrap().0, 200);
            });
        }
    });
    let settings: Value = serde_json::from_str(&read(&scratch.settings())).unwrap();
    let mut held: Vec<_> = settings["mcpServers"][0]["disabled_tools"].as_array().unwrap().clone();
    held.sort_by_key(ToString::to_string);
    assert_eq!(held, ["big", "burst", "crash", "slow"]);
    let export = api("GET", "/servers/fake/tools/export", "");
    let off = export["tools"].as_array().unwrap().iter().filter(|tool| tool["disabled"] == true).count();
    assert_eq!((&export["count"], off), (&json!(10), 4));
    assert!(export["tools"][0]["hash"].as_str().unwrap().starts_with("sha256:"), "{export}");
    let text = Request::get(core.address, "/api/v1/servers/fake/tools/export?format=text");
    let text = Connection::open(core.address).unwrap().ask(&text.with("X-API-Key", &core.key().unwrap())).unwrap();
    assert!(text.body.contains("\nslow (held back)\n") && text.body.contains("\necho\n"), "{}", text.body);
    let call = |tool: &str| {
        let ask = json!({ "tool_name": "call_tool_read", "arguments": { "name": format!("fake:{tool}"), "args": {} } });
        core.api("POST", "/tools/call", &ask.to_string()).unwrap()
    };
    let (status, told) = call("burst");
    assert_eq!((status, &told["code"]), (403, &json!("TOOL_BLOCKED")), "{told}");
    api("POST", "/servers/fake/tools/burst/enabled", r#"{"enabled":true}"#);
    until("a tool that is let through", || Ok((call("burst").0 == 200).then_some(()))).unwrap();
    assert_eq!(api("POST", "/servers/fake/tools/enable_all", "")["changed"], 3);
    assert!(!read(&scratch.settings()).contains("disabled_tools"));
}

#[test]
fn a_search_says_why_and_counts_say_how_often_and_how_long() {
    let scratch = Arc::new(Scratch::with_servers(&[fake(&[]).entry("fake")]).unwrap());
    let core = Core::start(&scratch).unwrap();
    let search = || {
        let (_, told) = core.api("GET", "/index/search?q=please%20send%20notifications%20fake", "")?;
        let first = told["data"]["results"][0].clone();
        Ok((first["tool"]["name"] == "burst").then_some(first))
    };
    let first = until("a tool that is found", search).unwrap();
    assert_eq!(
        first["reasons"],
        json!([
            { "part": "server", "words": ["fake"] },
            { "part": "description", "words": ["send", "notifications"] },
        ]),
        "{first}"
    );
    assert_eq!((&first["matches"], first["snippet"].as_str().unwrap().is_empty()), (&json!(3), false));
    core.api("PATCH", "/config", r#"{"observability":{"metrics":{"enabled":true}}}"#).unwrap();
    let ask = r#"{"tool_name":"call_tool_read","arguments":{"name":"fake:echo","args":{}}}"#;
    until("a call", || Ok((core.api("POST", "/tools/call", ask)?.0 == 200).then_some(()))).unwrap();
    let metrics = Connection::open(core.address).unwrap().ask(&Request::get(core.address, "/metrics")).unwrap().body;
    for line in [
        r#"mcpproxy_tool_calls_total{server="fake",tool="echo",status="success"} 1"#,
        r#"mcpproxy_tool_call_duration_seconds_bucket{server="fake",tool="echo",le="30"} 1"#,
        r#"mcpproxy_tool_call_duration_seconds_count{server="fake",tool="echo"} 1"#,
        r#"mcpproxy_supervisor_state_changes_total{server="fake",from_state="Discovering",to_state="Ready"} 1"#,
    ] {
        assert!(metrics.contains(line), "{line}: {metrics}");
    }
}
