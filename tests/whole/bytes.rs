//! What a server answers reaches the client byte for byte: the same call is made directly and through the core, and the
//! texts of the answers are compared, not their values.

use std::sync::Arc;

use mcpproxy_tests::{Answer, Core, Peer, Pipes, Scratch, Session, peers, peers::Program, until};
use serde_json::{Value, json};

use crate::fleet::{Fleet, fake, shared, through, until_found};

const CALLS_OF_EVERYTHING: [(&str, &str); 14] = [
    ("echo", r#"{"message":"grüße, \ud83d\ude00 \u2028 </script>"}"#),
    ("get-sum", r#"{"a":0.1,"b":0.2}"#),
    ("get-sum", r#"{"b":1e21,"a":-0}"#),
    ("get-tiny-image", "{}"),
    ("get-structured-content", r#"{"location":"Chicago"}"#),
    ("get-annotated-message", r#"{"messageType":"success","includeImage":true}"#),
    ("get-annotated-message", r#"{"messageType":"error"}"#),
    ("get-resource-links", r#"{"count":4}"#),
    ("get-resource-reference", r#"{"resourceType":"Text","resourceId":2}"#),
    ("get-resource-reference", r#"{"resourceType":"Blob","resourceId":3}"#),
    // results that are errors, and arguments that the server does not take
    ("get-resource-reference", r#"{"resourceType":"Text","resourceId":0.5}"#),
    ("get-structured-content", r#"{"location":"Atlantis"}"#),
    ("get-sum", r#"{"a":"one"}"#),
    ("echo", "{}"),
];

#[test]
fn everything_over_stdio() {
    let fleet = shared();
    let mut direct = Pipes::open(&mut peers::everything("stdio").unwrap().command()).unwrap();
    compare(&fleet, "everything", &mut direct, &CALLS_OF_EVERYTHING);
}

#[test]
fn everything_over_http() {
    let fleet = shared();
    let mut direct = Session::open(fleet.remote.address).unwrap();
    compare(&fleet, "remote", &mut direct, &CALLS_OF_EVERYTHING);
}

#[test]
fn files_and_time() {
    let fleet = shared();
    let mut files = Pipes::open(&mut peers::filesystem(&fleet.folder).unwrap().command()).unwrap();
    let file = |name: &str| format!(r#"{{"path":"{}/{name}"}}"#, fleet.folder.display());
    let (note, none) = (file("note.txt"), file("none.txt"));
    let outside = r#"{"path":"/etc/hostname"}"#;
    let calls =
        [("read_text_file", &*note), ("read_text_file", &*none), ("read_text_file", outside), ("read_text_file", "{}")];
    compare(&fleet, "files", &mut files, &calls);

    let mut time = Pipes::open(&mut peers::time().unwrap().command()).unwrap();
    let calls = [
        ("convert_time", r#"{"source_timezone":"Asia/Tokyo","time":"09:30","target_timezone":"Europe/London"}"#),
        ("get_current_time", r#"{"timezone":"Moon/Tranquility"}"#),
        ("get_current_time", r#"{"time_zone":"UTC"}"#),
    ];
    compare(&fleet, "time", &mut time, &calls);
}

/// A large result, a result that is an error, and an error of JSON-RPC with data.
#[test]
fn large_results_and_errors() {
    let fleet = shared();
    let mut direct = Pipes::open(&mut fake(&[]).command()).unwrap();
    let calls = [
        ("echo", r#"{"z":[12345678901234567890,-0.0,1e300],"n":null,"nested":{"b":[{}],"a":""}}"#),
        ("big", r#"{"bytes":3000000}"#),
        ("tool_error", "{}"),
        ("fail", "{}"),
    ];
    compare(&fleet, "fake", &mut direct, &calls);
}

/// White space, spellings of characters, and numbers that no library keeps.
#[test]
fn a_result_that_was_written_by_hand() {
    let result = concat!(
        r#"{ "content" :[{"type":"text","text":"\u00e9 é \ud83d\ude00 \/ \u2028"}] ,"structuredContent":{"price":1.10,"#,
        r#""huge":1e400,"long":123456789012345678901234567890.000,"x":null},"vendor/key":{"a":1,"a":2},"isError":false }"#
    );
    let list = r#"{"tools":[{"name":"speak","description":"Speaks by hand.","inputSchema":{"type":"object"}}]}"#;
    let hello =
        r#"{"protocolVersion":"2025-06-18","capabilities":{"tools":{}},"serverInfo":{"name":"h","version":"1"}}"#;
    let script = r#"
        while read -r line; do
            case $line in
                *'"initialize"'*) result=$HELLO ;;
                *'"tools/list"'*) result=$LIST ;;
                *'"tools/call"'*) result=$RESULT ;;
                *'"ping"'*) result={} ;;
                *) continue ;;
            esac
            id=$(printf %s "$line" | sed 's/.*"id":\([0-9]*\).*/\1/')
            printf '{"jsonrpc":"2.0","id":%s,"result":%s}\n' "$id" "$result"
        done"#;
    let mut entry = Program::new("sh", &["-c", script]).entry("hand");
    entry["env"] = json!({ "HELLO": hello, "LIST": list, "RESULT": result });
    let core = Core::start(&Arc::new(Scratch::with_servers(&[entry]).unwrap())).unwrap();
    until_found(&core, "speak", &["hand:speak"]);
    let answer = core.session().unwrap().call("call_tool_read", &through("hand:speak", "{}")).unwrap();
    assert_eq!(answer.outcome.as_deref(), Ok(result));
}

/// Every notification before the result, in the order in which the server sent them, under the client's own token.
#[test]
fn progress() {
    let fleet = shared();
    let mut session = fleet.core.session().unwrap();
    for (name, arguments, total) in [
        ("fake:burst", "{}", 50),
        ("everything:trigger-long-running-operation", r#"{"duration":0.2,"steps":4}"#, 4),
        ("remote:trigger-long-running-operation", r#"{"duration":0.2,"steps":4}"#, 4),
    ] {
        let call = through(name, arguments);
        let meta = r#"{"progressToken":"the client's own"}"#;
        let params = format!(r#"{{"name":"call_tool_read","arguments":{call},"_meta":{meta}}}"#);
        let answer = session.ask("tools/call", &params).unwrap();
        assert!(!answer.is_tool_error(), "{name}: {answer:?}");
        let seen: Vec<Value> = answer.before.iter().map(|text| serde_json::from_str(text).unwrap()).collect();
        let steps: Vec<_> = seen.iter().map(|told| told["params"]["progress"].as_u64().unwrap()).collect();
        let first = steps[0];
        assert_eq!(steps, (first..first + total).collect::<Vec<_>>(), "{name}");
        assert!(seen.iter().all(|told| told["params"]["progressToken"] == "the client's own"), "{name}: {seen:?}");
        let silent = session.call("call_tool_read", &call).unwrap();
        assert_eq!(silent.before, [""; 0], "{name}: nobody asked for progress");
    }
}

fn compare(fleet: &Fleet, server: &str, direct: &mut dyn Peer, calls: &[(&str, &str)]) {
    let mut session = fleet.core.session().unwrap();
    for (tool, arguments) in calls {
        let name = format!("{server}:{tool}");
        // some results tell the time: the call through the core counts once the direct ones around it agree
        let (expected, told) = until("two direct answers that agree", || {
            let before = call(direct, tool, arguments);
            let told = session.call("call_tool_read", &through(&name, arguments))?;
            let after = call(direct, tool, arguments);
            Ok((before.outcome.as_ref().ok() == after.outcome.as_ref().ok()).then_some((after, told)))
        })
        .unwrap();
        let text = |answer: &Answer| match &answer.outcome {
            Ok(result) => format!("result {result}"),
            Err(error) => format!("error {error}"),
        };
        assert_eq!(text(&told), text(&expected), "{name} {arguments}");
    }
}

fn call(peer: &mut dyn Peer, tool: &str, arguments: &str) -> Answer {
    peer.call(tool, arguments).unwrap()
}
