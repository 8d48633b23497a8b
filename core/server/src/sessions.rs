//! The sessions of clients. An id is signed, so that it outlives the table: what is kept here is only what runs.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use mcpproxy_domain::Principal;
use mcpproxy_management::{
    direct::Changes,
    sessions::{Client, SessionMark, Sessions as Seen},
};
use mcpproxy_wire::{
    Id, Revision,
    session::{SessionClaims, SessionSigner},
};
use tokio_util::sync::CancellationToken;

use crate::mode::Mode;

/// How many sessions are kept. Beyond that the longest idle are dropped; their ids stay valid.
const MOST_SESSIONS: usize = 4096;
/// How many ended sessions are remembered as ended.
const MOST_ENDED: usize = 16_384;
/// A session idle for so long is the first to be dropped.
const IDLE: Duration = Duration::from_secs(30 * 60);

/// One session of one client.
#[derive(Debug)]
pub(crate) struct Session {
    /// The mark of the one in whose name it was opened.
    owner: u8,
    /// How people see it.
    pub(crate) mark: Arc<SessionMark>,
    /// Fires when the session ends: by DELETE, or with the core.
    pub(crate) ended: CancellationToken,
    /// The requests under way. Held for map operations only.
    running: Mutex<HashMap<Id, CancellationToken>>,
    used: Mutex<Instant>,
    /// One more than the version of the list of tools that the client has seen; 0 = nobody knows which.
    list: AtomicU64,
    /// How many streams were begun.
    streams: AtomicU64,
}

/// All sessions.
pub(crate) struct Sessions {
    signer: SessionSigner,
    mode: Mode,
    list: Option<Changes>,
    closing: CancellationToken,
    seen: Seen,
    table: Mutex<Table>,
}

#[derive(Debug, Default)]
struct Table {
    open: HashMap<String, Arc<Session>>,
    ended: HashSet<String>,
    ended_order: VecDeque<String>,
}

impl Sessions {
    pub(crate) fn new(
        signer: SessionSigner,
        mode: Mode,
        list: Option<Changes>,
        closing: CancellationToken,
        seen: Seen,
    ) -> Self {
        Self { signer, mode, list, closing, seen, table: Mutex::default() }
    }

    pub(crate) fn signer(&self) -> &SessionSigner {
        &self.signer
    }

    /// Opens a session; its id goes to the client.
    pub(crate) fn open(
        &self,
        revision: Revision,
        principal: Principal,
        client: Client,
    ) -> Result<String, getrandom::Error> {
        let id = self.signer.issue(SessionClaims { revision, owner: owner(principal), endpoint: self.mode.mark() })?;
        let session = self.keep(&mut self.table(), &id, principal, client);
        if let Some(list) = &self.list {
            session.sees(list.version());
        }
        Ok(id)
    }

    /// The session of an id; one that a core before us gave out is taken up again. `None` if the id was not given out by
    /// us, has ended, belongs to somebody else or to another endpoint.
    pub(crate) fn find(&self, id: &str, principal: Principal) -> Option<Arc<Session>> {
        let known = self.table().open.get(id).map(Arc::clone);
        let session = match known {
            // its signature was checked when it came into the table, which holds sessions of this endpoint only
            Some(session) if session.owner == owner(principal) => session,
            Some(_) => return None,
            None => self.take_up(id, principal)?,
        };
        *session.used.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
        session.mark.touch();
        Some(session)
    }

    /// A session that is not in the table: one of a core before us, or one that had to make room.
    fn take_up(&self, id: &str, principal: Principal) -> Option<Arc<Session>> {
        let is_ours = |claims: &SessionClaims| (claims.owner, claims.endpoint) == (owner(principal), self.mode.mark());
        let claims = self.signer.check(id).filter(is_ours)?;
        let mut table = self.table();
        if table.ended.contains(id) {
            return None;
        }
        if let Some(session) = table.open.get(id) {
            return Some(Arc::clone(session));
        }
        // its name was said to a core before us
        let client = Client { revision: Some(claims.revision.as_str()), ..Client::default() };
        Some(self.keep(&mut table, id, principal, client))
    }

    /// Ends a session: what runs in it is cancelled, and its id is of no use any more.
    pub(crate) fn end(&self, id: &str, session: &Session) {
        let mut table = self.table();
        table.open.remove(id);
        if table.ended.insert(id.to_owned()) {
            table.ended_order.push_back(id.to_owned());
        }
        if table.ended_order.len() > MOST_ENDED
            && let Some(oldest) = table.ended_order.pop_front()
        {
            table.ended.remove(&oldest);
        }
        drop(table);
        session.mark.close();
        session.ended.cancel();
    }

    fn keep(&self, table: &mut Table, id: &str, principal: Principal, client: Client) -> Arc<Session> {
        if table.open.len() >= MOST_SESSIONS {
            make_room(&mut table.open);
        }
        let session = Arc::new(Session {
            owner: owner(principal),
            mark: self.seen.opened(client),
            ended: self.closing.child_token(),
            running: Mutex::default(),
            used: Mutex::new(Instant::now()),
            list: AtomicU64::new(0),
            streams: AtomicU64::new(0),
        });
        table.open.insert(id.to_owned(), Arc::clone(&session));
        session
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Session {
    /// Begins a request; `None` if one of that id is under way.
    pub(crate) fn begin(&self, id: &Id) -> Option<CancellationToken> {
        let mut running = self.running();
        if running.contains_key(id) {
            return None;
        }
        let token = self.ended.child_token();
        running.insert(id.clone(), token.clone());
        Some(token)
    }

    /// A request is done.
    pub(crate) fn finish(&self, id: &Id) {
        self.running().remove(id);
    }

    /// The client withdraws a request; one that is done is not missed.
    pub(crate) fn cancel(&self, id: &Id) {
        if let Some(token) = self.running().get(id) {
            token.cancel();
        }
    }

    /// The client sees a version of the list of tools.
    pub(crate) fn sees(&self, version: u64) {
        self.list.fetch_max(version + 1, Ordering::Relaxed);
    }

    /// The version of the list of tools that the client has seen; `None` if that is not known, since a core before us
    /// gave it out.
    pub(crate) fn seen(&self) -> Option<u64> {
        self.list.load(Ordering::Relaxed).checked_sub(1)
    }

    /// Begins a stream to the client, and gives its number.
    pub(crate) fn begin_stream(&self) -> u64 {
        self.streams.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Whether no stream was begun after this one: no message is sent on two.
    pub(crate) fn is_newest_stream(&self, number: u64) -> bool {
        self.streams.load(Ordering::Relaxed) == number
    }

    fn running(&self) -> MutexGuard<'_, HashMap<Id, CancellationToken>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn idle_since(&self) -> Instant {
        *self.used.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Drops idle sessions: all that are idle for long, or the longest idle one. Nothing that runs is lost.
fn make_room(open: &mut HashMap<String, Arc<Session>>) {
    let before = open.len();
    open.retain(|_, session| {
        // somebody else holds a session whose request or stream is under way
        let stays = Arc::strong_count(session) > 1 || session.idle_since().elapsed() < IDLE;
        if !stays {
            session.mark.close();
        }
        stays
    });
    if open.len() < before {
        return;
    }
    let idle = open.iter().filter(|(_, session)| Arc::strong_count(session) == 1);
    let longest = idle.min_by_key(|(_, session)| session.idle_since()).map(|(id, _)| id.clone());
    if let Some(session) = longest.and_then(|id| open.remove(&id)) {
        session.mark.close();
    }
}

/// The mark of a principal in a session id.
const fn owner(principal: Principal) -> u8 {
    match principal {
        Principal::Local => 0,
        Principal::KeyHolder => 1,
        Principal::Owner => 2,
        Principal::Person => 3,
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;

    fn sessions() -> Sessions {
        sessions_of(Mode::Search)
    }

    fn sessions_of(mode: Mode) -> Sessions {
        Sessions::new(SessionSigner::new([1; 32]), mode, None, CancellationToken::new(), Seen::default())
    }

    #[test]
    fn a_session_survives_a_restart_but_not_its_end_nor_another_owner() {
        let before = sessions();
        let id = before.open(Revision::V2025_06_18, Principal::Local, Client::default()).unwrap();
        let after = sessions();
        let session = after.find(&id, Principal::Local).unwrap();
        assert!(after.find(&id, Principal::KeyHolder).is_none());
        assert!(sessions_of(Mode::Direct).find(&id, Principal::Local).is_none(), "a session of another endpoint");
        assert!(after.find("mcp-session-0", Principal::Local).is_none());
        let token = session.begin(&Id::from(1)).unwrap();
        after.end(&id, &session);
        assert!(token.is_cancelled());
        assert!(after.find(&id, Principal::Local).is_none());
    }

    #[test]
    fn an_id_is_taken_while_its_request_runs_and_a_cancel_finds_it() {
        let sessions = sessions();
        let id = sessions.open(Revision::LATEST, Principal::Local, Client::default()).unwrap();
        let session = sessions.find(&id, Principal::Local).unwrap();
        let token = session.begin(&Id::from(0)).unwrap();
        assert!(session.begin(&Id::from(0)).is_none());
        session.cancel(&Id::from(7));
        assert!(!token.is_cancelled());
        session.cancel(&Id::from(0));
        assert!(token.is_cancelled());
        session.finish(&Id::from(0));
        assert!(session.begin(&Id::from(0)).is_some());
    }

    #[test]
    fn the_table_is_bounded_and_keeps_what_is_in_use() {
        let sessions = sessions();
        let first = sessions.open(Revision::LATEST, Principal::Local, Client::default()).unwrap();
        let in_use = sessions.find(&first, Principal::Local).unwrap();
        let second = sessions.open(Revision::LATEST, Principal::Local, Client::default()).unwrap();
        let dropped = Arc::clone(&sessions.find(&second, Principal::Local).unwrap().mark);
        for _ in 0..MOST_SESSIONS + 10 {
            sessions.open(Revision::LATEST, Principal::Local, Client::default()).unwrap();
        }
        assert_eq!(sessions.table().open.len(), MOST_SESSIONS);
        assert!(!dropped.is_active(SystemTime::now()) && in_use.mark.is_active(SystemTime::now()));
        assert!(Arc::ptr_eq(&in_use, &sessions.find(&first, Principal::Local).unwrap()));
    }

    #[test]
    fn what_a_client_has_seen_is_known_and_its_newest_stream_too() {
        let sessions = sessions();
        let id = sessions.open(Revision::LATEST, Principal::Local, Client::default()).unwrap();
        let session = sessions.find(&id, Principal::Local).unwrap();
        assert_eq!(session.seen(), None);
        for (version, seen) in [(0, 0), (3, 3), (2, 3)] {
            session.sees(version);
            assert_eq!(session.seen(), Some(seen));
        }
        let first = session.begin_stream();
        assert!(session.is_newest_stream(first));
        let second = session.begin_stream();
        assert!(session.is_newest_stream(second) && !session.is_newest_stream(first));
    }
}
