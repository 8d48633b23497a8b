//! Clients and servers that do what they should not: the same ids at once, messages without measure, connections that
//! are neither open nor closed. Everybody else is served as if nothing were.

use std::sync::{Arc, Barrier};

use mcpproxy_tests::{
    Core, Peer, Scratch,
    http::{Connection, Request},
    mcp::message,
};
use serde_json::{Value, json};

use crate::fleet::{fake, shared, through, until_found};

/// The largest message, unless somebody chooses another.
const CAP: u64 = 64 << 20;

#[test]
fn twenty_clients_that_use_the_same_ids_get_their_own_answers() {
    const CLIENTS: usize = 20;
    let fleet = shared();
    let sessions: Vec<_> = (0..CLIENTS).map(|_| fleet.core.session().unwrap()).collect();
    let (address, start) = (fleet.core.address, Barrier::new(2 * CLIENTS));
    std::thread::scope(|scope| {
        for (client, session) in sessions.iter().enumerate() {
            // a number and a text are two ids
            for (at, id) in [json!(0), json!("0")].into_iter().enumerate() {
                let start = &start;
                scope.spawn(move || {
                    let mut connection = Connection::open(address).unwrap();
                    start.wait();
                    for round in 0..5 {
                        let mark = json!({ "client": client, "at": at, "round": round });
                        let params =
                            json!({ "name": "call_tool_read", "arguments": { "name": "fake:echo", "args": mark } });
                        let body = json!({ "jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params });
                        let reply = connection.ask(&session.post(&body.to_string())).unwrap();
                        let told: Value = serde_json::from_str(&reply.body).unwrap();
                        let seen = &told["result"]["structuredContent"]["arguments"];
                        assert_eq!((reply.status, &told["id"], seen), (200, &id, &mark), "{told}");
                    }
                });
            }
        }
    });
}

#[test]
fn a_request_that_is_too_large_is_refused_before_it_is_read_and_costs_no_memory() {
    let core = Core::start(&Arc::new(Scratch::new().unwrap())).unwrap();
    let session = core.session().unwrap();
    let request = session.post("").bytes();
    let head = String::from_utf8(request).unwrap();

    let mut announced = Connection::open(core.address).unwrap();
    announced.send(head.replace("Content-Length: 0", &format!("Content-Length: {}", CAP + 1)).as_bytes()).unwrap();
    refused(&mut announced);

    let mut unannounced = Connection::open(core.address).unwrap();
    unannounced.send(head.replace("Content-Length: 0", "Transfer-Encoding: chunked").as_bytes()).unwrap();
    let chunk = format!("{:x}\r\n{}\r\n", 1 << 20, " ".repeat(1 << 20));
    for _ in 0..=CAP >> 20 {
        unannounced.send(chunk.as_bytes()).unwrap();
    }
    refused(&mut unannounced);
    assert_bounded(&core);
    assert_eq!(session.send(&message(1, "ping", "{}")).unwrap().status, 200);
}

/// The answer comes while the rest of the body is still owed.
fn refused(connection: &mut Connection) {
    let head = connection.head().unwrap();
    let reply = connection.rest(head).unwrap();
    let told: Value = serde_json::from_str(&reply.body).unwrap();
    assert_eq!((reply.status, &told["error"]["code"], &told["id"]), (413, &json!(-32000), &Value::Null), "{reply:?}");
    assert!(told["error"]["message"].as_str().unwrap().contains(&CAP.to_string()), "{told}");
}

#[test]
fn an_answer_that_is_too_large_fails_its_call_alone_and_costs_no_memory() {
    let core = Core::start(&Arc::new(Scratch::with_servers(&[fake(&[]).entry("fake")]).unwrap())).unwrap();
    until_found(&core, "big", &["fake:big"]);
    let mut session = core.session().unwrap();
    let slow = core.session().unwrap().post(&message(
        1,
        "tools/call",
        &format!(r#"{{"name":"call_tool_read","arguments":{}}}"#, through("fake:slow", r#"{"ms":500}"#)),
    ));
    let mut beside = Connection::open(core.address).unwrap();
    beside.send(&slow.bytes()).unwrap();
    for id_last in [false, true] {
        let arguments = json!({ "bytes": 200 << 20, "id_last": id_last }).to_string();
        let answer = session.call("call_tool_read", &through("fake:big", &arguments)).unwrap();
        let told = answer.document().unwrap();
        assert!(answer.is_tool_error() && told["code"] == "TOO_LARGE", "{told}");
        assert!(told["error"].as_str().unwrap().contains(&CAP.to_string()), "{told}");
        assert!(told["troubleshooting"].as_str().unwrap().contains("less"), "{told}");
    }
    let head = beside.head().unwrap();
    assert!(beside.rest(head).unwrap().body.contains("slept_ms"), "the call beside it is answered");
    let echoed = session.call("call_tool_read", &through("fake:echo", "{}")).unwrap();
    assert!(!echoed.is_tool_error(), "{echoed:?}");
    assert_bounded(&core);
}

#[test]
fn connections_that_hang_half_open_disturb_nobody_and_do_not_hold_up_the_end() {
    let mut core = Core::start(&Arc::new(Scratch::with_servers(&[fake(&[]).entry("fake")]).unwrap())).unwrap();
    until_found(&core, "big", &["fake:big"]);
    let mut session = core.session().unwrap();
    let big = format!(r#"{{"name":"call_tool_read","arguments":{}}}"#, through("fake:big", r#"{"bytes":20000000}"#));
    let big = session.post(&message(1, "tools/call", &big)).bytes();
    let stream = Request::get(core.address, "/mcp").with("Accept", "text/event-stream");
    let stream = stream.with("Mcp-Session-Id", &session.id).bytes();
    let ping = session.post(&message(2, "ping", "{}")).bytes();
    let half = |bytes: &[u8]| bytes[..bytes.len() / 2].to_vec();
    let mut open = Vec::new();
    // nothing, half a head, half a body, an answer and a stream that nobody reads
    for bytes in [vec![], half(&stream), ping[..ping.len() - 5].to_vec(), big, stream] {
        let mut connection = Connection::open(core.address).unwrap();
        connection.send(&bytes).unwrap();
        open.push(connection);
    }
    // a body that dribbles in is a body like any other
    let mut slow = Connection::open(core.address).unwrap();
    for piece in ping.chunks(ping.len() / 7) {
        slow.send(piece).unwrap();
    }
    assert_eq!(slow.head().unwrap().status, 200);
    for _ in 0..3 {
        let echoed = session.call("call_tool_read", &through("fake:echo", "{}")).unwrap();
        assert!(!echoed.is_tool_error(), "{echoed:?}");
    }
    assert_eq!(core.stop().unwrap().code(), Some(0), "{}", core.stderr());
    drop(open);
}

/// What passed by did not pile up: the cap and a little more is the most that was ever held.
fn assert_bounded(core: &Core) {
    let Ok(status) = std::fs::read_to_string(format!("/proc/{}/status", core.pid())) else { return };
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let peak: u64 = peak.trim().trim_end_matches(" kB").parse().unwrap();
    assert!(peak << 10 < CAP + (64 << 20), "{peak} kB were held at once");
}
