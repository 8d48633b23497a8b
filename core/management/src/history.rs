//! The last calls, in memory: for whoever looks at the core. The record that outlives it is another room's.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant, SystemTime},
};

use mcpproxy_domain::{Code, ServerName, ToolId, tool::Variant};
use mcpproxy_ipc_proto::view::{CallRecord, CallStatus};
use tokio::sync::broadcast;

use crate::{Refusal, clock::rfc3339, durations::Durations};

/// How many calls are kept.
const KEPT: usize = 1000;
/// How many calls a slow watcher may be behind.
const BEHIND: usize = 256;
/// Longest text of an error that is kept, in characters.
const LONGEST_ERROR: usize = 500;

/// The last calls. Clones are the same history.
#[derive(Clone)]
pub struct History {
    shared: Arc<Mutex<Shelf>>,
    started: broadcast::Sender<Arc<Started>>,
    answers: broadcast::Sender<Arc<OwnAnswer>>,
    news: broadcast::Sender<Arc<Ended>>,
}

#[derive(Default)]
struct Shelf {
    last: VecDeque<Arc<Ended>>,
    calls: u64,
    failed: u64,
    /// Calls that reached their server, by how they ended.
    answered: HashMap<ToolId, Answered>,
}

/// How often a tool was called since the start, and how long that took.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answered {
    /// Calls that ended with a result.
    pub results: u64,
    /// Calls that ended with an error of the server.
    pub errors: u64,
    /// How long they took.
    pub took: Durations,
}

/// A call that has begun.
#[derive(Debug)]
pub struct Started {
    /// Which tool.
    pub tool: ToolId,
    /// Where from.
    pub origin: Origin,
}

/// One of our own tools has answered.
#[derive(Debug)]
pub struct OwnAnswer {
    /// Its name.
    pub tool: &'static str,
    /// Where the question came from.
    pub origin: Origin,
    /// How long it took.
    pub took: Duration,
    /// Why it did not do what it was asked, if so.
    pub error: Option<String>,
}

/// Where a call came from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// Through which face.
    pub source: Source,
    /// The client's name for itself.
    pub client: Option<Arc<str>>,
    /// The id of the request that it came with, where the face has one.
    pub request: Option<Arc<str>>,
}

/// The face that a call came through.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Source {
    /// An MCP client.
    #[default]
    Mcp,
    /// A person at a terminal.
    Cli,
    /// REST.
    Api,
}

/// A call under way: it is recorded once, whether it ends or its caller gives it up before.
pub(crate) struct UnderWay<'h> {
    history: &'h History,
    begun: SystemTime,
    clock: Instant,
    /// `None` once it is recorded.
    call: Option<Begun>,
}

/// What is known of a call when it begins.
pub(crate) struct Begun {
    pub(crate) tool: ToolId,
    pub(crate) variant: Variant,
    pub(crate) origin: Origin,
    /// Size of the arguments, in bytes.
    pub(crate) request: usize,
}

/// A call that has ended.
#[derive(Debug)]
pub struct Ended {
    /// Its number in this core.
    pub number: u64,
    /// Which tool.
    pub tool: ToolId,
    /// Through which door.
    pub variant: Variant,
    /// Where from.
    pub origin: Origin,
    /// When it began.
    pub begun: SystemTime,
    /// How long it took.
    pub took: Duration,
    /// How it ended.
    pub end: End,
    /// Size of the arguments, in bytes.
    pub request: usize,
    /// Size of the answer, in bytes.
    pub response: usize,
}

/// A call that is still known.
pub(crate) type Known = Arc<Ended>;

/// How a call ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// With a result.
    Result,
    /// With an error of the server.
    ServerError,
    /// The server was not asked, or gave no answer.
    Refused(Code, String),
}

/// How often tools were called, and when last.
pub(crate) struct Usage(HashMap<ToolId, (u64, SystemTime)>);

impl Usage {
    pub(crate) fn of(&self, tool: &ToolId) -> (u64, Option<String>) {
        self.0.get(tool).map_or((0, None), |(count, last)| (*count, Some(rfc3339(*last))))
    }
}

/// The counts since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// All calls.
    pub calls: u64,
    /// Those that failed or were refused.
    pub failed: u64,
}

impl History {
    pub(crate) fn new() -> Self {
        let (started, answers) = (broadcast::channel(BEHIND).0, broadcast::channel(BEHIND).0);
        Self { shared: Arc::default(), started, answers, news: broadcast::channel(BEHIND).0 }
    }

    /// The last calls, the newest first.
    #[must_use]
    pub fn recent(&self, limit: usize) -> Vec<CallRecord> {
        let last: Vec<_> = self.shelf().last.iter().rev().take(limit).cloned().collect();
        last.iter().map(|ended| ended.view()).collect()
    }

    /// The calls that are still known, the newest first.
    #[must_use]
    pub fn all(&self) -> Vec<Arc<Ended>> {
        self.shelf().last.iter().rev().cloned().collect()
    }

    /// Each tool that answered since the start, with its counts.
    #[must_use]
    pub fn answered(&self) -> Vec<(ToolId, Answered)> {
        let mut all: Vec<_> = self.shelf().answered.iter().map(|(tool, count)| (tool.clone(), count.clone())).collect();
        all.sort_by(|(one, _), (other, _)| one.cmp(other));
        all
    }

    /// The calls that begin from now on. Whoever lags loses the oldest.
    #[must_use]
    pub fn begins(&self) -> broadcast::Receiver<Arc<Started>> {
        self.started.subscribe()
    }

    /// The answers of our own tools from now on. Whoever lags loses the oldest.
    #[must_use]
    pub fn own_answers(&self) -> broadcast::Receiver<Arc<OwnAnswer>> {
        self.answers.subscribe()
    }

    /// Carries out one of our own tools that calls nobody, and tells who listens what came of it.
    pub(crate) fn answering<T>(
        &self,
        tool: &'static str,
        origin: Origin,
        work: impl FnOnce() -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        let begun = Instant::now();
        let answer = work();
        if self.answers.receiver_count() > 0 {
            let error = answer.as_ref().err().map(|refusal| refusal.message.clone());
            let _ = self.answers.send(Arc::new(OwnAnswer { tool, origin, took: begun.elapsed(), error }));
        }
        answer
    }

    /// The counts since the start.
    #[must_use]
    pub fn totals(&self) -> Totals {
        let shelf = self.shelf();
        Totals { calls: shelf.calls, failed: shelf.failed }
    }

    /// How often each tool was called, and when last, as far as the calls are still known. `server` = only its tools.
    pub(crate) fn usage_of(&self, server: Option<&ServerName>) -> Usage {
        let mut usage = HashMap::new();
        for ended in self.shelf().last.iter().filter(|ended| server.is_none_or(|name| *name == ended.tool.server)) {
            let (count, last) = usage.entry(ended.tool.clone()).or_insert((0, ended.begun));
            *count += 1;
            *last = ended.begun.max(*last);
        }
        Usage(usage)
    }

    pub(crate) fn news(&self) -> broadcast::Receiver<Arc<Ended>> {
        self.news.subscribe()
    }

    pub(crate) fn began(&self, call: Begun) -> UnderWay<'_> {
        if self.started.receiver_count() > 0 {
            let started = Started { tool: call.tool.clone(), origin: call.origin.clone() };
            let _ = self.started.send(Arc::new(started));
        }
        UnderWay { history: self, begun: SystemTime::now(), clock: Instant::now(), call: Some(call) }
    }

    fn add(&self, make: impl FnOnce(u64) -> Ended) {
        let ended = {
            let mut shelf = self.shelf();
            shelf.calls += 1;
            let ended = Arc::new(make(shelf.calls));
            shelf.failed += u64::from(ended.end != End::Result);
            // a tool that answers exists, so there are only so many
            if matches!(ended.end, End::Result | End::ServerError) {
                let count = shelf.answered.entry(ended.tool.clone()).or_default();
                count.results += u64::from(ended.end == End::Result);
                count.errors += u64::from(ended.end != End::Result);
                count.took.add(ended.took);
            }
            if shelf.last.len() == KEPT {
                shelf.last.pop_front();
            }
            shelf.last.push_back(Arc::clone(&ended));
            ended
        };
        // nobody watches: that is no error
        let _ = self.news.send(ended);
    }

    /// Held for a few moves of memory only.
    fn shelf(&self) -> MutexGuard<'_, Shelf> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl UnderWay<'_> {
    /// It has ended so, with an answer of this size in bytes.
    pub(crate) fn ended(mut self, end: End, response: usize) {
        self.record(end, response);
    }

    fn record(&mut self, end: End, response: usize) {
        let Some(Begun { tool, variant, origin, request }) = self.call.take() else { return };
        let (begun, took) = (self.begun, self.clock.elapsed());
        self.history.add(|number| Ended { number, tool, variant, origin, begun, took, end, request, response });
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.record(End::Refused(Code::Cancelled, "the caller gave up before there was an answer".to_owned()), 0);
    }
}

impl Ended {
    /// How it ended, in one word.
    pub(crate) const fn status(&self) -> CallStatus {
        match &self.end {
            End::Result => CallStatus::Success,
            End::Refused(code, _) if is_blocked(*code) => CallStatus::Blocked,
            End::ServerError | End::Refused(..) => CallStatus::Error,
        }
    }

    /// What it is among the things that happen.
    pub(crate) const fn kind(&self) -> &'static str {
        match self.status() {
            CallStatus::Blocked => "policy_decision",
            CallStatus::Success | CallStatus::Error | CallStatus::Other => "tool_call",
        }
    }

    pub(crate) fn view(&self) -> CallRecord {
        let status = self.status();
        let (code, error_message) = match &self.end {
            End::Result | End::ServerError => (None, None),
            End::Refused(code, message) => {
                (Some(code.as_str().to_owned()), Some(message.chars().take(LONGEST_ERROR).collect()))
            }
        };
        CallRecord {
            id: self.number.to_string(),
            server_name: self.tool.server.to_string(),
            tool_name: self.tool.tool.to_string(),
            status,
            code,
            error_message,
            duration_ms: (self.took.as_secs_f64() * 1e6).round() / 1e3,
            timestamp: rfc3339(self.begun),
            source: self.origin.source.as_str().to_owned(),
            tool_variant: self.variant.as_str().to_owned(),
            client_name: self.origin.client.as_deref().map(str::to_owned),
            request_id: self.origin.request.as_deref().map(str::to_owned),
            request_bytes: self.request as u64,
            response_bytes: self.response as u64,
        }
    }
}

impl Source {
    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Mcp => "mcp",
            Self::Cli => "cli",
            Self::Api => "api",
        }
    }
}

/// Whether the gate held the call back, so that the server was not asked.
const fn is_blocked(code: Code) -> bool {
    matches!(
        code,
        Code::Forbidden
            | Code::ServerDisabled
            | Code::ServerQuarantined
            | Code::ToolDenied
            | Code::WrongVariant
            | Code::InvalidArguments
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_recorded_once_however_it_ends() {
        let history = History::new();
        let begun = || Begun {
            tool: ToolId::new(ServerName::new("s").unwrap(), "t"),
            variant: Variant::Read,
            origin: Origin::default(),
            request: 2,
        };
        history.began(begun()).ended(End::Result, 9);
        drop(history.began(begun()));
        let told: Vec<_> = history.all().iter().map(|ended| (ended.response, ended.end.clone())).collect();
        assert!(matches!(&told[..], [(0, End::Refused(Code::Cancelled, _)), (9, End::Result)]), "{told:?}");
        assert_eq!(history.totals(), Totals { calls: 2, failed: 1 });
    }

    #[test]
    fn the_newest_come_first_and_old_ones_make_room() {
        let history = History::new();
        let mut news = history.news();
        for number in 0..=KEPT {
            let end = if number == 0 { End::Result } else { End::Refused(Code::ServerQuarantined, "held".into()) };
            history.add(|number| Ended {
                number,
                tool: ToolId::new(ServerName::new("s").unwrap(), "t"),
                variant: Variant::Read,
                origin: Origin::default(),
                begun: SystemTime::UNIX_EPOCH,
                took: Duration::from_micros(1500),
                end,
                request: 2,
                response: 0,
            });
        }
        let all = history.recent(usize::MAX);
        assert_eq!((all.len(), all[0].id.as_str(), all[KEPT - 1].id.as_str()), (KEPT, "1001", "2"));
        assert_eq!(
            (all[0].status, all[0].duration_ms, all[0].timestamp.as_str()),
            (CallStatus::Blocked, 1.5, "1970-01-01T00:00:00Z")
        );
        assert_eq!(history.totals(), Totals { calls: 1001, failed: 1000 });
        assert!(matches!(news.try_recv(), Err(broadcast::error::TryRecvError::Lagged(_))));
    }
}
