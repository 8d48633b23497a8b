//! The REST face: `/api/v1`, `/events`, `/metrics`, the way in for browsers at `/ui/`, and the document of it all.
//!
//! It translates and decides nothing: requests become operations of the API, and answers go out in the envelope of the
//! contract. Not here: who may ask (`edge`, `management::people`), what the operations do (`management`), the page.

mod api;
mod document;
mod envelope;
mod events;
mod faces;
mod form;
mod metrics;
mod query;
mod request;
mod route;
mod routes;
#[cfg(test)]
mod tests;
mod ui;

pub use faces::{RestFaces, Settings};
