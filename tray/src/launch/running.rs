//! A core that was started: its last lines, its end, and how it is ended. One task owns the process, so that no signal
//! ever goes to a number that has passed to another.

use std::{
    pin::pin,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use mcpproxy_task::Scope;
use tokio::{
    io::AsyncReadExt as _,
    process::{Child, ChildStderr},
    sync::{mpsc, watch},
    time::timeout,
};

use super::{reason, tail::Tail};
use crate::{platform, view::Reason};

/// How long the last words of a core are waited for that has ended: others may hold its stderr open.
const LAST_WORDS: Duration = Duration::from_secs(1);
/// How many orders may wait; one more adds nothing to them.
const ORDERS: usize = 4;
/// How much is read at once.
const CHUNK: usize = 16 << 10;

/// A core that was started by us. Dropping it neither ends the core nor stops the reading of what it writes.
#[derive(Debug)]
pub struct Running {
    pid: u32,
    orders: mpsc::Sender<Order>,
    tail: Arc<Mutex<Tail>>,
    ended: watch::Receiver<Option<Ended>>,
}

/// How a core ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// Its exit code, where it has one.
    pub code: Option<i32>,
    /// Whether a signal ended it.
    pub signal: bool,
    /// Why, as far as it said so; empty for a core that ended in order.
    pub reason: Reason,
}

#[derive(Debug)]
enum Order {
    Terminate,
    Kill,
}

impl Running {
    /// Follows a process whose stderr is piped to us.
    pub(super) fn follow(mut child: Child, scope: &Scope) -> Self {
        let pid = child.id().unwrap_or_default();
        let (orders, inbox) = mpsc::channel(ORDERS);
        let (told, ended) = watch::channel(None);
        let tail = Arc::<Mutex<Tail>>::default();
        let stderr = child.stderr.take();
        scope.spawn_until_cancelled("core", watch_over(child, stderr, inbox, Arc::clone(&tail), told));
        Self { pid, orders, tail, ended }
    }

    /// Its process id; 0 = it ended at once.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// The last lines that it wrote to its stderr, oldest first, with control characters spelled out.
    #[must_use]
    pub fn tail(&self) -> Vec<String> {
        locked(&self.tail).lines()
    }

    /// Its end; waits for it. Once the scope is cancelled, nobody learns of it any more, and this waits on.
    pub async fn ended(&self) -> Ended {
        let mut ended = self.ended.clone();
        let end = ended.wait_for(Option::is_some).await.ok().and_then(|end| end.clone());
        match end {
            Some(end) => end,
            None => std::future::pending().await,
        }
    }

    /// Asks it to end in order. On Windows, where nothing gentle reaches it, this is [`Running::kill`]: ask the core itself
    /// before.
    pub fn terminate(&self) {
        self.order(Order::Terminate);
    }

    /// Ends it at once. What it started ends with it, or is found and ended by the next core.
    pub fn kill(&self) {
        self.order(Order::Kill);
    }

    fn order(&self, order: Order) {
        // a full queue holds enough of them, and a closed one means that there is nothing left to end
        let _ = self.orders.try_send(order);
    }
}

async fn watch_over(
    mut child: Child,
    stderr: Option<ChildStderr>,
    mut orders: mpsc::Receiver<Order>,
    tail: Arc<Mutex<Tail>>,
    told: watch::Sender<Option<Ended>>,
) {
    let mut reading = pin!(read(stderr, &tail));
    let mut all_read = false;
    let status = loop {
        tokio::select! {
            () = &mut reading, if !all_read => all_read = true,
            Some(order) = orders.recv() => obey(&order, &mut child),
            status = child.wait() => break status,
        }
    };
    if !all_read {
        let _ = timeout(LAST_WORDS, reading).await;
    }
    let end = reason::ended(status, &locked(&tail));
    tracing::info!(code = end.code, signal = end.signal, reason = end.reason.message, "core ended");
    told.send_replace(Some(end));
}

fn obey(order: &Order, child: &mut Child) {
    let done = match order {
        Order::Terminate => platform::terminate(child),
        Order::Kill => child.start_kill(),
    };
    if let Err(error) = done {
        tracing::warn!(?order, "the core cannot be ended: {error}");
    }
}

/// Reads to the end, so that whoever writes never waits for us.
async fn read(stderr: Option<ChildStderr>, tail: &Mutex<Tail>) {
    let Some(mut stderr) = stderr else { return };
    let mut chunk = Vec::with_capacity(CHUNK);
    while let Ok(1..) = stderr.read_buf(&mut chunk).await {
        locked(tail).push(&chunk);
        chunk.clear();
    }
}

fn locked(tail: &Mutex<Tail>) -> std::sync::MutexGuard<'_, Tail> {
    tail.lock().unwrap_or_else(PoisonError::into_inner)
}
