//! The client's session with the core: which one it is, and how it is opened anew when the core has lost it.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use mcpproxy_wire::{
    Envelope, Object,
    envelope::{self, decode},
    http::{SESSION_HEADER, VERSION_HEADER},
};
use tokio::sync::{Semaphore, watch};

use crate::client::{Awaited, Client};

/// Where the session stands.
#[derive(Clone)]
pub(crate) enum State {
    /// The client has opened none.
    None,
    /// Its `initialize` is under way.
    Opening,
    /// It is open.
    Open(Arc<Open>),
}

/// An open session.
pub(crate) struct Open {
    number: u64,
    id: Option<HeaderValue>,
    version: Option<HeaderValue>,
    /// The `initialize` of the client, as it came.
    hello: Bytes,
}

/// The session of the one client.
pub(crate) struct Session {
    state: watch::Sender<State>,
    opened: AtomicU64,
    reopening: Semaphore,
}

impl Session {
    pub(crate) fn new() -> Self {
        Self { state: watch::Sender::new(State::None), opened: AtomicU64::new(0), reopening: Semaphore::new(1) }
    }

    /// The client's `initialize` is on its way.
    pub(crate) fn begin(&self) {
        self.state.send_replace(State::Opening);
    }

    /// It was not answered with a session.
    pub(crate) fn failed(&self) {
        self.state.send_if_modified(|state| {
            let is_opening = matches!(state, State::Opening);
            if is_opening {
                *state = State::None;
            }
            is_opening
        });
    }

    /// It was answered. `headers` and `body` are those of the answer.
    pub(crate) fn opened(&self, hello: Bytes, headers: &HeaderMap, body: &[u8]) {
        let version = match decode(body) {
            Ok(Envelope::Response { outcome: Ok(result), .. }) => {
                Object::open(result).and_then(|result| HeaderValue::from_str(&result.text("protocolVersion")?).ok())
            }
            _ => return self.failed(),
        };
        let number = self.opened.fetch_add(1, Ordering::Relaxed);
        let id = headers.get(SESSION_HEADER).cloned();
        self.state.send_replace(State::Open(Arc::new(Open { number, id, version, hello })));
    }

    /// The session, once it is known whether there is one.
    pub(crate) async fn current(&self) -> Option<Arc<Open>> {
        let mut state = self.state.subscribe();
        let settled = state.wait_for(|state| !matches!(state, State::Opening)).await;
        match settled.as_deref() {
            Ok(State::Open(open)) => Some(Arc::clone(open)),
            _ => None,
        }
    }

    pub(crate) fn watch(&self) -> watch::Receiver<State> {
        self.state.subscribe()
    }

    /// Opens a session in the place of one that the core no longer knows, with what the client said at its beginning.
    /// `false` if there is none.
    pub(crate) async fn reopen(&self, client: &Client, lost: &Open) -> bool {
        let Ok(_turn) = self.reopening.acquire().await else { return false };
        if !matches!(&*self.state.borrow(), State::Open(open) if open.number == lost.number) {
            // somebody else was faster
            return true;
        }
        let hello = client.post(HeaderMap::new(), lost.hello.clone());
        let Ok(mut reply) = client.send(hello, Awaited::Yes, &AtomicBool::new(false)).await else { return false };
        let Ok(body) = reply.whole().await else { return false };
        if !reply.status.is_success() || reply.headers.get(SESSION_HEADER).is_none() {
            return false;
        }
        self.opened(lost.hello.clone(), &reply.headers, &body.concat());
        let State::Open(open) = self.state.borrow().clone() else { return false };
        let initialized = envelope::notification("notifications/initialized", None);
        let initialized = client.post(open.headers(), initialized.into());
        if let Ok(mut reply) = client.send(initialized, Awaited::Yes, &AtomicBool::new(false)).await {
            let _ = reply.whole().await;
        }
        tracing::info!("the core had lost the session; it is opened anew");
        true
    }
}

impl Open {
    /// What each message of the session says.
    pub(crate) fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in [(SESSION_HEADER, &self.id), (VERSION_HEADER, &self.version)] {
            if let Some(value) = value {
                headers.insert(HeaderName::from_static(name), value.clone());
            }
        }
        headers
    }

    /// Whether the core gave it an id, so that it can be lost and ended.
    pub(crate) fn has_id(&self) -> bool {
        self.id.is_some()
    }

    pub(crate) fn is(&self, other: &Self) -> bool {
        self.number == other.number
    }
}
