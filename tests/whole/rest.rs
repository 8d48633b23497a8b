//! The REST API of the real binary: who gets in, what the first start leaves, and every answer against the document.

use std::{fs, os::unix::fs::PermissionsExt as _, sync::Arc};

use mcpproxy_tests::{
    Core, Scratch,
    http::{Connection, Request},
    peers, run,
    scratch::read,
    until,
};
use serde_json::{Value, json};

use crate::fleet::fake;

#[test]
fn the_first_start_makes_a_key_and_tells_it_nobody() {
    let scratch = Arc::new(Scratch::new().unwrap());
    let mut core = Core::start(&scratch).unwrap();
    let key = core.key().unwrap();
    assert!(key.len() == 64 && key.chars().all(|digit| digit.is_ascii_hexdigit()), "{key}");
    assert_eq!(fs::metadata(scratch.settings()).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(core.api("GET", "/status", "").unwrap().0, 200);
    let (_, config) = core.api("GET", "/config", "").unwrap();
    assert!(config["data"]["config"]["api_key"].as_str().unwrap().starts_with("••••"), "{config}");
    for request in [
        Request::get(core.address, "/api/v1/status"),
        Request::get(core.address, "/events"),
        Request::get(core.address, "/api/v1/status").with("X-API-Key", &key).with("Host", "evil.example"),
    ] {
        let reply = Connection::open(core.address).unwrap().ask(&request).unwrap();
        assert!(matches!(reply.status, 401 | 403), "{reply:?}");
        assert!(reply.head.contains("\r\nX-Request-Id: "), "{reply:?}");
    }
    assert_eq!(core.stop().unwrap().code(), Some(0));
    for told in [core.stderr(), core.stdout(), scratch.log("main.log")] {
        assert!(!told.contains(&key), "{told}");
    }
    let again = Core::start(&scratch).unwrap();
    assert_eq!(again.key().unwrap(), key, "made once");
    let strict = Arc::new(Scratch::new().unwrap());
    let strict = Core::start_with(&strict, &["--listen", "127.0.0.1:0", "--require-mcp-auth"]).unwrap();
    assert!(strict.session().is_err(), "a key that was made now is asked for");
}

#[test]
fn a_person_comes_in_by_a_ticket_from_the_command_line() {
    let scratch = Arc::new(Scratch::new().unwrap());
    let core = Core::start(&scratch).unwrap();
    for line in [&["ui", "--print"][..], &["status", "--web-url"]] {
        let mut command = scratch.command().unwrap();
        let ran = run(command.args(line).arg("--data-dir").arg(scratch.data())).unwrap();
        let url = ran.stdout.trim();
        let path = url.strip_prefix(&format!("http://{}", core.address)).unwrap_or_else(|| panic!("{ran:?}"));
        assert!(path.starts_with("/ui/?ticket=") && !url.contains(&core.key().unwrap()), "{url}");
        let ask = |path: &str, cookie: &str| {
            let request = Request::get(core.address, path).with("Cookie", cookie);
            Connection::open(core.address).unwrap().ask(&request).unwrap()
        };
        let cookie = ask(path, "a=b").header("Set-Cookie").unwrap().split(';').next().unwrap().to_owned();
        assert_eq!(ask("/api/v1/info", &cookie).status, 200);
        assert_eq!(ask("/ui/", &cookie).status, 200);
        let second = ask(path, "a=b");
        assert!(second.status == 401 && second.body.contains("mcpproxy ui"), "{second:?}");
    }
}

#[test]
fn every_answer_to_generated_requests_is_one_that_the_document_describes() {
    let mut held = fake(&[]).entry("held");
    held["quarantined"] = json!(true);
    let scratch = Arc::new(Scratch::with_servers(&[held]).unwrap());
    let core = Core::start(&scratch).unwrap();
    let (document, key) = (format!("http://{}/swagger/doc.json", core.address), core.key().unwrap());
    let mut command = peers::schemathesis(&document, &[("X-API-Key", &key)]).unwrap().command();
    scratch.settle(&mut command);
    let ran = run(&mut command).unwrap();
    assert_eq!(ran.code, Some(0), "{}\n{}", ran.stdout, ran.stderr);
    assert!(!core.stderr().contains("panic"), "{}", core.stderr());
}

#[test]
fn what_happens_is_told_as_it_happens_and_the_stream_ends_with_the_core() {
    let scratch = Arc::new(Scratch::with_servers(&[fake(&[]).entry("fake")]).unwrap());
    let mut core = Core::start(&scratch).unwrap();
    let path = format!("/events?apikey={}", core.key().unwrap());
    let mut stream = Connection::open(core.address).unwrap();
    stream.send(&Request::get(core.address, &path).bytes()).unwrap();
    let head = stream.head().unwrap();
    for line in ["Content-Type: text/event-stream\r\n", "Cache-Control: no-cache\r\n", "X-Accel-Buffering: no\r\n"] {
        assert!(head.head.contains(line), "{}", head.head);
    }
    let mut told = String::new();
    let mut see = |stream: &mut Connection, word: &str| {
        while !told.contains(word) {
            let chunk = stream.chunk().unwrap().unwrap_or_else(|| panic!("the stream ended before {word}: {told}"));
            told.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    };
    see(&mut stream, "event: status\n");
    see(&mut stream, r#""reason":"snapshot""#);
    let call = r#"{"tool_name":"call_tool_read","arguments":{"name":"fake:echo","args":{"text":"hi"}}}"#;
    let called = || {
        let (status, answer) = core.api("POST", "/tools/call", call)?;
        Ok((status == 200).then_some(answer))
    };
    let answer = until("a tool that answers", called).unwrap();
    assert!(answer["data"][0]["text"].as_str().unwrap().contains("hi"), "{answer}");
    see(&mut stream, "event: activity.tool_call.completed\n");
    core.api("POST", "/servers/fake/disable", "").unwrap();
    see(&mut stream, r#""status":"disabled""#);
    core.ask_to_stop().unwrap();
    see(&mut stream, "event: activity.system.stop\n");
    assert!(stream.chunk().unwrap().is_none(), "the stream has ended");
    assert_eq!(core.wait().unwrap().code(), Some(0));
    let settings: Value = serde_json::from_str(&read(&scratch.settings())).unwrap();
    assert_eq!(settings["mcpServers"][0]["enabled"], false);
}
