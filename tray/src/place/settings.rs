//! The keys of the settings file that say where its core is. Not here: all others, and what is wrong with them; that is
//! the core's to tell.

use serde_json::Value;

/// What stands in the file. What cannot be read counts as not there.
#[derive(Debug, Default)]
pub(super) struct Settings {
    /// `data_dir`
    pub(super) data_dir: Option<String>,
    /// `tray_endpoint`
    pub(super) tray_endpoint: Option<String>,
    /// `logging.log_dir`
    pub(super) log_dir: Option<String>,
}

impl Settings {
    /// Reads the bytes of the file.
    pub(super) fn read(bytes: &[u8]) -> Self {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let document: Value = serde_json::from_slice(bytes).unwrap_or_default();
        let text = |pointer| {
            let text = document.pointer(pointer).and_then(Value::as_str).filter(|text| !text.trim().is_empty());
            text.map(str::to_owned)
        };
        Self { data_dir: text("/data_dir"), tray_endpoint: text("/tray_endpoint"), log_dir: text("/logging/log_dir") }
    }
}
