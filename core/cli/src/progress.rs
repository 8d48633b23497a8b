//! One line on stderr while something takes longer than a second: what is awaited, for how long, and the last thing
//! that was heard. On a terminal it is redrawn in place and removed at the end; elsewhere it is told every ten seconds.

use std::{
    io::Write as _,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::time::{Instant, MissedTickBehavior, interval_at};

use crate::output::{
    escape::{cut, escaped},
    style::Style,
};

/// From when on something is shown, and how often it is drawn anew on a terminal.
const TICK: Duration = Duration::from_secs(1);
/// How often it is told where no person looks on.
const SELDOM: Duration = Duration::from_secs(10);

/// Something that is awaited.
pub(crate) struct Progress {
    what: String,
    heard: Heard,
    style: Style,
}

/// The last thing that was heard; clones share it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Heard(Arc<Mutex<String>>);

impl Heard {
    /// Something was heard.
    pub(crate) fn set(&self, line: &str) {
        line.clone_into(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }

    fn get(&self) -> String {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Progress {
    /// `what` as in "starting the core".
    pub(crate) fn new(what: impl Into<String>) -> Self {
        Self { what: what.into(), heard: Heard::default(), style: Style::of_stderr() }
    }

    /// Where to put what is heard.
    pub(crate) fn heard(&self) -> Heard {
        self.heard.clone()
    }

    /// Shows the line while the work goes on.
    pub(crate) async fn during<F: Future>(&mut self, work: F) -> F::Output {
        let mut work = std::pin::pin!(work);
        let begun = Instant::now();
        let every = if self.style.is_terminal { TICK } else { SELDOM };
        let mut ticks = interval_at(begun + every, every);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut is_shown = false;
        loop {
            tokio::select! {
                biased;
                done = &mut work => {
                    if is_shown && self.style.is_terminal {
                        draw("\r\u{1b}[K");
                    }
                    return done;
                }
                _ = ticks.tick() => {
                    is_shown = true;
                    let line = line(&self.what, begun.elapsed(), &self.heard.get(), self.style.width);
                    draw(&if self.style.is_terminal { format!("\r\u{1b}[K{line}") } else { format!("{line}\n") });
                }
            }
        }
    }
}

fn line(what: &str, elapsed: Duration, heard: &str, width: Option<usize>) -> String {
    let heard = escaped(heard.trim());
    let gap = if heard.is_empty() { "" } else { "  " };
    let line = format!("{} ({} s){gap}{heard}", escaped(what), elapsed.as_secs());
    // the last column stays free: a full line would make the terminal begin a new one
    width.map_or(line.clone(), |width| cut(&line, width.saturating_sub(1)))
}

fn draw(text: &str) {
    let mut stderr = std::io::stderr().lock();
    let _ = stderr.write_all(text.as_bytes()).and_then(|()| stderr.flush());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_is_one_line_and_fits() {
        let elapsed = Duration::from_millis(2_900);
        assert_eq!(line("starting a", elapsed, "", None), "starting a (2 s)");
        assert_eq!(line("starting a", elapsed, " load\u{1b}[2J\n", None), "starting a (2 s)  load\\u{1b}[2J");
        assert_eq!(line("starting a", elapsed, &"x".repeat(90), Some(40)).len(), 39);
    }
}
