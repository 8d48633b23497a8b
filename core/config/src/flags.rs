//! What the command line can say about the settings. Not here: parsing the command line.

use std::path::PathBuf;

/// What was given on the command line; `None` = not given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Flags {
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
}
