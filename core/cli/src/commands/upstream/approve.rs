//! `mcpproxy upstream approve NAME`: shows exactly what will run, asks, and approves that and nothing else.

use std::process::ExitCode;

use mcpproxy_ipc_proto::{
    call::{ApproveServer, GetServer},
    view::ServerView,
};

use super::wait;
use crate::{
    args::upstream::Approve,
    context::Context,
    exit::Failure,
    launch::ensure_running,
    output::{escape::escaped, note},
    prompt,
};

/// Approves a server.
pub(super) async fn approve(context: &Context, approve: &Approve) -> Result<ExitCode, Failure> {
    let mut core = ensure_running(context).await?;
    let before = wait::snapshot(&core).await?;
    let server = core.ask(&GetServer { name: approve.name.clone() }).await?;
    let name = escaped(&server.name);
    if context.output.is_for_people() || !approve.yes {
        note(&shown(&server));
    }
    if server.quarantined && !approve.yes {
        prompt::require(&format!("Approve {name}? This runs its code."), "--yes")?;
    }
    // the mark of what was shown: if the entry has changed since, the core refuses
    let call = ApproveServer { name: server.name.clone(), fingerprint: server.fingerprint.clone() };
    let added = core.ask(&call).await?;
    let mut outcomes = Vec::new();
    if server.enabled && server.quarantined && !approve.no_wait {
        outcomes = wait::until_approved(&mut core, &before, &server.name).await?;
    }
    context.output.show(&added, |style| match outcomes.first() {
        Some(outcome) => format!("{} {name}: approved; {}\n", style.mark(outcome.mark), escaped(&outcome.words)),
        None if !server.quarantined => format!("{name}: was not held\n"),
        None if !server.enabled => {
            format!("{name}: approved, and still switched off: mcpproxy upstream enable {name}\n")
        }
        None => format!("{name}: approved\n"),
    })?;
    Ok(if outcomes.iter().any(|outcome| outcome.failed) { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// What somebody who approves it has to know.
fn shown(server: &ServerView) -> String {
    let mut text = format!("{} runs:\n  {}", escaped(&server.name), escaped(&server.runs));
    if let Some(folder) = &server.working_dir
        && !server.runs.contains(folder.as_str())
    {
        text.push_str(&format!("\n  in {}", escaped(folder)));
    }
    text
}
