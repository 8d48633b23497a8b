//! The command `mcpproxy`: `serve` runs the core, everything else asks or helps.
//!
//! stdout holds the answer and nothing else; what goes wrong is told once, on stderr, with an exit code that scripts
//! can rely on. Not here: what the core is made of (`daemon`).

mod args;
mod demo;
mod demo_server;
mod exit;
mod probe;
mod report;
mod version;

use std::process::ExitCode;

use clap::Parser;

use crate::{args::Command, exit::Failure};

fn main() -> ExitCode {
    let args = match args::Args::try_parse() {
        Ok(args) => args,
        Err(error) => return report::usage(&error),
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return report::failure(&Failure::internal(format!("no threads to work with: {error}"))),
    };
    let done = runtime.block_on(run(args));
    // what still blocks (a console that nobody reads) must not keep the process
    runtime.shutdown_background();
    match done {
        Ok(code) => code,
        Err(failure) => report::failure(&failure),
    }
}

async fn run(args: args::Args) -> Result<ExitCode, Failure> {
    let flags = args.flags();
    match args.command.unwrap_or(Command::Serve(args.serve)) {
        Command::Serve(_) => {
            let options = mcpproxy_daemon::Options { flags, env: mcpproxy_config::Env::from_process(), console: true };
            let running = Box::pin(mcpproxy_daemon::start(options)).await?;
            Ok(exit::of_end(running.serve().await))
        }
        Command::Version => version::print(args.output.format()).map(|()| ExitCode::SUCCESS),
        Command::Tools(tools) => probe::tools(flags, &tools, args.output.format()).await.map(|()| ExitCode::SUCCESS),
        Command::Demo => Box::pin(demo::run()).await,
        Command::DemoServer => {
            let served = demo_server::serve(tokio::io::stdin(), tokio::io::stdout()).await;
            served.map(|()| ExitCode::SUCCESS).map_err(|error| Failure::internal(format!("the pipes broke: {error}")))
        }
    }
}
