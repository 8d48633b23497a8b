//! The commands, one file a noun. Each asks the core or the files, and prints one answer.

mod add;
mod ask;
mod call;
mod completions;
mod connect;
mod doctor;
mod search;
mod status;
mod stop;
mod tools;
mod ui;
mod upstream;
mod version;

use std::process::ExitCode;

use crate::{
    args::{Args, Command, tools::ToolsCommand},
    bridge,
    context::Context,
    demo, demo_server,
    exit::{Failure, of_end},
    output::note,
};

/// Runs a command.
///
/// # Errors
/// Why it did not do what it was asked to.
pub(crate) async fn run(context: &Context, args: Args) -> Result<ExitCode, Failure> {
    if args.version {
        return version::print(context).map(|()| ExitCode::SUCCESS);
    }
    match args.command.unwrap_or(Command::Serve(args.serve)) {
        Command::Serve(serve) => {
            for line in serve.without_function() {
                note(&format!("warning: {line}"));
            }
            let (flags, env) = (context.flags.clone(), context.env.clone());
            let options = mcpproxy_daemon::Options { flags, env, console: !serve.detached };
            let running = Box::pin(mcpproxy_daemon::start(options)).await?;
            // who starts us detached does not speak to us
            let end = if running.address.is_none() && !serve.detached {
                Box::pin(running.serve_stdio(tokio::io::stdin(), tokio::io::stdout())).await
            } else {
                running.serve().await
            };
            Ok(of_end(end))
        }
        Command::Stdio(args) => Box::pin(bridge::stdio(context, &args)).await,
        Command::Status(status) => status::show(context, &status).await.map(|()| ExitCode::SUCCESS),
        Command::Stop => stop::stop(context).await.map(|()| ExitCode::SUCCESS),
        Command::Add(add) => Box::pin(add::add(context, *add)).await,
        Command::Connect(connect) => Box::pin(connect::connect(context, connect)).await,
        Command::Disconnect(disconnect) => connect::disconnect(context, disconnect).await,
        Command::Upstream(command) => Box::pin(upstream::run(context, command)).await,
        Command::Tools(ToolsCommand::List(list)) => tools::list(context, &list).await.map(|()| ExitCode::SUCCESS),
        Command::Tools(ToolsCommand::Search(search)) | Command::Search(search) => {
            search::search(context, &search).await.map(|()| ExitCode::SUCCESS)
        }
        Command::Call(call) => call::call(context, &call).await,
        Command::Ui(ui) => ui::open(context, &ui).await.map(|()| ExitCode::SUCCESS),
        Command::Doctor(doctor) => doctor::examine(context, &doctor).await,
        Command::Completions { shell } => completions::print(shell).map(|()| ExitCode::SUCCESS),
        Command::Version => version::print(context).map(|()| ExitCode::SUCCESS),
        Command::Demo => Box::pin(demo::run()).await,
        Command::DemoServer => {
            let served = demo_server::serve(tokio::io::stdin(), tokio::io::stdout()).await;
            served.map(|()| ExitCode::SUCCESS).map_err(|error| Failure::internal(format!("the pipes broke: {error}")))
        }
    }
}
