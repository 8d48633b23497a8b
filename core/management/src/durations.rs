//! How long things took: counts by duration, with the bounds of the contract. An entry is an addition and no more.

use std::time::Duration;

/// The bounds, in seconds; a last count stands for everything above.
pub const BOUNDS: [f64; 9] = [0.001, 0.01, 0.1, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0];

/// How long things took.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Durations {
    counts: [u64; BOUNDS.len()],
    count: u64,
    sum: Duration,
}

impl Durations {
    /// One more took so long.
    pub fn add(&mut self, took: Duration) {
        let seconds = took.as_secs_f64();
        if let Some(count) = BOUNDS.iter().position(|bound| seconds <= *bound).and_then(|at| self.counts.get_mut(at)) {
            *count += 1;
        }
        self.count += 1;
        self.sum += took;
    }

    /// How many there were.
    #[must_use]
    pub const fn count(&self) -> u64 {
        self.count
    }

    /// How long they took together.
    #[must_use]
    pub const fn sum(&self) -> Duration {
        self.sum
    }

    /// Each bound in seconds, and how many took no longer.
    pub fn within(&self) -> impl Iterator<Item = (f64, u64)> {
        let mut so_far = 0;
        BOUNDS.iter().zip(&self.counts).map(move |(bound, count)| {
            so_far += count;
            (*bound, so_far)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_bound_counts_all_that_took_no_longer() {
        let mut durations = Durations::default();
        for millis in [1, 2, 10, 700, 40_000] {
            durations.add(Duration::from_millis(millis));
        }
        let within: Vec<_> = durations.within().map(|(_, count)| count).collect();
        assert_eq!(within, [1, 3, 3, 3, 4, 4, 4, 4, 4]);
        assert_eq!((durations.count(), durations.sum()), (5, Duration::from_millis(40_713)));
    }
}
