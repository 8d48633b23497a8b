//! Golden frames: one readable file for each kind of frame, call and event. What they say must come through its type
//! unchanged, for every released version, so that a change that breaks an older half is seen here.
//!
//! Not here: the description for people (`protocol`).

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use mcpproxy_ipc_proto::{
    call::{
        ActOnServers, AddServer, ApplyConfig, ApproveServer, Call, CallTool, ConnectClient, DisconnectClient,
        GetConfig, GetDiagnostics, GetInfo, GetServer, GetServerLogs, GetStatus, ListCalls, ListClients,
        ListServerTools, ListServers, ListSessions, ListTools, NAMES, OpenUi, PatchConfig, PatchServer, Ping,
        ProbeServer, RemoveServer, Reply, Request, SearchTools, Shutdown, ValidateConfig, Watch,
    },
    frame::{Decoder, Frame, Kind},
    hello::{Bye, Hello},
    view::ClientStatus,
    watch::Event,
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("golden")
}

/// The golden frames of version 1 by the names of their files.
fn golden() -> BTreeMap<String, Value> {
    let files = std::fs::read_dir(folder().join("v1")).unwrap().map(|file| file.unwrap().path());
    let read = |path: PathBuf| {
        let text = std::fs::read_to_string(&path).unwrap();
        let value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        (path.file_stem().unwrap().to_str().unwrap().to_owned(), value)
    };
    files.map(read).collect()
}

/// The frame over the wire and back.
fn sent(golden: &Value) -> Frame {
    let frame: Frame = serde_json::from_value(golden.clone()).unwrap();
    assert_eq!(&serde_json::to_value(&frame).unwrap(), golden, "the frame itself");
    let mut decoder = Decoder::default();
    decoder.push(&frame.encode().unwrap());
    decoder.next_frame().unwrap().unwrap()
}

/// The value through its type.
fn through<T: DeserializeOwned + Serialize>(value: &Value) -> Result<Value, serde_json::Error> {
    serde_json::to_value(serde_json::from_value::<T>(value.clone())?)
}

fn holds<T: DeserializeOwned + Serialize>(name: &str, value: &Value) {
    let read = through::<T>(value).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!(&read, value, "{name}");
}

fn call<C: Call>(golden: &BTreeMap<String, Value>, seen: &mut BTreeSet<String>) {
    let name = format!("call.{}", C::NAME);
    let file = golden.get(&name).unwrap_or_else(|| panic!("{name}.json is missing"));
    let request: Request = sent(&file["request"]).body().unwrap();
    assert_eq!(request.call, C::NAME);
    // what was carried verbatim is compared as it is written
    let args = serde_json::from_str::<C>(request.args.as_deref().unwrap().get()).unwrap();
    assert_eq!(serde_json::to_value(&args).unwrap(), file["request"]["body"]["args"], "{name}");
    let reply: Reply = sent(&file["reply"]).body().unwrap();
    let answer = serde_json::from_str::<C::Answer>(reply.ok.as_deref().unwrap().get()).unwrap();
    assert_eq!(serde_json::to_value(&answer).unwrap(), file["reply"]["body"]["ok"], "{name}");
    seen.insert(name);
}

#[test]
fn every_call_has_golden_frames_and_they_come_through() {
    let (golden, mut seen) = (golden(), BTreeSet::new());
    macro_rules! calls { ($($call:ty),+ $(,)?) => { $(call::<$call>(&golden, &mut seen);)+ } }
    calls!(
        Ping,
        GetStatus,
        GetInfo,
        ListServers,
        GetServer,
        AddServer,
        PatchServer,
        RemoveServer,
        ActOnServers,
        ApproveServer,
        ProbeServer,
        ListServerTools,
        GetServerLogs,
        ListTools,
        SearchTools,
        CallTool,
        ListCalls,
        ListSessions,
        ListClients,
        ConnectClient,
        DisconnectClient,
        GetConfig,
        PatchConfig,
        ValidateConfig,
        ApplyConfig,
        GetDiagnostics,
        OpenUi,
        Watch,
        Shutdown,
    );
    let expected: BTreeSet<_> = NAMES.iter().map(|name| format!("call.{name}")).collect();
    assert_eq!(seen, expected, "every call is tried");
    let files: BTreeSet<_> = golden.into_keys().filter(|name| name.starts_with("call.")).collect();
    assert_eq!(files, expected, "every file is of a call");
}

#[test]
fn every_kind_and_every_event_has_a_golden_frame_and_it_comes_through() {
    let golden = golden();
    let (mut kinds, mut events) = (0, BTreeSet::new());
    for (name, file) in &golden {
        let body = &file["body"];
        match name.split_once('.').unwrap() {
            ("kind", kind) => {
                kinds += 1;
                assert_eq!(file["kind"], kind);
                match sent(file).kind {
                    Kind::Hello => holds::<Hello>(name, body),
                    Kind::Bye => holds::<Bye>(name, body),
                    Kind::Request => holds::<Request>(name, body),
                    Kind::Reply => holds::<Reply>(name, body),
                    Kind::Chunk => holds::<String>(name, body),
                    Kind::Cancel => assert_eq!(body, &Value::Null),
                    Kind::Event => holds::<Event>(name, body),
                    Kind::Other => panic!("{name} is no kind"),
                }
            }
            ("event", event) => {
                assert_eq!(body["event"], event);
                let read: Event = sent(file).body().unwrap();
                holds::<Event>(name, body);
                // a variant without an arm here has no golden frame
                events.insert(match read {
                    Event::ServersChanged { .. } => 1,
                    Event::CallEnded { .. } => 2,
                    Event::PhaseChanged { .. } => 3,
                    Event::SettingsRead { .. } => 4,
                    Event::Lagged {} => 5,
                    Event::Other => panic!("{name} is no event"),
                });
            }
            ("call", _) => {}
            _ => panic!("{name}.json is of nothing"),
        }
    }
    assert_eq!((kinds, events.len()), (7, 5));
}

/// What a later core may say: the unknown word becomes the type's own word for it, and nothing else is lost.
#[test]
fn a_word_of_a_later_version_costs_only_itself() {
    fn other<T: DeserializeOwned + Serialize>(golden: &Value, place: &str, word: &str) {
        let mut later = golden.clone();
        *later.pointer_mut(place).unwrap_or_else(|| panic!("{place}")) = "levitating".into();
        later.as_object_mut().unwrap().insert("of_a_later_version".to_owned(), serde_json::json!({ "deep": [1] }));
        let read = through::<T>(&later).unwrap_or_else(|error| panic!("{place}: {error}"));
        let mut expected = golden.clone();
        *expected.pointer_mut(place).unwrap() = word.into();
        assert_eq!(read, expected, "{place}");
    }
    let golden = golden();
    let answer = |call: &str| golden[&format!("call.{call}")].pointer("/reply/body/ok").unwrap();
    let args = |call: &str| golden[&format!("call.{call}")].pointer("/request/body/args").unwrap();
    for place in ["/servers/0/status", "/servers/0/health/level", "/servers/0/health/admin_state"] {
        other::<<ListServers as Call>::Answer>(answer("servers.list"), place, "other");
    }
    other::<<ListServers as Call>::Answer>(answer("servers.list"), "/servers/1/health/action", "other");
    other::<<GetStatus as Call>::Answer>(answer("status"), "/phase", "other");
    other::<<ListTools as Call>::Answer>(answer("tools.list"), "/tools/0/call_with", "other");
    other::<<Watch as Call>::Answer>(answer("watch"), "/calls/0/status", "other");
    other::<ClientStatus>(&answer("clients.list")[0], "/access_state", "unknown");
    other::<<ConnectClient as Call>::Answer>(answer("clients.connect"), "/action", "other");
    other::<ActOnServers>(args("servers.act"), "/action", "other");
    other::<Watch>(args("watch"), "/topics/1", "other");
    other::<Bye>(&golden["kind.bye"]["body"], "/reason", "other");
    other::<Frame>(&golden["kind.event"], "/kind", "other");
    other::<Hello>(&golden["kind.hello"]["body"], "/phase", "other");
    let mut event = golden["event.core.phase"]["body"].clone();
    event["event"] = "core.dreams".into();
    assert_eq!(serde_json::from_value::<Event>(event).unwrap(), Event::Other);
}

/// Findings of the list of what was released.
fn check_released(list: &str, read: &dyn Fn(&str) -> Option<Vec<u8>>) -> Vec<String> {
    let lines = list.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    let check = |line: &str| {
        let Some((expected, path)) = line.split_once("  ") else {
            return Some(format!("{line}: is no line of a list"));
        };
        let Some(bytes) = read(path) else { return Some(format!("{path}: was released and is gone")) };
        let hash: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        (hash != expected).then(|| format!("{path}: was released and is changed"))
    };
    lines.filter_map(check).collect()
}

#[test]
fn what_was_released_stays_as_it_was() {
    let list = std::fs::read_to_string(folder().join("released.txt")).unwrap();
    assert_eq!(check_released(&list, &|path| std::fs::read(folder().join(path)).ok()), Vec::<String>::new());
    let sample = "# x\n2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae  v1/a.json\n";
    let holds = |text: &'static str| move |path: &str| (path == "v1/a.json").then(|| text.as_bytes().to_vec());
    assert_eq!(check_released(sample, &holds("foo")), Vec::<String>::new());
    assert_eq!(check_released(sample, &holds("bar")), ["v1/a.json: was released and is changed"]);
    assert_eq!(check_released(sample, &|_| None), ["v1/a.json: was released and is gone"]);
}
