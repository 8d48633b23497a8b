//! Where clients reach the core, and what stands of it in their settings (contract: connect).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

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

/// An AI client on this machine.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ClientStatus {
    /// By which it is named in requests.
    pub id: String,
    /// For people.
    pub name: String,
    /// Its settings file.
    pub config_path: String,
    /// Whether that file is there.
    pub exists: bool,
    /// Whether the client is there: its program, or the folder of its settings.
    pub installed: bool,
    /// Whether our entry stands in its settings. Where that was not looked at, REST says false, with an `access_state`
    /// of `unknown`, and IPC says nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(value_type = bool, required = true))]
    pub connected: Option<bool>,
    /// Whether it can be connected. Always, today.
    pub supported: bool,
    /// Why it is not connected, if an entry of our name leads elsewhere or the file cannot be used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Whether it starts our program, because it cannot reach an address by itself.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub bridge: bool,
    /// The name of its picture, for faces that have one: its id.
    pub icon: String,
    /// The name of the entry that was looked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server_name: Option<String>,
    /// Whether its settings can be worked with.
    pub access_state: AccessState,
    /// What a person does where they cannot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remediation: Option<String>,
}

/// Whether the settings of a client can be worked with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum AccessState {
    /// They can be read.
    Accessible,
    /// There are none.
    Absent,
    /// They are not what their format allows.
    Malformed,
    /// The system does not let us.
    Denied,
    /// That was not looked at, or cannot be told.
    #[default]
    #[serde(other)]
    Unknown,
}

/// What connecting a client would change. Keys are dots in it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ConnectPreview {
    /// Its id.
    pub client: String,
    /// Its settings file.
    pub config_path: String,
    /// `json`, `toml` or `yaml`.
    pub format: String,
    /// The member of the file under which servers stand.
    pub server_key: String,
    /// The name of the entry.
    pub server_name: String,
    /// The entry.
    pub entry: Map<String, Value>,
    /// The entry as it would stand in an empty file.
    pub entry_text: String,
    /// Lines of the file that go.
    pub removed: Vec<String>,
    /// Lines of the file that come.
    pub added: Vec<String>,
    /// The client's own command that puts the entry in; nothing = the file is edited.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub command: Vec<String>,
    /// Whether an entry of the name is there.
    pub entry_exists: bool,
    /// Whether the file will hold the API key.
    pub contains_api_key: bool,
    /// Whether the client starts our program, because it cannot reach an address by itself.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub bridge: bool,
    /// Whether the settings can be worked with.
    pub access_state: AccessState,
    /// The entry that is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub existing_entry_summary: Option<EntrySummary>,
    /// Tells this state of the file from any other. Sent along with connecting, it lets only this one be changed.
    pub precondition_token: String,
    /// Why connecting would be refused, unless it is forced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connect_refusal: Option<String>,
}

/// An entry of a client's settings, without values that may be secrets.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct EntrySummary {
    /// Its name.
    pub entry_name: String,
    /// What it says of its type; empty = nothing.
    #[serde(rename = "type")]
    pub kind: String,
    /// Where it leads, without a query; empty = it starts a program.
    pub endpoint: String,
    /// The program that it starts, without its arguments; empty = none.
    pub command: String,
    /// The names of its headers.
    pub header_names: Vec<String>,
    /// The names of its variables.
    pub env_names: Vec<String>,
}

/// What came of connecting, disconnecting or undoing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ConnectResult {
    /// Whether it was done, or needed not be done.
    pub success: bool,
    /// The client's id.
    pub client: String,
    /// Its settings file.
    pub config_path: String,
    /// The file as it was before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backup_path: Option<String>,
    /// The bare name of that file, for undoing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backup_name: Option<String>,
    /// The name of the entry.
    pub server_name: String,
    /// What was done, or what stands in the way.
    pub action: ConnectAction,
    /// The same for people.
    pub message: String,
}

/// What was done to a client's settings, or what stands in the way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ConnectAction {
    /// The entry is new.
    Created,
    /// An entry of the name was there, and is ours now.
    Updated,
    /// Our entry was there; or another of its name is, and stays.
    AlreadyExists,
    /// Our entry is gone, all else is as it was.
    Removed,
    /// There was no entry of ours.
    NotFound,
    /// The file is another one than was seen.
    PreconditionFailed,
    /// The file is, byte for byte, what it was before.
    Restored,
    /// The file held nothing but our entry and is gone.
    Deleted,
    /// The file was changed since, or the entry leads elsewhere.
    Conflict,
    /// Something that this build does not know.
    #[default]
    #[serde(other)]
    Other,
}
