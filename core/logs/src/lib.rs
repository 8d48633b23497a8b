//! Logs: the tracing set-up, the main file, one file a server, rotation, redaction.
//!
//! Every line, wherever it goes, has its secrets replaced ([`Redactor`]) and its control characters escaped before it
//! is written. Nothing is ever written to stdout. Not here: what is worth a line; the history of calls (`runtime`).
//!
//! Files are written directly, under a lock that is held for one `write`: a line is in the kernel's hands when the
//! call returns, so it outlives a killed process, and a server that floods its log slows down its own reader instead
//! of filling our memory. The console is different: a pipe that nobody reads blocks for ever, so it has a thread and a
//! bounded queue of its own, and what does not fit is counted and left out.

mod archive;
mod console;
mod directory;
mod format;
mod layer;
mod reading;
mod redact;
mod rotate;
mod server;
mod setup;
mod text;

pub use directory::{Platform, directory};
pub use reading::{LogLine, Read};
pub use redact::Redactor;
pub use rotate::Limits;
pub use server::{LineKind, ServerLog, ServerLogs};
pub use setup::{Guard, LogError, LogSettings, init};
