//! The requests of one link that wait for their answers, by our own ids, and where their progress goes.
//!
//! Not here: how messages travel, and the time limits of those who wait.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::{Notify, oneshot};

use crate::{Id, LinkError, Outcome, Progress};

/// The way back of the progress of one request, and the beat that tells its caller of each sign of life.
pub(crate) type ProgressWay = (Progress, Arc<Notify>);

/// One request that waits.
#[derive(Debug)]
pub(crate) struct Waiting {
    pub(crate) answer: oneshot::Sender<Result<Outcome, LinkError>>,
    pub(crate) progress: Option<ProgressWay>,
}

/// Everything that waits on one link.
#[derive(Debug, Default)]
pub(crate) struct Pending {
    /// Held for map operations only.
    state: Mutex<State>,
}

#[derive(Debug)]
enum State {
    Open(HashMap<u64, Waiting>),
    /// What whoever comes too late is told.
    Gone(LinkError),
}

impl Default for State {
    fn default() -> Self {
        Self::Open(HashMap::new())
    }
}

impl Pending {
    /// Takes a request in.
    ///
    /// # Errors
    /// Why the link is gone.
    pub(crate) fn register(&self, number: u64, waiting: Waiting) -> Result<(), LinkError> {
        match &mut *self.state() {
            State::Open(requests) => {
                requests.insert(number, waiting);
                Ok(())
            }
            State::Gone(reason) => Err(reason.clone()),
        }
    }

    /// Takes a request out, unanswered; tells whether it still waited.
    pub(crate) fn withdraw(&self, number: u64) -> bool {
        self.take(number).is_some()
    }

    pub(crate) fn waits_for(&self, number: u64) -> bool {
        matches!(&*self.state(), State::Open(requests) if requests.contains_key(&number))
    }

    pub(crate) fn progress_of(&self, number: u64) -> Option<ProgressWay> {
        match &*self.state() {
            State::Open(requests) => requests.get(&number)?.progress.clone(),
            State::Gone(_) => None,
        }
    }

    /// Hands an answer to the one that waits for it.
    pub(crate) fn answered(&self, id: &Id, outcome: Result<Outcome, LinkError>) {
        // an answer to nobody: late, after the caller gave up
        if let Some(waiting) = id.as_u64().and_then(|number| self.take(number)) {
            let _ = waiting.answer.send(outcome);
        }
    }

    /// Fails all that wait with `reason`, and all that come later with `later`. Only the first end counts.
    pub(crate) fn end(&self, reason: &LinkError, later: LinkError) {
        let waiting = {
            let mut state = self.state();
            let State::Open(requests) = &mut *state else { return };
            let waiting = std::mem::take(requests);
            *state = State::Gone(later);
            waiting
        };
        for (_, waiting) in waiting {
            let _ = waiting.answer.send(Err(reason.clone()));
        }
    }

    /// How many requests wait.
    pub(crate) fn len(&self) -> usize {
        match &*self.state() {
            State::Open(requests) => requests.len(),
            State::Gone(_) => 0,
        }
    }

    fn take(&self, number: u64) -> Option<Waiting> {
        match &mut *self.state() {
            State::Open(requests) => requests.remove(&number),
            State::Gone(_) => None,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
