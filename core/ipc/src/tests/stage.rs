//! A socket in a folder of its own, a stand-in for the core, and a client that speaks raw frames.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use mcpproxy_domain::phase::Phase;
use mcpproxy_edge::{Access, Body, Context, Request as HttpRequest, Response, Routes};
use mcpproxy_ipc_proto::{
    Connection, ConnectionError, Incoming,
    call::{AnyCall, Done, Failure},
    endpoint::Endpoint,
    frame::{Decoder, Frame, Kind},
    hello::Hello,
    transport::{Listening, Stream, connect},
    view::{PhaseView, ServerList, Status},
    watch::{Event, Snapshot},
};
use mcpproxy_task::Scope;
use serde_json::{Value, json, value::RawValue};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    sync::{Notify, broadcast, watch},
    time::timeout,
};

use crate::{Answered, Answers, Faces, Limits, Promise, Watcher, answers::written, serve};

/// Ends a test that hangs; no test waits for it.
pub(super) const HUNG: Duration = Duration::from_secs(30);

/// A core that stands in.
pub(super) struct Stub {
    /// Lets the calls of `a:wait` go, one each.
    pub(super) go: Notify,
    /// Calls of `a:wait` and `a:never` that run now.
    pub(super) running: watch::Sender<usize>,
    /// How often it was asked to stop.
    pub(super) stopped: watch::Sender<usize>,
    /// What has happened so far, and who hears what happens next.
    news: Mutex<(u64, broadcast::Sender<Event>)>,
    pub(super) phase: watch::Sender<Phase>,
    /// How many snapshots were made.
    pub(super) snapshots: AtomicUsize,
}

/// A socket that is served.
pub(super) struct Stage {
    _folder: TempDir,
    pub(super) endpoint: Endpoint,
    pub(super) scope: Scope,
    pub(super) stub: Arc<Stub>,
}

impl Stage {
    pub(super) async fn new(limits: Limits) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let endpoint = Endpoint::Socket(folder.path().join("s.sock"));
        let listening = Listening::take(&endpoint).await.unwrap();
        let phase = watch::Sender::new(Phase::Ready);
        let stub = Arc::new(Stub {
            go: Notify::new(),
            running: watch::Sender::new(0),
            stopped: watch::Sender::new(0),
            news: Mutex::new((0, broadcast::Sender::new(100_000))),
            phase: phase.clone(),
            snapshots: AtomicUsize::new(0),
        });
        let scope = Scope::new();
        let faces = Faces {
            answers: Arc::clone(&stub) as Arc<dyn Answers>,
            routes: routes(),
            phase: phase.subscribe(),
            launched_by: "tray".to_owned(),
            instance: "i-1".to_owned(),
            limits,
        };
        serve(listening, faces, &scope);
        Self { _folder: folder, endpoint, scope, stub }
    }

    /// The client that everybody uses. Its driver runs until the connection ends.
    pub(super) async fn client(&self) -> Result<(Connection, Incoming, Hello), ConnectionError> {
        let (connection, incoming, hello, driver) = Connection::open(&self.endpoint, Hello::of("test")).await?;
        tokio::spawn(driver);
        Ok((connection, incoming, hello))
    }

    /// A connection that has said nothing yet.
    pub(super) async fn silent(&self) -> Raw {
        Raw { stream: connect(&self.endpoint).await.unwrap(), decoder: Decoder::default() }
    }

    /// A connection that has greeted, frame by frame.
    pub(super) async fn raw(&self) -> Raw {
        let mut raw = self.silent().await;
        raw.send(Frame::new(Kind::Hello, None, None, &Hello::of("test")).unwrap()).await;
        assert_eq!(raw.next().await.unwrap().kind, Kind::Hello);
        raw
    }

    /// Waits until no connection is left.
    pub(super) async fn empty(&self) {
        let emptied = async {
            while self.scope.len() > 1 {
                tokio::task::yield_now().await;
            }
        };
        timeout(HUNG, emptied).await.expect("all connections end");
    }
}

/// A client by hand.
pub(super) struct Raw {
    pub(super) stream: Stream,
    decoder: Decoder,
}

impl Raw {
    pub(super) async fn send(&mut self, frame: Frame) {
        self.bytes(&frame.encode().unwrap()).await;
    }

    pub(super) async fn bytes(&mut self, bytes: &[u8]) {
        timeout(HUNG, self.stream.write_all(bytes)).await.unwrap().unwrap();
    }

    pub(super) async fn ask(&mut self, id: u64, call: &str, args: Value, deadline_ms: u64) {
        let body = json!({ "call": call, "args": args, "deadline_ms": deadline_ms });
        self.send(Frame::new(Kind::Request, Some(id), None, &body).unwrap()).await;
    }

    pub(super) async fn call(&mut self, id: u64, tool: &str) {
        self.ask(id, "tools.call", json!({ "tool": tool, "variant": "read" }), 60_000).await;
    }

    pub(super) async fn cancel(&mut self, id: u64) {
        self.send(Frame { kind: Kind::Cancel, id: Some(id), seq: None, body: None }).await;
    }

    /// The next frame; `None` = the connection has ended.
    pub(super) async fn next(&mut self) -> Option<Frame> {
        let mut piece = [0; 4096];
        loop {
            if let Some(frame) = self.decoder.next_frame().unwrap() {
                return Some(frame);
            }
            match timeout(HUNG, self.stream.read(&mut piece)).await.expect("a frame comes").unwrap_or(0) {
                0 => return None,
                read => self.decoder.push(&piece[..read]),
            }
        }
    }

    /// The next frame as `(kind, id, seq, body)`.
    pub(super) async fn told(&mut self) -> (Kind, Option<u64>, Option<u64>, Value) {
        let frame = self.next().await.expect("the connection lives");
        (frame.kind, frame.id, frame.seq, frame.body().unwrap())
    }

    /// The next frame, which is a reply that refuses: its id and its code.
    pub(super) async fn refusal(&mut self) -> (u64, String) {
        let (kind, id, _, body) = self.told().await;
        assert_eq!(kind, Kind::Reply, "{body}");
        (id.unwrap(), body["error"]["code"].as_str().unwrap_or_else(|| panic!("{body}")).to_owned())
    }

    /// The farewell and the end.
    pub(super) async fn bye(&mut self) -> String {
        let (kind, _, _, body) = self.told().await;
        assert_eq!(kind, Kind::Bye, "{body}");
        assert!(self.next().await.is_none(), "nothing follows a farewell");
        body["reason"].as_str().unwrap().to_owned()
    }
}

impl Stub {
    /// Something happens.
    pub(super) fn happen(&self) {
        let mut news = self.news.lock().unwrap();
        news.0 += 1;
        let _ = news.1.send(ended(news.0));
    }

    /// Something else happens.
    pub(super) fn tell(&self, event: Event) {
        let _ = self.news.lock().unwrap().1.send(event);
    }

    async fn tool(&self, tool: &str, args: Option<Box<RawValue>>) -> Answered {
        struct Runs<'a>(&'a watch::Sender<usize>);
        impl Drop for Runs<'_> {
            fn drop(&mut self) {
                self.0.send_modify(|count| *count -= 1);
            }
        }
        let runs = || {
            self.running.send_modify(|count| *count += 1);
            Runs(&self.running)
        };
        match tool {
            "a:echo" => Ok(args.unwrap_or_default()),
            "a:wait" => {
                let _runs = runs();
                self.go.notified().await;
                written(&"gone")
            }
            "a:never" => {
                let _runs = runs();
                std::future::pending().await
            }
            _ => panic!("on purpose"),
        }
    }
}

impl Answers for Stub {
    fn answer(&self, call: AnyCall) -> Promise<'_, Answered> {
        Box::pin(async move {
            match call {
                AnyCall::Ping(_) => written(&Done {}),
                AnyCall::CallTool(call) => self.tool(&call.tool, call.args).await,
                other => Err(Failure { code: "STUB".to_owned(), message: format!("{other:?}"), ..Failure::default() }),
            }
        })
    }

    fn watch(&self) -> Box<dyn Watcher> {
        self.snapshots.fetch_add(1, Ordering::Relaxed);
        let (count, news) = {
            let news = self.news.lock().unwrap();
            (news.0, news.1.subscribe())
        };
        Box::new(StubWatcher { count, news, phase: self.phase.subscribe() })
    }

    fn shutdown(&self) {
        self.stopped.send_modify(|count| *count += 1);
    }
}

struct StubWatcher {
    count: u64,
    news: broadcast::Receiver<Event>,
    phase: watch::Receiver<Phase>,
}

impl Watcher for StubWatcher {
    fn snapshot(&mut self) -> Snapshot {
        snapshot(self.count)
    }

    fn next(&mut self) -> Promise<'_, Event> {
        Box::pin(async move {
            tokio::select! {
                Ok(()) = self.phase.changed() => match *self.phase.borrow() {
                    Phase::Draining(left) => Event::PhaseChanged {
                        phase: PhaseView::Draining,
                        deadline_ms: Some(u64::try_from(left.as_millis()).unwrap()),
                    },
                    other => panic!("{other:?}"),
                },
                Ok(event) = self.news.recv() => event,
            }
        })
    }
}

/// The event with which the count of calls becomes this.
pub(super) fn ended(count: u64) -> Event {
    let call = json!({
        "id": count.to_string(), "server_name": "a", "tool_name": "t", "status": "success", "duration_ms": 1.5,
        "timestamp": "2026-01-01T00:00:00Z", "source": "mcp", "tool_variant": "read", "request_bytes": 2,
        "response_bytes": 3
    });
    Event::CallEnded { call: serde_json::from_value(call).unwrap() }
}

fn snapshot(calls: u64) -> Snapshot {
    let status = json!({
        "running": true, "edition": "personal", "listen_addr": "127.0.0.1:8080", "routing_mode": "retrieve_tools",
        "timestamp": 1, "phase": "ready", "pid": 1, "uptime_seconds": 1,
        "upstream_stats": {
            "total_servers": 0, "connected_servers": 0, "quarantined_servers": 0, "total_tools": 0,
            "docker_containers": 0, "connecting_servers": 0, "sessions": 0, "calls": calls, "failed_calls": 0
        }
    });
    let status: Status = serde_json::from_value(status).unwrap();
    Snapshot { seq: 0, status, servers: ServerList::default(), held: Vec::new(), calls: Vec::new() }
}

/// `/who` tells who is asking.
fn routes() -> Routes {
    let who = |_: HttpRequest, context: Context| async move {
        Response::new(Body::full(format!("{:?} {:?}", context.principal, context.origin)))
    };
    Routes::new().exact("/who", Access::Checked, Arc::new(who)).health(|| true)
}
