//! Clients without a model: the Inspector, the TypeScript SDK in both versions, FastMCP's client. Each lists, finds and
//! calls, in each era of the protocol that it speaks.

use std::fs;

use mcpproxy_tests::{binary, clients, peers};
use serde_json::{Value, json};

use crate::stage::{ANSWER, ARGUMENTS, MENU, QUESTION, TOOL, core, newcomer, ran};

#[test]
fn the_inspector_in_all_its_eras() {
    let Some((clients, home)) = newcomer() else { return };
    let core = core();
    for era in ["auto", "legacy", "modern"] {
        let ask = |args: &[&str]| -> Value {
            let mut command = clients.at_home(&clients.inspector(), &home);
            command.args([&core.url(), "--transport", "http", "--protocol-era", era, "--method"]).args(args);
            let shown = ran(&mut command).stdout;
            serde_json::from_str(&shown).unwrap_or_else(|error| panic!("{era}: {error}: {shown}"))
        };
        let list = ask(&["tools/list"]);
        let names: Vec<_> =
            list["tools"].as_array().unwrap().iter().map(|tool| tool["name"].as_str().unwrap()).collect();
        assert_eq!(names, MENU, "{era}");
        let call =
            |tool: &str, args: &Value| ask(&["tools/call", "--tool-name", tool, "--tool-args-json", &args.to_string()]);
        let found = call("retrieve_tools", &json!({ "query": QUESTION }));
        assert!(found["content"][0]["text"].as_str().unwrap().contains(TOOL), "{era}: {found}");
        let arguments: Value = serde_json::from_str(ARGUMENTS).unwrap();
        let result = call("call_tool_read", &json!({ "name": TOOL, "args": arguments }));
        assert!(result["content"][0]["text"].as_str().unwrap().contains(ANSWER), "{era}: {result}");
        assert!(result["structuredContent"]["value"].is_number(), "{era}: {result}");
    }
}

#[test]
fn the_typescript_sdk_in_both_versions() {
    let Some((clients, home)) = newcomer() else { return };
    let core = core();
    let mut command = clients.at_home(&clients.typescript("typescript_sdk.mjs"), &home);
    let shown = ran(command.args([&core.url(), QUESTION, ARGUMENTS])).stdout;
    let modes = [("typescript 2", "auto", "2026-07-28"), ("typescript 2", "legacy", "2025-11-25")];
    check(&shown, &[modes[0], modes[1], ("typescript 1", "legacy", "2025-11-25")]);
}

#[test]
fn the_client_of_fastmcp() {
    let core = core();
    let mut command = peers::python_client("fastmcp_client.py", &[&core.url(), QUESTION, ARGUMENTS]).unwrap().command();
    core.scratch.settle(&mut command);
    check(&ran(&mut command).stdout, &[("fastmcp", "auto", "2026-07-28"), ("fastmcp", "legacy", "2025-11-25")]);
}

#[test]
fn the_readme_names_the_versions_that_are_run() {
    let readme = fs::read_to_string(binary::root().join("README.md")).unwrap();
    for (name, version) in clients::pinned().unwrap() {
        let is_named = readme.lines().any(|line| line.contains(&format!("`{name}`")) && line.contains(&version));
        assert!(is_named, "no line of README.md has `{name}` and {version}");
    }
}

/// Looks at the documents that a client of ours printed, one for each of client, mode and revision.
fn check(shown: &str, expected: &[(&str, &str, &str)]) {
    let documents: Vec<Value> = shown.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let seen = |name: &str| documents.iter().map(|seen| seen[name].as_str().unwrap_or_default()).collect::<Vec<_>>();
    assert_eq!(seen("client"), expected.iter().map(|one| one.0).collect::<Vec<_>>(), "{shown}");
    assert_eq!(seen("mode"), expected.iter().map(|one| one.1).collect::<Vec<_>>(), "{shown}");
    assert_eq!(seen("revision"), expected.iter().map(|one| one.2).collect::<Vec<_>>(), "{shown}");
    for document in &documents {
        assert_eq!(document["tools"], json!(MENU), "{document}");
        assert_eq!(document["found"], TOOL, "{document}");
        assert!(document["text"].as_str().unwrap().contains(ANSWER), "{document}");
    }
}
