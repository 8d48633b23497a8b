//! Times and what is told of them: nearest-rank percentiles over all rounds of a pair, and how many came in a second.

use std::time::Duration;

/// The times of one pair (a subject under one load), gathered over its rounds.
#[derive(Clone, Debug, Default)]
pub struct Times {
    /// Each answered call, in nanoseconds.
    nanoseconds: Vec<u64>,
    /// How long was measured in all.
    wall: Duration,
    /// What the load generator itself cost.
    pub own_cpu: Duration,
    /// What the process under test cost, where the system tells.
    pub its_cpu: Option<Duration>,
    /// Answers that were no good.
    pub failed: usize,
}

impl Times {
    /// One answered call.
    pub fn add(&mut self, time: Duration) {
        self.nanoseconds.push(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX));
    }

    /// So long was measured.
    pub fn measured(&mut self, wall: Duration) {
        self.wall += wall;
    }

    /// Another client of the same round: its calls count, its wall time is the same.
    pub fn join(&mut self, other: Self) {
        self.nanoseconds.extend(other.nanoseconds);
        self.failed += other.failed;
    }

    /// Another round of the same pair.
    pub fn append(&mut self, other: Self) {
        self.wall += other.wall;
        self.own_cpu += other.own_cpu;
        self.its_cpu = match (self.its_cpu, other.its_cpu) {
            (Some(mine), Some(its)) => Some(mine + its),
            (one, other) => one.or(other),
        };
        self.join(other);
    }

    /// How many calls were answered.
    pub fn count(&self) -> usize {
        self.nanoseconds.len()
    }

    /// The figures.
    pub fn figures(&mut self) -> Figures {
        self.nanoseconds.sort_unstable();
        let count = self.nanoseconds.len();
        let at = |share: f64| {
            let rank = ((count as f64 * share).ceil() as usize).clamp(1, count.max(1));
            self.nanoseconds.get(rank - 1).map_or(f64::NAN, |ns| *ns as f64 / 1e6)
        };
        let wall = self.wall.as_secs_f64();
        let each = |cpu: Duration| cpu.as_secs_f64() * 1e6 / count.max(1) as f64;
        Figures {
            p50_ms: at(0.5),
            p99_ms: at(0.99),
            per_second: count as f64 / wall,
            own_cpu_share: self.own_cpu.as_secs_f64() / wall,
            own_cpu_us: each(self.own_cpu),
            its_cpu_us: self.its_cpu.map(each),
            calls: count,
            failed: self.failed,
        }
    }
}

/// What is told of a pair.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Figures {
    /// Half of the calls took at most so long.
    pub p50_ms: f64,
    /// All but one of a hundred took at most so long.
    pub p99_ms: f64,
    /// Calls answered in a second.
    pub per_second: f64,
    /// How much of one processor the load generator used.
    pub own_cpu_share: f64,
    /// What a call costs the load generator, in microseconds of processor time.
    pub own_cpu_us: f64,
    /// What a call costs the process under test, in microseconds of processor time.
    pub its_cpu_us: Option<f64>,
    /// How many calls these figures rest on.
    pub calls: usize,
    /// Answers that were no good.
    pub failed: usize,
}

/// The middle one of some values.
pub fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
