//! Small calls: 64 bytes there and back, by 1, 8, 16 and 64 clients.

use std::time::Duration;

use super::{Line, Plan, in_turns};
use crate::{
    driver::{Load, drive},
    subject::Subject,
};

/// How many clients call at once.
pub const CLIENTS: [usize; 4] = [1, 8, 16, 64];
/// The size of the text, in bytes.
const SIZE: usize = 64;

/// Measures every subject with every number of clients.
pub async fn measure(row: &str, field: &[Subject], plan: Plan, tell: &mut dyn FnMut(&str)) -> Vec<Line> {
    let arguments = format!(r#"{{"text":"{}"}}"#, "x".repeat(SIZE));
    let mut lines = Vec::new();
    for clients in CLIENTS {
        tell(&format!("   {row}: {clients} client(s)"));
        let load = |turn| Load { clients, arguments: arguments.clone(), pace: Duration::ZERO, ..Load::of(turn) };
        let one = async |subject: &Subject, turn| drive(subject, &load(turn)).await;
        lines.extend(in_turns((row, clients, SIZE), field, plan, tell, one).await);
    }
    lines
}
