//! Small calls: 64 bytes there and back, by 1, 8, 16 and 64 clients. All subjects run beside each other, and their rounds
//! take turns, so that what disturbs the machine disturbs all of them.

use std::time::Duration;

use super::Line;
use crate::{
    driver::{Load, drive},
    stats::Times,
    subject::Subject,
    trouble::Result,
};

/// How many clients call at once.
pub const CLIENTS: [usize; 4] = [1, 8, 16, 64];
/// The size of the text, in bytes.
const SIZE: usize = 64;

/// Measures every subject with every number of clients.
pub async fn measure(
    row: &str,
    field: &[Subject],
    rounds: usize,
    round: Duration,
    tell: &mut dyn FnMut(&str),
) -> Result<Vec<Line>> {
    let arguments = format!(r#"{{"text":"{}"}}"#, "x".repeat(SIZE));
    let mut lines = Vec::new();
    for clients in CLIENTS {
        tell(&format!("   {row}: {clients} client(s)"));
        let load = Load {
            clients,
            arguments: arguments.clone(),
            warm: round / 4,
            time: round,
            least: 1,
            pace: Duration::ZERO,
        };
        let mut all: Vec<Times> = field.iter().map(|_| Times::default()).collect();
        for _ in 0..rounds {
            for (subject, times) in field.iter().zip(&mut all) {
                times.append(drive(subject, &load).await?);
            }
        }
        lines.extend(field.iter().zip(all).map(|(subject, mut times)| Line {
            row: row.to_owned(),
            clients,
            subject: subject.name.clone(),
            bytes: SIZE,
            figures: times.figures(),
        }));
    }
    Ok(lines)
}
