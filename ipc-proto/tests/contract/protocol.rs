//! `PROTOCOL.md` says what the source says, in both directions: every name, every argument, every number.
//!
//! Not here: the words around them.

use std::{collections::BTreeSet, path::Path};

use mcpproxy_ipc_proto::{
    PROTOCOL,
    call::{AnyCall, Call, NAMES, Unread},
    frame::Kind,
    hello::ByeReason,
    limits,
    watch::{Event, Topic},
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value, value::to_raw_value};

fn text() -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("PROTOCOL.md")).unwrap()
}

/// The rows of the table whose first column has this title, cell by cell.
fn table(text: &str, title: &str) -> Vec<Vec<String>> {
    let head = format!("| {title} |");
    let rows = text.lines().skip_while(|line| !line.starts_with(&head)).skip(2);
    let cells = |line: &str| line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect();
    let rows: Vec<Vec<String>> = rows.take_while(|line| line.starts_with('|')).map(cells).collect();
    assert!(!rows.is_empty(), "there is a table of {title}");
    rows
}

/// The words in backticks.
fn words(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

fn names(rows: &[Vec<String>]) -> BTreeSet<String> {
    rows.iter().map(|row| words(&row[0])[0].to_owned()).collect()
}

/// The words of an enum. `count` is how many variants it has, with the one for unknown words; a word that the source
/// does not know is read as that one.
fn assert_words<T: Serialize + DeserializeOwned>(found: &BTreeSet<String>, count: usize) {
    let known = |word: &String| {
        let read: T = serde_json::from_value(Value::from(word.as_str())).unwrap();
        serde_json::to_value(read).unwrap() == *word && word != "other"
    };
    assert!(found.iter().all(known), "{found:?}");
    assert_eq!(found.len(), count - 1, "{found:?}");
}

fn golden(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/v1").join(format!("{name}.json"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn the_kinds_reasons_and_topics_are_those_of_the_source() {
    // a variant more does not compile here
    const fn kind(kind: Kind) -> usize {
        match kind {
            Kind::Hello | Kind::Bye | Kind::Request | Kind::Reply => 8,
            Kind::Chunk | Kind::Cancel | Kind::Event | Kind::Other => 8,
        }
    }
    const fn reason(reason: ByeReason) -> usize {
        match reason {
            ByeReason::Incompatible | ByeReason::Stopping | ByeReason::Busy => 6,
            ByeReason::Slow | ByeReason::Fault | ByeReason::Other => 6,
        }
    }
    const fn topic(topic: Topic) -> usize {
        match topic {
            Topic::Servers | Topic::Calls | Topic::Core | Topic::Other => 4,
        }
    }
    let text = text();
    assert_words::<Kind>(&names(&table(&text, "kind")), kind(Kind::Other));
    assert_words::<ByeReason>(&names(&table(&text, "reason of a farewell")), reason(ByeReason::Other));
    let line = text.lines().find(|line| line.starts_with("Topics are")).unwrap();
    let topics = words(line).into_iter().map(str::to_owned).collect();
    assert_words::<Topic>(&topics, topic(Topic::Other));
}

#[test]
fn the_calls_and_their_arguments_are_those_of_the_source() {
    let rows = table(&text(), "call");
    let expected: BTreeSet<String> = NAMES.iter().map(|name| (*name).to_owned()).collect();
    assert_eq!((names(&rows), rows.len()), (expected, NAMES.len()));
    for row in &rows {
        let call = words(&row[0])[0];
        let args: Map<String, Value> =
            serde_json::from_value(golden(&format!("call.{call}"))["request"]["body"]["args"].clone()).unwrap();
        let told: BTreeSet<_> = words(&row[1]).into_iter().map(|word| word.trim_end_matches('?')).collect();
        assert_eq!(told, args.keys().map(String::as_str).collect(), "{call}");
        for word in words(&row[1]) {
            let mut without = args.clone();
            without.remove(word.trim_end_matches('?'));
            let read = AnyCall::read(call, &to_raw_value(&without).unwrap());
            assert_eq!(read.is_ok(), word.ends_with('?'), "{call} without {word}");
            assert!(!matches!(read, Err(Unread::UnknownCall)));
        }
        assert_eq!(words(&row[2]), [answer(call)], "{call}");
    }
}

/// The name of the type that a call is answered with; of a list, that of its elements.
fn answer(call: &str) -> String {
    fn of<C: Call>(_: &C) -> String {
        let name = std::any::type_name::<C::Answer>().trim_end_matches('>');
        name.rsplit("::").next().unwrap().to_owned()
    }
    macro_rules! of {
        ($call:expr, $($variant:ident)+) => { match $call { $(AnyCall::$variant(call) => of(&call),)+ } };
    }
    let args = &golden(&format!("call.{call}"))["request"]["body"]["args"];
    let call = AnyCall::read(call, &to_raw_value(args).unwrap()).unwrap();
    of!(call, Ping GetStatus GetInfo ListServers GetServer AddServer PatchServer RemoveServer ActOnServers ApproveServer
        ProbeServer ListServerTools GetServerLogs ListTools SearchTools CallTool ListCalls ListSessions ListClients ConnectClient
        DisconnectClient GetConfig PatchConfig ValidateConfig ApplyConfig GetDiagnostics OpenUi Watch Shutdown)
}

#[test]
fn the_events_and_their_members_are_those_of_the_source() {
    let rows = table(&text(), "event");
    for row in &rows {
        let name = words(&row[0])[0];
        let body = &golden(&format!("event.{name}"))["body"];
        let event: Event = serde_json::from_value(body.clone()).unwrap();
        let topic = event.topic().map(|topic| serde_json::to_value(topic).unwrap());
        assert_eq!(words(&row[1]).first().map(|word| Value::from(*word)), topic, "{name}");
        let members: BTreeSet<_> = body.as_object().unwrap().keys().map(String::as_str).collect();
        let told = words(&row[2]).into_iter().chain(["event"]).collect();
        assert_eq!(members, told, "{name}");
    }
    // golden frames exist for every event of the source
    assert_eq!(
        rows.len(),
        std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/v1"))
            .unwrap()
            .filter(|file| file.as_ref().unwrap().file_name().to_string_lossy().starts_with("event."))
            .count()
    );
}

#[test]
fn the_numbers_are_those_of_the_source() {
    let text = text();
    let line = text.lines().find(|line| line.starts_with("Versions that")).unwrap();
    assert_eq!(words(line), [PROTOCOL.start().to_string(), PROTOCOL.end().to_string()]);
    let told: Vec<u64> = table(&text, "limit").iter().map(|row| row[1].parse().unwrap()).collect();
    let sizes = [
        limits::FRAME_CAP,
        limits::MESSAGE_CAP,
        limits::INLINE,
        limits::PIECE,
        limits::OPEN_BODIES,
        limits::CONNECTIONS,
        limits::CALLS,
        limits::EVENTS,
        limits::EVENT_BYTES,
        limits::CALLS_IN_SNAPSHOT,
    ];
    let times = [limits::GREETING, limits::SILENCE, limits::FINISH, limits::DEADLINE];
    let expected: Vec<u64> =
        sizes.iter().map(|size| *size as u64).chain(times.iter().map(|time| time.as_secs())).collect();
    assert_eq!(told, expected, "in the order of the table");
    let source = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/limits.rs")).unwrap();
    assert_eq!(source.matches("pub const").count(), expected.len(), "every limit of the source is in the table");
}
