//! Secrets that the settings refer to: names only.

use serde::{Deserialize, Serialize};

/// A reference to a secret.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct SecretRef {
    /// Who keeps it: `env`, `keyring`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its name there.
    pub name: String,
    /// The reference as it is written.
    pub original: String,
}

/// The references of the settings.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct SecretRefs {
    /// Each once.
    pub refs: Vec<SecretRef>,
    /// How many there are.
    pub count: usize,
}

/// A reference, and whether there is something behind it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct SecretState {
    /// The reference.
    pub secret_ref: SecretRef,
    /// Whether it has a value.
    pub is_set: bool,
}

/// Which of the secrets that the settings refer to are set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct SecretConfig {
    /// Those of stores.
    pub secrets: Vec<SecretState>,
    /// Those of the environment.
    pub environment_vars: Vec<SecretState>,
    /// How many are in `secrets`.
    pub total_secrets: usize,
    /// How many are in `environment_vars`.
    pub total_env_vars: usize,
}
