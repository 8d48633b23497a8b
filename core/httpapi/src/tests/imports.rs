//! Importing by path and by form: what is taken, and that nothing is told of files that are no settings.

use std::fs;

use serde_json::{Value, json};

use super::stage::{KEY, Reply, Stage};

const SETTINGS: &str = r#"{"mcpServers":{"one":{"command":"x"},"two":{"command":"y"},"held":{"command":"z"}}}"#;

impl Stage {
    fn on_disk(&self) -> Value {
        serde_json::from_slice(&fs::read(self.folder.path().join("mcp_config.json")).unwrap()).unwrap()
    }

    async fn send(&self, query: &str, content_type: &str, body: &str) -> Reply {
        let headers = [("X-API-Key", KEY), ("Content-Type", content_type)];
        self.ask("POST", &format!("/api/v1/servers/import{query}"), &headers, body).await
    }
}

#[tokio::test]
async fn a_file_is_imported_from_where_it_is_known_to_be() {
    let stage = Stage::new().await;
    let file = stage.folder.path().join(".claude.json");
    let known = async || {
        let (_, told) = stage.api("GET", "/servers/import/paths", "").await;
        let paths = told["data"]["paths"].as_array().unwrap().clone();
        paths.into_iter().find(|it| it["format"] == "claude-code").unwrap()
    };
    assert_eq!(known().await["exists"], false);
    fs::write(&file, SETTINGS).unwrap();
    let place = known().await;
    assert_eq!((&place["exists"], place["path"].as_str()), (&json!(true), file.to_str()), "{place}");
    let ask = json!({ "path": place["path"], "format": place["format"], "server_names": ["one", "held"] }).to_string();
    let (_, seen) = stage.api("POST", "/servers/import/path?preview=true", &ask).await;
    assert_eq!(seen["data"]["summary"], json!({ "total": 3, "imported": 1, "skipped": 2, "failed": 0 }), "{seen}");
    assert_eq!(stage.on_disk()["mcpServers"].as_array().unwrap().len(), 2, "only looked at");
    let ask = json!({ "path": "~/.claude.json", "rename": { "held": "held_too" } }).to_string();
    let (_, told) = stage.api("POST", "/servers/import/path?skip_quarantine=true", &ask).await;
    assert_eq!(told["data"]["summary"]["imported"], 3, "{told}");
    assert_eq!(told["data"]["imported"][2]["original_name"], "held");
    assert!(told["data"]["warnings"][0].as_str().unwrap().contains("wait for approval"), "{told}");
    let servers = stage.on_disk()["mcpServers"].clone();
    assert_eq!((&servers[4]["name"], &servers[4]["quarantined"]), (&json!("held_too"), &json!(true)), "{servers}");
}

#[tokio::test]
async fn of_a_file_that_is_no_settings_only_its_name_is_told() {
    let stage = Stage::new().await;
    let folder = stage.folder.path();
    let file = |name: &str, bytes: &[u8]| {
        fs::write(folder.join(name), bytes).unwrap();
        folder.join(name).to_str().unwrap().to_owned()
    };
    let large = file("large", b"");
    fs::File::options().write(true).open(&large).unwrap().set_len(10 * 1024 * 1024 + 1).unwrap();
    let mut cases = vec![
        (".claude.json".to_owned(), 400),
        (String::new(), 400),
        (folder.join("none").to_str().unwrap().to_owned(), 404),
        (folder.join("large/below").to_str().unwrap().to_owned(), 404),
        (folder.to_str().unwrap().to_owned(), 400),
        (large, 413),
        (file("binary", b"canary-4799\xff\xfe"), 400),
        (file("passwd", b"root:canary-4799:0:0\n"), 400),
        (file("toml", b"canary-4799 = \"canary-4799\"\ncanary-4799 = 1\n"), 400),
        (file("key", b"-----BEGIN KEY-----\ncanary-4799\n"), 400),
        (file("json", br#"{"password":"canary-4799"}"#), 400),
        (file("broken", br#"{"password":"canary-4799" canary-4799"#), 400),
    ];
    if cfg!(unix) {
        cases.push(("/dev/zero".to_owned(), 400));
    }
    for (path, status) in cases {
        let (found, told) = stage.api("POST", "/servers/import/path", &json!({ "path": path }).to_string()).await;
        assert_eq!(found, status, "{path}: {told}");
        let error = told["error"].as_str().unwrap();
        assert!(error.contains(&path) && !told.to_string().contains("canary-4799"), "{path}: {told}");
    }
}

#[tokio::test]
async fn a_preview_tells_what_the_import_would() {
    let stage = Stage::new().await;
    let settings = json!({ "mcpServers": {
        "good": { "command": "a" }, "twin": { "command": "b" }, "colon": { "command": "c" }, "long": { "command": "d" },
        "late": { "command": "e" }, "held": { "command": "f" }, "odd": { "command": "g", "protocol": "carrier-pigeon" },
    } });
    fs::write(stage.folder.path().join(".claude.json"), settings.to_string()).unwrap();
    let rename = json!({ "twin": "good", "colon": "a:b", "long": "x".repeat(65), "late": "io.x/off" });
    let ask = json!({ "path": "~/.claude.json", "rename": rename }).to_string();
    let before = stage.on_disk();
    let (_, seen) = stage.api("POST", "/servers/import/path?preview=true", &ask).await;
    assert_eq!(stage.on_disk(), before, "only looked at");
    assert_eq!(seen["data"]["summary"], json!({ "total": 7, "imported": 1, "skipped": 3, "failed": 3 }), "{seen}");
    let (_, done) = stage.api("POST", "/servers/import/path", &ask).await;
    assert_eq!(seen["data"], done["data"]);
    let (_, seen) = stage.api("POST", "/servers/import/path?preview=true", &ask).await;
    assert_eq!(seen["data"]["summary"]["imported"], 0, "{seen}");
    stage.api("PATCH", "/config", r#"{"allow_server_add":false}"#).await;
    let ask = json!({ "path": "~/.claude.json", "rename": { "good": "other" }, "server_names": ["good"] }).to_string();
    let (_, seen) = stage.api("POST", "/servers/import/path?preview=true", &ask).await;
    assert!(seen["data"]["failed"][1]["error"].as_str().unwrap().contains("allow_server_add"), "{seen}");
}

#[test]
fn nothing_prints_what_holds_keys() {
    trait Silent<Kind> {
        const IS: bool = true;
    }
    struct Printed;
    impl<T> Silent<()> for T {}
    impl<T: std::fmt::Debug> Silent<Printed> for T {}
    // which of the two is meant cannot be told of a type that has `Debug`, so this does not compile then
    const {
        assert!(<crate::request::Asked as Silent<_>>::IS);
        assert!(<crate::form::Form as Silent<_>>::IS);
        assert!(<crate::routes::shapes::ImportRequest as Silent<_>>::IS);
        assert!(<mcpproxy_management::Import as Silent<_>>::IS);
    }
}

#[tokio::test]
async fn a_form_brings_a_file_and_its_wishes() {
    let stage = Stage::new().await;
    let part = |name: &str, text: &str| format!("--B\r\nContent-Disposition: form-data; {name}\r\n\r\n{text}\r\n");
    let file = |text: &str| part("name=\"file\"; filename=\"x.json\"", text);
    let kind = "multipart/form-data; boundary=B";
    let whole = [file(SETTINGS), part("name=\"preview\"", "true"), part("name=\"server_names\"", "one, two")];
    let reply = stage.send("", kind, &format!("{}--B--\r\n", whole.concat())).await;
    let told: Value = serde_json::from_str(&reply.body).unwrap();
    assert_eq!(told["data"]["summary"], json!({ "total": 3, "imported": 2, "skipped": 1, "failed": 0 }), "{told}");
    assert_eq!(stage.on_disk()["mcpServers"].as_array().unwrap().len(), 2, "only looked at");
    let reply = stage.send("?server_names=one", kind, &format!("{}--B--\r\n", file(SETTINGS))).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    assert_eq!(stage.on_disk()["mcpServers"][2]["name"], "one");
    let long = part("name=\"format\"", &"x".repeat(65 * 1024));
    for (kind, body, status) in [
        ("application/json", "{}".to_owned(), 400),
        ("multipart/form-data", format!("{}--B--\r\n", file(SETTINGS)), 400),
        (kind, String::new(), 400),
        (kind, "--B--\r\n".to_owned(), 400),
        (kind, format!("{}--B--\r\n", part("name=\"format\"", "codex")), 400),
        (kind, format!("{0}{0}--B--\r\n", file(SETTINGS)), 400),
        (kind, format!("{}{}--B--\r\n", file(SETTINGS), part("name=\"other\"", "1")), 400),
        (kind, file(SETTINGS), 400),
        (kind, format!("{}--B--\r\n", file("nothing")), 400),
        (kind, format!("{long}--B--\r\n"), 413),
    ] {
        let reply = stage.send("", kind, &body).await;
        assert_eq!(reply.status, status, "{kind} {}: {}", body.get(..200).unwrap_or(&body), reply.body);
    }
}

#[tokio::test]
async fn secrets_are_told_by_their_names() {
    let stage = Stage::new().await;
    let patch = json!({ "env": { "A": "${keyring:one}", "B": "x ${env:TWO} ${keyring:one}" } }).to_string();
    stage.api("PATCH", "/servers/held", &patch).await;
    let reference = |kind: &str, name: &str| {
        let original = format!("${{{kind}:{name}}}");
        json!({ "type": kind, "name": name, "original": original })
    };
    let (_, told) = stage.api("GET", "/secrets/refs", "").await;
    assert_eq!(
        told["data"],
        json!({ "refs": [reference("env", "TWO"), reference("keyring", "one")], "count": 2 }),
        "{told}"
    );
    let (_, told) = stage.api("GET", "/secrets/config", "").await;
    let state = |reference: Value| json!([{ "secret_ref": reference, "is_set": false }]);
    assert_eq!(
        told["data"],
        json!({
            "secrets": state(reference("keyring", "one")),
            "environment_vars": state(reference("env", "TWO")),
            "total_secrets": 1,
            "total_env_vars": 1,
        }),
        "{told}"
    );
}
