//! Clients that are written with rmcp: with sessions, and in the mode that tries the stateless revision first.
//!
//! Not here: the order of progress, which this implementation hands over in tasks of their own.

use std::sync::Once;

use mcpproxy_tests::DEADLINE;
use rmcp::{
    RoleClient, ServiceExt,
    model::{CallToolRequestParams, CallToolResult, ProtocolVersion},
    service::{ClientLifecycleMode, ClientServiceExt, RunningService},
    transport::{StreamableHttpClientTransport, streamable_http_client::StreamableHttpClientTransportConfig},
};
use serde_json::{Value, json};

use crate::fleet::{Fleet, shared};

type Client = RunningService<RoleClient, ()>;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_with_sessions() {
    let fleet = tokio::task::spawn_blocking(shared).await.unwrap();
    within(async { drive(().serve(transport(&fleet)).await.unwrap(), "2025-11-25").await }).await;
    tokio::task::spawn_blocking(move || drop(fleet)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_tries_the_stateless_revision_first() {
    let fleet = tokio::task::spawn_blocking(shared).await.unwrap();
    let lifecycle =
        ClientLifecycleMode::Auto { preferred_versions: vec![ProtocolVersion::V_2026_07_28], legacy_version: None };
    within(async { drive(().serve_with_lifecycle(transport(&fleet), lifecycle).await.unwrap(), "2026-07-28").await })
        .await;
    tokio::task::spawn_blocking(move || drop(fleet)).await.unwrap();
}

async fn drive(client: Client, revision: &str) {
    let hello = client.peer_info().unwrap();
    assert_eq!(hello.protocol_version.as_str(), revision);
    let tools = client.list_all_tools().await.unwrap();
    assert_eq!(tools.len(), 5);

    let found = call(&client, "retrieve_tools", json!({ "query": "current time in a timezone", "limit": 1 })).await;
    let found: Value = serde_json::from_str(&text(&found)).unwrap();
    let best = &found["tools"][0];
    assert_eq!(best["name"], "time:get_current_time");
    let door = best["call_with"].as_str().unwrap().to_owned();
    let now = call(&client, &door, json!({ "name": best["name"], "args": { "timezone": "Asia/Tokyo" } })).await;
    assert!(now.is_error != Some(true) && text(&now).contains("+09:00"), "{now:?}");

    let image = read(&client, "remote:get-tiny-image", json!({})).await;
    let images: Vec<_> = image.content.iter().filter_map(|block| block.as_image()).collect();
    assert!(images.len() == 1 && images[0].mime_type == "image/png", "{image:?}");
    let structured = read(&client, "everything:get-structured-content", json!({ "location": "Chicago" })).await;
    assert!(structured.structured_content.unwrap()["temperature"].is_number());
    let error = read(&client, "everything:get-structured-content", json!({ "location": "Atlantis" })).await;
    assert_eq!(error.is_error, Some(true));
    let failed = client.call_tool(params("call_tool_read", json!({ "name": "fake:fail" }))).await.unwrap_err();
    let rmcp::ServiceError::McpError(failed) = failed else { panic!("{failed}") };
    assert_eq!((failed.code.0, &*failed.message), (-32050, "it failed"));
    client.cancel().await.unwrap();
}

async fn read(client: &Client, name: &str, args: Value) -> CallToolResult {
    call(client, "call_tool_read", json!({ "name": name, "args": args })).await
}

async fn call(client: &Client, tool: &str, arguments: Value) -> CallToolResult {
    client.call_tool(params(tool, arguments)).await.unwrap()
}

fn params(tool: &str, arguments: Value) -> CallToolRequestParams {
    let Value::Object(arguments) = arguments else { panic!("{arguments} are no arguments") };
    CallToolRequestParams::new(tool.to_owned()).with_arguments(arguments)
}

fn text(result: &CallToolResult) -> String {
    result.content[0].as_text().unwrap().text.clone()
}

fn transport(fleet: &Fleet) -> StreamableHttpClientTransport<reqwest::Client> {
    static PROVIDER: Once = Once::new();
    // the client is built for TLS even where none is spoken
    PROVIDER.call_once(|| rustls::crypto::ring::default_provider().install_default().unwrap());
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let config = StreamableHttpClientTransportConfig::with_uri(fleet.core.url());
    StreamableHttpClientTransport::with_client(client, config)
}

async fn within(story: impl Future<Output = ()>) {
    tokio::time::timeout(DEADLINE, story).await.unwrap();
}
