//! What is not as it should be (contract: diagnostics).

use serde::{Deserialize, Serialize};

/// Everything that a person should look at.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Diagnostics {
    /// How many things there are.
    pub total_issues: usize,
    /// Servers that do not work.
    pub upstream_errors: Vec<UpstreamErrorView>,
    /// Servers that want a sign-in.
    pub oauth_required: Vec<OauthRequired>,
    /// Secrets that the settings name and nobody has.
    pub missing_secrets: Vec<MissingSecretView>,
    /// Servers that wait for approval.
    #[serde(default)]
    pub quarantined: Vec<String>,
    /// Faults of the settings file and the like.
    pub runtime_warnings: Vec<String>,
    /// When this was true.
    pub timestamp: String,
}

/// A server that does not work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct UpstreamErrorView {
    /// Which one.
    pub server_name: String,
    /// The stable code.
    pub code: String,
    /// Why, and what to do.
    pub error_message: String,
}

/// A server that wants a sign-in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct OauthRequired {
    /// Which one.
    pub server_name: String,
    /// Where its link stands.
    pub state: String,
    /// What it said.
    pub message: String,
}

/// A secret that the settings name and nobody has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct MissingSecretView {
    /// The reference or what was said of it.
    pub secret_name: String,
    /// Which servers need it.
    pub used_by: Vec<String>,
}
