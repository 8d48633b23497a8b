//! Alarms that calls hand on to each other.
//!
//! Nearly every call ends long before it takes its time. An alarm of its own for each would be the next one due again and
//! again, and would wake the thread that waits for events each time. So what was set for a call stays set when the call
//! ends; the next one takes it over, and moves it only when it goes off.

use std::{
    future::Future,
    pin::Pin,
    sync::{Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::time::{Instant, Sleep, sleep_until};

/// More than this are not kept.
const KEPT: usize = 64;

/// The alarms that nobody waits for at the moment.
#[derive(Default)]
pub(crate) struct Alarms {
    /// Held to take or to give back one.
    idle: Mutex<Vec<Pin<Box<Sleep>>>>,
}

impl Alarms {
    /// Goes off after this time, if it is waited for.
    pub(crate) fn set(&self, after: Duration) -> Alarm<'_> {
        let due = Instant::now() + after;
        let sleep = self.idle().pop().unwrap_or_else(|| Box::pin(sleep_until(due)));
        Alarm { alarms: self, due, sleep: Some(sleep) }
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Pin<Box<Sleep>>>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The alarm of one call.
pub(crate) struct Alarm<'a> {
    alarms: &'a Alarms,
    due: Instant,
    /// Given back when the call ends.
    sleep: Option<Pin<Box<Sleep>>>,
}

impl Future for Alarm<'_> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.get_mut();
        let Some(sleep) = &mut this.sleep else { return Poll::Ready(()) };
        if this.due < sleep.deadline() {
            sleep.as_mut().reset(this.due);
        }
        loop {
            ready!(sleep.as_mut().poll(cx));
            if this.due <= sleep.deadline() {
                return Poll::Ready(());
            }
            sleep.as_mut().reset(this.due);
        }
    }
}

impl Drop for Alarm<'_> {
    fn drop(&mut self) {
        let mut idle = self.alarms.idle();
        if idle.len() < KEPT {
            idle.extend(self.sleep.take());
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::{sleep, timeout};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn an_alarm_goes_off_at_its_own_time_whatever_it_was_set_to_before() {
        let (alarms, begun) = (Alarms::default(), Instant::now());
        // seconds after which one is set, for how long, and how long the call lasts; it goes off or is given back
        for (at, after, lasts, ends) in
            [(0, 10, 3, 3), (4, 10, 60, 14), (15, 10, 2, 17), (17, 1, 60, 18), (40, 10, 60, 50), (51, 5, 60, 56)]
        {
            sleep(begun + Duration::from_secs(at) - Instant::now()).await;
            let alarm = alarms.set(Duration::from_secs(after));
            let _ = timeout(Duration::from_secs(lasts), alarm).await;
            assert_eq!((begun.elapsed().as_secs(), alarms.idle().len()), (ends, 1), "set at {at}");
        }
        let _two = (alarms.set(Duration::ZERO), alarms.set(Duration::ZERO));
        assert_eq!(alarms.idle().len(), 0, "each call has one of its own");
    }
}
