//! Who comes in, and who does not: greetings, HTTP, strangers, crowds, and those who say nothing.

use std::time::Duration;

use mcpproxy_ipc_proto::{
    ConnectionError,
    call::Ping,
    frame::{Frame, Kind},
    hello::Hello,
};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    time::timeout,
};

use super::stage::{HUNG, Raw, Stage};
use crate::Limits;

/// The answer to one HTTP request: status and body.
async fn http(raw: &mut Raw, request: &str) -> (u16, String) {
    raw.bytes(request.as_bytes()).await;
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(timeout(HUNG, raw.stream.read_u8()).await.unwrap().unwrap());
    }
    let head = String::from_utf8(head).unwrap();
    let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: ")).unwrap();
    let mut body = vec![0; length.parse().unwrap()];
    timeout(HUNG, raw.stream.read_exact(&mut body)).await.unwrap().unwrap();
    (head[9..12].parse().unwrap(), String::from_utf8(body).unwrap())
}

#[tokio::test]
async fn http_and_frames_come_over_the_same_socket_and_no_key_is_asked() {
    let stage = Stage::new(Limits::default()).await;
    let (client, _incoming, _) = stage.client().await.unwrap();
    let mut raw = stage.silent().await;
    // a name that no listener on the loopback would trust, and a key that is wrong
    let ask =
        "GET /who HTTP/1.1\r\nHost: elsewhere.example\r\nOrigin: https://elsewhere.example\r\nX-API-Key: no\r\n\r\n";
    for _ in 0..3 {
        assert_eq!(http(&mut raw, ask).await, (200, "Owner Socket".to_owned()));
        client.call(&Ping {}, HUNG).await.unwrap();
    }
    assert_eq!(http(&mut raw, "GET /nope HTTP/1.1\r\nHost: localhost\r\n\r\n").await.0, 404);
    let mut open = stage.silent().await;
    assert_eq!(http(&mut open, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").await.0, 200);
    drop((raw, open, client));
    stage.empty().await;
}

#[tokio::test]
async fn whoever_does_not_greet_as_agreed_is_told_so() {
    let stage = Stage::new(Limits::default()).await;
    for (hello, can_speak) in [
        (Hello { min: 1, max: 9, ..Hello::of("test") }, true),
        (Hello { min: 2, max: 9, ..Hello::of("test") }, false),
        (Hello { implementation: "another-make".to_owned(), ..Hello::of("test") }, false),
    ] {
        let mut raw = stage.silent().await;
        raw.send(Frame::new(Kind::Hello, None, None, &hello).unwrap()).await;
        let (kind, _, _, body) = raw.told().await;
        assert_eq!((kind, body["implementation"].as_str()), (Kind::Hello, Some("mcpproxy-rs")));
        if can_speak {
            raw.ask(1, "ping", json!({}), 1000).await;
            assert_eq!(raw.told().await.0, Kind::Reply);
        } else {
            assert_eq!(raw.bye().await, "incompatible", "{hello:?}");
        }
    }
    let request = Frame::new(Kind::Request, Some(1), None, &json!({ "call": "ping", "deadline_ms": 1 })).unwrap();
    for bytes in [
        request.encode().unwrap(),
        Frame::new(Kind::Hello, None, None, &"hello").unwrap().encode().unwrap(),
        b"\x16\x03\x01\x02".to_vec(),
        b"get / http/1.1\r\n".to_vec(),
        b"\0\0\0\x04null".to_vec(),
    ] {
        let mut raw = stage.silent().await;
        raw.bytes(&bytes).await;
        assert_eq!(raw.bye().await, "fault", "{bytes:?}");
    }
    let other = Hello { implementation: "another-make".to_owned(), ..Hello::of("test") };
    let refused = mcpproxy_ipc_proto::Connection::open(&stage.endpoint, other).await.err();
    assert!(matches!(refused, Some(ConnectionError::OtherMake(_))), "{refused:?}");
    stage.client().await.unwrap();
}

#[tokio::test]
async fn whoever_says_nothing_or_half_a_greeting_is_let_go() {
    let stage = Stage::new(Limits { greeting: Duration::from_millis(50), ..Limits::default() }).await;
    let mut nothing = stage.silent().await;
    let mut half = stage.silent().await;
    half.bytes(b"\0\0\0").await;
    assert!(nothing.next().await.is_none());
    assert_eq!(half.bye().await, "fault");
    // gone in the middle of a frame, of a greeting, of HTTP, and before the first byte
    let mut greeted = stage.raw().await;
    greeted.bytes(b"\0\0\0\x20{\"kind\"").await;
    for sent in [&b"\0\0"[..], b"GET /who HTTP/1.1\r\n", b""] {
        let mut raw = stage.silent().await;
        raw.bytes(sent).await;
        raw.stream.shutdown().await.unwrap();
    }
    drop(greeted);
    stage.empty().await;
    stage.client().await.unwrap();
}

#[tokio::test]
#[cfg(target_os = "linux")]
async fn a_connection_too_many_is_told_so_and_the_next_one_finds_room() {
    use mcpproxy_ipc_proto::hello::ByeReason;

    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile);
    let wanted = rustix::process::Rlimit { current: limit.maximum, ..limit };
    rustix::process::setrlimit(rustix::process::Resource::Nofile, wanted).unwrap();
    let stage = Stage::new(Limits::default()).await;
    let mut crowd = Vec::new();
    for _ in 0..1000 {
        crowd.push(stage.raw().await);
    }
    let turned_away = stage.client().await.err();
    let Some(ConnectionError::Bye(bye)) = turned_away else { panic!("{turned_away:?}") };
    assert_eq!(bye.reason, ByeReason::Busy, "{}", bye.message);
    let last = crowd.last_mut().unwrap();
    last.ask(1, "ping", json!({}), 60_000).await;
    assert_eq!(last.told().await.0, Kind::Reply, "those who are in are served");
    drop(crowd.pop());
    let room = async { while stage.client().await.is_err() {} };
    timeout(HUNG, room).await.expect("there is room again");
}

/// The kernel tells the user of the thread that connects or listens, so that a thread stands in for a stranger.
#[tokio::test]
#[cfg(target_os = "linux")]
async fn a_stranger_is_not_let_in_and_not_believed() {
    use std::{io::Read as _, os::unix::fs::PermissionsExt as _};

    use mcpproxy_ipc_proto::{
        endpoint::Endpoint,
        transport::{TransportError, connect},
    };
    use rustix::{process::Uid, thread::set_thread_res_uid};

    if !rustix::process::geteuid().is_root() {
        println!("SKIPPED: only root can be somebody else");
        return;
    }
    let stage = Stage::new(Limits::default()).await;
    let Endpoint::Socket(path) = stage.endpoint.clone() else { panic!() };
    // even where the file system would let them
    let open = |path: &std::path::Path, mode| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    open(&path, 0o666);
    let folder = path.parent().unwrap().to_owned();
    open(&folder, 0o777);
    let theirs = folder.join("theirs.sock");
    let squatted = theirs.clone();
    let stranger = move || {
        let nobody = Uid::from_raw(65534);
        set_thread_res_uid(nobody, nobody, nobody).unwrap();
        let mut heard = Vec::new();
        let mut stream = std::os::unix::net::UnixStream::connect(path).unwrap();
        stream.set_read_timeout(Some(HUNG)).unwrap();
        // closed without a word, whether or not they say something
        let _ = std::io::Write::write_all(&mut stream, b"GET /who HTTP/1.1\r\nHost: x\r\n\r\n");
        let _ = stream.read_to_end(&mut heard);
        (heard, std::os::unix::net::UnixListener::bind(squatted).unwrap())
    };
    let (heard, _listener) =
        tokio::task::spawn_blocking(|| std::thread::spawn(stranger).join().unwrap()).await.unwrap();
    assert!(heard.is_empty(), "{heard:?}");
    let refused = connect(&Endpoint::Socket(theirs)).await.err();
    assert!(matches!(refused, Some(TransportError::Stranger { .. })), "{refused:?}");
    let (client, _incoming, _) = stage.client().await.unwrap();
    client.call(&Ping {}, HUNG).await.unwrap();
}
