//! `mcpproxy add ANYTHING`: shows what would run, looks at its tools, asks, writes. Nothing of a server runs before a
//! person has said so, and nothing is approved but what was shown.

mod candidate;
mod destination;
pub(super) mod import;
mod show;

use std::{io::Read as _, process::ExitCode};

use mcpproxy_domain::Code;
use mcpproxy_import::{Draft, ImportError, PASTE_LIMIT};

pub(super) use self::candidate::spec_of;
use self::{
    candidate::{Candidate, Fate},
    destination::Destination,
    show::{Report, Told},
};
use super::{ask, tools::patience};
use crate::{
    args::add::{Add, Decision},
    context::Context,
    exit::Failure,
    output::{
        escape::{escaped, shell_word},
        note,
        style::Style,
    },
    prompt,
};

/// What answers the question whether a server is looked at.
const LOOK_FLAGS: &str = "--yes (look, and add it held), --no-probe (add it without a look) or --dry-run";
/// What answers the question whether a server is approved.
const DECIDE_FLAGS: &str = "--hold, --approve or --yes (which holds it)";

impl From<ImportError> for Failure {
    fn from(error: ImportError) -> Self {
        let code = if matches!(error, ImportError::TooLarge { .. }) { Code::TooLarge } else { Code::InvalidInput };
        Self::new(code, error.to_string(), "")
    }
}

/// Adds what was given.
pub(super) async fn add(context: &Context, add: Add) -> Result<ExitCode, Failure> {
    let drafts = read(&add)?;
    let patience = patience(&add.timeout)?;
    let mut destination = Destination::open(context).await?;
    let mut candidates =
        drafts.iter().map(|draft| Candidate::new(&destination.config, draft)).collect::<Result<Vec<_>, _>>()?;
    if let [candidate] = candidates.as_mut_slice() {
        candidate.apply(&destination.config, &add)?;
    } else if !add.env.is_empty() || !add.header.is_empty() {
        let hint = "add them one by one, or write these into the snippet";
        return Err(Failure::new(Code::InvalidInput, "--env and --header do not fit several servers", hint));
    }
    settle_names(&destination, &mut candidates, &add).await?;
    let will_ask = !add.dry_run && !add.decision.yes;
    present(context, &candidates, will_ask);
    let has_more = candidates.iter().any(Candidate::is_open);
    if add.dry_run {
        candidates
            .iter_mut()
            .filter(|candidate| candidate.is_open())
            .for_each(|candidate| candidate.fate = Fate::Shown);
    } else if has_more {
        if !add.no_probe {
            look(context, &destination, &mut candidates, add.decision, patience).await?;
        }
        decide(&mut destination, &mut candidates, add.decision).await?;
    }
    report(context, &destination, &candidates, add.decision)
}

/// Whatever was pasted or typed.
fn read(add: &Add) -> Result<Vec<Draft>, Failure> {
    let mut words = add.words.clone();
    if words == ["-"] {
        let mut text = String::new();
        // one byte too many is enough for whoever reads it to refuse it
        let limit = u64::try_from(PASTE_LIMIT).unwrap_or(u64::MAX).saturating_add(1);
        let read = std::io::stdin().lock().take(limit).read_to_string(&mut text);
        read.map_err(|error| Failure::new(Code::InvalidInput, format!("stdin cannot be read: {error}"), ""))?;
        words = vec![text];
    }
    Ok(mcpproxy_import::parse(&words, add.name.as_deref())?)
}

/// Finds a name for each that nobody else has.
async fn settle_names(destination: &Destination<'_>, candidates: &mut [Candidate], add: &Add) -> Result<(), Failure> {
    let all: Vec<String> = candidates.iter().map(|candidate| candidate.name().to_owned()).collect();
    for candidate in candidates {
        let name = candidate.name().to_owned();
        if !destination.has(&name) {
            continue;
        }
        let free = destination.free_name(&name, &all);
        if add.if_not_exists {
            candidate.fate = Fate::Exists;
        } else if !add.decision.yes && !add.dry_run && prompt::is_possible() {
            if !ask::yes(&format!("There is a server named {name} already. Add this one as {free}?"), true, "").await? {
                return Err(ask::declined());
            }
            candidate.rename(&destination.config, &free)?;
        } else {
            let message = format!("there is a server named {name} already");
            let hint = format!("choose another name, such as --name {}, or remove that one first", shell_word(&free));
            candidate.fate = Fate::Failed(Failure::new(Code::AlreadyExists, message, hint));
        }
    }
    Ok(())
}

/// Shows what would run, to whoever is asked or reads along.
fn present(context: &Context, candidates: &[Candidate], will_ask: bool) {
    let style = Style::of_stderr();
    if will_ask || context.output.is_for_people() {
        for candidate in candidates.iter().filter(|candidate| candidate.is_open()) {
            note(show::plan(candidate, style).trim_end());
        }
    }
}

/// Looks at each, once somebody has said that its code may run.
async fn look(
    context: &Context,
    destination: &Destination<'_>,
    candidates: &mut [Candidate],
    decision: Decision,
    patience: std::time::Duration,
) -> Result<(), Failure> {
    let mut open: Vec<&mut Candidate> = candidates.iter_mut().filter(|candidate| candidate.is_open()).collect();
    let has_code = open.iter().any(|candidate| candidate.has_code());
    let their = if open.len() == 1 { "its" } else { "their" };
    let what = if has_code {
        "This runs what is shown above, with your rights."
    } else {
        "This connects to the address above."
    };
    if !decision.yes && !ask::yes(&format!("Look at {their} tools now? {what}"), !has_code, LOOK_FLAGS).await? {
        return Err(Failure::new(Code::Cancelled, "nothing was changed", "--no-probe adds it without a look"));
    }
    let style = Style::of_stderr();
    let tells = context.output.is_for_people() || !decision.yes;
    let mut failed = Vec::new();
    for candidate in &mut open {
        match destination.probe(candidate, patience).await {
            Ok(probe) => {
                if tells {
                    note(show::tools(candidate.name(), &probe, style).trim_end());
                }
                candidate.probe = Some(probe);
            }
            // whoever interrupts a look wants none of the others either
            Err(failure) if failure.is(Code::Cancelled) => return Err(failure),
            Err(failure) => {
                // where nobody is asked about it, it is told once, at the end
                if !decision.yes {
                    note(&show::told(&failure));
                }
                failed.push((candidate, failure));
            }
        }
    }
    if failed.is_empty() {
        return Ok(());
    }
    let names: Vec<_> = failed.iter().map(|(candidate, _)| candidate.name().to_owned()).collect();
    let question = format!("Add {} anyway, held until you approve it?", names.join(", "));
    let keep = decision.hold || (!decision.yes && ask::yes(&question, false, DECIDE_FLAGS).await?);
    for (candidate, failure) in failed {
        candidate.must_wait = true;
        if !keep {
            candidate.fate = Fate::Failed(failure);
        }
    }
    Ok(())
}

/// Writes them. What could not be looked at is held, whatever was decided about the others.
async fn decide(
    destination: &mut Destination<'_>,
    candidates: &mut [Candidate],
    decision: Decision,
) -> Result<(), Failure> {
    let may_run = |candidate: &Candidate| candidate.is_open() && !candidate.must_wait;
    let mut approves = decision.approve;
    let names: Vec<_> = candidates.iter().filter(|candidate| may_run(candidate)).map(Candidate::name).collect();
    if !names.is_empty() && !approves && !decision.hold && !decision.yes {
        let names = escaped(&names.join(", "));
        let question =
            format!("Approve {names}? What is shown above then runs with your rights whenever the core does.");
        match ask::choice(&question, &["approve", "hold", "cancel"], "hold", DECIDE_FLAGS).await? {
            "approve" => approves = true,
            "cancel" => return Err(ask::declined()),
            _ => {}
        }
    }
    for candidate in candidates.iter_mut().filter(|candidate| candidate.is_open()) {
        let approve = approves && may_run(candidate);
        destination.put(candidate, approve).await;
    }
    Ok(())
}

fn report(
    context: &Context,
    destination: &Destination<'_>,
    candidates: &[Candidate],
    decision: Decision,
) -> Result<ExitCode, Failure> {
    let told = Report { servers: candidates.iter().map(Told::of).collect() };
    let was_asked = !decision.yes || decision.hold;
    context.output.show(&told, |style| show::lines(candidates, was_asked, style))?;
    let added = |wanted: bool| {
        candidates.iter().any(|candidate| matches!(candidate.fate, Fate::Added { approved, .. } if approved == wanted))
    };
    if context.output.is_for_people() {
        match (destination.is_live(), added(true), added(false)) {
            (true, true, _) => note("next: mcpproxy connect, where no client is connected yet"),
            (false, true, _) | (false, _, true) => note("no core is running; next: mcpproxy serve"),
            _ => {}
        }
    }
    let is_broken =
        |candidate: &Candidate| matches!(candidate.fate, Fate::Failed(_) | Fate::Added { trouble: Some(_), .. });
    Ok(if candidates.iter().any(is_broken) { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}
