//! The official Python SDK as client, as it opens by itself (with the stateless revision) and with sessions only.

use mcpproxy_tests::{peers, run};
use serde_json::{Value, json};

use crate::fleet::shared;

#[test]
fn the_python_sdk_gets_what_servers_say_in_both_eras() {
    let fleet = shared();
    let client = peers::python_client("python_sdk.py", &[&fleet.core.url(), "auto", "legacy"]).unwrap();
    let mut command = client.command();
    fleet.core.scratch.settle(&mut command);
    let ran = run(&mut command).unwrap();
    assert_eq!(ran.code, Some(0), "{}\n{}", ran.stdout, ran.stderr);
    check_both(&ran.stdout);
}

/// Holds what the client saw, one document an era, against what the servers say.
pub fn check_both(stdout: &str) {
    let documents: Vec<Value> = stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let modes: Vec<_> = documents.iter().map(|seen| (&seen["mode"], &seen["discoveries"])).collect();
    assert_eq!(modes, [(&json!("auto"), &json!(["answered"])), (&json!("legacy"), &json!([]))]);
    for seen in &documents {
        check(seen);
    }
}

fn check(seen: &Value) {
    let mode = &seen["mode"];
    let revision = if mode == "auto" { "2026-07-28" } else { "2025-11-25" };
    assert_eq!((&seen["revision"], &seen["server"]), (&json!(revision), &json!("mcpproxy")), "{mode}");
    assert_eq!(seen["instructions"], true, "{mode}");
    assert_eq!(seen["tools"].as_array().map(Vec::len), Some(5), "{mode}");
    let found = seen["found"]["content"][0]["text"].as_str().unwrap();
    assert!(found.contains("time:get_current_time"), "{mode}: {found}");
    assert_eq!(seen["text"]["result"]["content"], json!([{ "type": "text", "text": "Echo: hello" }]), "{mode}");
    let images: Vec<_> = blocks(&seen["image"]).iter().filter(|block| block["type"] == "image").collect();
    assert!(images.len() == 1 && images[0]["mimeType"] == "image/png", "{mode}: {}", seen["image"]);
    assert!(images[0]["data"].as_str().unwrap().starts_with("iVBOR"), "{mode}: a PNG");
    assert!(seen["structured"]["result"]["structuredContent"]["temperature"].is_number(), "{mode}: {seen}");
    assert_eq!(seen["tool_error"]["result"]["isError"], true, "{mode}");
    assert_eq!(seen["refused"]["result"]["isError"], true, "{mode}");
    assert!(blocks(&seen["refused"])[0]["text"].as_str().unwrap().contains("WRONG_VARIANT"), "{mode}");
    let error = json!({ "code": -32050, "message": "it failed", "data": { "why": ["on", 1.5] } });
    assert_eq!(seen["rpc_error"]["error"], error, "{mode}");
    for server in ["everything", "remote"] {
        let order = &seen[format!("progress_{server}")];
        assert_eq!(*order, json!([[1.0, 4.0], [2.0, 4.0], [3.0, 4.0], [4.0, 4.0], "result"]), "{mode} {server}");
    }
}

fn blocks(outcome: &Value) -> &Vec<Value> {
    outcome["result"]["content"].as_array().unwrap()
}
