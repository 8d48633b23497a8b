//! The same links against a server written with another implementation of the protocol, so that what we speak is not
//! only what we believe.

use std::{
    convert::Infallible,
    sync::{Arc, Mutex, PoisonError},
};

use hyper::{Request, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use mcpproxy_wire::{Era, Exchange, Progress};
use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    model::{
        CallToolRequestParams, CallToolResponse, CallToolResult, ListToolsResult, PaginatedRequestParams,
        ProgressNotificationParam, ServerCapabilities, ServerConfig, Tool,
    },
    service::RequestContext,
    transport::streamable_http_server::{
        StreamableHttpServerConfig, StreamableHttpService, session::local::LocalSessionManager,
    },
};
use serde_json::{Value, json, value::RawValue};
use tokio::{net::TcpListener, sync::mpsc};

use crate::world::{PATIENT, World, has_tool, remote, told, tool_call};

/// What the server has; shared by its sessions.
#[derive(Clone, Default)]
struct Reference(Arc<Mutex<Vec<String>>>);

impl Reference {
    fn extra(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl ServerHandler for Reference {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().enable_tool_list_changed().build())
            .with_instructions("Reference.")
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let schema = json!({ "type": "object" }).as_object().unwrap().clone();
        let tool = |name: String| Tool::new(name, "A tool.", schema.clone());
        let names = ["echo", "grow"].map(str::to_owned).into_iter().chain(self.extra());
        Ok(ListToolsResult::with_all_items(names.map(tool).collect()))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        if request.name == "grow" {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).push("grown".to_owned());
            context.peer.notify_tool_list_changed().await.unwrap();
        }
        if let Some(token) = context.meta.get_progress_token() {
            for step in [1.0, 2.0, 3.0] {
                context.peer.notify_progress(ProgressNotificationParam::new(token.clone(), step)).await.unwrap();
            }
        }
        Ok(CallToolResult::structured(json!({ "arguments": request.arguments })).into())
    }
}

/// Starts the server; returns its URL and what it was asked, as `METHOD session`.
async fn start(config: StreamableHttpServerConfig) -> (String, Arc<Mutex<Vec<String>>>) {
    let reference = Reference::default();
    let service =
        StreamableHttpService::new(move || Ok(reference.clone()), Arc::<LocalSessionManager>::default(), config);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/mcp", listener.local_addr().unwrap());
    let log = Arc::new(Mutex::new(Vec::new()));
    let asked = Arc::clone(&log);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (service, asked) = (service.clone(), Arc::clone(&asked));
            let answer = service_fn(move |request: Request<Incoming>| {
                let has_session = request.headers().contains_key("mcp-session-id");
                let line = format!("{} {has_session}", request.method());
                asked.lock().unwrap_or_else(PoisonError::into_inner).push(line);
                let service = service.clone();
                async move { Ok::<_, Infallible>(service.handle(request).await) }
            });
            tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), answer));
        }
    });
    (url, log)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_of_another_make_is_listed_called_and_heard() {
    let world = World::new();
    let with_streams = StreamableHttpServerConfig::default();
    let without = StreamableHttpServerConfig::default().with_legacy_session_mode(false).with_json_response(true);
    for (config, streams) in [(with_streams, true), (without, false)] {
        let (url, log) = start(config).await;
        let server = world.start(remote(&url, &[]));
        let snapshot = server.ready().await;
        let hello = snapshot.hello.as_ref().unwrap();
        assert_eq!((hello.instructions.as_deref(), hello.era), (Some("Reference."), Era::Stateless));
        assert!(has_tool(&snapshot, "echo") && snapshot.tools.len() == 2);
        let handle = snapshot.handle.clone().unwrap();
        assert_eq!(told(&handle, "echo", json!({ "a": 1 })).await, json!({ "arguments": { "a": 1 } }));

        let (sink, mut seen) = mpsc::channel(8);
        let token = RawValue::from_string("77".to_owned()).unwrap();
        let exchange = Exchange { progress: Some(Progress::new(token, sink)), ..Exchange::default() };
        handle.request(&tool_call("echo", &json!({})), &exchange, PATIENT).await.unwrap().unwrap();
        for step in [1.0, 2.0, 3.0] {
            let params: Value = serde_json::from_str(seen.try_recv().unwrap().get()).unwrap();
            assert_eq!((&params["progressToken"], params["progress"].as_f64()), (&json!(77), Some(step)));
        }
        if streams {
            told(&handle, "grow", json!({})).await;
            server.until("the tool that came later", |snapshot| has_tool(snapshot, "grown")).await;
        }
        server.stop().await;
        let asked = log.lock().unwrap_or_else(PoisonError::into_inner).clone();
        assert!(asked.iter().all(|line| line == "POST false"), "no session, no stream of its own: {asked:?}");
    }
    world.ends().await;
}
