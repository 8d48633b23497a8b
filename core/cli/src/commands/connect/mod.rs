//! `mcpproxy connect` and `disconnect`: our entry in the settings of AI clients. What changes is shown before it is done,
//! and the file as it was is kept. Not here: what the entry of each client looks like (`mcpproxy-clients`).

mod show;
mod target;

use std::process::ExitCode;

use mcpproxy_clients::{
    ClientError, ClientId, ClientState, Connected, Disconnected, Places, Preview, Standing, System, Target, Wish,
};
use mcpproxy_domain::Code;

use self::show::{Report, ResultView};
use super::ask;
use crate::{
    args::connect::{Connect, Disconnect},
    context::Context,
    exit::Failure,
    output::{note, style::Style},
    progress::Progress,
    prompt,
};

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        Self::new(error.code(), error.to_string(), "")
    }
}

/// Connects clients, or shows them.
pub(super) async fn connect(context: &Context, connect: Connect) -> Result<ExitCode, Failure> {
    let places = places()?;
    if connect.print {
        return print(context, &connect, &places).await;
    }
    let named = connect.client.as_deref().map(ClientId::parse).transpose()?;
    let asks = named.is_none() && !connect.all && !connect.list;
    let target = match connect.list || connect.dry_run || asks {
        true => target::likely(context, &connect.name).await?,
        false => target::known(context, &connect.name).await?,
    };
    let clients = match named {
        Some(client) => vec![client],
        None => {
            let states = looked(&places, &target).await?;
            if connect.all {
                states.into_iter().filter(|state| state.installed).map(|state| state.client).collect()
            } else {
                let can_ask = !connect.list && context.output.is_for_people() && prompt::is_possible();
                context.output.show(&show::views(&states, &target), |style| show::table(&states, style))?;
                if !can_ask {
                    if asks && context.output.is_for_people() {
                        note("next: mcpproxy connect CLIENT");
                    }
                    return Ok(ExitCode::SUCCESS);
                }
                vec![which(&states).await?]
            }
        }
    };
    // whoever was asked which one has not yet decided where it leads
    let target = if asks && !connect.dry_run { target::known(context, &connect.name).await? } else { target };
    let mut report = Report::default();
    let agreed = agree(&clients, &places, &target, &connect, &mut report).await?;
    for (preview, force) in agreed {
        let client = preview.state.client;
        let wish = Wish { force, shown: !connect.entry_only, seen: Some(preview.fingerprint) };
        let (places, target) = (places.clone(), target.clone());
        let done = blocking(format!("connecting {}", client.title()), move || {
            mcpproxy_clients::connect(client, &places, &target, &wish)
        });
        match done.await? {
            Ok(connected) => report.results.push(connected_view(&preview.state, &connect.name, &connected)),
            Err(error) => report.fail(client, &error),
        }
    }
    context.output.show(&report, |style| show::lines(&report, connect.dry_run, style))?;
    let is_new = report.results.iter().any(|result| matches!(result.action, "created" | "updated"));
    if is_new && context.output.is_for_people() {
        target::next(context).await?;
    }
    Ok(if report.errors.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Disconnects one client.
pub(super) async fn disconnect(context: &Context, disconnect: Disconnect) -> Result<ExitCode, Failure> {
    let client = ClientId::parse(&disconnect.client)?;
    let (places, target) = (places()?, target::likely(context, &disconnect.name).await?);
    let state = mcpproxy_clients::look(client, &places, &target);
    let is_there = !matches!(state.standing, Some(Standing::Absent));
    if is_there && !disconnect.yes {
        let question = format!("Take the entry {} out of {}?", disconnect.name, state.path.display());
        if !ask::yes(&question, false, "--yes").await? {
            return Err(ask::declined());
        }
    }
    let done = blocking(format!("disconnecting {}", client.title()), move || {
        mcpproxy_clients::disconnect(client, &places, &target, disconnect.force)
    });
    let done = done.await??;
    let mut report = Report::default();
    let (action, backup) = match &done {
        Disconnected::NotConnected => ("not_found", None),
        Disconnected::Restored => ("restored", None),
        Disconnected::Deleted => ("deleted", None),
        Disconnected::Removed { backup } => ("removed", Some(backup.clone())),
    };
    report.results.push(ResultView::new(&state, &disconnect.name, action, backup));
    context.output.show(&report, |style| show::lines(&report, false, style))?;
    Ok(ExitCode::SUCCESS)
}

/// Prints what somebody does by hand.
async fn print(context: &Context, connect: &Connect, places: &Places) -> Result<ExitCode, Failure> {
    let client = ClientId::parse(connect.client.as_deref().unwrap_or_default())?;
    let target = target::known(context, &connect.name).await?;
    let text = mcpproxy_clients::print(client, places, &target, !connect.entry_only);
    let view = show::Printed { client: client.as_str(), config_path: places.config(client), text: text.clone() };
    context.output.show(&view, |_| text)?;
    Ok(ExitCode::SUCCESS)
}

/// Shows what would change, client by client, and lets a person agree. What needs no change or cannot be done is told in
/// the report. With each comes whether it may take the place of what is there.
async fn agree(
    clients: &[ClientId],
    places: &Places,
    target: &Target,
    connect: &Connect,
    report: &mut Report,
) -> Result<Vec<(Preview, bool)>, Failure> {
    let mut open = Vec::new();
    for client in clients {
        let (client, own_places, own_target, shown) = (*client, places.clone(), target.clone(), !connect.entry_only);
        let look = move || mcpproxy_clients::preview(client, &own_places, &own_target, shown);
        let preview = match blocking(format!("looking at {}", client.title()), look).await? {
            Ok(preview) => preview,
            Err(error) => {
                report.fail(client, &error);
                continue;
            }
        };
        // one that leads to a core at another address may be replaced by whoever sees it and agrees
        let is_moved = matches!(preview.state.standing, Some(Standing::Moved { .. }));
        let may_replace = connect.force || (is_moved && !connect.yes && prompt::is_possible());
        if let Some(error) = refused(&preview.state, target, connect.force, may_replace) {
            report.fail(client, &error);
        } else if preview.added.is_empty() && preview.removed.is_empty() && preview.command.is_none() {
            report.results.push(ResultView::new(&preview.state, &connect.name, "already_exists", None));
        } else {
            open.push((preview, may_replace));
        }
    }
    let style = Style::of_stderr();
    for (preview, _) in &open {
        note(show::preview(preview, style).trim_end());
    }
    if connect.dry_run {
        let would = |preview: &Preview| ResultView::new(&preview.state, &connect.name, "would_change", None);
        report.results.extend(open.iter().map(|(preview, _)| would(preview)));
        return Ok(Vec::new());
    }
    if !open.is_empty() && !connect.yes {
        let them = if open.len() == 1 { "this change" } else { "these changes" };
        if !ask::yes(&format!("Make {them}?"), true, "--yes or --dry-run").await? {
            return Err(ask::declined());
        }
    }
    Ok(open)
}

/// Why a client is not connected, as it is found now.
fn refused(state: &ClientState, target: &Target, force: bool, may_replace: bool) -> Option<ClientError> {
    let taken = match &state.standing {
        Some(Standing::Moved { what } | Standing::Elsewhere { what }) if !may_replace => Some(what.clone()),
        _ => None,
    };
    let reaches_us = state.standing.as_ref().is_some_and(Standing::is_connected);
    if let Some(what) = taken {
        return Some(ClientError::Taken { path: state.path.clone(), name: target.name.clone(), what });
    }
    if !state.installed && !force && !reaches_us {
        let missing = "neither its program nor the folder of its settings is there".to_owned();
        return Some(ClientError::NotInstalled { client: state.client, missing });
    }
    None
}

fn connected_view(state: &ClientState, name: &str, connected: &Connected) -> ResultView {
    match connected {
        Connected::Already => ResultView::new(state, name, "already_exists", None),
        Connected::Added { backup } => ResultView::new(state, name, "created", backup.clone()),
        Connected::Updated { backup } => ResultView::new(state, name, "updated", backup.clone()),
    }
}

/// Asks which client is meant: by its id, or by its number in the table.
async fn which(states: &[ClientState]) -> Result<ClientId, Failure> {
    loop {
        let answer = ask::line("Which one? (its number or name; Enter = none) ").await?;
        if answer.is_empty() {
            return Err(ask::declined());
        }
        let numbered = answer.parse::<usize>().ok().and_then(|number| states.get(number.checked_sub(1)?));
        match (numbered, ClientId::parse(&answer)) {
            (Some(state), _) => return Ok(state.client),
            (None, Ok(client)) => return Ok(client),
            (None, Err(error)) => note(&error.to_string()),
        }
    }
}

async fn looked(places: &Places, target: &Target) -> Result<Vec<ClientState>, Failure> {
    let (places, target) = (places.clone(), target.clone());
    let list = move || mcpproxy_clients::list(&places, &target);
    let mut states = blocking("looking for clients".to_owned(), list).await?;
    // those that are there come first
    states.sort_by_key(|state| !state.installed);
    Ok(states)
}

/// Does what blocks, and shows that it goes on.
async fn blocking<T: Send + 'static>(what: String, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Failure> {
    let done = Progress::new(what).during(tokio::task::spawn_blocking(work)).await;
    done.map_err(|error| Failure::internal(format!("it broke off: {error}")))
}

fn places() -> Result<Places, Failure> {
    Places::of(System::HERE, |name| std::env::var_os(name)).ok_or_else(|| {
        let message = "there is no home directory to look for clients in";
        Failure::new(Code::ConfigInvalid, message, "set HOME to your home directory")
    })
}
