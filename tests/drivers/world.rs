//! What every test here needs: the surroundings of servers, a server under watch, and the proof that no process is left.

use std::{collections::BTreeMap, ffi::OsString, fs, sync::Arc, time::Duration};

use mcpproxy_domain::{
    Code, Secret, ServerName, ServerSpec,
    secret::MissingSecret,
    server::{
        Endpoint, ToolFilter, Transport,
        lifecycle::{Policy, State},
    },
};
use mcpproxy_isolation::{Spawner, StopPolicy};
use mcpproxy_logs::{Redactor, ServerLogs};
use mcpproxy_task::Scope;
use mcpproxy_upstream::{Actor, Handle, Snapshot, Surroundings};
use mcpproxy_wire::{Exchange, Limits, LinkError, Message, Outcome, Timing};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::Notify;

/// What has not happened by then never will.
pub const DEADLINE: Duration = Duration::from_secs(20);
#[cfg(target_os = "linux")]
pub const FAKE_MCP: &str = env!("CARGO_BIN_EXE_fake-mcp");
/// Children are stopped quickly, and tried again quickly.
pub const SHORT: StopPolicy = StopPolicy {
    close_wait: Duration::from_millis(300),
    term_wait: Duration::from_millis(300),
    poll: Duration::from_millis(5),
};
pub const EAGER: Policy =
    Policy { base: Duration::from_millis(10), cap: Duration::from_millis(100), max_failures: 1000 };
/// The one secret that the world knows: `${env:KNOWN}`.
pub const CANARY: &str = "canary-4711-canary";

/// No process.
pub const NOBODY: [u32; 0] = [];

pub struct World {
    #[cfg_attr(not(target_os = "linux"), expect(dead_code, reason = "only the tests with processes look into it"))]
    pub folder: TempDir,
    pub surroundings: Surroundings,
    pub scope: Scope,
    mark: String,
}

/// A server under watch.
pub struct Server {
    pub actor: Actor,
    changed: Arc<Notify>,
}

impl World {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let instance = folder.path().file_name().unwrap().to_str().unwrap().to_owned();
        let redactor = Redactor::new();
        let surroundings = Surroundings {
            spawner: Spawner::start(tokio::runtime::Handle::current(), &instance).unwrap(),
            logs: ServerLogs::new(folder.path().join("logs"), mcpproxy_logs::Limits::default(), redactor.clone())
                .unwrap(),
            redactor,
            environment: Arc::new(environment),
            secrets: Arc::new(|kind, name| match (kind, name) {
                ("env", "KNOWN") => Ok(CANARY.to_owned()),
                _ => Err(MissingSecret::Variable(name.to_owned())),
            }),
            limits: Limits::default(),
            stop: SHORT,
        };
        let mark = format!("{}={instance}", mcpproxy_domain::identity::INSTANCE_VARIABLE);
        Self { folder, surroundings, scope: Scope::new(), mark }
    }

    #[cfg(target_os = "linux")]
    pub fn file(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    pub fn start(&self, spec: ServerSpec) -> Server {
        self.start_with(spec, EAGER)
    }

    pub fn start_with(&self, spec: ServerSpec, policy: Policy) -> Server {
        let changed = Arc::new(Notify::new());
        let surroundings = Arc::new(self.surroundings.clone());
        let actor = Actor::start(Arc::new(spec), surroundings, policy, &self.scope, Arc::clone(&changed));
        Server { actor, changed }
    }

    /// The processes that were started for this world and run still; a zombie does not.
    pub fn survivors(&self) -> Vec<u32> {
        let ids = fs::read_dir("/proc").into_iter().flatten().flatten();
        let ids = ids.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
        ids.filter(|id: &u32| {
            fs::read(format!("/proc/{id}/environ"))
                .is_ok_and(|vars| vars.split(|byte| *byte == 0).any(|var| var == self.mark.as_bytes()))
        })
        .collect()
    }

    /// Waits for the end of every task, and sees that no process is left.
    pub async fn ends(&self) {
        assert_eq!(self.scope.drain(DEADLINE).await, Ok(()), "tasks that never end");
        assert_eq!(self.survivors(), NOBODY, "processes that are left");
    }
}

impl Server {
    /// Waits until the server looks as `seen` says.
    pub async fn until(&self, what: &str, seen: impl Fn(&Snapshot) -> bool) -> Arc<Snapshot> {
        let looking = async {
            loop {
                let snapshot = self.actor.snapshot();
                if seen(&snapshot) {
                    return snapshot;
                }
                self.changed.notified().await;
            }
        };
        match tokio::time::timeout(DEADLINE, looking).await {
            Ok(snapshot) => snapshot,
            Err(_) => {
                let Snapshot { state, failures, failure, .. } = &*self.actor.snapshot();
                panic!("never seen: {what}; what is: {state:?}, {failures} failures, {failure:?}")
            }
        }
    }

    pub async fn ready(&self) -> Arc<Snapshot> {
        self.until("ready", is_ready).await
    }

    pub async fn failed(&self, code: Code) -> String {
        let failed =
            self.until("failed", |snapshot| snapshot.failure.as_ref().is_some_and(|failure| failure.code == code));
        failed.await.failure.as_ref().unwrap().detail.clone()
    }

    /// The server is stopped and its actor has ended.
    pub async fn stop(self) {
        self.actor.stop();
        let ended = async {
            while !self.actor.has_ended() {
                self.changed.notified().await;
            }
        };
        tokio::time::timeout(DEADLINE, ended).await.unwrap();
    }
}

pub fn is_ready(snapshot: &Snapshot) -> bool {
    matches!(snapshot.state, State::Ready { .. })
}

pub fn has_tool(snapshot: &Snapshot, name: &str) -> bool {
    snapshot.tools.iter().any(|tool| &*tool.id.tool == name)
}

pub fn spec(name: &str, transport: Transport) -> ServerSpec {
    ServerSpec {
        name: ServerName::new(name).unwrap(),
        transport,
        enabled: true,
        quarantined: false,
        // longer than any test waits: what fails earlier failed for its own reason
        init_timeout: Duration::from_secs(600),
        call_timeout: Duration::from_secs(600),
        health_interval: None,
        tools: ToolFilter::All,
    }
}

/// A server that is the fixture with these arguments.
#[cfg(target_os = "linux")]
pub fn fake(args: &[&str]) -> ServerSpec {
    use mcpproxy_domain::server::CommandLine;

    let args = args.iter().map(|&arg| arg.to_owned()).collect();
    spec("fake", Transport::Stdio(CommandLine { program: FAKE_MCP.to_owned(), args, ..CommandLine::default() }))
}

/// A server at a URL, with these headers.
pub fn remote(url: &str, headers: &[(&str, &str)]) -> ServerSpec {
    let headers = headers.iter().map(|&(name, value)| (name.to_owned(), Secret::from(value))).collect();
    spec("remote", Transport::Http(Endpoint { url: url.to_owned(), headers }))
}

pub fn tool_call(tool: &str, arguments: &Value) -> Message {
    Message::new("tools/call", &json!({ "name": tool, "arguments": arguments }))
}

pub const PATIENT: Timing = Timing { silence: DEADLINE, total: DEADLINE };

pub async fn ask(handle: &Handle, tool: &str, arguments: Value) -> Result<Outcome, LinkError> {
    handle.request(&tool_call(tool, &arguments), &Exchange::default(), PATIENT).await
}

/// The structured result of a call that works.
pub async fn told(handle: &Handle, tool: &str, arguments: Value) -> Value {
    let result = ask(handle, tool, arguments).await.unwrap().unwrap();
    serde_json::from_str::<Value>(result.get()).unwrap()["structuredContent"].take()
}

fn environment(variables: &BTreeMap<String, Secret>) -> Vec<(OsString, OsString)> {
    let path = ("PATH".into(), std::env::var_os("PATH").unwrap_or_default());
    variables.iter().map(|(name, value)| (name.into(), value.reveal().into())).chain([path]).collect()
}
