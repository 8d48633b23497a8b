//! The rows of the table, one file a kind. Each returns what it measured; nothing here prints.

pub mod beside;
pub mod calls;
pub mod memory;
pub mod search;
pub mod sizes;
pub mod start;

use serde::Serialize;

use crate::stats::Figures;

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
    /// The figures.
    #[serde(flatten)]
    pub figures: Figures,
}
