//! Clients over REST: what is told, what is refused and how. What is written is tested in `clients`.

use std::{fs, path::PathBuf};

use serde_json::{Value, json};

use super::stage::Stage;

fn cursor(stage: &Stage) -> PathBuf {
    let path = stage.folder.path().join(".cursor/mcp.json");
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    path
}

async fn listed(stage: &Stage, id: &str) -> Value {
    let (status, list) = stage.api("GET", "/connect", "").await;
    assert_eq!(status, 200, "{list}");
    let client = list["data"].as_array().unwrap().iter().find(|client| client["id"] == id);
    client.unwrap_or_else(|| panic!("{list}")).clone()
}

#[tokio::test]
async fn the_list_looks_into_no_file_and_knows_what_was_seen_since_it_was_written() {
    let stage = Stage::new().await;
    assert_eq!(listed(&stage, "cursor").await["installed"], false);
    let path = cursor(&stage);
    let absent = listed(&stage, "cursor").await;
    assert_eq!(
        (&absent["installed"], &absent["exists"], &absent["connected"], &absent["access_state"]),
        (&json!(true), &json!(false), &json!(false), &json!("absent"))
    );
    fs::write(&path, "{ nothing").unwrap();
    let unseen = listed(&stage, "cursor").await;
    assert_eq!((&unseen["connected"], &unseen["access_state"]), (&json!(false), &json!("unknown")), "{unseen}");
    let over_ipc = stage.management.clients.list().await.unwrap();
    assert_eq!(over_ipc.iter().find(|client| client.id == "cursor").unwrap().connected, None);
    let (_, seen) = stage.api("GET", "/connect/cursor", "").await;
    assert_eq!((&seen["data"]["access_state"], &seen["data"]["connected"]), (&json!("malformed"), &json!(false)));
    assert!(seen["data"]["reason"].as_str().unwrap().starts_with("line 1: "), "{seen}");
    assert_eq!(stage.api("GET", "/connect/cursor/preview", "").await.0, 400);
    assert_eq!(stage.api("POST", "/connect/cursor", "").await.0, 400);

    fs::remove_file(&path).unwrap();
    let (status, connected) = stage.api("POST", "/connect/cursor", "").await;
    assert_eq!((status, &connected["data"]["action"]), (200, &json!("created")), "{connected}");
    let known = listed(&stage, "cursor").await;
    assert_eq!((&known["connected"], &known["access_state"]), (&json!(true), &json!("accessible")), "{known}");
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(&format!("http://{}/mcp", stage.address)), "{text}");
    fs::write(&path, text + "\n").unwrap();
    let written = listed(&stage, "cursor").await;
    assert_eq!((&written["connected"], &written["access_state"]), (&json!(false), &json!("unknown")), "{written}");
}

#[tokio::test]
async fn a_preview_tells_what_would_be_written_and_holds_for_this_file_alone() {
    let stage = Stage::new().await;
    let path = cursor(&stage);
    let theirs = r#"{"mcpServers":{"mcpproxy":{"type":"sse","url":"https://x.example/mcp?k=canary","headers":{"A":"canary"},"env":{"B":"canary"}}}}"#;
    fs::write(&path, theirs).unwrap();
    stage.api("PATCH", "/config", r#"{"require_mcp_auth":true}"#).await;
    let (status, preview) = stage.api("GET", "/connect/cursor/preview", "").await;
    let told = &preview["data"];
    assert_eq!(status, 200, "{preview}");
    assert!(!preview.to_string().contains(super::stage::KEY) && !preview.to_string().contains("canary"), "{preview}");
    assert_eq!(
        (&told["format"], &told["server_key"], &told["server_name"], &told["entry_exists"], &told["contains_api_key"]),
        (&json!("json"), &json!("mcpServers"), &json!("mcpproxy"), &json!(true), &json!(true))
    );
    assert_eq!(told["entry"]["url"], format!("http://{}/mcp", stage.address));
    assert_eq!(
        told["existing_entry_summary"],
        json!({ "entry_name": "mcpproxy", "type": "sse", "endpoint": "https://x.example/mcp", "command": "",
                "header_names": ["A"], "env_names": ["B"] })
    );
    assert!(told["connect_refusal"].as_str().unwrap().contains("https://x.example/mcp"), "{told}");
    let other = stage.api("GET", "/connect/cursor/preview?server_name=other", "").await.1;
    assert_eq!((&other["data"]["server_name"], &other["data"]["entry_exists"]), (&json!("other"), &json!(false)));

    let token = |token: &Value, force: bool| json!({ "precondition_token": token, "force": force }).to_string();
    for (body, action, code) in [
        (token(&told["precondition_token"], false), "already_exists", "ALREADY_EXISTS"),
        (token(&json!("0123"), true), "precondition_failed", "CONFLICT"),
    ] {
        let (status, refused) = stage.api("POST", "/connect/cursor", &body).await;
        assert_eq!((status, &refused["action"], &refused["code"]), (409, &json!(action), &json!(code)), "{refused}");
        assert_eq!(
            (&refused["success"], &refused["data"]["success"], &refused["data"]["action"]),
            (&json!(false), &json!(false), &json!(action))
        );
        assert_eq!(refused["data"]["message"], refused["error"]);
    }
    let (status, refused) = stage.api("DELETE", "/connect/cursor", "").await;
    assert_eq!((status, &refused["action"]), (409, &json!("conflict")), "{refused}");
    assert!(!refused["hint"].as_str().unwrap().contains("force"), "there is no force to disconnect: {refused}");
    assert_eq!(fs::read_to_string(&path).unwrap(), theirs);
    let (status, done) = stage.api("POST", "/connect/cursor", &token(&told["precondition_token"], true)).await;
    assert_eq!((status, &done["data"]["action"]), (200, &json!("updated")), "{done}");
    let undo = json!({ "backup_name": done["data"]["backup_name"] }).to_string();
    assert_eq!(stage.api("POST", "/connect/cursor/undo", &undo).await.1["data"]["action"], "restored");
    assert_eq!(fs::read_to_string(&path).unwrap(), theirs);
}

#[tokio::test]
async fn what_cannot_be_done_is_refused_by_its_kind() {
    let stage = Stage::new().await;
    let path = cursor(&stage);
    fs::write(&path, "{}").unwrap();
    for (method, path, body, status, code) in [
        ("GET", "/connect/cursr", "", 404, "NOT_FOUND"),
        ("GET", "/connect/cursr/preview", "", 404, "NOT_FOUND"),
        ("POST", "/connect/cursr", "{}", 404, "NOT_FOUND"),
        ("DELETE", "/connect/cursr", "", 404, "NOT_FOUND"),
        ("POST", "/connect/cursr/undo", r#"{"backup_name":""}"#, 404, "NOT_FOUND"),
        ("POST", "/connect/zed", "{}", 400, "INVALID_INPUT"),
        ("POST", "/connect/cursor", r#"{"server_name":"a b"}"#, 400, "INVALID_INPUT"),
        ("POST", "/connect/cursor", "[", 400, "INVALID_INPUT"),
        ("POST", "/connect/cursor/undo", "", 400, "INVALID_INPUT"),
        ("POST", "/connect/cursor/undo", r#"{"backup_name":"../../mcp_config.json"}"#, 404, "NOT_FOUND"),
        ("POST", "/connect/cursor/undo", r#"{"backup_name":"mcp.json"}"#, 404, "NOT_FOUND"),
        ("POST", "/connect/cursor/undo", r#"{"backup_name":""}"#, 409, "CONFLICT"),
    ] {
        let (found, told) = stage.api(method, path, body).await;
        assert_eq!((found, &told["code"]), (status, &json!(code)), "{method} {path} {body}: {told}");
        assert_eq!(told.get("data").is_some(), status == 409, "{told}");
    }
    let (_, told) = stage.api("GET", "/connect/cursr", "").await;
    assert_eq!(told["nearest"], json!(["cursor"]));
    let (status, told) = stage.api("DELETE", "/connect/cursor", r#"{"server_name":"other"}"#).await;
    assert_eq!((status, &told["data"]["action"]), (200, &json!("not_found")), "{told}");
    assert_eq!(fs::read_to_string(&path).unwrap(), "{}");
}
