//! `mcpproxy upstream`: the servers. What reads and what changes the settings file works without a core too.

mod act;
mod add;
mod approve;
mod inspect;
mod list;
mod logs;
pub(super) mod pairs;
mod remove;
mod tools;
pub(super) mod wait;

use std::process::ExitCode;

use mcpproxy_ipc_proto::call::ServerAction;

use crate::{args::upstream::UpstreamCommand, context::Context, exit::Failure};

/// Runs a command.
pub(super) async fn run(context: &Context, command: UpstreamCommand) -> Result<ExitCode, Failure> {
    let done = match command {
        UpstreamCommand::List => list::list(context).await,
        UpstreamCommand::Inspect(inspect) => inspect::inspect(context, &inspect).await,
        UpstreamCommand::Add(add) => return add::add(context, add).await,
        UpstreamCommand::AddJson { name, json } => return add::add_json(context, &name, &json).await,
        UpstreamCommand::Import(import) => return super::add::import::import(context, &import).await,
        UpstreamCommand::Patch(patch) => add::patch(context, &patch).await,
        UpstreamCommand::Remove(remove) => remove::remove(context, &remove).await,
        UpstreamCommand::Enable(which) => return act::act(context, &which, ServerAction::Enable).await,
        UpstreamCommand::Disable(which) => return act::act(context, &which, ServerAction::Disable).await,
        UpstreamCommand::Restart(which) => return act::act(context, &which, ServerAction::Restart).await,
        UpstreamCommand::Quarantine(which) => return act::act(context, &which, ServerAction::Quarantine).await,
        UpstreamCommand::Approve(approve) => return approve::approve(context, &approve).await,
        UpstreamCommand::Logs(logs) => logs::logs(context, &logs).await,
        UpstreamCommand::Tools(tools) => tools::switch(context, &tools).await,
    };
    done.map(|()| ExitCode::SUCCESS)
}
