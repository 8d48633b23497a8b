//! One story told through every face: a server is added, approved, found, called, switched off, removed. All faces of a
//! person give the same views; an agent finds and calls, and can neither approve nor add.

use std::sync::Arc;

use mcpproxy_ipc_proto::{
    Connection, Incoming,
    call::{
        ActOnServers, AddServer, ApproveServer, Call, CallTool, GetServer, ListServers, RemoveServer, SearchTools,
        Selection, ServerAction, Watch,
    },
    endpoint::Endpoint,
    hello::Hello,
    watch::Event,
};
use mcpproxy_task::Scope;
use mcpproxy_tests::{Core, Peer as _, Scratch, run, until};
use serde_json::{Map, Value, json, value::to_raw_value};
use tokio::runtime::Runtime;

use crate::fleet::fake;

/// A face, as somebody uses it.
trait Face {
    fn add(&mut self, entry: &Value);
    fn approve(&mut self);
    fn list(&mut self) -> Value;
    fn find(&mut self) -> Value;
    /// The content of the result.
    fn call(&mut self) -> Value;
    fn disable(&mut self);
    fn remove(&mut self);
}

const QUESTION: &str = "returns the whole params that it received";

struct Rest(Core);

impl Rest {
    fn data(&self, method: &str, path: &str, body: &str) -> Value {
        let (status, answer) = self.0.api(method, path, body).unwrap();
        assert_eq!((status, &answer["success"]), (200, &json!(true)), "{method} {path}: {answer}");
        answer["data"].clone()
    }
}

impl Face for Rest {
    fn add(&mut self, entry: &Value) {
        assert_eq!(self.data("POST", "/servers", &entry.to_string())["success"], true);
    }

    fn approve(&mut self) {
        let seen = self.data("GET", "/servers/fake", "");
        let mark = json!({ "fingerprint": seen["fingerprint"] }).to_string();
        self.data("POST", "/servers/fake/unquarantine", &mark);
    }

    fn list(&mut self) -> Value {
        self.data("GET", "/servers", "")
    }

    fn find(&mut self) -> Value {
        self.data("GET", &format!("/index/search?limit=3&q={}", QUESTION.replace(' ', "+")), "")
    }

    fn call(&mut self) -> Value {
        let arguments = json!({ "name": "fake:echo", "args": { "text": "hello" } });
        self.data("POST", "/tools/call", &json!({ "tool_name": "call_tool_read", "arguments": arguments }).to_string())
    }

    fn disable(&mut self) {
        self.data("POST", "/servers/fake/disable", "");
    }

    fn remove(&mut self) {
        self.data("DELETE", "/servers/fake", "");
    }
}

struct Ipc {
    _core: Core,
    runtime: Runtime,
    connection: Connection,
    incoming: Incoming,
    _scope: Scope,
}

impl Ipc {
    fn new(core: Core) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let endpoint = Endpoint::Socket(core.scratch.data().join("mcpproxy.sock"));
        let opening = Connection::open(&endpoint, Hello::of("test"));
        let (connection, incoming, _, driver) = runtime.block_on(opening).unwrap();
        let scope = Scope::new();
        runtime.block_on(async { scope.spawn("connection", driver) });
        Self { _core: core, runtime, connection, incoming, _scope: scope }
    }

    fn ask<C: Call>(&self, call: &C) -> C::Answer {
        self.runtime.block_on(self.connection.call(call, mcpproxy_tests::DEADLINE)).unwrap()
    }

    fn value<C: Call>(&self, call: &C) -> Value {
        // by way of its text, as it is sent: a short number stays one
        serde_json::from_str(&serde_json::to_string(&self.ask(call)).unwrap()).unwrap()
    }
}

impl Face for Ipc {
    fn add(&mut self, entry: &Value) {
        let entry: Map<String, Value> = entry.as_object().unwrap().clone();
        assert!(self.ask(&AddServer { entry }).success);
    }

    fn approve(&mut self) {
        let name = "fake".to_owned();
        let fingerprint = self.ask(&GetServer { name: name.clone() }).fingerprint;
        self.ask(&ApproveServer { name, fingerprint });
    }

    fn list(&mut self) -> Value {
        self.value(&ListServers {})
    }

    fn find(&mut self) -> Value {
        self.value(&SearchTools { query: QUESTION.to_owned(), limit: Some(3) })
    }

    fn call(&mut self) -> Value {
        let args = Some(to_raw_value(&json!({ "text": "hello" })).unwrap());
        let call = CallTool { tool: "fake:echo".to_owned(), variant: "read".to_owned(), args };
        serde_json::from_str::<Value>(self.ask(&call).get()).unwrap()["content"].clone()
    }

    fn disable(&mut self) {
        let servers = Selection::Named(vec!["fake".to_owned()]);
        self.ask(&ActOnServers { servers, action: ServerAction::Disable });
    }

    fn remove(&mut self) {
        self.ask(&RemoveServer { name: "fake".to_owned() });
    }
}

struct Cli(Core);

impl Cli {
    fn document(&self, line: &[&str]) -> Value {
        let mut command = self.0.scratch.command().unwrap();
        let ran = run(command.args(["-o", "json", "--data-dir"]).arg(self.0.scratch.data()).args(line)).unwrap();
        assert_eq!(ran.code, Some(0), "{line:?}: {ran:?}");
        serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{line:?}: {error}: {ran:?}"))
    }
}

impl Face for Cli {
    fn add(&mut self, entry: &Value) {
        self.document(&["upstream", "add", "fake", "--", entry["command"].as_str().unwrap()]);
    }

    fn approve(&mut self) {
        self.document(&["upstream", "approve", "fake", "--yes"]);
    }

    fn list(&mut self) -> Value {
        self.document(&["upstream", "list"])
    }

    fn find(&mut self) -> Value {
        self.document(&["search", QUESTION, "-l", "3"])
    }

    fn call(&mut self) -> Value {
        self.document(&["call", "fake:echo", "text=hello"])["content"].clone()
    }

    fn disable(&mut self) {
        self.document(&["upstream", "disable", "fake"]);
    }

    fn remove(&mut self) {
        self.document(&["upstream", "remove", "fake", "--yes"]);
    }
}

fn core() -> Core {
    Core::start(&Arc::new(Scratch::new().unwrap())).unwrap()
}

/// The view without what is different each time.
fn settled(mut view: Value) -> Value {
    fn walk(value: &mut Value) {
        match value {
            Value::Object(members) => {
                for name in ["connected_at", "took", "last_used"] {
                    members.shift_remove(name);
                }
                members.values_mut().for_each(walk);
            }
            Value::Array(values) => values.iter_mut().for_each(walk),
            _ => {}
        }
    }
    walk(&mut view);
    view
}

/// The story: what was seen at each step.
fn told(face: &mut dyn Face) -> Vec<(&'static str, Value)> {
    let mut entry = fake(&[]).entry("fake");
    // an entry cannot approve itself
    entry["quarantined"] = json!(false);
    let mut seen = Vec::new();
    face.add(&entry);
    seen.push(("held", face.list()));
    face.approve();
    let ready = until("a server that is ready", || {
        let list = face.list();
        Ok((list["servers"][0]["connected"] == true && list["stats"]["total_tools"] == 10).then_some(list))
    });
    seen.push(("ready", ready.unwrap()));
    let found = until("a tool that is found", || {
        let found = face.find();
        Ok((found["total"] != 0).then_some(found))
    });
    seen.push(("found", found.unwrap()));
    seen.push(("called", face.call()));
    face.disable();
    let off = until("a server that has stopped", || {
        let list = face.list();
        Ok((list["servers"][0]["status"] == "disabled" && list["stats"]["total_tools"] == 0).then_some(list))
    });
    seen.push(("off", off.unwrap()));
    face.remove();
    let gone = until("no server", || {
        let list = face.list();
        Ok(list["servers"].as_array().unwrap().is_empty().then_some(list))
    });
    seen.push(("gone", gone.unwrap()));
    seen.into_iter().map(|(step, view)| (step, settled(view))).collect()
}

#[test]
fn every_face_of_a_person_tells_the_same_story() {
    let rest = told(&mut Rest(core()));
    assert_eq!(rest[0].1["servers"][0]["quarantined"], true, "{}", rest[0].1);
    assert_eq!(rest[2].1["results"][0]["tool"]["name"], "echo", "{}", rest[2].1);
    assert!(rest[3].1[0]["text"].as_str().unwrap().contains("hello"), "{}", rest[3].1);
    let ipc = told(&mut Ipc::new(core()));
    let cli = told(&mut Cli(core()));
    for (place, (step, view)) in rest.iter().enumerate() {
        assert_eq!((&ipc[place].0, &ipc[place].1), (step, view), "over IPC");
        assert_eq!((&cli[place].0, &cli[place].1), (step, view), "on the command line");
    }
}

#[test]
fn whoever_watches_sees_the_story() {
    let mut ipc = Ipc::new(core());
    let snapshot = ipc.ask(&Watch { topics: Vec::new() });
    assert!(snapshot.servers.servers.is_empty());
    told(&mut ipc);
    let (mut states, mut calls) = (Vec::new(), Vec::new());
    while states.last().is_none_or(|state| state != "gone") {
        let (_, event) = ipc.runtime.block_on(ipc.incoming.next()).expect("the watch goes on");
        match event {
            Event::ServersChanged { servers, removed, .. } => {
                states.extend(servers.iter().map(|server| serde_json::to_value(server.status).unwrap().to_string()));
                states.extend(removed.iter().map(|_| "gone".to_owned()));
            }
            Event::CallEnded { call } => calls.push((call.tool_name, call.source)),
            _ => {}
        }
    }
    let place = |word: &str| states.iter().position(|state| state.contains(word));
    assert!(place("ready").is_some() && place("ready") < place("disabled"), "{states:?}");
    assert_eq!(calls, [("echo".to_owned(), "cli".to_owned())]);
}

#[test]
fn an_agent_finds_and_calls_and_can_neither_approve_nor_add() {
    let mut held = fake(&[]).entry("held");
    held["quarantined"] = json!(true);
    let core = Core::start(&Arc::new(Scratch::with_servers(&[fake(&[]).entry("fake"), held]).unwrap())).unwrap();
    crate::fleet::until_found(&core, QUESTION, &["fake:echo"]);
    let mut session = core.session().unwrap();
    let tools = session.ask("tools/list", "{}").unwrap().result().unwrap();
    assert_eq!(tools["tools"].as_array().unwrap().len(), 5);
    let echoed = session.call("call_tool_read", r#"{"name":"fake:echo","args":{"text":"hello"}}"#).unwrap();
    assert!(echoed.text().unwrap().contains("hello"));
    for (tool, arguments) in [
        ("upstream_servers", r#"{"operation":"add","name":"x","command":"sh","quarantined":false}"#),
        ("upstream_servers", r#"{"operation":"patch","name":"held","quarantined":false}"#),
        ("quarantine_security", r#"{"operation":"approve","name":"held"}"#),
        ("call_tool_destructive", r#"{"name":"mcpproxy:approve","args":{"name":"held"}}"#),
    ] {
        let refused = session.call(tool, arguments).unwrap();
        assert!(refused.outcome.is_err() || refused.is_tool_error(), "{tool}: {refused:?}");
    }
    let request = mcpproxy_tests::http::Request::new("POST", core.address, "/api/v1/servers/held/unquarantine");
    let refused = mcpproxy_tests::http::Connection::open(core.address).unwrap().ask(&request).unwrap();
    assert_eq!(refused.status, 401, "what an agent may do over MCP opens no other door");
    let (_, list) = core.api("GET", "/servers", "").unwrap();
    assert_eq!(list["data"]["stats"]["quarantined_servers"], 1, "{list}");
    assert_eq!(list["data"]["stats"]["total_servers"], 2, "{list}");
}
