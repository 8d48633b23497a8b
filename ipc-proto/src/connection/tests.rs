//! The client against a core by hand: what goes out is asserted frame by frame.

use serde_json::{Map, Value, json};
use tokio::io::DuplexStream;

use super::*;
use crate::call::{AddServer, Ping};

/// Ends a test that hangs; no test waits for it.
const HUNG: Duration = Duration::from_secs(20);

/// The other end.
struct Core {
    stream: DuplexStream,
    decoder: Decoder,
}

impl Core {
    async fn next(&mut self) -> Frame {
        let mut piece = [0; 1024];
        loop {
            if let Some(frame) = self.decoder.next_frame().unwrap() {
                return frame;
            }
            let read = timeout(HUNG, self.stream.read(&mut piece)).await.expect("a frame comes").unwrap();
            assert!(read > 0, "the client stays");
            self.decoder.push(&piece[..read]);
        }
    }

    async fn say(&mut self, kind: Kind, id: Option<u64>, seq: Option<u64>, body: Value) {
        let frame = Frame::new(kind, id, seq, &body).unwrap();
        self.stream.write_all(&frame.encode().unwrap()).await.unwrap();
    }
}

/// A client and the core that it greeted. The pipe between them holds less than a chunk.
async fn pair() -> (Connection, Incoming, Core) {
    let (ours, theirs) = tokio::io::duplex(4096);
    let mut core = Core { stream: theirs, decoder: Decoder::default() };
    let greeted = async {
        assert_eq!(core.next().await.kind, Kind::Hello);
        core.say(Kind::Hello, None, None, serde_json::to_value(Hello::of("core")).unwrap()).await;
    };
    let (opened, ()) = tokio::join!(Connection::over(ours, Hello::of("test")), greeted);
    let (connection, incoming, _, driver) = opened.unwrap();
    tokio::spawn(driver);
    (connection, incoming, core)
}

#[tokio::test]
async fn of_a_request_that_is_given_up_in_the_middle_nothing_follows_its_cancel() {
    let (connection, _incoming, mut core) = pair().await;
    let text: Value = "x".repeat(20 * crate::limits::PIECE).into();
    let large = AddServer { entry: Map::from_iter([("command".to_owned(), text)]) };
    tokio::select! {
        biased;
        _ = connection.call(&large, HUNG) => panic!("nobody answers"),
        first = core.next() => assert_eq!((first.kind, first.id, first.seq), (Kind::Chunk, Some(1), Some(0))),
    }
    let (pong, seen) = tokio::join!(connection.call(&Ping {}, HUNG), async {
        let mut seen = Vec::new();
        loop {
            let frame = core.next().await;
            seen.push((frame.kind, frame.id));
            if frame.kind == Kind::Request {
                core.say(Kind::Reply, frame.id, None, json!({ "ok": {} })).await;
                return seen;
            }
        }
    });
    pong.unwrap();
    let cancel = seen.iter().position(|seen| *seen == (Kind::Cancel, Some(1))).expect("the core is told");
    assert!(seen[..cancel].iter().all(|seen| *seen == (Kind::Chunk, Some(1))), "{seen:?}");
    assert!(cancel < 10, "the rest is not sent: {seen:?}");
    assert_eq!(seen[cancel + 1..], [(Kind::Request, Some(2))]);
}

#[tokio::test]
async fn a_gap_and_what_cannot_be_read_are_told_as_lag() {
    let (_connection, mut incoming, mut core) = pair().await;
    let phase = json!({ "event": "core.phase", "phase": "ready" });
    let ready = Event::PhaseChanged { phase: crate::view::PhaseView::Ready, deadline_ms: None };
    for (seq, body) in [
        (4, phase.clone()),
        (5, json!({ "event": "of.a.later.version", "x": 1 })),
        (6, phase.clone()),
        (8, phase.clone()),
        (9, json!({ "event": "core.phase", "phase": 7 })),
        (10, phase.clone()),
    ] {
        core.say(Kind::Event, None, Some(seq), body).await;
    }
    let lagged = || Event::Lagged {};
    for expected in
        [(4, ready.clone()), (6, ready.clone()), (8, lagged()), (8, ready.clone()), (9, lagged()), (10, ready)]
    {
        assert_eq!(timeout(HUNG, incoming.next()).await.unwrap(), Some(expected));
    }
}

#[tokio::test]
async fn whoever_waits_learns_of_the_end_also_when_the_driver_is_dropped() {
    let (ours, theirs) = tokio::io::duplex(4096);
    let mut core = Core { stream: theirs, decoder: Decoder::default() };
    let greeted = core.say(Kind::Hello, None, None, serde_json::to_value(Hello::of("core")).unwrap());
    let (opened, ()) = tokio::join!(Connection::over(ours, Hello::of("test")), greeted);
    let (connection, _incoming, _, driver) = opened.unwrap();
    let driver = tokio::spawn(driver);
    let call = connection.call(&Ping {}, HUNG);
    let end = async {
        assert_eq!(core.next().await.kind, Kind::Hello);
        assert_eq!(core.next().await.kind, Kind::Request);
        driver.abort();
    };
    let (answered, ()) = tokio::join!(call, end);
    assert!(matches!(answered, Err(ConnectionError::Closed)), "{answered:?}");
    assert!(matches!(connection.call(&Ping {}, HUNG).await, Err(ConnectionError::Closed)));
}
