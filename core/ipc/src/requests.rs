//! The requests of one connection: each with its place, its deadline and exactly one reply, whatever becomes of it.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use mcpproxy_domain::Code;
use mcpproxy_ipc_proto::{
    MESSAGE_CAP,
    call::{self, AnyCall, Failure, Reply, Request, Unread},
    chunk::Pieces,
    frame::{Frame, FrameError, Kind},
    limits,
};
use mcpproxy_task::{Scope, catch_panic};
use serde_json::value::{RawValue, to_raw_value};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};
use tokio_util::sync::CancellationToken;

use crate::{
    answers::{Answered, failure, internal, written},
    outbox::Outbox,
    serve::Faces,
    watching::{Begin, BeginWatch},
};

/// The requests of one connection.
pub(crate) struct Requests {
    shared: Arc<Shared>,
    /// Places for requests that run or wait to run; without one, nothing more is read.
    places: Arc<Semaphore>,
    calls: Scope,
}

struct Shared {
    faces: Arc<Faces>,
    outbox: Outbox,
    begin_watch: BeginWatch,
    /// Places for requests that run.
    running: Semaphore,
    /// Those that have no reply yet.
    open: Mutex<HashMap<u64, CancellationToken>>,
    calls: Scope,
}

/// What a request comes to.
enum Outcome {
    Answered(Answered),
    /// The answer goes out with the watch.
    Watched,
    /// To be told, and then done.
    Shutdown(Answered),
}

impl Requests {
    pub(crate) fn new(faces: &Arc<Faces>, outbox: Outbox, begin_watch: BeginWatch, calls: Scope) -> Self {
        let shared = Shared {
            faces: Arc::clone(faces),
            outbox,
            begin_watch,
            running: Semaphore::new(faces.limits.calls),
            open: Mutex::default(),
            calls: calls.clone(),
        };
        Self { shared: Arc::new(shared), places: Arc::new(Semaphore::new(faces.limits.calls * 2)), calls }
    }

    /// Begins a request, once there is a place for it.
    pub(crate) async fn begin(&self, id: u64, frame: Frame) -> Result<(), FrameError> {
        let place = Arc::clone(&self.places).acquire_owned().await;
        let place = place.map_err(|_| FrameError::Malformed("no place".to_owned()))?;
        let cancel = self.calls.token().child_token();
        if self.shared.open().insert(id, cancel.clone()).is_some() {
            return Err(FrameError::Malformed(format!("the id {id} is in use")));
        }
        self.calls.spawn("call", Arc::clone(&self.shared).run(id, frame, cancel, place));
        Ok(())
    }

    /// Nobody waits for this one any more. It still has its one reply.
    pub(crate) fn cancel(&self, id: u64) {
        if let Some(cancel) = self.shared.open().get(&id) {
            cancel.cancel();
        }
    }
}

impl Shared {
    async fn run(self: Arc<Self>, id: u64, frame: Frame, cancel: CancellationToken, place: OwnedSemaphorePermit) {
        let outcome = match frame.body::<Request>() {
            Ok(request) => {
                let patience = Duration::from_millis(request.deadline_ms).min(limits::DEADLINE);
                // a frame may hold megabytes, and the call may take its time
                drop(frame);
                tokio::select! {
                    biased;
                    () = cancel.cancelled() => Outcome::Answered(Err(self.given_up())),
                    done = timeout(patience, catch_panic(self.carry_out(id, request))) => match done {
                        Ok(Ok(outcome)) => outcome,
                        Ok(Err(_)) => Outcome::Answered(Err(internal())),
                        Err(_) => Outcome::Answered(Err(failure(
                            Code::Timeout,
                            format!("the call was not done within {} s", patience.as_secs_f32()),
                            "allow it more time",
                        ))),
                    },
                }
            }
            Err(_) => Outcome::Answered(Err(failure(
                Code::InvalidInput,
                "a request needs the members call, a text, and deadline_ms, a number",
                "",
            ))),
        };
        match outcome {
            Outcome::Answered(answered) => self.reply(id, answered, &cancel).await,
            Outcome::Watched => {
                self.open().remove(&id);
            }
            Outcome::Shutdown(answered) => {
                self.reply(id, answered, &cancel).await;
                tracing::info!("a program beside the core asks it to stop");
                self.faces.answers.shutdown();
            }
        }
        drop(place);
    }

    async fn carry_out(&self, id: u64, request: Request) -> Outcome {
        let Ok(_running) = self.running.acquire().await else { return Outcome::Answered(Err(internal())) };
        let nothing = RawValue::from_string("{}".to_owned()).unwrap_or_default();
        let call = AnyCall::read(&request.call, request.args.as_deref().unwrap_or(&nothing));
        match call {
            Ok(AnyCall::Watch(asked)) => {
                let mut watcher = self.faces.answers.watch();
                let snapshot = watcher.snapshot();
                let begin = Begin { id, watcher, snapshot, topics: asked.topics };
                match self.begin_watch.send(begin).await {
                    Ok(()) => Outcome::Watched,
                    Err(_) => Outcome::Answered(Err(self.given_up())),
                }
            }
            Ok(AnyCall::Shutdown(_)) => Outcome::Shutdown(written(&call::Done {})),
            Ok(call) => Outcome::Answered(self.faces.answers.answer(call).await),
            Err(Unread::UnknownCall) => Outcome::Answered(Err(failure(
                Code::UnknownMethod,
                format!("this core has no call named {}", excerpt(&request.call)),
                "it may be too old for this program",
            ))),
            Err(Unread::Arguments { field, fault }) => {
                let told = format!("{}: {field}: {fault}", request.call);
                Outcome::Answered(Err(failure(Code::InvalidInput, told, "")))
            }
        }
    }

    /// The one reply, in as many frames as it takes. It is cut short when nobody wants it any more.
    async fn reply(&self, id: u64, answered: Answered, cancel: &CancellationToken) {
        let mut was_cancelled = cancel.is_cancelled();
        let mut pieces = pieces(id, answered);
        while let Some(frame) = pieces.as_mut().ok().and_then(Iterator::next) {
            if !was_cancelled && cancel.is_cancelled() {
                was_cancelled = true;
                pieces = self::pieces(id, Err(self.given_up()));
                continue;
            }
            let Ok(frame) = frame else { return };
            if frame.kind == Kind::Reply {
                // whoever has the reply may use the id again
                self.open().remove(&id);
            }
            if self.outbox.reply(&frame).await.is_err() {
                return;
            }
        }
    }

    fn given_up(&self) -> Failure {
        if self.calls.is_cancelled() {
            return failure(Code::Draining, "the core stops, and this call was not finished", "ask again later");
        }
        failure(Code::Cancelled, "the call was cancelled", "")
    }

    fn open(&self) -> MutexGuard<'_, HashMap<u64, CancellationToken>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The frames of a reply.
pub(crate) fn pieces(id: u64, answered: Answered) -> Result<Pieces, FrameError> {
    let cut = |ok, error| {
        let body = to_raw_value(&Reply { ok, error }).map_err(|_| FrameError::Malformed("a reply".to_owned()))?;
        Pieces::new(Kind::Reply, id, body)
    };
    match answered {
        Ok(answer) => {
            let length = answer.get().len();
            cut(Some(answer), None).or_else(|_| {
                let told = format!("the answer has {length} bytes, and {MESSAGE_CAP} is the most");
                cut(None, Some(failure(Code::TooLarge, told, "ask for less at once")))
            })
        }
        Err(failure) => cut(None, Some(failure)),
    }
}

/// So much of a name that was sent as is told back.
fn excerpt(name: &str) -> String {
    name.chars().take(64).collect()
}
