//! `mcpproxy upstream enable|disable|restart|quarantine`: the same for several servers, and what came of it.

use std::process::ExitCode;

use mcpproxy_domain::Code;
use mcpproxy_ipc_proto::{
    call::{ActOnServers, Selection, ServerAction},
    view::{BulkItem, BulkResult},
};

use super::wait::{self, Outcome};
use crate::{
    args::upstream::Which,
    client::not_running,
    context::Context,
    exit::Failure,
    launch, offline,
    output::escape::escaped,
    output::style::{Mark, Style},
    prompt,
};

/// Does it, waits for what it leads to, and says what came of it.
pub(super) async fn act(context: &Context, which: &Which, action: ServerAction) -> Result<ExitCode, Failure> {
    let names = which.all_names();
    if names.is_empty() && !which.all {
        let hint = format!("name one, such as: mcpproxy upstream {} NAME; or all with --all", verb(action));
        return Err(Failure::new(Code::InvalidInput, "no server is named", hint));
    }
    if which.all && !which.force {
        prompt::require(&format!("Really {} all servers?", verb(action)), "--force")?;
    }
    let found = match action {
        ServerAction::Restart => Some(launch::ensure_running(context).await?),
        _ => launch::find(context).await?,
    };
    let Some(mut core) = found else {
        let result = on_files(context, which, names, action)?;
        let held = if action == ServerAction::Enable { held(context, &result)? } else { Vec::new() };
        context.output.show(&result, |style| lines(&result, action, &held, style))?;
        return Ok(exit(&result));
    };
    let selection = if which.all { Selection::All } else { Selection::Named(names) };
    let before = wait::snapshot(&core).await?;
    let mut result = core.ask(&ActOnServers { servers: selection, action }).await?;
    let mut outcomes = Vec::new();
    let leads_to_a_start = matches!(action, ServerAction::Enable | ServerAction::Restart);
    if leads_to_a_start && !which.no_wait {
        let started =
            result.items.iter().filter(|item| item.success && (item.changed || action == ServerAction::Restart));
        let names: Vec<String> = started.map(|item| item.server.clone()).collect();
        outcomes = wait::until_settled(&mut core, &before, &names).await?;
        for outcome in outcomes.iter().filter(|outcome| outcome.failed) {
            blame(&mut result, outcome);
        }
    }
    context.output.show(&result, |style| lines(&result, action, &outcomes, style))?;
    Ok(exit(&result))
}

/// What can be done while no core runs.
fn on_files(context: &Context, which: &Which, names: Vec<String>, action: ServerAction) -> Result<BulkResult, Failure> {
    let names = (!which.all).then_some(names);
    match action {
        ServerAction::Enable => offline::set(context, names, "enabled", true),
        ServerAction::Disable => offline::set(context, names, "enabled", false),
        ServerAction::Quarantine => offline::set(context, names, "quarantined", true),
        ServerAction::Restart | ServerAction::Other => Err(not_running()),
    }
}

/// Those that were switched on and do not start all the same.
fn held(context: &Context, result: &BulkResult) -> Result<Vec<Outcome>, Failure> {
    let config = context.config()?;
    let servers = result.items.iter().filter_map(|item| offline::find(&config, &item.server).ok());
    Ok(servers.filter(|server| server.quarantined).map(|server| wait::held(&server.name)).collect())
}

/// A server that was switched on and does not work is a failure.
fn blame(result: &mut BulkResult, outcome: &Outcome) {
    result.errors.insert(outcome.server.clone(), outcome.words.clone());
    for item in result.items.iter_mut().filter(|item| item.server == outcome.server) {
        item.success = false;
        item.error = Some(outcome.words.clone());
    }
    result.successful = result.items.iter().filter(|item| item.success).count();
    result.failed = result.items.len() - result.successful;
}

fn lines(result: &BulkResult, action: ServerAction, outcomes: &[Outcome], style: Style) -> String {
    if result.items.is_empty() {
        return "No results found\n".to_owned();
    }
    let line = |item: &BulkItem| {
        let outcome = outcomes.iter().find(|outcome| outcome.server == item.server);
        let (mark, words) = match (&item.error, outcome) {
            (Some(error), _) => (Mark::Broken, error.clone()),
            (None, Some(outcome)) => (outcome.mark, outcome.words.clone()),
            (None, None) if item.changed || action == ServerAction::Restart => (Mark::Well, done(action).to_owned()),
            (None, None) => (Mark::Well, format!("{} already", done(action))),
        };
        format!("{} {}: {}\n", style.mark(mark), escaped(&item.server), escaped(&words))
    };
    result.items.iter().map(line).collect()
}

fn exit(result: &BulkResult) -> ExitCode {
    if result.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

const fn verb(action: ServerAction) -> &'static str {
    match action {
        ServerAction::Enable => "enable",
        ServerAction::Disable => "disable",
        ServerAction::Restart => "restart",
        ServerAction::Quarantine => "quarantine",
        ServerAction::Other => "change",
    }
}

const fn done(action: ServerAction) -> &'static str {
    match action {
        ServerAction::Enable => "enabled",
        ServerAction::Disable => "disabled",
        ServerAction::Restart => "restarted",
        ServerAction::Quarantine => "held until it is approved",
        ServerAction::Other => "changed",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::golden;

    #[test]
    fn what_came_of_it() {
        let item = |server: &str, changed, error: Option<&str>| BulkItem {
            server: server.to_owned(),
            success: error.is_none(),
            changed,
            code: error.map(|_| "SERVER_NOT_FOUND".to_owned()),
            error: error.map(str::to_owned),
        };
        let mut result = BulkResult {
            total: 4,
            successful: 3,
            failed: 1,
            errors: [("nobody\u{1b}[2J".to_owned(), "no server of that name".to_owned())].into(),
            items: vec![
                item("github", true, None),
                item("files", false, None),
                item("broken", true, None),
                item("nobody\u{1b}[2J", false, Some("no server of that name")),
            ],
        };
        let outcome = |server: &str, failed, words: &str| Outcome {
            server: server.to_owned(),
            failed,
            mark: if failed { Mark::Broken } else { Mark::Well },
            words: words.to_owned(),
        };
        let outcomes =
            [outcome("github", false, "ready, 12 tools"), outcome("broken", true, "exited with code 3\n\u{1b}[31mx")];
        blame(&mut result, &outcomes[1]);
        assert_eq!((result.successful, result.failed), (2, 2));
        golden::check_forms("upstream_enable", &result, |style| lines(&result, ServerAction::Enable, &outcomes, style));
    }
}
