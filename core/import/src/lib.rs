//! What people paste and what other programs keep, read as server entries of our settings.
//!
//! [`parse`] reads whatever follows `mcpproxy add`; [`import`] reads a whole settings file of another program. Whatever
//! the form is, it becomes one JSON object an entry, and a single reader makes a [`Draft`] of it.
//! Pure: no file, no environment. Not here: writing the settings, asking a person, looking whether a program exists.

mod client;
mod command;
mod draft;
mod entry;
mod error;
mod fields;
mod file;
mod format;
mod gather;
mod jsonc;
mod link;
mod name;
mod oauth;
mod own;
mod paste;
mod placeholder;
mod shape;
#[cfg(test)]
mod tests;
mod transport;

pub use draft::{Draft, Form, Rest, Source};
pub use error::{ImportError, Reason, Shown};
pub use file::{FILE_LIMIT, Imported, Skipped, import};
pub use format::Format;
pub use name::is_name;
pub use paste::{PASTE_LIMIT, parse};
