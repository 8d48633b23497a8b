//! The sessions of clients as people see them. The face that keeps them reports here; nothing here opens or ends one.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    time::{Duration, SystemTime},
};

use mcpproxy_ipc_proto::view::{SessionList, SessionView};

use crate::clock::rfc3339;

/// How many are known; the longest silent make room.
const MOST: usize = 1000;
/// A client without a session counts as active for so long after it was heard.
const ACTIVE: Duration = Duration::from_secs(300);
/// A session counts as active for so long after it was heard: many clients go without ending theirs.
const ABANDONED: Duration = Duration::from_secs(30 * 60);

/// All sessions. Clones are the same list.
#[derive(Clone, Debug, Default)]
pub struct Sessions(Arc<Mutex<Table>>);

#[derive(Debug, Default)]
struct Table {
    last: u64,
    known: VecDeque<Arc<SessionMark>>,
}

/// What a client said of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Client {
    /// Its name.
    pub name: Option<Arc<str>>,
    /// Its version.
    pub version: Option<Arc<str>>,
    /// The revision of the protocol that it speaks.
    pub revision: Option<&'static str>,
}

/// One session, for the face that keeps it.
#[derive(Debug)]
pub struct SessionMark {
    number: u64,
    client: Client,
    has_end: bool,
    began: SystemTime,
    /// Seconds since it began.
    heard: AtomicU64,
    calls: AtomicU64,
    closed: AtomicBool,
    /// Requests and streams under way.
    open: AtomicUsize,
}

/// A request or stream under way: as long as it is held, its session is active.
#[derive(Debug)]
pub struct Held(Arc<SessionMark>);

impl Sessions {
    /// A session was opened.
    #[must_use]
    pub fn opened(&self, client: Client) -> Arc<SessionMark> {
        self.add(&mut self.table(), client, true)
    }

    /// A client without a session was heard: all its requests are one session.
    #[must_use]
    pub fn heard(&self, client: Client) -> Arc<SessionMark> {
        let mut table = self.table();
        let known = table.known.iter().rev().find(|mark| !mark.has_end && mark.client == client).cloned();
        known.unwrap_or_else(|| self.add(&mut table, client, false))
    }

    /// All of them, the last heard first.
    #[must_use]
    pub fn list(&self) -> SessionList {
        let mut known: Vec<_> = self.table().known.iter().cloned().collect();
        known.sort_by_key(|mark| std::cmp::Reverse(mark.last_heard()));
        let now = SystemTime::now();
        let sessions: Vec<_> = known.iter().map(|mark| mark.view(now)).collect();
        SessionList { total: sessions.len(), sessions }
    }

    /// How many are active.
    #[must_use]
    pub fn active(&self) -> usize {
        let now = SystemTime::now();
        self.table().known.iter().filter(|mark| mark.is_active(now)).count()
    }

    fn add(&self, table: &mut Table, client: Client, has_end: bool) -> Arc<SessionMark> {
        table.last += 1;
        let mark = Arc::new(SessionMark {
            number: table.last,
            client,
            has_end,
            began: SystemTime::now(),
            heard: AtomicU64::new(0),
            calls: AtomicU64::new(0),
            closed: AtomicBool::new(false),
            open: AtomicUsize::new(0),
        });
        if table.known.len() >= MOST {
            let longest = table.known.iter().enumerate().min_by_key(|(_, mark)| (mark.is_held(), mark.last_heard()));
            if let Some((index, _)) = longest {
                table.known.remove(index);
            }
        }
        table.known.push_back(Arc::clone(&mark));
        mark
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl SessionMark {
    /// The client was heard.
    pub fn touch(&self) {
        let since = self.began.elapsed().unwrap_or_default().as_secs();
        self.heard.store(since, Ordering::Relaxed);
    }

    /// The client called a tool.
    pub fn called(&self) {
        self.touch();
        self.calls.fetch_add(1, Ordering::Relaxed);
    }

    /// A request or stream of the client begins.
    #[must_use]
    pub fn hold(self: &Arc<Self>) -> Held {
        self.open.fetch_add(1, Ordering::Relaxed);
        Held(Arc::clone(self))
    }

    /// The session has ended.
    pub fn close(&self) {
        self.closed.store(true, Ordering::Relaxed);
    }

    /// Who it is.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.client
    }

    fn last_heard(&self) -> SystemTime {
        self.began + Duration::from_secs(self.heard.load(Ordering::Relaxed))
    }

    /// Whether it is active at this time.
    #[must_use]
    pub fn is_active(&self, now: SystemTime) -> bool {
        let most = if self.has_end { ABANDONED } else { ACTIVE };
        let silence = now.duration_since(self.last_heard()).unwrap_or_default();
        !self.closed.load(Ordering::Relaxed) && (self.is_held() || silence < most)
    }

    fn is_held(&self) -> bool {
        self.open.load(Ordering::Relaxed) > 0
    }

    fn view(&self, now: SystemTime) -> SessionView {
        SessionView {
            id: self.number.to_string(),
            client_name: self.client.name.as_deref().map(str::to_owned),
            client_version: self.client.version.as_deref().map(str::to_owned),
            protocol_version: self.client.revision.map(str::to_owned),
            status: if self.is_active(now) { "active" } else { "closed" }.to_owned(),
            start_time: rfc3339(self.began),
            last_activity: rfc3339(self.last_heard()),
            tool_call_count: self.calls.load(Ordering::Relaxed),
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        // until now the client was there
        self.0.touch();
        self.0.open.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_active_while_its_client_is_heard_or_waits() {
        let sessions = Sessions::default();
        let session = sessions.opened(Client::default());
        let soon = SystemTime::now() + ABANDONED - Duration::from_secs(60);
        let later = SystemTime::now() + ABANDONED + Duration::from_secs(60);
        assert!(session.is_active(soon) && !session.is_active(later), "its client went without a word");
        let (stream, request) = (session.hold(), session.hold());
        drop(request);
        assert!(session.is_active(later), "it listens still");
        drop(stream);
        assert!(!session.is_active(later));
        let stream = session.hold();
        session.close();
        assert!(!session.is_active(SystemTime::now()), "what is ended is ended");
        drop(stream);
        let nameless = sessions.heard(Client::default());
        assert!(!nameless.is_active(soon), "without a session that could go on");
    }

    #[test]
    fn sessions_are_counted_apart_and_requests_without_one_together() {
        let sessions = Sessions::default();
        let client = |name: &str| Client { name: Some(name.into()), ..Client::default() };
        let first = sessions.opened(client("a"));
        let _second = sessions.opened(client("a"));
        let third = sessions.heard(client("b"));
        sessions.heard(client("b")).called();
        first.close();
        assert_eq!((sessions.list().total, sessions.active()), (3, 2));
        assert_eq!(third.view(SystemTime::now()).tool_call_count, 1);
        for _ in 0..MOST {
            let _ = sessions.opened(client("c"));
        }
        assert_eq!(sessions.list().total, MOST);
    }
}
