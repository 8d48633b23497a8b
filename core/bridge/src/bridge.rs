//! The bridge itself: takes lines in their order, lets requests run side by side, and ends with its client.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, atomic::AtomicBool},
    time::Duration,
};

use bytes::Bytes;
use http::{Method, StatusCode, Uri};
use mcpproxy_task::Scope;
use mcpproxy_wire::{
    DEFAULT_MESSAGE_CAP, Id,
    stdio::{Line, Lines},
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::{Semaphore, oneshot},
    time::timeout,
};
use tokio_util::sync::CancellationToken;

use crate::{
    Dial,
    client::{Awaited, Client},
    exchange::{Asked, failure},
    listening,
    message::{Kind, Said, too_large},
    output::{self, Output},
    session::{Session, State},
};

/// How many requests are with the core at one time; further ones wait.
const AT_WORK: usize = 128;
/// How many requests may be under way; further ones are refused.
const UNDER_WAY: usize = 1024;
/// How long answers under way are waited for when the client says no more.
const FINISHING: Duration = Duration::from_secs(5);
/// How long the end of the session, and the last lines, may take.
const LEAVING: Duration = Duration::from_secs(1);

/// What all tasks of a bridge share.
pub(crate) struct Bridge {
    pub(crate) client: Client,
    pub(crate) session: Session,
    pub(crate) output: Output,
    pub(crate) places: Semaphore,
    /// How each request under way is withdrawn. Held for map operations only.
    under_way: Mutex<HashMap<Id, Option<oneshot::Sender<Said>>>>,
    requests: Scope,
}

/// Carries the messages of one client to a path of the core and back, until the client closes its side, reads no more,
/// or the scope is cancelled. In the first case answers under way are waited for a little; in each the session is ended.
pub async fn run<R, W>(from_client: R, to_client: W, dial: Box<dyn Dial>, path: Uri, scope: &Scope)
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Send + Unpin + 'static,
{
    let (tasks, requests, writing) = (scope.child(), scope.child(), Scope::new());
    let (output, lines) = output::channel();
    let gone = CancellationToken::new();
    writing.spawn("output", lines.write(to_client, gone.clone()));
    let bridge = Arc::new(Bridge {
        client: Client::new(dial, path, tasks.clone()),
        session: Session::new(),
        output,
        places: Semaphore::new(AT_WORK),
        under_way: Mutex::default(),
        requests,
    });
    tasks.spawn_until_cancelled("listening", listening::listen(Arc::clone(&bridge)));
    tokio::select! {
        () = bridge.take_all(Lines::new(from_client, DEFAULT_MESSAGE_CAP)) => {
            tokio::select! {
                _ = bridge.requests.drain(FINISHING) => {}
                () = gone.cancelled() => {}
                () = scope.cancelled() => {}
            }
        }
        () = gone.cancelled() => {}
        () = scope.cancelled() => {}
    }
    bridge.requests.cancel();
    let _ = timeout(LEAVING, bridge.end_session()).await;
    tasks.cancel();
    let _ = bridge.requests.drain(LEAVING).await;
    let _ = tasks.drain(LEAVING).await;
    drop(bridge);
    let _ = writing.drain(LEAVING).await;
}

impl Bridge {
    async fn take_all<R: AsyncRead + Unpin>(self: &Arc<Self>, mut lines: Lines<R>) {
        // a client whose side broke has closed it
        while let Ok(Some(line)) = lines.next().await {
            match line {
                Line::Whole(line) => self.take(line).await,
                Line::Oversize { head, tail } => {
                    self.output.line([too_large(&head, &tail, DEFAULT_MESSAGE_CAP).into()]).await;
                }
            }
        }
    }

    async fn take(self: &Arc<Self>, line: Bytes) {
        let said = match Said::read(line) {
            Ok(said) => said,
            Err(answer) => return self.output.line([answer.into()]).await,
        };
        match &said.kind {
            Kind::Initialize(id) | Kind::Request(id) => {
                let id = id.clone();
                self.ask(id, said).await;
            }
            Kind::Cancelled(id) => {
                let withdrawal = self.under_way().get_mut(id).and_then(Option::take);
                match withdrawal {
                    Some(withdrawal) => drop(withdrawal.send(said)),
                    None => self.tell(&said).await,
                }
            }
            // awaited, so that what follows finds it done
            Kind::Told => self.tell(&said).await,
        }
    }

    async fn ask(self: &Arc<Self>, id: Id, said: Said) {
        let (withdraw, withdrawal) = oneshot::channel();
        let refusal = {
            let mut under_way = self.under_way();
            if under_way.len() >= UNDER_WAY {
                Some(format!("{UNDER_WAY} requests are under way; wait for some of their answers"))
            } else if under_way.contains_key(&id) {
                Some(format!("a request with the id {id} is under way; ids must be unique"))
            } else {
                under_way.insert(id.clone(), Some(withdraw));
                None
            }
        };
        if let Some(told) = refusal {
            return self.output.line([failure(&id, told)]).await;
        }
        if matches!(said.kind, Kind::Initialize(_)) {
            self.session.begin();
        }
        let (sent, withdrawn) = (AtomicBool::new(false), AtomicBool::new(false));
        let asked = Asked { bridge: Arc::clone(self), id, said, sent, withdrawn };
        self.requests.spawn_until_cancelled("request", async move { asked.carry(withdrawal).await });
    }

    /// A request is done, however it ended.
    pub(crate) fn done(&self, asked: &Asked) {
        self.under_way().remove(&asked.id);
        if matches!(asked.said.kind, Kind::Initialize(_)) {
            self.session.failed();
        }
    }

    /// Brings the core a message that is not answered.
    pub(crate) async fn tell(&self, said: &Said) {
        let sent = AtomicBool::new(false);
        for may_reopen in [true, false] {
            let session = if said.stateless.is_some() { None } else { self.session.current().await };
            let headers = match (&session, &said.stateless) {
                (Some(session), _) => session.headers(),
                (None, Some(headers)) => headers.clone(),
                // neither era: it concerns nothing
                (None, None) => return,
            };
            let told = self.client.post(headers, said.line.clone());
            let mut reply = match self.client.send(told, Awaited::Yes, &sent).await {
                Ok(reply) => reply,
                Err(error) => return tracing::warn!(%error, "a notification was lost"),
            };
            let status = reply.status;
            let _ = reply.whole().await;
            let lost = session.filter(|session| status == StatusCode::NOT_FOUND && session.has_id() && may_reopen);
            match lost {
                Some(lost) if self.session.reopen(&self.client, &lost).await => {}
                _ if status.is_success() => return,
                _ => return tracing::warn!(%status, "the core refused a notification"),
            }
        }
    }

    async fn end_session(&self) {
        let state = self.session.watch().borrow().clone();
        if let State::Open(open) = state
            && open.has_id()
        {
            let end = self.client.bare(Method::DELETE, open.headers());
            let _ = self.client.send(end, Awaited::No, &AtomicBool::new(false)).await;
        }
    }

    fn under_way(&self) -> MutexGuard<'_, HashMap<Id, Option<oneshot::Sender<Said>>>> {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
