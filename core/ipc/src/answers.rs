//! What a connection asks of the core, and how a refusal is told. Not here: the core's answers (`dispatch`).

use std::pin::Pin;

use mcpproxy_domain::Code;
use mcpproxy_ipc_proto::{
    call::{AnyCall, Failure},
    watch::{Event, Snapshot},
};
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

/// What becomes of a call: the answer as JSON, or why there is none.
pub type Answered = Result<Box<RawValue>, Failure>;

/// Work that is under way, and is given up by dropping it.
pub type Promise<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Whoever answers the calls: the core, or a test in its place.
pub trait Answers: Send + Sync + 'static {
    /// Answers a call. Neither `watch` nor `shutdown` comes here. A panic ends this call only.
    fn answer(&self, call: AnyCall) -> Promise<'_, Answered>;

    /// Begins to watch.
    fn watch(&self) -> Box<dyn Watcher>;

    /// Stops the core in order. It is called once the answer to whoever asked for it is on its way.
    fn shutdown(&self);
}

/// Follows the core for one watcher.
pub trait Watcher: Send {
    /// What is true now, without a number; [`Watcher::next`] goes on from there.
    fn snapshot(&mut self) -> Snapshot;

    /// The next change. Nothing is lost when it is dropped before it ends.
    fn next(&mut self) -> Promise<'_, Event>;
}

/// An answer as JSON.
pub(crate) fn written(answer: &impl Serialize) -> Answered {
    to_raw_value(answer).map_err(|_| internal())
}

pub(crate) fn failure(code: Code, message: impl Into<String>, hint: &str) -> Failure {
    Failure { code: code.as_str().to_owned(), message: message.into(), hint: hint.to_owned(), ..Failure::default() }
}

pub(crate) fn internal() -> Failure {
    failure(Code::Internal, "the core failed on this call", "try again; its log tells more")
}
