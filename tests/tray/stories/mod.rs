//! The stories. Each has a desktop, a data folder and cores of its own, so that they can be told at the same time.

mod autostart;
mod beside;
mod life;
mod menu;
mod panel;
mod readme;
mod trouble;
mod window;
mod without;

use mcpproxy_tests::peers::Program;
use serde_json::{Value, json};

/// A server whose tools are known.
fn fake(name: &str) -> Value {
    Program::new(env!("CARGO_BIN_EXE_fake-mcp"), &[]).entry(name)
}

/// Settings with these servers.
fn servers(entries: &[Value]) -> Value {
    json!({ "mcpServers": entries })
}
