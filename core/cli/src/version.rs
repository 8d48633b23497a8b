//! `mcpproxy version`.

use std::{
    env::consts::{ARCH, OS},
    io::{self, Write},
};

use mcpproxy_domain::identity::{IMPLEMENTATION, PRODUCT, VERSION};
use serde_json::json;

use crate::{args::Format, exit::Failure};

/// Prints what runs.
pub(crate) fn print(format: Format) -> Result<(), Failure> {
    let text = match format {
        Format::Table => format!("{PRODUCT} {VERSION} (personal) {OS}/{ARCH}\nimplementation: {IMPLEMENTATION}"),
        Format::Json => {
            let version = json!({
                "version": VERSION, "edition": "personal", "os": OS, "arch": ARCH, "implementation": IMPLEMENTATION,
            });
            serde_json::to_string_pretty(&version).unwrap_or_default()
        }
    };
    writeln!(io::stdout().lock(), "{text}").map_err(|error| Failure::internal(format!("stdout is closed: {error}")))
}
