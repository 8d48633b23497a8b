//! Texts that mean harm, or mean nothing.

use std::fmt::Write;

use super::{assert_accepted, paste};
use crate::{FILE_LIMIT, Format, ImportError, PASTE_LIMIT, Reason, import, is_name};

#[test]
fn names_cannot_forge_lines_and_are_each_their_own() {
    let mut text = String::from("{\"mcpServers\": {");
    for (at, name) in ["a\\u0000\\u001b[31m", "\\u202etxt", "", " ", "日本", "a/../b", "mcpproxy\\n"].iter().enumerate()
    {
        write!(text, "{}\"{name}\": {{\"command\": \"c{at}\"}}", if at == 0 { "" } else { "," }).unwrap();
    }
    write!(text, ", \"{}\": {{\"command\": \"long\", \"\\u001b\": 1}}}}}}", "x".repeat(100_000)).unwrap();
    let imported = import(&text, None).unwrap();
    assert_eq!(imported.servers.len(), 8);
    assert_accepted(&imported.servers);
    for draft in &imported.servers {
        assert!(is_name(&draft.name), "{:?}", draft.name);
        let told = draft.warnings.concat()
            + &draft.fields_skipped.concat()
            + draft.source.original_name.as_deref().unwrap_or("");
        assert!(!told.contains(|c: char| c.is_control() || c == '\u{202e}') && told.len() < 1000, "{told:?}");
    }
}

#[test]
fn many_servers_of_one_name_are_read_in_one_go() {
    let entries: Vec<_> =
        (0..20_000).map(|at| format!("\"é{}a\": {{\"command\": \"c{at}\"}}", "é".repeat(at % 50 + at / 50))).collect();
    let imported = import(&format!("{{\"mcpServers\": {{{}}}}}", entries.join(",")), None).unwrap();
    let names: std::collections::BTreeSet<_> = imported.servers.iter().map(|draft| &draft.name).collect();
    assert_eq!(names.len(), imported.servers.len());
}

#[test]
fn what_is_too_large_or_too_deep_is_refused() {
    assert_eq!(paste(&"x ".repeat(PASTE_LIMIT)), Err(ImportError::TooLarge { limit: PASTE_LIMIT }));
    assert_eq!(import(&" ".repeat(FILE_LIMIT + 1), None), Err(ImportError::TooLarge { limit: FILE_LIMIT }));
    let deep = 200_000;
    assert!(matches!(paste(&("{\"a\":".repeat(deep) + "1")), Err(ImportError::Json { .. })));
    assert!(matches!(paste(&"[".repeat(deep)), Err(ImportError::Json { .. })));
    for text in ["a.".repeat(deep) + "a = 1", format!("[{}a]", "a.".repeat(deep)), format!("a = {}", "[".repeat(deep))]
    {
        assert!(import(&text, Some(Format::Codex)).is_err());
    }
    let link = format!("cursor://x/mcp/install?config={}", "W1".repeat(deep));
    assert!(matches!(paste(&link), Err(ImportError::Link { .. })));
}

#[test]
fn errors_hold_no_values() {
    for text in [
        "[mcp_servers.a]\ncommand = \"a\"\nenv = { K = \"hunter2\" ",
        "[mcp_servers.a]\nbearer_token = hunter2",
        r#"{"mcpServers": {"a": {"command": "a", "env": {"K": "hunter2"} "#,
        r#"{"mcpServers": {"a": {"command": "a", "env": ["hunter2"]}}}"#,
        r#"{"mcpServers": {"a": {"url": "hunter2"}}}"#,
        r#"{"mcpServers": {"a": {"url": "https://a.dev", "headers": {"K": "hunter2\nX: y"}}}}"#,
        r#"{"mcpServers": {"a": {"url": "https://a.dev", "bearer_token_env_var": "hunter2!"}}}"#,
        "claude mcp add -e hunter2 a -- b",
        "claude mcp add -eK=hunter2 a -- b",
        "https://a.dev hunter2",
        "--key=hunter2",
        "claude mcp add -H hunter2 a https://a.dev",
        r#"claude mcp add-json a '{"env": hunter2'"#,
        "vscode:mcp/install?%7B%22a%22:hunter2",
        "npx 'hunter2",
    ] {
        let told = import(text, None).map_or_else(
            |error| format!("{error} {error:?}"),
            |imported| {
                let reasons = imported.skipped.iter().map(|skipped| format!("{} {skipped:?}", skipped.reason));
                reasons.collect::<String>() + &format!("{:?}", imported.servers)
            },
        );
        let pasted = match paste(text) {
            Ok(drafts) => format!("{drafts:?}"),
            Err(error) => format!("{error} {error:?}"),
        };
        assert!(!told.contains("hunter2") && !pasted.contains("hunter2"), "{text}: {told} {pasted}");
    }
}

#[test]
fn what_the_settings_would_refuse_is_refused_here() {
    for (entry, refused) in [
        (r#"{"command": "a", "env": {"A=B": "c"}}"#, true),
        (r#"{"command": "a", "env": {"": "c"}}"#, true),
        (r#"{"command": "a", "env": {"A": "\u0000"}}"#, true),
        (r#"{"command": "a", "args": ["\u0000"]}"#, true),
        (r#"{"command": " "}"#, true),
        (r#"{"command": 7}"#, true),
        (r#"{"command": "a", "args": {}}"#, true),
        (r#"{"command": "a", "enabled": "yes"}"#, true),
        (r#"{"url": "https://a.dev", "headers": {"A B": "c"}}"#, true),
        (r#"{"url": "https://a.dev/\n"}"#, false),
        (r#"{"url": "https://"}"#, true),
        (r#"{"url": "https://${HOST}/mcp"}"#, false),
        (r#"{"type": "http", "command": "a"}"#, true),
        (r#"{"type": "stdio", "url": "https://a.dev"}"#, true),
        (r#"{"type": "http", "command": "a", "url": "https://a.dev"}"#, false),
        (r#"{"command": "a", "url": "https://a.dev"}"#, false),
        (r#"{"command": ["npx", "a"], "cwd": null, "env": null, "disabled": null}"#, false),
    ] {
        let imported = import(&format!("{{\"mcpServers\": {{\"s\": {entry}}}}}"), None).unwrap();
        assert_accepted(&imported.servers);
        assert_eq!(imported.servers.is_empty(), refused, "{entry}: {imported:?}");
        assert!(imported.skipped.iter().all(|skipped| skipped.reason != Reason::Own));
    }
}
