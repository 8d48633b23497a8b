//! A core that says what a test has it say, over a real socket.

use std::time::Duration;

use mcpproxy_ipc_proto::{
    call::{Call, Request},
    endpoint::Endpoint,
    frame::{Decoder, Frame, Kind},
    hello::{Bye, ByeReason, Hello},
    transport::{Listening, Stream},
    view::{PhaseView, ServerList, ServerStats, Stats, Status},
    watch::{Event, Snapshot},
};
use serde::Serialize;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    time::timeout,
};

/// How long a test waits for a question.
const PATIENCE: Duration = Duration::from_secs(1800);

/// The listening end.
pub(super) struct Script {
    listening: Listening,
    pub(super) hello: Hello,
}

/// One connection, greeted.
pub(super) struct Talk {
    stream: Stream,
    decoder: Decoder,
    /// The calls that were asked since it began, pings left out.
    pub(super) asked: Vec<String>,
}

impl Script {
    pub(super) async fn listen(endpoint: &Endpoint) -> Self {
        let calls = mcpproxy_ipc_proto::call::NAMES.iter().filter(|name| **name != "clients.list");
        let hello = Hello {
            phase: Some(PhaseView::Ready),
            instance: "i".to_owned(),
            capabilities: calls.map(|name| (*name).to_owned()).collect(),
            ..Hello::of("core")
        };
        Self { listening: Listening::take(endpoint).await.unwrap(), hello }
    }

    /// The next connection, after the greeting.
    pub(super) async fn greet(&self) -> Talk {
        let stream = self.listening.accept().await.unwrap();
        let mut talk = Talk { stream, decoder: Decoder::default(), asked: Vec::new() };
        assert_eq!(talk.frame().await.unwrap().kind, Kind::Hello);
        talk.say(Frame::new(Kind::Hello, None, None, &self.hello).unwrap()).await;
        talk
    }

    /// The same, and everything answered up to the snapshot.
    pub(super) async fn follow(&self, snapshot: &Snapshot) -> Talk {
        let mut talk = self.greet().await;
        talk.answer_until("watch", snapshot).await;
        talk
    }
}

impl Talk {
    /// The next frame; `None` = the other end has gone.
    async fn frame(&mut self) -> Option<Frame> {
        let mut piece = [0; 4096];
        loop {
            if let Some(frame) = self.decoder.next_frame().unwrap() {
                return Some(frame);
            }
            match self.stream.read(&mut piece).await {
                Ok(0) | Err(_) => return None,
                Ok(read) => self.decoder.push(&piece[..read]),
            }
        }
    }

    async fn say(&mut self, frame: Frame) {
        self.stream.write_all(&frame.encode().unwrap()).await.unwrap();
    }

    /// The next call that is not a sign of life; signs of life are answered.
    pub(super) async fn asked(&mut self) -> Option<(u64, Request)> {
        loop {
            let frame = self.frame().await?;
            let (Kind::Request, Some(id)) = (frame.kind, frame.id) else { continue };
            let request: Request = frame.body().unwrap();
            if request.call == "ping" {
                self.reply(id, &serde_json::json!({})).await;
                continue;
            }
            self.asked.push(request.call.clone());
            return Some((id, request));
        }
    }

    /// Answers the call of that name so, and says of all before it that they are not known.
    pub(super) async fn answer_until(&mut self, name: &str, answer: &impl Serialize) -> Request {
        let (id, request) = self.until(name).await;
        self.reply(id, answer).await;
        request
    }

    /// Says of all up to the call of that name that they are not known.
    pub(super) async fn refuse_until(&mut self, name: &str) {
        let (id, _) = self.until(name).await;
        self.refuse(id).await;
    }

    async fn until(&mut self, name: &str) -> (u64, Request) {
        let asked = async {
            loop {
                let (id, request) = self.asked().await.expect("the tray went away");
                if request.call == name {
                    return (id, request);
                }
                self.refuse(id).await;
            }
        };
        timeout(PATIENCE, asked).await.unwrap_or_else(|_| panic!("{name}: never asked"))
    }

    pub(super) async fn answer<C: Call>(&mut self, _: std::marker::PhantomData<C>, answer: &C::Answer) -> C {
        let request = self.answer_until(C::NAME, answer).await;
        serde_json::from_str(request.args.unwrap().get()).unwrap()
    }

    async fn refuse(&mut self, id: u64) {
        let error = serde_json::json!({"error": {"code": "UNKNOWN_METHOD", "message": "no such call"}});
        self.say(Frame::new(Kind::Reply, Some(id), None, &error).unwrap()).await;
    }

    async fn reply(&mut self, id: u64, answer: &impl Serialize) {
        let body = serde_json::json!({ "ok": serde_json::to_value(answer).unwrap() });
        self.say(Frame::new(Kind::Reply, Some(id), None, &body).unwrap()).await;
    }

    pub(super) async fn tell(&mut self, seq: u64, event: &Event) {
        self.say(Frame::new(Kind::Event, None, Some(seq), event).unwrap()).await;
    }

    pub(super) async fn goodbye(mut self, reason: ByeReason) {
        let bye = Bye { reason, message: String::new() };
        self.say(Frame::new(Kind::Bye, None, None, &bye).unwrap()).await;
    }

    /// Waits until the other end has gone; what it asked before.
    pub(super) async fn end(mut self) -> Vec<String> {
        while self.asked().await.is_some() {}
        self.asked
    }

    /// Reads and answers nothing any more, until the other end has gone.
    pub(super) async fn silence(mut self) {
        while self.frame().await.is_some() {}
    }
}

pub(super) fn snapshot(seq: u64, servers: Vec<mcpproxy_ipc_proto::view::ServerView>) -> Snapshot {
    let stats = ServerStats {
        total_servers: servers.len(),
        connected_servers: servers.iter().filter(|server| server.connected).count(),
        ..ServerStats::default()
    };
    let status = Status {
        running: true,
        edition: "personal".to_owned(),
        listen_addr: "127.0.0.1:1".to_owned(),
        routing_mode: "retrieve_tools".to_owned(),
        timestamp: 0,
        phase: PhaseView::Ready,
        pid: 1,
        uptime_seconds: 0,
        upstream_stats: Stats::default(),
        settings_problems: Vec::new(),
    };
    Snapshot { seq, status, servers: ServerList { servers, stats }, held: Vec::new(), calls: Vec::new() }
}
