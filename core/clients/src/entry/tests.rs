//! Entries as clients have them, ours and others'.

use mcpproxy_domain::Secret;

use super::*;

fn target(key: Option<&str>) -> Target {
    Target {
        url: "http://127.0.0.1:8080/mcp".to_owned(),
        api_key: key.map(Secret::new),
        binary: "/opt/mcpproxy".into(),
        bridge: vec![Target::BRIDGE.to_owned()],
        name: "mcpproxy".to_owned(),
    }
}

#[test]
fn every_client_gets_the_entry_that_it_understands() {
    let (url, key) = ("http://127.0.0.1:8080/mcp", json!({ "X-API-Key": "k" }));
    for (client, expected) in [
        (ClientId::ClaudeCode, json!({ "type": "http", "url": url, "headers": key })),
        (ClientId::ClaudeDesktop, json!({ "command": "/opt/mcpproxy", "args": ["stdio"] })),
        (ClientId::Codex, json!({ "url": url, "http_headers": key })),
        (ClientId::Cursor, json!({ "url": url, "headers": key })),
        (ClientId::Gemini, json!({ "url": url, "type": "http", "headers": key })),
        (
            ClientId::Goose,
            json!({ "enabled": true, "type": "streamable_http", "name": "mcpproxy", "description": "MCPProxy",
                "uri": url, "timeout": 300, "headers": key }),
        ),
        (ClientId::OpenCode, json!({ "type": "remote", "url": url, "enabled": true, "headers": key })),
        (ClientId::VsCode, json!({ "type": "http", "url": url, "headers": key })),
        (ClientId::Windsurf, json!({ "serverUrl": url, "headers": key })),
        (ClientId::Zed, json!({ "url": url, "headers": key })),
    ] {
        let entry = wanted(client, &json!({}), &target(Some("k")));
        assert_eq!(entry, expected, "{client}");
        assert_eq!(standing(Some(&entry), &entry), Standing::Connected, "{client}");
        assert_eq!(written_for(client, &entry, &target(None)).url, url);
        assert!(wanted(client, &json!({}), &target(None)).get("headers").is_none(), "{client}");
    }
    let newer = json!({ "mcp": { "servers": { "a": {} } } });
    assert_eq!(path(ClientId::OpenCode, &newer, "us"), ["mcp", "servers", "us"]);
    assert_eq!(wanted(ClientId::OpenCode, &newer, &target(None)), json!({ "type": "remote", "url": url }));
    let named_so = json!({ "mcp": { "servers": { "type": "local" } } });
    assert_eq!(path(ClientId::OpenCode, &named_so, "us"), ["mcp", "us"]);
}

#[test]
fn it_is_told_where_an_entry_leads() {
    let http = json!({ "url": "http://127.0.0.1:8080/mcp" });
    let bridge = json!({ "command": "/opt/mcpproxy", "args": ["stdio"] });
    let moved = |what: &str| Standing::Moved { what: what.to_owned() };
    let elsewhere = |what: &str| Standing::Elsewhere { what: what.to_owned() };
    for (there, wanted, expected) in [
        (json!({ "url": "http://localhost:8080/mcp/", "timeout": 5 }), &http, Standing::Outdated),
        (json!({ "url": "http://127.0.0.1:8080/mcp", "timeout": 5 }), &http, Standing::Connected),
        (json!({ "url": "http://127.0.0.1:8080/mcp", "type": "sse" }), &http, Standing::Outdated),
        (json!({ "url": "http://127.0.0.1:8080/mcp", "disabled": true }), &http, Standing::Outdated),
        (json!({ "url": "http://127.0.0.1:8080/mcp", "disabled": false }), &http, Standing::Connected),
        (json!({ "url": "http://127.0.0.1:8080/mcp?apikey=k" }), &http, Standing::Outdated),
        (json!({ "httpUrl": "http://127.0.0.1:8080/mcp" }), &http, Standing::Outdated),
        (json!({ "url": "http://127.0.0.1:9/mcp/all?apikey=k" }), &http, moved("http://127.0.0.1:9/mcp/all")),
        (json!({ "url": "http://127.0.0.1.evil.example/mcp" }), &http, elsewhere("http://127.0.0.1.evil.example/mcp")),
        (json!({ "url": "https://me:pw@x.example/mcp?k=v" }), &http, elsewhere("https://x.example/mcp")),
        (json!({ "command": "C:\\x\\node.exe", "args": ["--key", "k"] }), &http, elsewhere("the program node")),
        (json!({ "command": ["npx", "-y", "a"] }), &http, elsewhere("the program npx")),
        (json!("text"), &http, elsewhere("nowhere that is known")),
        (
            json!({ "command": "npx", "args": ["-y", "mcp-remote", "http://127.0.0.1:8080/mcp"] }),
            &bridge,
            moved("http://127.0.0.1:8080/mcp"),
        ),
        (json!({ "command": "C:\\old\\mcpproxy.exe", "args": ["stdio"] }), &bridge, Standing::Outdated),
        (bridge.clone(), &http, moved("mcpproxy stdio")),
    ] {
        assert_eq!(standing(Some(&there), wanted), expected, "{there}");
    }
    assert_eq!(standing(None, &http), Standing::Absent);
}

#[test]
fn what_somebody_added_to_our_entry_stays() {
    let there = json!({ "type": "sse", "url": "old", "trust": true, "headers": { "X-API-Key": "old", "A": "b" } });
    let wanted = json!({ "url": "new", "headers": { "X-API-Key": "new" } });
    let expected = json!({ "url": "new", "headers": { "X-API-Key": "new", "A": "b" }, "trust": true });
    assert_eq!(merged(Some(&there), &wanted), expected);
    assert_eq!(secrets(Some(&there)), ["old", "b"]);
}
