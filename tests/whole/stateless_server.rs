//! A server of the stateless revision (2026-07-28), written with rmcp, that wants arguments repeated in headers.
//!
//! Not here: the rule itself (`wire`), servers that change their minds (`drivers`).

use std::{convert::Infallible, net::SocketAddr, sync::Arc};

use hyper::{Request, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use mcpproxy_tests::{Core, Peer, Scratch, Session};
use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    model::{
        CallToolRequestParams, CallToolResponse, CallToolResult, ListToolsResult, PaginatedRequestParams,
        ServerCapabilities, ServerConfig, Tool,
    },
    service::RequestContext,
    transport::streamable_http_server::{
        StreamableHttpServerConfig, StreamableHttpService, session::local::LocalSessionManager,
    },
};
use serde_json::{Value, json};
use tokio::{net::TcpListener, runtime::Runtime};

use crate::fleet::{names, retrieve, through, until_found};

#[derive(Clone)]
struct Router;

impl ServerHandler for Router {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let bad = json!({ "weight": { "type": "number", "x-mcp-header": "Weight" } });
        Ok(ListToolsResult::with_all_items(vec![route(), tool("weigh", &bad)]))
    }

    /// By this the implementation knows which headers a call has to have.
    fn get_tool(&self, name: &str) -> Option<Tool> {
        (name == "route").then(route)
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        Ok(CallToolResult::structured(json!({ "arguments": request.arguments })).into())
    }
}

fn route() -> Tool {
    tool(
        "route",
        &json!({
            "region": { "type": "string", "x-mcp-header": "Region" },
            "parcel": { "type": "object", "properties": {
                "count": { "type": "integer", "x-mcp-header": "Count" },
                "fragile": { "type": "boolean", "x-mcp-header": "Fragile" },
            } },
        }),
    )
}

fn tool(name: &'static str, properties: &Value) -> Tool {
    let schema = json!({ "type": "object", "properties": properties });
    Tool::new(name, "Routes or weighs a parcel.", schema.as_object().unwrap().clone())
}

/// Starts the server on this runtime, with which it ends.
fn start(runtime: &Runtime) -> SocketAddr {
    let config = StreamableHttpServerConfig::default();
    let service = StreamableHttpService::new(|| Ok(Router), Arc::<LocalSessionManager>::default(), config);
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
    let address = listener.local_addr().unwrap();
    runtime.spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let service = service.clone();
            let answer = service_fn(move |request: Request<Incoming>| {
                let service = service.clone();
                async move { Ok::<_, Infallible>(service.handle(request).await) }
            });
            tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), answer));
        }
    });
    address
}

#[test]
fn a_server_that_wants_arguments_in_headers_is_called_as_it_wants() {
    let runtime = Runtime::new().unwrap();
    let url = format!("http://{}/mcp", start(&runtime));
    let entry = json!({ "name": "post", "url": url, "enabled": true, "quarantined": false });
    let core = Core::start(&Arc::new(Scratch::with_servers(&[entry]).unwrap())).unwrap();
    until_found(&core, "route a parcel", &["post:route"]);
    let mut session = core.session().unwrap();
    for arguments in [
        json!({ "region": "eu-1", "parcel": { "count": 3, "fragile": true } }),
        json!({ "region": " Größe\n", "parcel": { "count": -9_007_199_254_740_993_i64 } }),
        json!({ "region": "", "parcel": { "count": 4.0 } }),
        json!({ "other": 1 }),
    ] {
        assert_eq!(routed(&mut session, &arguments.to_string()), arguments);
    }
    assert_eq!(routed(&mut session, r#"{"parcel":{"count":1e3}}"#), json!({ "parcel": { "count": 1000.0 } }));
    assert_eq!(names(&retrieve(&mut session, "weigh a parcel", 10)), ["post:route"]);
    let told = core.stderr();
    assert!(told.lines().any(|line| line.contains("weigh") && line.contains("not a string, an integer")), "{told}");
}

/// The arguments as the server saw them.
fn routed(session: &mut Session, arguments: &str) -> Value {
    let answer = session.call("call_tool_read", &through("post:route", arguments)).unwrap();
    let result = answer.result().unwrap_or_else(|trouble| panic!("{arguments}: {trouble}: {answer:?}"));
    result["structuredContent"]["arguments"].clone()
}
