//! The rows of the table, one file a kind. Each returns what it measured; nothing here prints.

pub mod beside;
pub mod calls;
pub mod caps;
pub mod events;
pub mod ipc;
pub mod memory;
pub mod search;
pub mod sizes;
pub mod start;

use std::time::{Duration, Instant};

use serde::Serialize;

use crate::{
    stats::{Figures, Times},
    subject::Subject,
    trouble::{Result, trouble},
};

/// No turn lasts longer, however long its calls do.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// How long is measured. Each subject has the same time for a line; a fast one makes many calls in it, a slow one few.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// How often it is each subject's turn.
    pub rounds: usize,
    /// The time of each subject for one line, warming up included.
    pub each: Duration,
}

/// One line of a table of calls.
#[derive(Clone, Debug, Serialize)]
pub struct Line {
    /// Which way: `stdio` or `http`, and what was called.
    pub row: String,
    /// How many clients.
    pub clients: usize,
    /// Whose line it is.
    pub subject: String,
    /// How large each result is, in bytes of text.
    pub bytes: usize,
    /// How many rounds it had; fewer than others when its time was up before.
    pub rounds: usize,
    /// The figures.
    #[serde(flatten)]
    pub figures: Figures,
}

/// Measures one line: the rounds of all subjects take turns, so that what disturbs the machine disturbs all of them.
/// Who has used up its time sits out. A subject without any round has no line, and is told about.
pub async fn in_turns(
    (row, clients, bytes): (&str, usize, usize),
    field: &[Subject],
    plan: Plan,
    tell: &mut dyn FnMut(&str),
    one: impl AsyncFn(&Subject, Duration) -> Result<Times>,
) -> Vec<Line> {
    let turn = plan.each / u32::try_from(plan.rounds.max(1)).unwrap_or(u32::MAX);
    let mut all: Vec<_> = field.iter().map(|_| (0, Duration::ZERO, Times::default())).collect();
    for _ in 0..plan.rounds {
        for (subject, (rounds, used, times)) in field.iter().zip(&mut all) {
            // what a turn lasts longer than planned must not cost a fast subject its last one
            if *used + turn / 2 > plan.each {
                continue;
            }
            let begun = Instant::now();
            let turn = tokio::time::timeout(PATIENCE, one(subject, turn)).await;
            match turn.unwrap_or_else(|_| Err(trouble("no answer in time"))) {
                Ok(more) => {
                    times.append(more);
                    *rounds += 1;
                    *used += begun.elapsed();
                }
                // another proxy may have a cap below ours
                Err(error) => {
                    tell(&format!("!! {}: {row}, {bytes} bytes: {error}", subject.name));
                    *used = Duration::MAX / 2;
                }
            }
        }
    }
    let measured = field.iter().zip(all).filter(|(_, (rounds, _, times))| *rounds > 0 && times.count() > 0);
    measured
        .map(|(subject, (rounds, _, mut times))| Line {
            row: row.to_owned(),
            clients,
            subject: subject.name.clone(),
            bytes,
            rounds,
            figures: times.figures(),
        })
        .collect()
}
