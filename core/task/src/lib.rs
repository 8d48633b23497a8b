//! The only way to spawn: every task belongs to a [`Scope`], which can cancel it and wait for its end.
//!
//! Not here: threads (the index and the process spawner own one each, and say why), timers, channels.

use std::{
    future::{Future, poll_fn},
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    task::Poll,
    time::Duration,
};

use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::Instrument;

/// A set of tasks that end together. Clones share the set; a [`Scope::child`] has tasks of its own and is cancelled
/// with its parent.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    tasks: TaskTracker,
    token: CancellationToken,
}

impl Scope {
    /// A scope of its own, not cancelled.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A scope that ends with this one and can end before it.
    #[must_use]
    pub fn child(&self) -> Self {
        Self { tasks: TaskTracker::new(), token: self.token.child_token() }
    }

    /// Starts a task. `name` appears in the log lines that it writes.
    ///
    /// The task is not dropped when the scope is cancelled: it watches [`Scope::cancelled`] where it waits, so that
    /// it can release what it holds.
    pub fn spawn<F>(&self, name: &'static str, task: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.tasks.spawn(task.instrument(tracing::debug_span!("task", name)));
    }

    /// Starts a task that holds nothing to release: it is dropped where it waits once the scope is cancelled.
    pub fn spawn_until_cancelled<F>(&self, name: &'static str, task: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let token = self.token.clone();
        self.spawn(name, async move {
            token.run_until_cancelled_owned(task).await;
        });
    }

    /// Counts work that somebody else polls as if it were a task: [`Scope::drain`] waits for its end, or for it to be
    /// dropped. For work that is not worth a task of its own.
    pub fn track<F: Future>(&self, work: F) -> impl Future<Output = F::Output> + use<F> {
        self.tasks.track_future(work)
    }

    /// Asks all tasks to end.
    pub fn cancel(&self) {
        self.token.cancel();
    }

    /// Whether the tasks were asked to end.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.token.is_cancelled()
    }

    /// Completes when the tasks are asked to end.
    pub async fn cancelled(&self) {
        self.token.cancelled().await;
    }

    /// The signal itself, for code that knows nothing of scopes.
    #[must_use]
    pub fn token(&self) -> CancellationToken {
        self.token.clone()
    }

    /// How many tasks are alive.
    #[must_use]
    pub fn len(&self) -> usize {
        self.tasks.len()
    }

    /// Whether no task is alive.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.tasks.is_empty()
    }

    /// Waits for the end of every task, at most for `patience`.
    ///
    /// # Errors
    /// The number of tasks that are still alive then.
    pub async fn drain(&self, patience: Duration) -> Result<(), usize> {
        self.tasks.close();
        tokio::time::timeout(patience, self.tasks.wait()).await.map_err(|_| self.tasks.len())
    }
}

/// Work ended in a panic. What it said went to the panic hook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Panicked;

/// Runs work whose panic must end nothing but itself.
///
/// # Errors
/// [`Panicked`]
pub async fn catch_panic<T>(work: impl Future<Output = T>) -> Result<T, Panicked> {
    let mut work = pin!(work);
    poll_fn(|cx| match catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(cx))) {
        Ok(polled) => polled.map(Ok),
        Err(_) => Poll::Ready(Err(Panicked)),
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_ends_its_own_work_only() {
        async fn breaks_down() -> u8 {
            tokio::task::yield_now().await;
            panic!("on purpose")
        }
        assert_eq!(catch_panic(breaks_down()).await, Err(Panicked));
        assert_eq!(catch_panic(async { 1 }).await, Ok(1));
    }

    #[tokio::test(start_paused = true)]
    async fn cancelling_a_parent_ends_the_child_and_drain_waits() {
        let parent = Scope::new();
        let child = parent.child();
        child.spawn_until_cancelled("forever", std::future::pending());
        let (watching, done) = (child.clone(), tokio::sync::oneshot::channel::<()>());
        child.spawn("releases", async move {
            watching.cancelled().await;
            tokio::time::sleep(Duration::from_millis(50)).await;
            let _ = done.0.send(());
        });
        assert_eq!(child.drain(Duration::from_millis(10)).await, Err(2));
        parent.cancel();
        assert_eq!(child.drain(Duration::from_secs(1)).await, Ok(()));
        assert!(done.1.await.is_ok(), "the task released what it held before the drain ended");
        assert!(parent.drain(Duration::from_secs(1)).await.is_ok());
    }
}
