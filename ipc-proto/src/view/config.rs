//! The settings as they are told and changed (contract: config, config apply result).

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The settings file, secrets masked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ConfigView {
    /// What stands in the file.
    pub config: Value,
    /// The file.
    pub config_path: String,
}

/// Whether settings could be used.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Validation {
    /// Whether there is no fault.
    pub valid: bool,
    /// The faults.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
}

/// What is wrong with one setting.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct FieldError {
    /// Where: `mcpServers[2].command`.
    pub field: String,
    /// What is wrong, and what to write instead.
    pub message: String,
}

/// What a change of the settings came to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Applied {
    /// Always true: what cannot be applied is an error.
    pub success: bool,
    /// Whether all of it is in force now.
    pub applied_immediately: bool,
    /// Whether some of it waits for the next start.
    pub requires_restart: bool,
    /// Why, or that there was nothing to change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restart_reason: Option<String>,
    /// What changed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changed_fields: Vec<String>,
}
