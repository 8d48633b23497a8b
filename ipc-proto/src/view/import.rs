//! What came of reading the settings of another program (contract: import).

use serde::{Deserialize, Serialize};

/// What came of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ImportResult {
    /// The form of the text.
    pub format: String,
    /// The same for people.
    pub format_name: String,
    /// The counts.
    pub summary: ImportSummary,
    /// The servers that were added, or would be.
    pub imported: Vec<ImportedServer>,
    /// Those that were not, for a reason.
    pub skipped: Vec<SkippedServer>,
    /// Those that could not be.
    pub failed: Vec<FailedServer>,
    /// What a person should know.
    pub warnings: Vec<String>,
}

/// The counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ImportSummary {
    /// Every server in the text.
    pub total: usize,
    /// See `imported`.
    pub imported: usize,
    /// See `skipped`.
    pub skipped: usize,
    /// See `failed`.
    pub failed: usize,
}

/// A server that was added, or would be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ImportedServer {
    /// Its name here.
    pub name: String,
    /// `stdio`, `streamable-http` or `sse`.
    pub protocol: String,
    /// Where it is reached, secrets masked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The program.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
    /// Its arguments, secrets masked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub args: Vec<String>,
    /// The form of the text.
    pub source_format: String,
    /// Its name there.
    pub original_name: String,
    /// What was not taken over.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields_skipped: Vec<String>,
    /// What a person should know.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

/// A server that was passed over.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct SkippedServer {
    /// Its name.
    pub name: String,
    /// `already_exists`, `filtered_out` or `invalid_name`.
    pub reason: String,
}

/// A server that could not be added.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct FailedServer {
    /// Its name.
    pub name: String,
    /// Why.
    pub error: String,
}

/// Where other programs keep their servers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ImportPaths {
    /// The system: `linux`, `darwin` or `windows`.
    pub os: String,
    /// The usual places here.
    pub paths: Vec<ImportPath>,
}

/// The usual place of one program's servers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ImportPath {
    /// The program, for people.
    pub name: String,
    /// The form of its file.
    pub format: String,
    /// The file.
    pub path: String,
    /// Whether it is there.
    pub exists: bool,
    /// The system that this is the place on.
    pub os: String,
    /// What it holds.
    pub description: String,
}
