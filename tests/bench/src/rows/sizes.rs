//! Large results: one client, 1 KiB to 10 MiB.

use super::{Line, Plan, in_turns};
use crate::{
    driver::{Load, drive},
    subject::Subject,
};

/// The sizes of the text, in bytes.
pub const SIZES: [usize; 4] = [1 << 10, 64 << 10, 1 << 20, 10 << 20];

/// Measures every subject with every size.
pub async fn measure(row: &str, field: &[Subject], plan: Plan, tell: &mut dyn FnMut(&str)) -> Vec<Line> {
    let mut lines = Vec::new();
    for bytes in SIZES {
        tell(&format!("   {row}: {} KiB", bytes >> 10));
        let load = |turn| Load { arguments: format!(r#"{{"bytes":{bytes}}}"#), ..Load::of(turn) };
        let one = async |subject: &Subject, turn| drive(subject, &load(turn)).await;
        lines.extend(in_turns((row, 1, bytes), field, plan, tell, one).await);
    }
    lines
}
