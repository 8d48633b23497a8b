//! `/mcp/all`: every tool under a name of its own, with the definition that its server gave it.

use std::sync::Arc;

use mcpproxy_tests::{
    Core, Peer, Pipes, Scratch, Session,
    http::{Connection, Request},
    mcp::{REVISION, hello, message},
    peers, until,
};
use serde_json::{Value, json};

use crate::fleet::{TEXT, fake, shared, until_found};

const HINT: &str = "anthropic/maxResultSizeChars";
const CHANGED: &str = "notifications/tools/list_changed";

#[test]
fn definitions_are_those_of_the_servers_but_for_name_and_hint() {
    let fleet = shared();
    let mut remote = Session::open(fleet.remote.address).unwrap();
    let pipes = |program: peers::Program| Pipes::open(&mut program.command()).unwrap();
    let (mut everything, mut files) =
        (pipes(peers::everything("stdio").unwrap()), pipes(peers::filesystem(&fleet.folder).unwrap()));
    let (mut time, mut own) = (pipes(peers::time().unwrap()), pipes(fake(&[])));
    let servers: [(&str, &mut dyn Peer); 5] = [
        ("everything", &mut everything),
        ("fake", &mut own),
        ("files", &mut files),
        ("remote", &mut remote),
        ("time", &mut time),
    ];
    let mut expected = Vec::new();
    for (server, direct) in servers {
        for mut tool in tools(direct) {
            tool["name"] = json!(format!("{server}__{}", tool["name"].as_str().unwrap()));
            let meta = tool.as_object_mut().unwrap().entry("_meta").or_insert_with(|| json!({}));
            meta[HINT] = json!(500_000);
            expected.push(tool);
        }
    }
    let shown = tools(&mut at_all(&fleet.core));
    for (shown, expected) in shown.iter().zip(&expected) {
        assert_eq!(shown, expected);
        // as text, for the order of the members counts too; this one server orders them by the revision it is asked in
        if !shown["name"].as_str().unwrap().starts_with("time__") {
            assert_eq!(shown.to_string(), expected.to_string());
        }
    }
    assert_eq!(shown.len(), expected.len());
}

#[test]
fn names_are_what_every_client_takes_and_calls_of_them_go_through() {
    let long = "a_tool_whose_name_is_longer_than_any_client_would_take_it";
    let odd = "read:all the things";
    let entries =
        ["plain", "io.github/odd name"].map(|name| fake(&["--extra-tool", long, "--extra-tool", odd]).entry(name));
    let core = Core::start(&Arc::new(Scratch::with_servers(&entries).unwrap())).unwrap();
    until_found(&core, "echo", &["plain:echo", "io.github/odd name:echo"]);
    let mut session = at_all(&core);
    let names = names(&mut session);
    let is_valid =
        |name: &&String| name.len() <= 48 && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
    assert!(names.iter().all(|name| is_valid(&name)), "{names:#?}");
    let mut distinct = names.clone();
    distinct.sort();
    distinct.dedup();
    assert_eq!(distinct.len(), 24);
    for (begins, tool) in [
        ("plain__echo", None),
        ("io_github_odd_name__echo-", None),
        ("plain__a_tool_whose_name_is_longer", Some(long)),
        ("plain__read_all_the_things-", Some(odd)),
    ] {
        let name =
            names.iter().find(|name| name.starts_with(begins)).unwrap_or_else(|| panic!("{begins} in {names:#?}"));
        let answer = session.call(name, r#"{"b":1,"a":2}"#).unwrap();
        match tool {
            None => assert!(answer.text().unwrap().contains(r#""arguments":{"b":1,"a":2}"#), "{answer:?}"),
            // the fixture does not know what to do, but it was asked for the tool by its own name
            Some(tool) => assert!(answer.outcome.unwrap_err().contains(&format!("Unknown tool: {tool}"))),
        }
    }
}

#[test]
fn a_call_is_the_same_call_as_through_a_door() {
    let fleet = shared();
    let mut session = at_all(&fleet.core);
    let path = fleet.folder.join("direct.txt");
    let written = session.call("files__write_file", &json!({ "path": path, "content": TEXT }).to_string()).unwrap();
    assert!(!written.is_tool_error(), "a destructive tool needs no other door: {written:?}");
    let read = session.call("files__read_text_file", &json!({ "path": path }).to_string()).unwrap();
    assert_eq!(read.text().unwrap(), TEXT);
    assert_eq!(session.call("fake__tool_error", "null").unwrap().text().unwrap(), "timeout 401");
    let failed = session.call("fake__fail", "{}").unwrap().outcome.unwrap_err();
    assert!(failed.contains("-32050"), "{failed}");
    let meta = r#"{"progressToken":7,"traceparent":"00-1"}"#;
    let params = format!(r#"{{"name":"fake__burst","arguments":{{}},"_meta":{meta}}}"#);
    assert_eq!(session.ask("tools/call", &params).unwrap().before.len(), 50);

    for (name, nearest) in [("fake__ecko", json!("fake__echo")), ("fake:echo", json!("fake__echo")), ("x", Value::Null)]
    {
        let error: Value = serde_json::from_str(&session.call(name, "{}").unwrap().outcome.unwrap_err()).unwrap();
        assert_eq!((&error["code"], &error["data"]["did_you_mean"][0]), (&json!(-32602), &nearest), "{error}");
    }
    let error = session.call("fake__echo", "[]").unwrap().outcome.unwrap_err();
    assert!(error.contains("-32602"), "{error}");
}

#[test]
fn each_endpoint_has_its_tools_its_instructions_and_its_sessions() {
    let entries = [fake(&[]).entry("fake")];
    let scratch = Arc::new(Scratch::new().unwrap());
    for (mode, plain) in [("retrieve_tools", false), ("direct", true)] {
        scratch.write_settings(&json!({ "routing_mode": mode, "mcpServers": entries })).unwrap();
        let mut core = Core::start(&scratch).unwrap();
        let address = core.address;
        let mut sessions = Vec::new();
        for (path, is_direct) in
            [("/mcp", plain), ("/mcp/", plain), ("/mcp/call", false), ("/mcp/all", true), ("/mcp/all/", true)]
        {
            let mut session = Session::open_path(address, path, REVISION).unwrap();
            let wanted = if is_direct { "fake__echo" } else { "retrieve_tools" };
            let listed = until("the tool", || {
                let names = names(&mut session);
                Ok(names.iter().any(|name| name == wanted).then_some(names))
            });
            assert_eq!(listed.unwrap().len(), if is_direct { 10 } else { 5 }, "{mode} {path}");
            let opening = Request::post(address, path, &message(0, "initialize", &hello(REVISION)));
            let told: Value = serde_json::from_str(&ask(&core, &opening).body).unwrap();
            let says_search = told["result"]["instructions"].as_str().unwrap().contains("retrieve_tools");
            assert_eq!(says_search, !is_direct, "{mode} {path}");
            sessions.push((path, is_direct, session));
        }
        for (path, is_direct, session) in &sessions {
            let elsewhere = if *is_direct { "/mcp/call" } else { "/mcp/all" };
            let ping = Request::post(address, elsewhere, &message(1, "ping", "{}")).with("Mcp-Session-Id", &session.id);
            assert_eq!(ask(&core, &ping).status, 404, "a session of {path} at {elsewhere}");
        }
        assert!(core.stop().unwrap().success());
    }
}

#[test]
fn a_client_is_told_when_the_list_changes() {
    let core = Core::start(&Arc::new(Scratch::with_servers(&[fake(&[]).entry("fake")]).unwrap())).unwrap();
    until_found(&core, "echo", &["fake:echo"]);
    let mut session = at_all(&core);
    assert_eq!(names(&mut session).len(), 10);
    let open = |session: &Session| {
        let get = Request::get(core.address, "/mcp/all").with("Accept", "text/event-stream");
        let mut stream = Connection::open(core.address).unwrap();
        stream.send(&get.with("Mcp-Session-Id", &session.id).bytes()).unwrap();
        assert_eq!(stream.head().unwrap().status, 200);
        stream
    };
    let told = |stream: &mut Connection| loop {
        let event = String::from_utf8(stream.chunk().unwrap().unwrap()).unwrap();
        if event.contains(CHANGED) {
            return;
        }
    };
    let mut stream = open(&session);
    for _ in 0..10 {
        session.call("fake__change", "{}").unwrap();
    }
    // however many notifications there are: whoever lists after each ends with the last state
    until("the last tool", || {
        told(&mut stream);
        Ok(names(&mut session).contains(&"fake__added_9".to_owned()).then_some(()))
    })
    .unwrap();
    drop(stream);

    let mut late = at_all(&core);
    names(&mut late);
    session.call("fake__change", "{}").unwrap();
    until("the change", || Ok(names(&mut session).contains(&"fake__added_10".to_owned()).then_some(()))).unwrap();
    told(&mut open(&late));
    assert!(names(&mut late).contains(&"fake__added_10".to_owned()), "it changed between the list and the stream");
}

#[test]
fn the_stateless_revision_lists_calls_and_listens_too() {
    let core = Core::start(&Arc::new(Scratch::with_servers(&[fake(&[]).entry("fake")]).unwrap())).unwrap();
    until_found(&core, "echo", &["fake:echo"]);
    let answered = |method, params| -> Value {
        let reply = ask(&core, &stateless(&core, method, params));
        let mut told: Value = serde_json::from_str(&reply.body).unwrap_or_else(|_| panic!("{reply:?}"));
        told["result"].take()
    };
    let listen = json!({ "notifications": { "toolsListChanged": true } });
    let mut stream = Connection::open(core.address).unwrap();
    stream.send(&stateless(&core, "subscriptions/listen", listen).bytes()).unwrap();
    assert!(stream.head().unwrap().is_event_stream());
    let mut event = || String::from_utf8(stream.chunk().unwrap().unwrap()).unwrap();
    assert!(event().contains("notifications/subscriptions/acknowledged"));
    assert_eq!(answered("tools/list", json!({}))["tools"].as_array().map(Vec::len), Some(10));
    answered("tools/call", json!({ "name": "fake__change", "arguments": {} }));
    let told = until("the notification", || Ok(Some(event()).filter(|event| event.contains(CHANGED)))).unwrap();
    assert!(told.contains("io.modelcontextprotocol/subscriptionId"), "{told}");
    assert_eq!(answered("tools/list", json!({}))["tools"].as_array().map(Vec::len), Some(11));
}

/// A request with all that the stateless revision asks for.
fn stateless(core: &Core, method: &str, mut params: Value) -> Request {
    const VERSION: &str = "2026-07-28";
    let said = |what: &str| format!("io.modelcontextprotocol/{what}");
    params["_meta"] = json!({ said("protocolVersion"): VERSION, said("clientCapabilities"): {} });
    let request = Request::post(core.address, "/mcp/all", &message(1, method, &params.to_string()))
        .with("MCP-Protocol-Version", VERSION)
        .with("Mcp-Method", method);
    match params["name"].as_str() {
        Some(name) => request.with("Mcp-Name", name),
        None => request,
    }
}

fn at_all(core: &Core) -> Session {
    Session::open_path(core.address, "/mcp/all", REVISION).unwrap()
}

fn tools(peer: &mut dyn Peer) -> Vec<Value> {
    let mut result = peer.ask("tools/list", "{}").unwrap().result().unwrap();
    let Value::Array(tools) = result["tools"].take() else { panic!("there is no list in {result}") };
    tools
}

fn names(session: &mut Session) -> Vec<String> {
    tools(session).iter().map(|tool| tool["name"].as_str().unwrap().to_owned()).collect()
}

fn ask(core: &Core, request: &Request) -> mcpproxy_tests::http::Reply {
    Connection::open(core.address).unwrap().ask(request).unwrap()
}
