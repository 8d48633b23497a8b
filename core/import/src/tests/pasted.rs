//! Everything that may stand after `mcpproxy add`.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use super::{entries, paste};
use crate::{Form, Format, ImportError, Reason, Shown, parse};

#[track_caller]
fn check(table: Vec<(&str, Value)>) {
    for (text, expected) in table {
        let drafts = paste(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(entries(&drafts), expected, "{text}");
    }
}

#[test]
fn urls_and_command_lines() {
    check(vec![
        ("https://mcp.linear.app/mcp", json!([{"name": "linear", "url": "https://mcp.linear.app/mcp"}])),
        (
            "HTTPS://mcp.linear.app/sse",
            json!([{"name": "linear", "url": "HTTPS://mcp.linear.app/sse", "protocol": "sse"}]),
        ),
        (
            "docs https://x.dev/mcp -H 'Authorization: Bearer $DOCS_TOKEN' -t sse",
            json!([{"name": "docs", "url": "https://x.dev/mcp", "headers": {"Authorization": "Bearer ${env:DOCS_TOKEN}"},
                    "protocol": "sse"}]),
        ),
        (
            "npx -y @modelcontextprotocol/server-everything",
            json!([{"name": "everything", "command": "npx", "args": ["-y", "@modelcontextprotocol/server-everything"]}]),
        ),
        ("$ uvx mcp-server-time", json!([{"name": "time", "command": "uvx", "args": ["mcp-server-time"]}])),
        (
            "docker run -i --rm -e A mcp/fetch",
            json!([{"name": "fetch", "command": "docker", "args": ["run", "-i", "--rm", "-e", "A", "mcp/fetch"]}]),
        ),
        ("node ./server.js", json!([{"name": "server", "command": "node", "args": ["./server.js"]}])),
        ("/opt/notes-mcp", json!([{"name": "notes", "command": "/opt/notes-mcp"}])),
        (r"C:\tools\notes.exe --x", json!([{"name": "notes", "command": r"C:\tools\notes.exe", "args": ["--x"]}])),
        ("-- notes", json!([{"name": "notes", "command": "notes"}])),
        ("mine -- npx -y x", json!([{"name": "mine", "command": "npx", "args": ["-y", "x"]}])),
        (
            "TOKEN=a URL=\"b c\" npx x",
            json!([{"name": "x", "command": "npx", "args": ["x"], "env": {"TOKEN": "a", "URL": "b c"}}]),
        ),
        (
            "```sh\nnpx -y \\\n  notes-mcp\n# and one more\nuvx mcp-server-time\n```",
            json!([{"name": "notes", "command": "npx", "args": ["-y", "notes-mcp"]},
                   {"name": "time", "command": "uvx", "args": ["mcp-server-time"]}]),
        ),
        (
            "https://a.dev/one\nhttps://a.dev/v2",
            json!([{"name": "a-one", "url": "https://a.dev/one"}, {"name": "a", "url": "https://a.dev/v2"}]),
        ),
        (
            "npx a\nuvx a\nnpx a",
            json!([{"name": "a", "command": "npx", "args": ["a"]}, {"name": "a-2", "command": "uvx", "args": ["a"]}]),
        ),
        ("sh -c 'exec x $HOME'", json!([{"name": "sh", "command": "sh", "args": ["-c", "exec x $HOME"]}])),
    ]);
    let words = ["npx", "-y", "two words"].map(str::to_owned);
    let drafts = parse(&words, Some("named")).unwrap();
    assert_eq!(entries(&drafts), json!([{"name": "named", "command": "npx", "args": ["-y", "two words"]}]));
    assert_eq!((drafts[0].source.form, drafts[0].source.format), (Form::CommandLine, None));
    assert!(!format!("{:?}", paste("K=hunter2 npx x").unwrap()).contains("hunter2"));
}

#[test]
fn snippets() {
    let github = json!([{"name": "github", "command": "npx", "args": ["-y", "x"], "env": {"T": "${env:T}"}}]);
    let inner = r#"{"command": "npx", "args": ["-y", "x"], "env": {"T": "${T}"}}"#;
    for text in [
        format!(r#"{{"mcpServers": {{"github": {inner}}}}}"#),
        format!(r#""mcpServers": {{"github": {inner}}}"#),
        format!(r#"// mine{}{{"servers": {{"github": {inner}, /* no more */}}, "inputs": []}}"#, '\n'),
        format!(r#"{{"mcp": {{"servers": {{"github": {inner}}}}}}}"#),
        format!(r#""github": {inner},"#),
        format!(r#"{{"github": {inner}}}"#),
        format!("```json\n{{\"github\": {inner}}}\n```"),
        format!(r#"{{"name": "github", {}"#, &inner[1..]),
    ] {
        let drafts = paste(&text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(entries(&drafts), github, "{text}");
        assert_eq!(drafts[0].source.form, Form::Snippet);
    }
    check(vec![
        (
            r#"[{"name": "ours", "command": "a", "url": "http://${env:H}/", "env": {"A": "${B}"}}]"#,
            json!([{"name": "ours", "command": "a", "env": {"A": "${B}"}, "url": "http://${env:H}/"}]),
        ),
        (r#"{"url": "https://a.dev/mcp"}"#, json!([{"name": "a", "url": "https://a.dev/mcp"}])),
        (
            r#"{"context_servers": {"z": {"command": {"path": "/z", "args": ["1"], "env": {"A": "b"}}}}}"#,
            json!([{"name": "z", "command": "/z", "args": ["1"], "env": {"A": "b"}}]),
        ),
        (
            r#"{"mcp": {"o": {"type": "local", "command": ["bun", "x", "o"], "environment": {"A": "{env:B}"}}}}"#,
            json!([{"name": "o", "command": "bun", "args": ["x", "o"], "env": {"A": "${env:B}"}}]),
        ),
        (
            "[mcp_servers.c]\nurl = \"https://c.dev/mcp\"\nbearer_token_env_var = \"C_TOKEN\"",
            json!([{"name": "c", "url": "https://c.dev/mcp", "headers": {"Authorization": "Bearer ${env:C_TOKEN}"}}]),
        ),
        (r#"{"a": {"command": "npx -y 'x y'"}}"#, json!([{"name": "a", "command": "npx", "args": ["-y", "x y"]}])),
    ]);
    // a shell has taken the quotes away, but not those that mattered
    let words = [r#"{"a":"#, r#"{"url": "https://a.dev"}}"#].map(str::to_owned);
    assert_eq!(entries(&parse(&words, None).unwrap()), json!([{"name": "a", "url": "https://a.dev"}]));
}

#[test]
fn lines_for_other_programs() {
    check(vec![
        (
            "claude mcp add -s user --env A=1 -e B=2 C=3 notes -- npx -y notes-mcp --x",
            json!([{"name": "notes", "command": "npx", "args": ["-y", "notes-mcp", "--x"], "env": {"A": "1", "B": "2", "C": "3"}}]),
        ),
        (
            "claude mcp add --transport=http linear https://mcp.linear.app/mcp --header \"X-Key: $K2\" -H 'Y: z'",
            json!([{"name": "linear", "url": "https://mcp.linear.app/mcp", "headers": {"X-Key": "${env:K2}", "Y": "z"}}]),
        ),
        (
            "claude mcp add -t sse a https://a.dev/x",
            json!([{"name": "a", "url": "https://a.dev/x", "protocol": "sse"}]),
        ),
        (
            "claude mcp add d docker run -i -e A img",
            json!([{"name": "d", "command": "docker", "args": ["run", "-i", "-e", "A", "img"]}]),
        ),
        (
            r#"claude mcp add-json -s user w '{"type": "http", "url": "https://w.dev"}'"#,
            json!([{"name": "w", "url": "https://w.dev"}]),
        ),
        (
            "codex mcp add c7 --env K=v -- npx -y @upstash/context7-mcp",
            json!([{"name": "c7", "command": "npx", "args": ["-y", "@upstash/context7-mcp"], "env": {"K": "v"}}]),
        ),
        (
            "codex mcp add f --url https://f.dev/mcp --bearer-token-env-var F_TOKEN",
            json!([{"name": "f", "url": "https://f.dev/mcp", "headers": {"Authorization": "Bearer ${env:F_TOKEN}"}}]),
        ),
        (
            "gemini mcp add -e K=v --trust --include-tools a,b -t http g https://g.dev/mcp",
            json!([{"name": "g", "url": "https://g.dev/mcp", "enabled_tools": ["a", "b"]}]),
        ),
        (
            r#"code --add-mcp '{"name":"p","command":"npx","args":["@playwright/mcp@latest"]}'"#,
            json!([{"name": "p", "command": "npx", "args": ["@playwright/mcp@latest"]}]),
        ),
        ("claude mcp serve", json!([{"name": "claude", "command": "claude", "args": ["mcp", "serve"]}])),
        (
            "claude mcp add a -- npx x\nclaude mcp add b -- npx \\\n y",
            json!([{"name": "a", "command": "npx", "args": ["x"]}, {"name": "b", "command": "npx", "args": ["y"]}]),
        ),
    ]);
    for text in [
        "claude mcp add",
        "claude mcp add a",
        "claude mcp add a -e",
        "claude mcp add --what a -- b",
        "claude mcp add a https://a.dev -- b",
        "claude mcp add a https://a.dev more",
        "claude mcp add -e A a -- b",
        "claude mcp add-from-claude-desktop",
        "claude mcp add-json a",
        "claude mcp add-json a {b",
        "code --add-mcp",
    ] {
        let Err(error @ ImportError::Command { .. }) = paste(text) else { panic!("{text}") };
        assert!(error.to_string().starts_with("the line for c"), "{error}");
    }
}

#[test]
fn install_links() {
    let config = r#"{"command":"npx","args":["-y","é>?"]}"#;
    let one = json!([{"name": "é x".replace('é', "e"), "command": "npx", "args": ["-y", "é>?"]}]);
    let one = {
        let mut one = one;
        one[0]["name"] = json!("my-x");
        one
    };
    let base64 = STANDARD.encode(config);
    let encode =
        |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20");
    let url_safe = base64.replace('+', "-").replace('/', "_").replace('=', "");
    let twice = STANDARD.encode(encode(config));
    let named = format!(r#"{{"name":"my x",{}"#, &config[1..]);
    for link in [
        format!("cursor://anysphere.cursor-deeplink/mcp/install?name=my%20x&config={}", encode(&base64)),
        format!("cursor://anysphere.cursor-deeplink/mcp/install?name=my+x&config={base64}"),
        format!("cursor://anysphere.cursor-deeplink/mcp/install?config={url_safe}&name=my%20x"),
        format!("https://cursor.com/en/install-mcp?name=my%20x&config={}", encode(&twice)),
        format!(
            "https://cursor.com/install-mcp?name=my%20x&config={}",
            encode(&STANDARD.encode(format!(r#"{{"my x":{config}}}"#)))
        ),
        format!("vscode:mcp/install?{}", encode(&named)),
        format!("vscode:mcp/install?{named}"),
        format!("vscode-insiders:mcp/install?{}", encode(&named)),
        format!(
            "https://insiders.vscode.dev/redirect/mcp/install?name=my%20x&config={}&quality=insiders",
            encode(config)
        ),
        format!("https://vscode.dev/redirect?url={}", encode(&format!("vscode:mcp/install?{}", encode(&named)))),
    ] {
        let drafts = paste(&link).unwrap_or_else(|error| panic!("{link}: {error}"));
        assert_eq!(entries(&drafts), one, "{link}");
        assert_eq!(drafts[0].source.form, Form::Link);
    }
    let command = STANDARD.encode("\"npx -y x\"");
    let drafts = paste(&format!("https://cursor.com/install-mcp?name=c&config={command}")).unwrap();
    assert_eq!(entries(&drafts), json!([{"name": "c", "command": "npx", "args": ["-y", "x"]}]));
    for link in [
        "cursor://anysphere.cursor-deeplink/mcp/install",
        "cursor://anysphere.cursor-deeplink/mcp/install?name=a",
        "cursor://anysphere.cursor-deeplink/mcp/install?config=%FF%FE!!",
        "cursor://anysphere.cursor-deeplink/mcp/install?config=AAAA",
        "cursor://anysphere.cursor-deeplink/mcp/install?config=WzFd",
        "vscode:mcp/install?%7B%22name",
        "vscode:mcp/install?%ff",
    ] {
        assert!(matches!(paste(link), Err(ImportError::Link { .. })), "{link}");
    }
}

#[test]
fn what_could_be_several_things_is_told_with_the_forms_that_are_understood() {
    for (text, part) in [
        ("github", "write -- in front"),
        ("@modelcontextprotocol/server-everything", "npx -y"),
        ("mcp.linear.app/sse", "https://"),
        ("github npx -y x", "between a name and its command"),
        ("--name x", "option"),
    ] {
        let Err(error @ ImportError::Ambiguous { .. }) = paste(text) else { panic!("{text}") };
        let error = error.to_string();
        assert!(error.contains(part) && error.contains("claude mcp add"), "{text}: {error}");
    }
    let entry = |name: &str, reason| ImportError::Entry { name: Shown::new(name), reason };
    for (text, expected) in [
        ("", ImportError::Nothing),
        (" \n\t", ImportError::Nothing),
        ("--", ImportError::Nothing),
        ("npx 'x", ImportError::Quotes),
        ("https://a.dev/mcp more", ImportError::AfterUrl),
        ("ws://a.dev", ImportError::Scheme { scheme: Shown::new("ws") }),
        ("{}", ImportError::NoServers),
        (r#"{"mcpServers": {}}"#, ImportError::NoServers),
        (r#"{"a": 1}"#, ImportError::NoServers),
        (r#"{"mcpServers": {"a": {}}}"#, entry("a", Reason::NoAddress)),
        (r#"{"mcpServers": {"a": {"url": "ftp://a"}}}"#, entry("a", Reason::Url)),
        (r#"{"mcpServers": {"a": {"type": "ws", "url": "wss://a"}}}"#, entry("a", Reason::Transport(Shown::new("ws")))),
        (r#"{"mcpServers": {"a": {"command": "uvx"}}}"#, entry("a", Reason::NoPackage(Shown::new("uvx")))),
        (r#"{"mcpServers": {"mcpproxy": {"url": "http://localhost:8080/mcp"}}}"#, entry("mcpproxy", Reason::Own)),
        ("mcpproxy serve", entry("number 1", Reason::Own)),
    ] {
        assert_eq!(paste(text), Err(expected), "{text}");
    }
    let two = r#"{"mcpServers": {"a": {"command": "a"}, "b": {"command": "b"}}}"#.to_owned();
    assert_eq!(parse(&[two], Some("x")), Err(ImportError::NameForMany { count: 2 }));
    assert_eq!(parse(&["/x".to_owned()], Some("a b")), Err(ImportError::Name { name: Shown::new("a b") }));
    assert_eq!("vs code".parse::<Format>(), Err(ImportError::Format { text: Shown::new("vs code") }));
    assert!(Format::ALL.iter().all(|format| format.id().parse() == Ok(*format)));
}

#[test]
fn pasted_settings_keep_their_other_servers_when_this_proxy_is_among_them() {
    let text = r#"{"mcpServers": {"mcpproxy": {"url": "http://127.0.0.1:8080/mcp/"}, "a": {"command": "a"}}}"#;
    let drafts = paste(text).unwrap();
    assert_eq!(entries(&drafts), json!([{"name": "a", "command": "a"}]));
    assert!(drafts[0].warnings[0].contains("itself"), "{:?}", drafts[0].warnings);
}
