//! The numbers of the link.

use std::time::Duration;

/// How long, how often. The defaults are those of the contract.
#[derive(Clone, Copy, Debug)]
pub struct Policy {
    /// Between two looks at whether our process answers.
    pub look_for_child: Duration,
    /// How long our process may take to answer.
    pub startup: Duration,
    /// Between two looks for a core that somebody else starts.
    pub look_for_core: Duration,
    /// Between two looks at something that we do not understand.
    pub look_again: Duration,
    /// Between two signs of life.
    pub beat: Duration,
    /// How many of them may be missed in a row.
    pub misses: u8,
    /// After that time what failed before does not count any more.
    pub steady_after: Duration,
    /// How long a core may take to stop that has not said how long it needs.
    pub drain: Duration,
    /// The longest time that one is given, whatever it said.
    pub longest: Duration,
    /// What is added to the time that it said.
    pub grace: Duration,
    /// How long a core may take to answer that it stops.
    pub answer: Duration,
    /// How long a process may take to end that was told to.
    pub terminate: Duration,
    /// The first delay before another try; it doubles.
    pub base: Duration,
    /// The longest.
    pub cap: Duration,
    /// How often a core that ended is started again.
    pub relaunches: u32,
    /// How often our own process may fail to answer before it is ended.
    pub silences: u32,
    /// How often ours may find its folder held by the core whose place it takes; [`Policy::look_for_core`] lies between.
    pub yields: u32,
}

impl Default for Policy {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self {
            look_for_child: Duration::from_millis(100),
            startup: seconds(60),
            look_for_core: seconds(2),
            look_again: seconds(30),
            beat: seconds(30),
            misses: 2,
            steady_after: seconds(60),
            drain: seconds(45),
            longest: seconds(60),
            grace: seconds(2),
            answer: seconds(5),
            terminate: seconds(5),
            base: seconds(1),
            cap: seconds(30),
            relaunches: 3,
            silences: 6,
            yields: 25,
        }
    }
}

impl Policy {
    /// How long to wait after so many failures in a row.
    #[must_use]
    pub fn delay(&self, failures: u32) -> Duration {
        let doublings = failures.saturating_sub(1).min(31);
        self.base.saturating_mul(1 << doublings).min(self.cap)
    }
}
