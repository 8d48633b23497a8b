//! The time limits of one request: silence, total, and the caller's change of mind.

use std::{future::Future, time::Duration};

use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use crate::{LinkError, Timing};

/// When the request is given up, and why.
pub(crate) struct Deadline<'a> {
    cancel: &'a CancellationToken,
    silence: Duration,
    end: Instant,
    total: Duration,
    due: Instant,
}

impl<'a> Deadline<'a> {
    pub(crate) fn new(timing: Timing, cancel: &'a CancellationToken) -> Self {
        let now = Instant::now();
        let end = now + timing.total;
        Self { cancel, silence: timing.silence, end, total: timing.total, due: end.min(now + timing.silence) }
    }

    /// The peer gave a sign of life.
    pub(crate) fn alive(&mut self) {
        self.due = self.end.min(Instant::now() + self.silence);
    }

    /// Awaits `work` within the limits.
    pub(crate) async fn within<T>(&self, work: impl Future<Output = T>) -> Result<T, LinkError> {
        // looked at first: a peer that always has something to say must not outrun them
        if self.cancel.is_cancelled() {
            return Err(LinkError::Cancelled);
        }
        if Instant::now() >= self.due {
            return Err(self.passed());
        }
        tokio::select! {
            biased;
            value = work => Ok(value),
            () = self.cancel.cancelled() => Err(LinkError::Cancelled),
            () = sleep_until(self.due) => Err(self.passed()),
        }
    }

    fn passed(&self) -> LinkError {
        LinkError::Timeout(if self.due == self.end { self.total } else { self.silence })
    }
}
