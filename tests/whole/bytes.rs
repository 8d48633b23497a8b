//! What a server answers reaches the client byte for byte: the same call is made directly and through the core, and the
//! texts of the answers are compared, not their values.

use std::sync::Arc;

use mcpproxy_tests::{Answer, Core, Peer, Pipes, Scratch, Session, peers, peers::Program, remote::Remote, until};
use serde_json::{Value, json};

use crate::fleet::{fake, shared, through, until_found};

const CALLS_OF_EVERYTHING: [(&str, &str); 11] = [
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
    // a result that is an error
    ("get-resource-reference", r#"{"resourceType":"Text","resourceId":0.5}"#),
];

#[test]
fn everything_over_stdio() {
    let fleet = shared();
    let mut direct = Pipes::open(&mut peers::everything("stdio").unwrap().command()).unwrap();
    compare(&fleet.core, "everything", &mut direct, &CALLS_OF_EVERYTHING);
}

#[test]
fn everything_over_http() {
    let fleet = shared();
    let mut direct = Session::open(fleet.remote.address).unwrap();
    compare(&fleet.core, "remote", &mut direct, &CALLS_OF_EVERYTHING);
}

#[test]
fn files_and_time() {
    let fleet = shared();
    let mut files = Pipes::open(&mut peers::filesystem(&fleet.folder).unwrap().command()).unwrap();
    let file = |name: &str| format!(r#"{{"path":"{}/{name}"}}"#, fleet.folder.display());
    let (note, none) = (file("note.txt"), file("none.txt"));
    let outside = r#"{"path":"/etc/hostname"}"#;
    let calls = [("read_text_file", &*note), ("read_text_file", &*none), ("read_text_file", outside)];
    compare(&fleet.core, "files", &mut files, &calls);

    let mut time = Pipes::open(&mut peers::time().unwrap().command()).unwrap();
    let calls = [
        ("convert_time", r#"{"source_timezone":"Asia/Tokyo","time":"09:30","target_timezone":"Europe/London"}"#),
        ("get_current_time", r#"{"timezone":"Moon/Tranquility"}"#),
    ];
    compare(&fleet.core, "time", &mut time, &calls);
}

/// Servers that remember: each is asked the same, once directly and once through the core.
#[test]
fn memory_thinking_and_git() {
    let scratch = Arc::new(Scratch::new().unwrap());
    let repository = scratch.file("repository");
    for args in [
        &["init", "--quiet", "--initial-branch=main"][..],
        &["-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "--quiet", "--allow-empty", "-m", "Begin"],
    ] {
        std::fs::create_dir_all(&repository).unwrap();
        assert!(std::process::Command::new("git").args(args).current_dir(&repository).status().unwrap().success());
    }
    let (memory, thinking, git) =
        (peers::memory().unwrap(), peers::thinking().unwrap(), peers::git(&repository).unwrap());
    let mut memory_entry = memory.entry("memory");
    memory_entry["env"] = json!({ "MEMORY_FILE_PATH": scratch.file("through.jsonl") });
    let servers = json!([memory_entry, thinking.entry("thinking"), git.entry("git")]);
    scratch.write_settings(&json!({ "mcpServers": servers })).unwrap();
    let core = Core::start(&scratch).unwrap();
    let tools = ["memory:read_graph", "thinking:sequentialthinking", "git:git_log"];
    until_found(&core, "read the graph, think in sequence, git log", &tools);

    let mut command = memory.command();
    let mut direct = Pipes::open(command.env("MEMORY_FILE_PATH", scratch.file("direct.jsonl"))).unwrap();
    let entity = r#"{"entities":[{"name":"Ann","entityType":"person","observations":["likes tea"]}]}"#;
    let calls = [
        ("create_entities", entity),
        ("read_graph", "{}"),
        ("search_nodes", r#"{"query":"tea"}"#),
        ("read_graph", "{}"),
    ];
    compare_once(&core, "memory", &mut direct, &calls);
    let mut direct = Pipes::open(&mut thinking.command()).unwrap();
    let thought = r#"{"thought":"one","nextThoughtNeeded":true,"thoughtNumber":1,"totalThoughts":2}"#;
    compare_once(&core, "thinking", &mut direct, &[("sequentialthinking", thought), ("sequentialthinking", thought)]);
    let mut direct = Pipes::open(&mut git.command()).unwrap();
    let path = format!(r#"{{"repo_path":"{}"}}"#, repository.display());
    let calls = [("git_status", &*path), ("git_log", &path), ("git_diff_unstaged", &path)];
    compare_once(&core, "git", &mut direct, &calls);
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
    compare(&fleet.core, "fake", &mut direct, &calls);
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
    let long = r#"{"duration":0.2,"steps":4}"#;
    let calls = [
        ("fake:burst", "{}", 50),
        ("everything:trigger-long-running-operation", long, 4),
        ("remote:trigger-long-running-operation", long, 4),
    ];
    told_in_order(&fleet.core, &calls);
}

/// A server of the older transport, with `protocol` and without: then it is found out.
#[test]
fn everything_over_the_older_transport() {
    let remote = Remote::start_older().unwrap();
    let mut said = remote.entry("older");
    said["protocol"] = json!("sse");
    let entries = [said, remote.entry("unsaid")];
    let core = Core::start(&Arc::new(Scratch::with_servers(&entries).unwrap())).unwrap();
    until_found(&core, "echo", &["older:echo", "unsaid:echo"]);
    let mut direct = Pipes::open(&mut peers::everything("stdio").unwrap().command()).unwrap();
    for server in ["older", "unsaid"] {
        compare(&core, server, &mut direct, &CALLS_OF_EVERYTHING);
        let long = format!("{server}:trigger-long-running-operation");
        told_in_order(&core, &[(&*long, r#"{"duration":0.2,"steps":4}"#, 4)]);
    }
}

fn told_in_order(core: &Core, calls: &[(&str, &str, u64)]) {
    let mut session = core.session().unwrap();
    for (name, arguments, total) in calls {
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

fn compare_once(core: &Core, server: &str, direct: &mut dyn Peer, calls: &[(&str, &str)]) {
    let mut session = core.session().unwrap();
    for (tool, arguments) in calls {
        let name = format!("{server}:{tool}");
        let told = session.call("call_tool_write", &through(&name, arguments)).unwrap();
        assert_eq!(text(&told), text(&call(direct, tool, arguments)), "{name} {arguments}");
    }
}

fn compare(core: &Core, server: &str, direct: &mut dyn Peer, calls: &[(&str, &str)]) {
    let mut session = core.session().unwrap();
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
        assert_eq!(text(&told), text(&expected), "{name} {arguments}");
    }
}

fn call(peer: &mut dyn Peer, tool: &str, arguments: &str) -> Answer {
    peer.call(tool, arguments).unwrap()
}

fn text(answer: &Answer) -> String {
    match &answer.outcome {
        Ok(result) => format!("result {result}"),
        Err(error) => format!("error {error}"),
    }
}
