//! Finding the right tool among thousands: one analyzer, an index in RAM with one writer, ranked search that anybody
//! may call at any time, and the compact form in which a found tool is shown.
//!
//! The index is derived: it opens empty, is filled from the stored lists of tools, and nothing of it is kept on disk,
//! so there is nothing to migrate or to repair. Not here: which tools exist and who may see them (the caller's
//! predicate says so), how an answer is worded, embeddings.

mod analyzer;
mod document;
mod engine;
mod error;
mod explain;
mod ledger;
mod query;
mod schema_text;
mod search;
mod sentence;
mod signature;
#[cfg(test)]
mod tests;
mod writer;

pub use document::Document;
pub use error::Error;
pub use explain::{Explanation, Part, Reason, explain};
pub use search::{Hit, Searcher};
pub use sentence::first_sentence;
pub use signature::{Signature, signature};
pub use writer::{Receipt, Writer};

/// Opens an empty index in RAM and starts its writer thread, which ends when the [`Writer`] is dropped.
///
/// # Errors
/// When the thread cannot be started, or the engine refuses to start its own.
pub fn open() -> Result<(Writer, Searcher), Error> {
    let engine = engine::Engine::create()?;
    let searcher = Searcher::new(engine.snapshot());
    let writer = Writer::start(engine, searcher.clone())?;
    Ok((writer, searcher))
}
