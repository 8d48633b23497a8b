//! How a person comes to the page of the core.

use serde::{Deserialize, Serialize};

/// The way in for one browser, once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct UiTicket {
    /// The address to open. It lets in once, and holds no key.
    pub url: String,
    /// For how long, in seconds.
    pub expires_in_seconds: u64,
}
