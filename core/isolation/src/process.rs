//! One child and everything that it started: waiting for it, and ending all of it.
//!
//! Not here: starting it ([`crate::Spawner`]); what a group is on each system (`unix`, `windows`).

use std::{io, time::Duration};

use tokio::{
    process::{Child, ChildStderr, ChildStdin, ChildStdout},
    time::{Instant, sleep, timeout, timeout_at},
};

use crate::{Exit, Phase, StopPolicy, Stopped, platform::Group};

/// How long what a child leaves behind may take to follow it before it is asked: a shell and its server often go in
/// the wrong order.
const FOLLOW_WAIT: Duration = Duration::from_millis(500);
/// How long the kernel may take to take a killed group away.
const KILL_WAIT: Duration = Duration::from_secs(3);

/// A running child. Dropping it kills its whole group.
#[derive(Debug)]
pub struct Process {
    /// What the child reads. Dropping it tells the child to go.
    pub stdin: Option<ChildStdin>,
    /// What the child writes.
    pub stdout: Option<ChildStdout>,
    /// What the child complains about. Somebody must read it, or the child blocks.
    pub stderr: Option<ChildStderr>,
    pid: u32,
    child: Child,
    group: Group,
    exit: Option<Exit>,
    gone: bool,
}

impl Process {
    pub(crate) fn new(mut child: Child) -> io::Result<Self> {
        let group = Group::of(&mut child)?;
        Ok(Self {
            stdin: child.stdin.take(),
            stdout: child.stdout.take(),
            stderr: child.stderr.take(),
            pid: child.id().unwrap_or_default(),
            child,
            group,
            exit: None,
            gone: false,
        })
    }

    /// The child's process id; on Unix also the id of its group.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// Waits until the child itself has ended; what it started may still run. May be dropped and called again.
    pub async fn wait(&mut self) -> Exit {
        if let Some(exit) = self.exit {
            return exit;
        }
        let exit = self.child.wait().await.map_or(Exit::UNKNOWN, Exit::from);
        *self.exit.insert(exit)
    }

    /// Ends the child and everything in its group, in at most three steps: stdin is closed (others that hold it must
    /// have dropped it), the group is asked to end, the group is killed. Returns when the group is empty. Dropping the
    /// future kills at once.
    pub async fn stop(mut self, policy: StopPolicy) -> Stopped {
        self.stdin = None;
        let until = Instant::now() + policy.close_wait;
        let left = timeout_at(until, self.wait()).await.is_ok();
        let mut phase = Phase::Closed;
        let follow = FOLLOW_WAIT.min(policy.close_wait);
        let mut empty = left && self.emptied(follow, policy.poll).await;
        if !empty {
            phase = Phase::Terminated;
            empty = self.group.terminate() && self.emptied(policy.term_wait, policy.poll).await;
        }
        if !empty {
            phase = Phase::Killed;
            self.group.kill();
            empty = self.emptied(KILL_WAIT, policy.poll).await;
        }
        self.gone = empty;
        let exit = timeout(KILL_WAIT, self.wait()).await.unwrap_or(Exit::UNKNOWN);
        if empty {
            tracing::debug!(pid = self.pid, ?phase, %exit, "child stopped");
        } else {
            tracing::warn!(pid = self.pid, "processes of a stopped child could not be killed");
        }
        Stopped { exit, phase, survivors: !empty }
    }

    /// Looks again and again, at most for `limit`, whether the child and its whole group are gone.
    async fn emptied(&mut self, limit: Duration, poll: Duration) -> bool {
        let until = Instant::now() + limit;
        loop {
            if self.exit.is_none() {
                self.exit = match self.child.try_wait() {
                    Ok(status) => status.map(Exit::from),
                    Err(_) => Some(Exit::UNKNOWN),
                };
            }
            // The order matters: only after the child's own status is known may the rest of its group be collected.
            if self.exit.is_some() && self.group.is_empty() {
                return true;
            }
            if Instant::now() >= until {
                return false;
            }
            sleep(poll.min(until.saturating_duration_since(Instant::now()))).await;
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // An id whose group is known to be empty may by now belong to somebody else.
        if !self.gone {
            self.group.kill();
        }
    }
}
