//! Where clients reach the core.

use serde::{Deserialize, Serialize};

/// Where the core is reached.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct EndpointsView {
    /// The HTTP address, such as `127.0.0.1:8080`.
    pub http: String,
    /// The socket or pipe.
    pub socket: String,
    /// The URL for MCP clients.
    #[serde(default)]
    pub mcp: String,
    /// Whether MCP clients must present a credential.
    #[serde(default)]
    pub requires_key: bool,
}

/// The paths for MCP clients.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Endpoints {
    /// By `routing_mode`.
    pub default: String,
    /// Search mode.
    pub retrieve_tools: String,
    /// Direct mode.
    pub direct: String,
}
