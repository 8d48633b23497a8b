//! Whole files of other programs.

use serde_json::{Value, json};

use super::entries;
use crate::{Format, Imported, Reason, import};

/// Reads a file twice: as whose it was told, and by what stands in it.
#[track_caller]
fn read(format: Format, text: &str) -> Imported {
    let told = import(text, Some(format)).unwrap();
    assert_eq!(import(text, None).unwrap(), told, "the format is found out");
    told
}

#[track_caller]
fn check(format: Format, text: &str, expected: &Value) -> Imported {
    let imported = read(format, text);
    assert_eq!(&entries(&imported.servers), expected);
    imported
}

fn skipped(imported: &Imported) -> Vec<(&str, &Reason)> {
    imported.skipped.iter().map(|skipped| (skipped.name.as_str(), &skipped.reason)).collect()
}

#[test]
fn claude_desktop_and_our_own_entry() {
    let text = r#"{
        "globalShortcut": "", // a comment
        "mcpServers": {
            "my files": {"command": "npx", "args": ["-y", "@modelcontextprotocol/server-filesystem", "/tmp/mcpproxy"]},
            "my-files": {"command": "uvx", "args": ["other", 7]},
            "mcpproxy": {"command": "npx", "args": ["-y", "mcp-remote", "http://localhost:8080/mcp/all", "--header", "X: y"]},
            "proxy": {"command": "C:\\Program Files\\mcpproxy.exe", "args": ["serve", "--stdio"]},
            "behind": {"command": "cmd", "args": ["/c", "mcpproxy", "serve"]},
            "remote": {"command": "npx", "args": ["mcp-remote", "https://mcp.linear.app/mcp"]},
            "broken": {"args": []}, "odd": [],
        },
    }"#;
    let expected = json!([
        {"name": "my-files", "command": "npx", "args": ["-y", "@modelcontextprotocol/server-filesystem", "/tmp/mcpproxy"]},
        {"name": "my-files-2", "command": "uvx", "args": ["other", "7"]},
        {"name": "remote", "command": "npx", "args": ["mcp-remote", "https://mcp.linear.app/mcp"]},
    ]);
    let imported = check(Format::ClaudeDesktop, text, &expected);
    let own = |name| (name, &Reason::Own);
    let expected =
        [own("mcpproxy"), own("proxy"), own("behind"), ("broken", &Reason::NoAddress), ("odd", &Reason::NotAnEntry)];
    assert_eq!(skipped(&imported), expected);
    assert_eq!(imported.servers[0].source.original_name.as_deref(), Some("my files"));
    assert_eq!(imported.servers[0].warnings, ["my files is called my-files here"]);
}

#[test]
fn claude_code_with_its_projects() {
    let text = r#"{"numStartups": 3, "mcpServers": {
            "a": {"type": "stdio", "command": "a", "args": ["${HOME}/x"], "env": {"U": "${U:-http://u}", "API_KEY": "${API_KEY:-}"}},
            "b": {"type": "http", "url": "https://b.dev/mcp", "headers": {"K": "${K}"}, "headersHelper": "x", "timeout": 5,
                  "oauth": {"clientId": "id", "callbackPort": 1}},
            "mcpproxy-dev": {"type": "http", "url": "http://[::1]:8080/mcp"},
            "not-ours": {"type": "http", "url": "http://localhost:8080/mcp"}
        },
        "projects": {
            "/p/one": {"allowedTools": [], "mcpServers": {"a": {"type": "stdio", "command": "./a"}}},
            "/p/two": {"mcpServers": {"b": {"type": "http", "url": "https://b.dev/mcp", "headers": {"K": "${K}"}}}},
            "/p/three": {}
        }}"#;
    let expected = json!([
        {"name": "a", "command": "a", "args": ["${env:HOME}/x"], "env": {"API_KEY": "${env:API_KEY}", "U": "http://u"}},
        {"name": "b", "url": "https://b.dev/mcp", "headers": {"K": "${env:K}"}, "oauth": {"client_id": "id"}},
        {"name": "not-ours", "url": "http://localhost:8080/mcp"},
        {"name": "a-2", "command": "./a", "working_dir": "/p/one"},
    ]);
    let imported = check(Format::ClaudeCode, text, &expected);
    assert_eq!(skipped(&imported), [("mcpproxy-dev", &Reason::Own), ("b", &Reason::Same("b".into()))]);
    assert_eq!(imported.skipped[1].project.as_deref(), Some("/p/two"));
    assert_eq!(imported.servers[3].source.project.as_deref(), Some("/p/one"));
    assert_eq!(imported.servers[1].fields_skipped, ["headersHelper", "timeout"]);
    let nothing = import(r#"{"numStartups": 1}"#, None).unwrap();
    assert_eq!((nothing.format, nothing.servers.len()), (Format::ClaudeCode, 0));
}

#[test]
fn editors() {
    let cursor = r#"{"mcpServers": {
        "a": {"url": "https://a.dev/mcp", "auth": {"CLIENT_ID": "i", "CLIENT_SECRET": "${env:S}", "scopes": ["x"]}},
        "b": {"command": "${userHome}/b", "envFile": "${workspaceFolder}/.env", "env": {"T": "${env:T}"}, "disabled": true},
        "c": {"url": "https://c.dev/mcp"}
    }}"#;
    let home = if cfg!(windows) { "${env:USERPROFILE}/b" } else { "${env:HOME}/b" };
    let expected = json!([
        {"name": "a", "url": "https://a.dev/mcp",
         "oauth": {"client_id": "i", "client_secret": "${env:S}", "scopes": ["x"]}},
        {"name": "b", "command": home, "env": {"T": "${env:T}"}, "enabled": false},
        {"name": "c", "url": "https://c.dev/mcp"},
    ]);
    let imported = check(Format::Cursor, cursor, &expected);
    assert_eq!(imported.servers[1].fields_skipped, ["envFile"]);
    assert_eq!(imported.servers[1].warnings, ["envFile is not read; write its variables into env"]);

    let vscode = r#"{
        // inputs are asked for
        "inputs": [{"type": "promptString", "id": "gh-token", "password": true}],
        "servers": {
            "gh": {"type": "http", "url": "https://gh.dev/mcp/", "headers": {"Authorization": "Bearer ${input:gh-token}"}},
            "pg": {"command": "npx", "args": ["pg", "${input:pg url}"], "env": {"PG_PASS": "${input:pass}", "GONE": null}},
            "old": {"type": "sse", "url": "https://old.dev/x"},
        },
    }"#;
    let expected = json!([
        {"name": "gh", "url": "https://gh.dev/mcp/", "headers": {"Authorization": "Bearer ${env:GH_TOKEN}"}},
        {"name": "pg", "command": "npx", "args": ["pg", "${env:PG_URL}"], "env": {"PG_PASS": "${env:PG_PASS}"}},
        {"name": "old", "url": "https://old.dev/x", "protocol": "sse"},
    ]);
    let imported = check(Format::VsCode, vscode, &expected);
    assert!(
        imported.servers[0].warnings[0].contains("set the variable GH_TOKEN"),
        "{:?}",
        imported.servers[0].warnings
    );

    let windsurf = r#"{"mcpServers": {
        "a": {"serverUrl": "https://a.dev/mcp", "type": "sse", "headers": {"K": "${env:K}"}, "disabledTools": ["x"]},
        "b": {"serverUrl": "https://b.dev/sse"}, "c": {"command": "c", "env": {"K": "${file:~/k}"}}
    }}"#;
    let expected = json!([
        {"name": "a", "url": "https://a.dev/mcp", "headers": {"K": "${env:K}"}, "disabled_tools": ["x"]},
        {"name": "b", "url": "https://b.dev/sse", "protocol": "sse"},
        {"name": "c", "command": "c", "env": {"K": "${file:~/k}"}},
    ]);
    assert_eq!(check(Format::Windsurf, windsurf, &expected).servers[2].warnings.len(), 1);

    let zed = r#"{"theme": "One", "context_servers": {
        "a": {"source": "custom", "command": "a", "args": ["1"], "env": {}},
        "b": {"url": "https://b.dev/mcp", "headers": {"K": "v"}, "enabled": false},
        "c": {"source": "extension", "enabled": true, "settings": {}}, "d": {"settings": {}}
    }}"#;
    let expected = json!([
        {"name": "a", "command": "a", "args": ["1"]},
        {"name": "b", "url": "https://b.dev/mcp", "headers": {"K": "v"}, "enabled": false},
    ]);
    let imported = check(Format::Zed, zed, &expected);
    assert_eq!(skipped(&imported), [("c", &Reason::Extension), ("d", &Reason::Extension)]);
}

#[test]
fn codex_refers_to_variables_and_holds_no_values_of_them() {
    let text = r#"
        model = "x" # a comment
        [mcp_servers.a]
        command = "npx"
        args = ["-y", "a"]
        cwd = "/a"
        env_vars = ["A", { name = "B", source = "local" }]
        startup_timeout_sec = 20.5
        tool_timeout_sec = 60
        enabled_tools = ["x", "y"]
        disabled_tools = ["y"]
        [mcp_servers.a.env]
        C = "${D}"
        [mcp_servers."b b"]
        url = "https://b.dev/mcp"
        bearer_token_env_var = "B_TOKEN"
        http_headers = { X = "1", authorization = "old" }
        env_http_headers = { Y = "Y_VAR" }
        enabled = false
        [mcp_servers.c]
        url = "https://c.dev/mcp"
        bearer_token_env_var = "not a name"
        [mcp_servers.mcpproxy]
        url = "http://127.0.0.1:8080/mcp?apikey=k"
    "#;
    let expected = json!([
        {"name": "a", "command": "npx", "args": ["-y", "a"], "env": {"A": "${env:A}", "B": "${env:B}", "C": "${D}"},
         "working_dir": "/a", "enabled_tools": ["x"], "init_timeout": "21s"},
        {"name": "b-b", "url": "https://b.dev/mcp",
         "headers": {"Authorization": "Bearer ${env:B_TOKEN}", "X": "1", "Y": "${env:Y_VAR}"}, "enabled": false},
    ]);
    let imported = check(Format::Codex, text, &expected);
    let names: Vec<_> = skipped(&imported).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["c", "mcpproxy"]);
    assert_eq!(imported.servers[0].fields_skipped, ["tool_timeout_sec"]);
}

#[test]
fn gemini_and_opencode() {
    let gemini = r#"{"ui": {}, "mcp": {"allowed": []}, "mcpServers": {
        "a": {"httpUrl": "https://a.dev/mcp", "url": "https://a.dev/sse", "command": "a"},
        "b": {"url": "https://b.dev/x", "command": "b", "headers": {"K": "Bearer $K_1"}, "trust": true},
        "c": {"command": "c", "cwd": "./c", "env": {"K": "$K"}, "timeout": 5, "includeTools": ["x"], "excludeTools": ["x"]},
        "d": {"url": "https://d.dev/mcp", "type": "http"}
    }}"#;
    let expected = json!([
        {"name": "a", "url": "https://a.dev/mcp"},
        {"name": "b", "url": "https://b.dev/x", "headers": {"K": "Bearer ${env:K_1}"}, "protocol": "sse"},
        {"name": "c", "command": "c", "env": {"K": "${env:K}"}, "working_dir": "./c", "disabled_tools": ["x"]},
        {"name": "d", "url": "https://d.dev/mcp"},
    ]);
    let imported = check(Format::Gemini, gemini, &expected);
    assert_eq!(imported.servers[0].fields_skipped, ["url", "command"]);

    let expected = json!([
        {"name": "a", "command": "npx", "args": ["-y", "a"], "env": {"K": "${env:K}"}, "enabled": false},
        {"name": "b", "url": "https://b.dev/mcp", "headers": {"A": "Bearer ${env:B}"}},
    ]);
    let a = r#""type": "local", "command": ["npx", "-y", "a"], "environment": {"K": "{env:K}"}"#;
    let b = r#"{"type": "remote", "url": "https://b.dev/mcp", "headers": {"A": "Bearer {env:B}"}, "oauth": {}}"#;
    check(Format::OpenCode, &format!(r#"{{"mcp": {{"a": {{{a}, "enabled": false}}, "b": {b}}}}}"#), &expected);
    let newer = format!(r#"{{"mcp": {{"servers": {{"a": {{{a}, "disabled": true}}, "b": {b}}}}}}}"#);
    check(Format::OpenCode, &newer, &expected);
}

#[test]
fn our_own_file_whatever_its_make() {
    let text = r#"{"listen": ":8080", "mcpServers": [
        {"name": "io.github.x/y", "protocol": "stdio", "command": "y", "enabled": true, "quarantined": false,
         "trust_mode": "auto", "skip_quarantine": true, "isolation": {"enabled": true}, "init_timeout": "5s",
         "oauth": null, "created": "2025-01-01T00:00:00Z", "env": {"A": "${keyring:a}", "B": "${B}"}},
        {"name": "off", "url": "https://off.dev/mcp", "protocol": "streamable-http"},
        {"name": "launched", "command": "l", "url": "http://127.0.0.1:9/mcp", "protocol": "http", "enabled": true}
    ]}"#;
    let expected = json!([
        {"name": "io-github-x-y", "command": "y", "env": {"A": "${keyring:a}", "B": "${B}"},
         "isolation": {"enabled": true}, "init_timeout": "5s"},
        {"name": "off", "url": "https://off.dev/mcp", "enabled": false},
        {"name": "launched", "command": "l", "url": "http://127.0.0.1:9/mcp"},
    ]);
    let imported = check(Format::Mcpproxy, text, &expected);
    assert_eq!(imported.servers[0].fields_skipped, ["trust_mode", "skip_quarantine"], "trust is not imported");
    let keys: Vec<_> = imported.servers[0].to_entry().as_object().unwrap().keys().cloned().collect();
    assert_eq!(keys, ["name", "command", "env", "enabled", "quarantined", "isolation", "init_timeout"]);
}
