//! A core in memory: it answers as the test says, notes what it is asked, and can go away and come back.

use std::{
    collections::VecDeque,
    convert::Infallible,
    sync::{Arc, Mutex},
};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full, combinators::BoxBody};
use hyper::{
    body::{Body, Frame, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use mcpproxy_task::Scope;
use tokio::{
    io::DuplexStream,
    sync::{mpsc, watch},
};

use crate::{Dial, DialError, Dialing, Stream};

/// One answer.
pub enum Says {
    /// Status, further headers, body; JSON unless a header says otherwise.
    Whole(u16, Vec<(&'static str, &'static str)>, Vec<u8>),
    /// Chunks of an event stream, until the sender is dropped.
    Events(mpsc::Receiver<Bytes>),
    /// None, for ever.
    Nothing,
}

type Answers = dyn Fn(&Request<Bytes>) -> Says + Send + Sync;

#[derive(Clone)]
pub struct Core {
    answers: Arc<Answers>,
    /// What was asked: method, headers that matter, body.
    pub asked: watch::Sender<Vec<String>>,
    /// The tasks of the running core; `None` = it is away.
    life: Arc<Mutex<Option<Scope>>>,
    /// Who asked for a connection, and whether they were awaited.
    pub dialed: watch::Sender<VecDeque<bool>>,
}

struct Events(mpsc::Receiver<Bytes>);

impl Body for Events {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: std::pin::Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.0.poll_recv(cx).map(|chunk| chunk.map(|bytes| Ok(Frame::data(bytes))))
    }
}

impl Core {
    pub fn new(answers: impl Fn(&Request<Bytes>) -> Says + Send + Sync + 'static) -> Self {
        let life = Arc::new(Mutex::new(Some(Scope::new())));
        Self { answers: Arc::new(answers), asked: watch::Sender::default(), life, dialed: watch::Sender::default() }
    }

    /// Breaks all connections and takes no new ones, as a core that was killed.
    pub async fn kill(&self) {
        let life = self.life.lock().unwrap().take();
        if let Some(scope) = life {
            scope.cancel();
            scope.drain(std::time::Duration::from_secs(5)).await.unwrap();
        }
    }

    pub fn start(&self) {
        *self.life.lock().unwrap() = Some(Scope::new());
    }

    /// Waits until it was asked so often.
    pub async fn asked(&self, count: usize) -> Vec<String> {
        self.asked.subscribe().wait_for(|asked| asked.len() >= count).await.unwrap().clone()
    }

    fn accept(&self) -> Option<DuplexStream> {
        let scope = self.life.lock().unwrap().clone()?;
        let (near, far) = tokio::io::duplex(4096);
        let core = self.clone();
        scope.spawn_until_cancelled("core", async move {
            let service = service_fn(|request: Request<Incoming>| core.answer(request));
            let _ = http1::Builder::new().serve_connection(TokioIo::new(far), service).await;
        });
        Some(near)
    }

    async fn answer(&self, request: Request<Incoming>) -> Result<Response<BoxBody<Bytes, Infallible>>, Infallible> {
        let (parts, body) = request.into_parts();
        let body = body.collect().await.map(|body| body.to_bytes()).unwrap_or_default();
        let header = |name: &str| parts.headers.get(name).map_or("-", |value| value.to_str().unwrap());
        let note = format!(
            "{} {} {}/{}/{} {}",
            parts.method,
            parts.uri.path(),
            header("mcp-session-id"),
            header("mcp-protocol-version"),
            header("mcp-method"),
            String::from_utf8_lossy(&body)
        );
        let request = Request::from_parts(parts, body);
        let says = (self.answers)(&request);
        self.asked.send_modify(|asked| asked.push(note));
        let mut response = Response::builder();
        Ok(match says {
            Says::Whole(status, headers, body) => {
                if !headers.iter().any(|(name, _)| *name == "content-type") {
                    response = response.header("content-type", "application/json");
                }
                for (name, value) in headers {
                    response = response.header(name, value);
                }
                response.status(status).body(Full::from(body).boxed()).unwrap()
            }
            Says::Events(chunks) => {
                response.header("content-type", "text/event-stream").body(Events(chunks).boxed()).unwrap()
            }
            Says::Nothing => std::future::pending().await,
        })
    }
}

impl Dial for Core {
    fn dial(&self, is_awaited: bool) -> Dialing<'_> {
        self.dialed.send_modify(|dialed| dialed.push_back(is_awaited));
        Box::pin(async move {
            let stream = self.accept().ok_or_else(|| DialError::Absent("no core runs".to_owned()))?;
            Ok(Box::new(stream) as Box<dyn Stream>)
        })
    }
}
