//! The times that the link waits for: one of a kind. Jitter is added here, so that many trays do not come at one moment.

use std::{
    collections::HashMap,
    hash::{BuildHasher as _, RandomState},
    time::Duration,
};

use tokio::time::{Instant, sleep_until};

use crate::link::{Attempt, Input, Timer};

/// By how much a delay before another try may differ, in hundredths.
const JITTER: u64 = 20;

#[derive(Debug, Default)]
pub(super) struct Clock {
    set: HashMap<Timer, (Attempt, Instant)>,
}

impl Clock {
    /// Sets a timer; one of its kind that runs begins anew.
    pub(super) fn set(&mut self, timer: Timer, attempt: Attempt, delay: Duration) {
        let delay = if timer == Timer::Retry { jittered(delay, RandomState::new().hash_one(attempt.0)) } else { delay };
        self.set.insert(timer, (attempt, Instant::now() + delay));
    }

    /// Waits for the next time that is over.
    pub(super) async fn next(&self) {
        match self.set.values().map(|(_, at)| *at).min() {
            Some(at) => sleep_until(at).await,
            None => std::future::pending().await,
        }
    }

    /// A time that is over; it is not told again.
    pub(super) fn due(&mut self) -> Option<Input> {
        let now = Instant::now();
        let (timer, attempt, _) = self
            .set
            .iter()
            .map(|(timer, (attempt, at))| (*timer, *attempt, *at))
            .filter(|it| it.2 <= now)
            .min_by_key(|it| it.2)?;
        self.set.remove(&timer);
        Some(Input::Due(timer, attempt))
    }
}

/// The delay, up to a fifth shorter or longer.
fn jittered(delay: Duration, random: u64) -> Duration {
    let percent = 100 - JITTER + random % (2 * JITTER + 1);
    delay.mul_f64(f64::from(u32::try_from(percent).unwrap_or(100)) / 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jitter_stays_within_a_fifth_and_reaches_both_ends() {
        let all: Vec<_> = (0..1000).map(|random| jittered(Duration::from_secs(10), random)).collect();
        assert_eq!(all.iter().min(), Some(&Duration::from_secs(8)));
        assert_eq!(all.iter().max(), Some(&Duration::from_secs(12)));
    }
}
