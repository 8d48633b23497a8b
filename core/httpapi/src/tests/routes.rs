//! What the routes say: envelope, names, statuses. What the operations do is tested where they are.

use serde_json::{Value, json};

use super::stage::{KEY, Stage};

#[tokio::test]
async fn the_shapes_of_the_contract() {
    let stage = Stage::new().await;
    for (path, members) in [
        (
            "/status",
            &["running", "edition", "listen_addr", "routing_mode", "timestamp", "upstream_stats", "status"][..],
        ),
        ("/info", &["version", "web_ui_url", "listen_addr", "endpoints", "launched_by", "pid", "update_policy"]),
        ("/routing", &["routing_mode", "description", "endpoints", "available_modes"]),
        ("/diagnostics", &["total_issues", "upstream_errors", "oauth_required", "missing_secrets", "timestamp"]),
        ("/doctor", &["total_issues"]),
        ("/servers", &["servers", "stats"]),
        ("/servers/held", &["name", "runs", "fingerprint", "health"]),
        ("/servers/held/tools", &["server_name", "tools", "count"]),
        ("/servers/held/tool-calls", &["server_name", "tool_calls", "total"]),
        ("/servers/io.x%2Foff/diagnostics", &["server", "connected", "diagnostic", "error_code", "catalog_size"]),
        ("/tools", &["tools", "stats"]),
        ("/index/search?q=x", &["query", "results", "total", "took"]),
        ("/tool-calls", &["tool_calls", "total", "limit", "offset"]),
        ("/sessions", &["sessions", "total", "limit", "offset"]),
        ("/stats/tokens", &["total_server_tool_list_size", "saved_tokens", "per_server_tool_list_sizes"]),
        ("/annotations/coverage", &["total_tools", "coverage_percent", "servers"]),
        ("/activity", &["activities", "total", "limit", "offset"]),
        ("/activity/summary", &["period", "total_count", "top_servers", "top_tools"]),
        ("/activity/usage", &["window", "tools", "timeline", "tokens_saved"]),
        ("/config", &["config", "config_path"]),
        ("/servers/import/paths", &["os", "paths"]),
        ("/servers/held/tools/export", &["server_name", "tools", "count"]),
        ("/secrets/refs", &["refs", "count"]),
        ("/secrets/config", &["secrets", "environment_vars", "total_secrets", "total_env_vars"]),
    ] {
        let (status, body) = stage.api("GET", path, "").await;
        assert_eq!((status, &body["success"]), (200, &json!(true)), "{path}: {body}");
        for member in members {
            assert!(body["data"].get(member).is_some(), "{path}: {member}: {body}");
        }
        let text = body.to_string();
        assert!(!text.contains("canary-47") && !text.contains(KEY), "{path} tells a secret");
    }
    let (_, status) = stage.api("GET", "/status", "").await;
    assert_eq!(status["data"]["status"]["upstream_stats"]["servers"]["held"]["connected"], false, "{status}");
    let (_, list) = stage.api("GET", "/servers", "").await;
    assert_eq!(list["data"]["servers"][0]["env"]["A_TOKEN"], "••••11 (11 chars)");
    let (_, info) = stage.api("GET", "/info", "").await;
    assert_eq!(info["data"]["web_ui_url"], format!("http://{}/ui/", stage.address));
}

#[tokio::test]
async fn what_fails_says_so_in_one_shape() {
    let stage = Stage::new().await;
    for (method, path, body, status, code) in [
        ("GET", "/servers/helt/tools", "", 404, "SERVER_NOT_FOUND"),
        ("POST", "/servers/helt/enable", "", 500, "SERVER_NOT_FOUND"),
        ("POST", "/servers/helt/unquarantine", "", 500, "SERVER_NOT_FOUND"),
        ("DELETE", "/servers/helt", "", 404, "SERVER_NOT_FOUND"),
        ("PATCH", "/servers/held", "{}", 400, "INVALID_INPUT"),
        ("PATCH", "/servers/held", r#"{"quarantined":false}"#, 403, "PERMISSION_DENIED"),
        ("POST", "/servers/held/unquarantine", r#"{"fingerprint":"another"}"#, 409, "CONFLICT"),
        ("POST", "/servers", "", 400, "INVALID_INPUT"),
        ("POST", "/servers", r#"{"name":"x"}"#, 400, "INVALID_INPUT"),
        ("POST", "/servers", r#"{"name":"held","command":"x"}"#, 409, "ALREADY_EXISTS"),
        ("POST", "/servers", r#"{"name":"y","command":"x","init_timeout":"long"}"#, 400, "CONFIG_INVALID"),
        ("GET", "/index/search", "", 400, "INVALID_INPUT"),
        ("GET", "/sessions?status=asleep", "", 400, "INVALID_INPUT"),
        ("GET", "/activity/summary?period=1y", "", 400, "INVALID_INPUT"),
        ("GET", "/activity/export?format=xml", "", 400, "INVALID_INPUT"),
        ("GET", "/activity/77", "", 404, "NOT_FOUND"),
        ("GET", "/tool-calls/77", "", 404, "NOT_FOUND"),
        ("POST", "/tool-calls/77/replay", r#"{"arguments":{}}"#, 500, "NOT_FOUND"),
        ("POST", "/tools/call", r#"{"tool_name":"call_tool_rea"}"#, 400, "INVALID_INPUT"),
        ("POST", "/tools/call", r#"{"tool_name":"call_tool_read"}"#, 400, "INVALID_INPUT"),
        (
            "POST",
            "/tools/call",
            r#"{"tool_name":"call_tool_read","arguments":{"name":"held:x","args":[]}}"#,
            400,
            "INVALID_INPUT",
        ),
        (
            "POST",
            "/tools/call",
            r#"{"tool_name":"call_tool_read","arguments":{"name":"held:x"}}"#,
            403,
            "QUARANTINED_SERVER_BLOCKED",
        ),
        (
            "POST",
            "/tools/call",
            r#"{"tool_name":"call_tool_read","arguments":{"name":"none:x"}}"#,
            404,
            "SERVER_NOT_FOUND",
        ),
        ("PATCH", "/config", r#"{"tools_limit":0}"#, 400, "CONFIG_INVALID"),
        ("PATCH", "/config", "{}", 400, "INVALID_INPUT"),
        ("POST", "/config/apply", "[]", 400, "INVALID_INPUT"),
        ("POST", "/servers/import/json", r#"{"content":"nothing"}"#, 400, "INVALID_INPUT"),
        ("GET", "/telemetry/payload", "", 503, "UNSUPPORTED"),
        ("GET", "/servers/helt/tools/export", "", 404, "SERVER_NOT_FOUND"),
        ("GET", "/servers/held/tools/export?format=xml", "", 400, "INVALID_INPUT"),
        ("POST", "/servers/held/tools/x/enabled", "{}", 400, "INVALID_INPUT"),
        ("POST", "/servers/held/tools/x/enabled", r#"{"enabled":false}"#, 404, "TOOL_NOT_FOUND"),
        ("POST", "/servers/helt/tools/enable_all", "", 404, "SERVER_NOT_FOUND"),
    ] {
        let (found, told) = stage.api(method, path, body).await;
        assert_eq!((found, &told["code"]), (status, &json!(code)), "{method} {path} {body}: {told}");
        assert!(told["success"] == false && !told["error"].as_str().unwrap().is_empty(), "{told}");
        assert!(told["request_id"].is_string(), "{told}");
    }
    let (_, told) = stage.api("GET", "/servers/helt", "").await;
    assert_eq!(told["nearest"], json!(["held"]));
    let (_, told) = stage.api("PATCH", "/config", r#"{"tools_limit":0,"mcpServers":[{"name":"a"}]}"#).await;
    let fields: Vec<_> = told["validation_errors"].as_array().unwrap().iter().map(|fault| &fault["field"]).collect();
    assert!(fields.contains(&&json!("tools_limit")) && fields.len() > 1, "{told}");
    let large = format!(r#"{{"name":"{}"}}"#, "x".repeat(1024 * 1024));
    assert_eq!(stage.api("POST", "/servers", &large).await.0, 413);
    assert_ne!(stage.api("POST", "/servers/import/json", &large).await.0, 413);
}

#[tokio::test]
async fn a_server_is_added_held_changed_and_removed_and_secrets_come_through() {
    let stage = Stage::new().await;
    let entry = r#"{"name":"new","command":"nowhere","env":{"KEY":"canary-4713"},"quarantined":false,"enabled":false}"#;
    let (_, added) = stage.api("POST", "/servers", entry).await;
    assert_eq!(added["data"], json!({ "server": "new", "action": "add", "success": true }));
    let (_, view) = stage.api("GET", "/servers/new", "").await;
    assert_eq!(
        (&view["data"]["quarantined"], &view["data"]["env"]["KEY"]),
        (&json!(true), &json!("••••13 (11 chars)"))
    );
    let patch = json!({ "args": ["x"], "env": { "KEY": view["data"]["env"]["KEY"], "MORE": "1" } }).to_string();
    assert_eq!(stage.api("PATCH", "/servers/new", &patch).await.0, 200);
    let on_disk = || -> Value {
        serde_json::from_slice(&std::fs::read(stage.folder.path().join("mcp_config.json")).unwrap()).unwrap()
    };
    assert_eq!(on_disk()["mcpServers"][2]["env"], json!({ "KEY": "canary-4713", "MORE": "1" }));
    let (_, acted) = stage.api("POST", "/servers/new/quarantine", "").await;
    assert_eq!(acted["data"], json!({ "server": "new", "action": "quarantine", "success": true }));
    // what was shown comes back as a whole
    let (_, config) = stage.api("GET", "/config", "").await;
    let (status, applied) = stage.api("POST", "/config/apply", &config["data"]["config"].to_string()).await;
    assert_eq!((status, &applied["data"]["restart_reason"]), (200, &json!("No configuration changes detected")));
    let mut without = config["data"]["config"].clone();
    without.as_object_mut().unwrap().shift_remove("api_key");
    assert_eq!(stage.api("POST", "/config/apply", &without.to_string()).await.0, 200);
    assert_eq!(
        (on_disk()["api_key"].as_str(), &on_disk()["mcpServers"][2]["env"]["KEY"]),
        (Some(KEY), &json!("canary-4713"))
    );
    assert_eq!(stage.api("DELETE", "/servers/new", "").await.0, 200);
    assert_eq!(on_disk()["mcpServers"].as_array().unwrap().len(), 2);
    let content = json!({ "mcpServers": { "one": { "command": "x" }, "held": { "command": "x" } } }).to_string();
    let import = json!({ "content": content, "server_names": ["one", "held"] }).to_string();
    let (_, seen) = stage.api("POST", "/servers/import/json?preview=true", &import).await;
    assert_eq!(seen["data"]["summary"], json!({ "total": 2, "imported": 1, "skipped": 1, "failed": 0 }), "{seen}");
    assert_eq!(on_disk()["mcpServers"].as_array().unwrap().len(), 2, "only looked at");
    stage.api("POST", "/servers/import/json", &import).await;
    assert_eq!(on_disk()["mcpServers"][2]["quarantined"], true);
}

#[tokio::test]
async fn tools_are_held_back_one_by_one_and_a_list_never_empties_into_all() {
    let stage = Stage::new().await;
    stage.api("PATCH", "/servers/held", r#"{"enabled_tools":["a","b"]}"#).await;
    let on_disk = || -> Value {
        serde_json::from_slice(&std::fs::read(stage.folder.path().join("mcp_config.json")).unwrap()).unwrap()
    };
    let off = |tool: &str| {
        let path = format!("/servers/held/tools/{tool}/enabled");
        let stage = &stage;
        async move { stage.api("POST", &path, r#"{"enabled":false}"#).await }
    };
    let ((one, _), (other, _)) = tokio::join!(off("a"), off("b"));
    assert_eq!(one.max(other), 409, "the second finds that it would open the list to all");
    assert_eq!(on_disk()["mcpServers"][0]["enabled_tools"].as_array().unwrap().len(), 1);
    let (status, told) = stage.api("POST", "/servers/held/tools/disable_all", "").await;
    assert_eq!((status, &told["code"]), (409, &json!("CONFLICT")), "{told}");
    stage.api("PATCH", "/servers/held", r#"{"enabled_tools":null,"disabled_tools":["a","b","c"]}"#).await;
    let (_, told) = stage.api("POST", "/servers/held/tools/b/enabled", r#"{"enabled":true}"#).await;
    assert_eq!(told["data"], json!({ "server_name": "held", "tool_name": "b", "enabled": true }));
    assert_eq!(on_disk()["mcpServers"][0]["disabled_tools"], json!(["a", "c"]));
    let (_, told) = stage.api("POST", "/servers/held/tools/enable_all", "").await;
    assert_eq!(told["data"], json!({ "server_name": "held", "enabled": true, "changed": 2 }));
    assert!(on_disk()["mcpServers"][0].get("disabled_tools").is_none());
}

#[tokio::test]
async fn a_call_is_found_again_by_its_request() {
    let stage = Stage::new().await;
    let call = r#"{"tool_name":"call_tool_read","arguments":{"name":"held:x"}}"#;
    let headers = [("X-API-Key", KEY), ("X-Request-Id", "mine-1"), ("X-MCPProxy-Client", "cli/1")];
    stage.ask("POST", "/api/v1/tools/call", &headers, call).await;
    let (_, found) = stage.api("GET", "/activity?request_id=mine-1", "").await;
    let one = &found["data"]["activities"][0];
    assert_eq!(
        (&found["data"]["total"], &one["type"], &one["source"]),
        (&json!(1), &json!("policy_decision"), &json!("cli"))
    );
    let (_, again) = stage.api("GET", &format!("/activity/{}", one["id"].as_str().unwrap()), "").await;
    assert_eq!(&again["data"]["activity"], one);
    for (filter, total) in [
        ("status=blocked", 1),
        ("status=error", 0),
        ("server=held&tool=x", 1),
        ("type=tool_call", 0),
        ("session_id=1", 0),
    ] {
        assert_eq!(stage.api("GET", &format!("/activity?{filter}"), "").await.1["data"]["total"], total, "{filter}");
    }
    let (_, replayed) = stage.api("POST", "/tool-calls/1/replay", r#"{"arguments":{"a":1}}"#).await;
    assert_eq!(
        (&replayed["data"]["success"], &replayed["data"]["new_call_id"]),
        (&json!(false), &json!("2")),
        "{replayed}"
    );
    let csv = stage.ask("GET", "/api/v1/activity/export?format=csv", &[("X-API-Key", KEY)], "").await;
    assert_eq!(csv.header("Cache-Control"), Some("no-cache"));
    let mut lines = csv.body.lines();
    assert_eq!(
        lines.next(),
        Some(
            "id,type,source,server_name,tool_name,status,error_message,duration_ms,timestamp,session_id,request_id,response_truncated,parent_id"
        )
    );
    assert_eq!(lines.count(), 2);
    let usage = stage.api("GET", "/activity/usage?window=all", "").await.1;
    assert_eq!((&usage["data"]["tools"][0]["calls"], &usage["data"]["tools"][0]["blocked"]), (&json!(2), &json!(2)));
}

#[tokio::test]
async fn counts_are_told_only_where_the_settings_want_it() {
    let stage = Stage::new().await;
    assert_eq!(stage.ask("GET", "/metrics", &[], "").await.status, 404);
    stage.api("PATCH", "/config", r#"{"observability":{"metrics":{"enabled":true}}}"#).await;
    let reply = stage.ask("GET", "/metrics", &[], "").await;
    assert!(reply.body.contains("\nmcpproxy_servers_total 2\n"), "{}", reply.body);
    let counted = r#"mcpproxy_http_requests_total{method="PATCH",path="/api/v1/config",status="200"} 1"#;
    assert!(reply.body.contains(counted), "{}", reply.body);
    let timed = r#"mcpproxy_http_request_duration_seconds_bucket{method="PATCH",path="/api/v1/config",le="+Inf"} 1"#;
    assert!(reply.body.contains(timed), "{}", reply.body);
}

#[tokio::test]
async fn the_document_and_its_page_need_neither_key_nor_network() {
    let stage = Stage::new().await;
    for (path, content_type) in [
        ("/swagger/", "text/html; charset=utf-8"),
        ("/swagger/index.html", "text/html; charset=utf-8"),
        ("/swagger/viewer.js", "application/javascript"),
        ("/swagger/viewer.css", "text/css"),
        ("/swagger/doc.json", "application/json"),
    ] {
        let reply = stage.ask("GET", path, &[], "").await;
        assert_eq!((reply.status, reply.header("Content-Type")), (200, Some(content_type)), "{path}");
        assert!(!reply.body.contains("://") || path.ends_with(".json"), "{path} names another host");
    }
}
