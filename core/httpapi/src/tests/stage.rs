//! A core without a daemon: settings in a scratch folder, servers that are held or switched off, and a listener.

use std::{
    net::SocketAddr,
    sync::{Arc, atomic::AtomicU32, atomic::Ordering},
    time::{Duration, Instant},
};

use mcpproxy_clients::{Places, System};
use mcpproxy_config::{Env, Flags, Settings, load};
use mcpproxy_domain::{phase::Phase, server::lifecycle::Policy};
use mcpproxy_edge::{EdgeSettings, Limits, Routes, bind, serve};
use mcpproxy_isolation::{Spawner, StopPolicy};
use mcpproxy_logs::{Redactor, ServerLogs};
use mcpproxy_management::{Management, clients::Bridge, core::CoreFacts};
use mcpproxy_runtime::Runtime;
use mcpproxy_task::Scope;
use mcpproxy_upstream::Surroundings;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    sync::watch,
    time::timeout,
};

use crate::{RestFaces, Settings as RestSettings, events::Events};

/// Ends a test that hangs; no test waits for it.
pub(super) const HUNG: Duration = Duration::from_secs(30);
pub(super) const KEY: &str = "0123456789abcdef-key";

pub(super) struct Stage {
    pub(super) folder: TempDir,
    pub(super) management: Management,
    pub(super) events: Events,
    pub(super) address: SocketAddr,
    pub(super) scope: Scope,
    pub(super) phase: watch::Sender<Phase>,
}

/// What came back.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) head: String,
    pub(super) body: String,
}

impl Stage {
    pub(super) async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let settings = json!({
            "api_key": KEY,
            "mcpServers": [
                { "name": "held", "command": "nothing", "env": { "A_TOKEN": "canary-4711" }, "enabled": true, "quarantined": true },
                { "name": "io.x/off", "url": "http://127.0.0.1:9/mcp?key=canary-4712", "enabled": false, "quarantined": false },
            ],
        });
        let path = folder.path().join("mcp_config.json");
        std::fs::write(&path, settings.to_string()).unwrap();
        let env = Env::new([], Some(folder.path().to_owned()), folder.path().to_owned());
        let config = Arc::new(load(&path, &env, &Flags::default()).unwrap().config);
        let scope = Scope::new();
        let settings = Settings::start(config, env, Flags::default(), |_| {}, &scope);
        let policy = Policy { base: HUNG, cap: HUNG, max_failures: 1 };
        let runtime =
            Runtime::start(settings.config(), surroundings(&folder), policy, &scope, std::future::ready(())).unwrap();
        let mut fleet = runtime.fleet.clone();
        timeout(HUNG, fleet.wait_for(|fleet| fleet.servers.len() == 2)).await.unwrap().unwrap();
        let listener = bind("127.0.0.1", 0).await.unwrap();
        let address = listener.local_addr().unwrap();
        let phase = watch::Sender::new(Phase::Ready);
        let facts = CoreFacts {
            begun: Instant::now(),
            address: Some(address),
            asked: None,
            socket: None,
            launched_by: String::new(),
            instance: "test".to_owned(),
            log_dir: folder.path().join("logs"),
            places: Places::of(System::HERE, |name| {
                matches!(name, "HOME" | "USERPROFILE").then(|| folder.path().into())
            }),
            bridge: Bridge { program: "/opt/mcpproxy".into(), arguments: vec!["stdio".to_owned()] },
            phase: phase.subscribe(),
            stop: Arc::default(),
        };
        let management = Management::new(&runtime, settings, facts);
        let faces = RestFaces::new(management.clone(), RestSettings::default(), None, &scope);
        let edge = EdgeSettings { api_key: KEY.into(), ..EdgeSettings::default() };
        serve(listener, faces.add_to(Routes::new()), watch::channel(Arc::new(edge)).1, Limits::default(), &scope);
        let events = Events::start(management.clone(), &scope);
        Self { folder, management, events, address, scope, phase }
    }

    /// One request over its own connection.
    pub(super) async fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Reply {
        let mut request = format!("{method} {path} HTTP/1.1\r\n");
        if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("host")) {
            request += &format!("Host: {}\r\n", self.address);
        }
        for (name, value) in headers {
            request += &format!("{name}: {value}\r\n");
        }
        request += &format!("Content-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len());
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        timeout(HUNG, stream.read_to_end(&mut answer)).await.unwrap().unwrap();
        let answer = String::from_utf8(answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{request}: {answer:?}"));
        Reply { status: head.split(' ').nth(1).unwrap().parse().unwrap(), head: head.to_owned(), body: body.to_owned() }
    }

    /// One request with the key: its status and its document.
    pub(super) async fn api(&self, method: &str, path: &str, body: &str) -> (u16, Value) {
        let reply = self.ask(method, &format!("/api/v1{path}"), &[("X-API-Key", KEY)], body).await;
        (reply.status, serde_json::from_str(&reply.body).unwrap_or(Value::Null))
    }

    /// A person at a browser: the header with their cookie.
    pub(super) fn cookie(&self) -> String {
        format!("mcpproxy-{}={}", self.address.port(), self.management.people.admit().unwrap())
    }
}

impl Reply {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
}

fn surroundings(folder: &TempDir) -> Surroundings {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let instance = format!("httpapi-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    let redactor = Redactor::new();
    Surroundings {
        spawner: Spawner::start(tokio::runtime::Handle::current(), &instance).unwrap(),
        logs: ServerLogs::new(folder.path().join("logs"), mcpproxy_logs::Limits::default(), redactor.clone()).unwrap(),
        redactor,
        environment: Arc::new(|_| Vec::new()),
        secrets: Arc::new(|_, name| Err(mcpproxy_domain::secret::MissingSecret::Variable(name.to_owned()))),
        limits: mcpproxy_wire::Limits::default(),
        stop: StopPolicy::default(),
    }
}
