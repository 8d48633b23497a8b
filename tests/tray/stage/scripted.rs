//! A core that is played: it greets as it is told to, keeps what is asked of it, and tells what the story wants told.
//!
//! Its process, which others read in its greeting, is one that only sleeps, so that nobody who would end it by force ends
//! the test.

use std::{
    process::{Child, Command},
    sync::{Arc, Mutex},
    time::Duration,
};

use mcpproxy_ipc_proto::{
    call::{NAMES, Reply, Request},
    frame::{Decoder, Frame, Kind},
    hello::Hello,
    transport::{Listening, Stream},
    view::{CallRecord, PhaseView, ServerView},
    watch::Event,
};
use mcpproxy_task::Scope;
use serde_json::{Value, json, value::to_raw_value};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    sync::{broadcast, watch},
};

use super::{Desktop, core::endpoint};

pub struct Scripted {
    shared: Arc<Shared>,
    asked: watch::Receiver<Vec<Request>>,
    /// What the story tells those who watch.
    news: broadcast::Sender<Event>,
    scope: Scope,
}

struct Shared {
    hello: Hello,
    servers: Vec<ServerView>,
    asked: watch::Sender<Vec<Request>>,
    news: broadcast::Sender<Event>,
    /// Ends when it is asked to stop.
    body: Mutex<Child>,
}

impl Scripted {
    /// Serves the data folder of the desktop's person, with a greeting like that of our own core but for what is changed.
    pub fn start(desktop: &Desktop, servers: Vec<ServerView>, change: impl FnOnce(&mut Hello)) -> Self {
        let body = Command::new("sleep").arg("1000").env_clear().spawn().unwrap();
        let capabilities = NAMES.iter().map(|name| (*name).to_owned()).collect();
        let pid = body.id();
        let mut hello = Hello { pid, phase: Some(PhaseView::Ready), capabilities, ..Hello::of("core") };
        change(&mut hello);
        let (asked, receiver) = watch::channel(Vec::new());
        let news = broadcast::Sender::new(16);
        let shared = Arc::new(Shared { hello, servers, asked, news: news.clone(), body: Mutex::new(body) });
        let scope = Scope::new();
        let _inside = desktop.runtime().enter();
        let endpoint = endpoint(&desktop.scratch);
        let listening = desktop.wait("the socket", Listening::take(&endpoint)).unwrap();
        scope.spawn_until_cancelled("listen", listen(listening, Arc::clone(&shared), scope.child()));
        Self { shared, asked: receiver, news, scope }
    }

    /// Tells all who watch.
    pub fn tell(&self, event: Event) {
        self.news.send(event).expect("somebody who watches");
    }

    /// The names of all that was asked so far, but for signs of life.
    pub fn asked(&self) -> Vec<String> {
        self.asked.borrow().iter().map(|request| request.call.clone()).filter(|call| call != "ping").collect()
    }

    /// Waits until this is asked, and gives the arguments.
    pub fn until_asked(&self, desktop: &Desktop, call: &str) -> Value {
        let mut asked = self.asked.clone();
        let is_it = |request: &&Request| request.call == call;
        let asked =
            desktop.wait(&format!("a request for {call}"), asked.wait_for(|all| all.iter().any(|it| is_it(&it))));
        let asked = asked.unwrap();
        let args = asked.iter().find(is_it).and_then(|request| request.args.as_ref());
        args.map_or(Value::Null, |args| serde_json::from_str(args.get()).unwrap())
    }

    /// Whether it was asked to stop, and did.
    pub fn is_stopped(&self) -> bool {
        self.shared.body.lock().unwrap().try_wait().unwrap().is_some()
    }
}

impl Drop for Scripted {
    fn drop(&mut self) {
        self.scope.cancel();
        self.shared.stop();
    }
}

impl Shared {
    fn stop(&self) {
        let mut body = self.body.lock().unwrap();
        let _ = body.kill();
        let _ = body.wait();
    }

    fn answer(&self, request: &Request) -> Value {
        let stats = json!({
            "total_servers": self.servers.len(),
            "connected_servers": self.servers.iter().filter(|server| server.connected).count(),
            "quarantined_servers": 0,
            "total_tools": 3,
            "docker_containers": 0,
        });
        let mut upstream = stats.clone();
        upstream["connecting_servers"] = 0.into();
        let calls: Vec<CallRecord> = Vec::new();
        match &*request.call {
            "watch" => json!({
                "seq": 0,
                "status": {
                    "running": true, "edition": "personal", "listen_addr": "127.0.0.1:1", "routing_mode": "retrieve_tools",
                    "timestamp": 0, "phase": "ready", "pid": self.hello.pid, "uptime_seconds": 1, "upstream_stats": upstream,
                },
                "servers": { "servers": self.servers, "stats": stats },
                "held": [],
                "calls": calls,
            }),
            "servers.act" => json!({ "total": 1, "successful": 1, "failed": 0, "errors": {}, "items": [] }),
            _ => json!({}),
        }
    }
}

/// A server that is well.
pub fn server(name: &str) -> ServerView {
    let view = json!({
        "id": name, "name": name, "protocol": "stdio", "command": "fake", "enabled": true, "quarantined": false,
        "connected": true, "connecting": false, "status": "ready", "reconnect_count": 0, "tool_count": 3,
        "authenticated": false, "runs": "fake", "fingerprint": "mark",
        "health": { "level": "healthy", "admin_state": "enabled", "summary": "Connected (3 tools)" },
    });
    serde_json::from_value(view).unwrap()
}

async fn listen(listening: Listening, shared: Arc<Shared>, scope: Scope) {
    loop {
        let accepted = tokio::select! {
            accepted = listening.accept() => accepted,
            () = scope.cancelled() => return,
        };
        let Ok(stream) = accepted else { continue };
        let (shared, stop) = (Arc::clone(&shared), scope.token());
        scope.spawn_until_cancelled("serve", async move {
            // asked to stop, it listens no more either
            if serve(stream, &shared).await == Then::Stop {
                stop.cancel();
            }
        });
    }
}

#[derive(PartialEq)]
enum Then {
    GoOn,
    Stop,
}

/// Serves one connection until its other end leaves, or the core is asked to stop.
async fn serve(mut stream: Stream, shared: &Shared) -> Then {
    let (mut decoder, mut piece) = (Decoder::default(), vec![0; 16 * 1024]);
    let mut news = shared.news.subscribe();
    let mut seq = 0;
    let mut watches = false;
    loop {
        let read = tokio::select! {
            read = stream.read(&mut piece) => read,
            event = news.recv(), if watches => {
                seq += 1;
                say(&mut stream, &Frame::new(Kind::Event, None, Some(seq), &event.unwrap()).unwrap()).await;
                continue;
            }
        };
        let Ok(read @ 1..) = read else { return Then::GoOn };
        decoder.push(&piece[..read]);
        while let Ok(Some(frame)) = decoder.next_frame() {
            match frame.kind {
                Kind::Hello => say(&mut stream, &Frame::new(Kind::Hello, None, None, &shared.hello).unwrap()).await,
                Kind::Request => {
                    let request: Request = frame.body().unwrap();
                    let ok = Some(to_raw_value(&shared.answer(&request)).unwrap());
                    let reply = Frame::new(Kind::Reply, frame.id, None, &Reply { ok, error: None }).unwrap();
                    say(&mut stream, &reply).await;
                    let call = request.call.clone();
                    shared.asked.send_modify(|asked| asked.push(request));
                    watches |= call == "watch";
                    if call == "shutdown" {
                        shared.stop();
                        return Then::Stop;
                    }
                }
                _ => {}
            }
        }
    }
}

async fn say(stream: &mut Stream, frame: &Frame) {
    // whoever has left hears nothing, and the next read tells it
    let _ = tokio::time::timeout(Duration::from_secs(5), stream.write_all(&frame.encode().unwrap())).await;
    let _ = stream.flush().await;
}
