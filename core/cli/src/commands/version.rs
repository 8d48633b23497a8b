//! `mcpproxy version`.

use std::env::consts::{ARCH, OS};

use mcpproxy_domain::identity::{IMPLEMENTATION, PRODUCT, VERSION};
use serde_json::json;

use crate::{context::Context, exit::Failure};

/// Prints what runs.
pub(super) fn print(context: &Context) -> Result<(), Failure> {
    let version = json!({
        "version": VERSION, "edition": "personal", "os": OS, "arch": ARCH, "implementation": IMPLEMENTATION,
    });
    context
        .output
        .show(&version, |_| format!("{PRODUCT} {VERSION} (personal) {OS}/{ARCH}\nimplementation: {IMPLEMENTATION}\n"))
}
