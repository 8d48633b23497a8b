//! The command `mcpproxy`: `serve` runs the core, everything else asks or helps.
//!
//! stdout holds the answer and nothing else; what goes wrong is told once, with an exit code that scripts can rely on.
//! Not here: what the core is made of (`daemon`).

mod args;
mod bridge;
mod client;
mod commands;
mod context;
mod demo;
mod demo_server;
mod exit;
#[cfg(test)]
mod golden;
mod help_json;
mod launch;
mod offline;
mod output;
mod progress;
mod prompt;
mod report;

use std::{ffi::OsString, process::ExitCode, time::Duration};

use mcpproxy_config::Env;

use crate::{
    args::{Args, Command},
    context::Context,
    exit::Failure,
    output::Format,
};

/// How long tasks may take to end that a command leaves; none of them has anything to lose.
const LEAVING: Duration = Duration::from_millis(200);

fn main() -> ExitCode {
    let line: Vec<OsString> = std::env::args_os().collect();
    let env = Env::from_process();
    let wanted = env.variable("MCPPROXY_OUTPUT").map(str::to_owned);
    if let Some(help) = help_json::asked_for(&line) {
        return output::print(&help).map_or_else(|failure| report::failure(&failure), |()| ExitCode::SUCCESS);
    }
    let args = match Args::read(line.iter().cloned()) {
        Ok(args) => args,
        Err(error) => return report::usage(&error, args::format_of_unread(&line, wanted.as_deref())),
    };
    // whoever launches a core reads the last line of its stderr, whatever else is printed as JSON; and the stdout of a
    // bridge holds messages and nothing else
    let is_core = !args.version && matches!(args.command, None | Some(Command::Serve(_) | Command::Stdio(_)));
    let format = match args.global.format(wanted.as_deref()) {
        Ok(_) if is_core => Format::Table,
        Ok(format) => format,
        Err(failure) => return report::failure(&failure),
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return report::failure(&Failure::internal(format!("no threads to work with: {error}"))),
    };
    let context = Context::new(&args, env, format);
    let done = runtime.block_on(async {
        let done = commands::run(&context, args).await;
        context.scope.cancel();
        let _ = context.scope.drain(LEAVING).await;
        done
    });
    // what still blocks (a console that nobody reads) must not keep the process
    runtime.shutdown_background();
    done.unwrap_or_else(|failure| report::failure_as(&failure, format))
}
