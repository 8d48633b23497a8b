//! `mcpproxy completions SHELL`: a script that a shell reads at its start.

use clap::CommandFactory as _;
use clap_complete::{Shell, generate};
use mcpproxy_domain::identity::COMMAND;

use crate::{args::Args, exit::Failure, output};

/// Prints the script.
pub(super) fn print(shell: Shell) -> Result<(), Failure> {
    let mut script = Vec::new();
    generate(shell, &mut Args::command(), COMMAND, &mut script);
    output::print(&String::from_utf8_lossy(&script))
}
