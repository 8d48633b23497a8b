//! Large results: one client, 1 KiB to 10 MiB.

use std::time::Duration;

use super::Line;
use crate::{
    driver::{Load, drive},
    stats::Times,
    subject::Subject,
    trouble::Result,
};

/// The sizes of the text, in bytes.
pub const SIZES: [usize; 4] = [1 << 10, 64 << 10, 1 << 20, 10 << 20];

/// Measures every subject with every size.
pub async fn measure(
    row: &str,
    field: &[Subject],
    rounds: usize,
    round: Duration,
    tell: &mut dyn FnMut(&str),
) -> Result<Vec<Line>> {
    let mut lines = Vec::new();
    for bytes in SIZES {
        tell(&format!("   {row}: {} KiB", bytes >> 10));
        let arguments = format!(r#"{{"bytes":{bytes}}}"#);
        let load = Load { clients: 1, arguments, warm: round / 4, time: round, least: 3, pace: Duration::ZERO };
        let mut all: Vec<Option<Times>> = field.iter().map(|_| Some(Times::default())).collect();
        for _ in 0..rounds {
            for (subject, times) in field.iter().zip(&mut all) {
                // another proxy may have a cap below ours; it has no line then
                *times = match (drive(subject, &load).await, times.take()) {
                    (Ok(more), Some(mut times)) => {
                        times.append(more);
                        Some(times)
                    }
                    (Err(error), Some(_)) => {
                        tell(&format!("!! {}: {} KiB: {error}", subject.name, bytes >> 10));
                        None
                    }
                    (_, None) => None,
                };
            }
        }
        lines.extend(field.iter().zip(all).filter_map(|(subject, times)| {
            let figures = times?.figures();
            Some(Line { row: row.to_owned(), clients: 1, subject: subject.name.clone(), bytes, figures })
        }));
    }
    Ok(lines)
}
