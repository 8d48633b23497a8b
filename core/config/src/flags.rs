//! What the command line can say about the settings. Not here: parsing the command line.

use std::path::PathBuf;

/// Whether a settings file in the working directory counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WorkingDir {
    /// It does not: who starts us may stand in a folder whose files somebody else wrote.
    #[default]
    Ignored,
    /// It comes before the one in the data folder: a person who stands there asked for it.
    Searched,
}

/// What was given on the command line; `None` = not given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Flags {
    /// Whether `./mcp_config.json` counts.
    pub working_dir: WorkingDir,
    /// `--config`
    pub config: Option<PathBuf>,
    /// `--data-dir`
    pub data_dir: Option<PathBuf>,
    /// `--listen`
    pub listen: Option<String>,
    /// `--log-level`
    pub log_level: Option<String>,
    /// `--log-dir`
    pub log_dir: Option<PathBuf>,
    /// `--log-to-file`
    pub log_to_file: Option<bool>,
    /// `--require-mcp-auth`
    pub require_mcp_auth: Option<bool>,
    /// `--tool-response-mode`
    pub tool_response_mode: Option<String>,
    /// `--tray-endpoint`
    pub tray_endpoint: Option<String>,
    /// `--enable-socket`
    pub enable_socket: Option<bool>,
    /// `--read-only`
    pub read_only: Option<bool>,
    /// `--disable-management`
    pub disable_management: Option<bool>,
    /// `--allow-server-add`
    pub allow_server_add: Option<bool>,
    /// `--allow-server-remove`
    pub allow_server_remove: Option<bool>,
}
