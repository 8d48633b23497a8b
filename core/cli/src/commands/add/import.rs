//! `mcpproxy upstream import FILE`: the servers of another program's settings. Nothing of them runs here, and they are held
//! until somebody approves them.

use std::{fs, process::ExitCode};

use mcpproxy_domain::Code;
use mcpproxy_import::{Draft, FILE_LIMIT, Format, Imported, Reason};
use serde::Serialize;

use super::{
    ask,
    candidate::{Candidate, Fate},
    destination::Destination,
    show,
};
use crate::{
    args::add::Import,
    context::Context,
    exit::Failure,
    output::{
        escape::{escaped, shell_word},
        note,
        style::{Mark, Style},
    },
};

/// What came of it (contract: import result).
#[derive(Debug, Serialize)]
struct Report {
    format: &'static str,
    format_name: &'static str,
    summary: Summary,
    imported: Vec<ImportedServer>,
    skipped: Vec<SkippedServer>,
    failed: Vec<FailedServer>,
    warnings: Vec<String>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    dry_run: bool,
}

#[derive(Debug, Serialize)]
struct Summary {
    total: usize,
    imported: usize,
    skipped: usize,
    failed: usize,
}

#[derive(Debug, Serialize)]
struct ImportedServer {
    name: String,
    runs: String,
    source_format: &'static str,
    original_name: String,
    approved: bool,
    held: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fields_skipped: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<String>,
}

#[derive(Debug, Serialize)]
struct SkippedServer {
    name: String,
    /// `already_exists`, `filtered_out` or `not_usable`.
    reason: &'static str,
    #[serde(skip_serializing_if = "String::is_empty")]
    details: String,
}

#[derive(Debug, Serialize)]
struct FailedServer {
    name: String,
    error: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    details: String,
}

/// Imports a file.
pub(in crate::commands) async fn import(context: &Context, import: &Import) -> Result<ExitCode, Failure> {
    let found = read(import)?;
    let mut destination = Destination::open(context).await?;
    let mut report = Report::new(&found, import.dry_run);
    let mut open = sort(import, &destination, found.servers, &mut report);
    // the contract's flag for scripts: whoever writes it has decided and is not asked
    let is_approved = import.decision.approve || import.no_quarantine;
    let is_decided = import.decision.yes || import.no_quarantine;
    if !open.is_empty() && (context.output.is_for_people() || is_approved && !is_decided) {
        for (candidate, _) in &open {
            note(show::plan(candidate, Style::of_stderr()).trim_end());
        }
    }
    if is_approved && !import.dry_run && !open.is_empty() && !is_decided {
        let question =
            "Import and approve them? What is shown above then runs with your rights whenever the core does.";
        if !ask::yes(question, false, "--yes (which approves what --approve names) or --dry-run").await? {
            return Err(ask::declined());
        }
    }
    for (candidate, draft) in &mut open {
        if !import.dry_run {
            destination.put(candidate, is_approved).await;
        }
        report.add(candidate, draft);
    }
    report.count();
    context.output.show(&report, |style| lines(&report, style))?;
    Ok(if report.failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The servers of the file.
fn read(import: &Import) -> Result<Imported, Failure> {
    let path = import.path.display();
    let failed = |error: &dyn std::fmt::Display| {
        let mut failure = Failure::new(Code::InvalidInput, format!("{path} cannot be read: {error}"), "check the path");
        failure.path = Some(import.path.clone().into());
        failure
    };
    let format = import.format.as_deref().map(str::parse::<Format>).transpose()?;
    let length = fs::metadata(&import.path).map_err(|error| failed(&error))?.len();
    if length > u64::try_from(FILE_LIMIT).unwrap_or(u64::MAX) {
        return Err(failed(&"it is too large to be settings"));
    }
    let text = fs::read_to_string(&import.path).map_err(|error| failed(&error))?;
    mcpproxy_import::import(&text, format).map_err(|error| {
        let mut failure = Failure::from(error);
        failure.message = format!("{path}: {}", failure.message);
        failure
    })
}

/// Tells those that can be imported from those that were not asked for, are there already, or cannot be used.
fn sort(
    import: &Import,
    destination: &Destination<'_>,
    drafts: Vec<Draft>,
    report: &mut Report,
) -> Vec<(Candidate, Draft)> {
    let mut open = Vec::new();
    for draft in drafts {
        let names = [Some(draft.name.as_str()), draft.source.original_name.as_deref()];
        let is_wanted = import.server.is_empty() || import.server.iter().any(|name| names.contains(&Some(name)));
        let skipped = |reason| SkippedServer { name: draft.name.clone(), reason, details: String::new() };
        if !is_wanted {
            report.skipped.push(skipped("filtered_out"));
        } else if destination.has(&draft.name) {
            report.skipped.push(skipped("already_exists"));
        } else {
            match Candidate::new(&destination.config, &draft) {
                Ok(candidate) => open.push((candidate, draft)),
                Err(failure) => report.failed.push(FailedServer::of(&draft.name, &failure)),
            }
        }
    }
    let known = |name: &&String| {
        let is = |other: &str| other == name.as_str();
        open.iter()
            .any(|(candidate, draft)| is(candidate.name()) || draft.source.original_name.as_deref().is_some_and(is))
            || report.skipped.iter().any(|skipped| is(&skipped.name))
            || report.failed.iter().any(|failed| is(&failed.name))
    };
    let missing: Vec<_> = import.server.iter().filter(|name| !known(name)).collect();
    for name in missing {
        let details = "check the name".to_owned();
        report.failed.push(FailedServer {
            name: name.clone(),
            error: "the file has no server of this name".to_owned(),
            details,
        });
    }
    open
}

impl FailedServer {
    fn of(name: &str, failure: &Failure) -> Self {
        Self { name: name.to_owned(), error: failure.message.clone(), details: failure.advice() }
    }
}

impl Report {
    fn new(found: &Imported, dry_run: bool) -> Self {
        let (mut skipped, mut failed, mut warnings) = (Vec::new(), Vec::new(), Vec::new());
        for left in &found.skipped {
            let details = left.reason.to_string();
            match left.reason {
                Reason::Own | Reason::Same(_) => {
                    warnings.push(format!("{} {details}", left.name));
                    skipped.push(SkippedServer { name: left.name.clone(), reason: "not_usable", details });
                }
                _ => failed.push(FailedServer { name: left.name.clone(), error: details, details: String::new() }),
            }
        }
        let summary = Summary { total: found.servers.len() + found.skipped.len(), imported: 0, skipped: 0, failed: 0 };
        let (format, format_name) = (found.format.id(), found.format.title());
        Self { format, format_name, summary, imported: Vec::new(), skipped, failed, warnings, dry_run }
    }

    fn add(&mut self, candidate: &Candidate, draft: &Draft) {
        let approved = match &candidate.fate {
            Fate::Failed(failure) => {
                self.failed.push(FailedServer::of(candidate.name(), failure));
                return;
            }
            Fate::Added { trouble: Some(failure), .. } => {
                self.failed.push(FailedServer::of(candidate.name(), failure));
                false
            }
            Fate::Added { approved, .. } => *approved,
            Fate::Open | Fate::Exists | Fate::Shown => false,
        };
        self.imported.push(ImportedServer {
            name: candidate.name().to_owned(),
            runs: candidate.runs(),
            source_format: self.format,
            original_name: draft.source.original_name.clone().unwrap_or_else(|| draft.name.clone()),
            approved,
            held: !approved,
            fields_skipped: draft.fields_skipped.clone(),
            warnings: draft.warnings.clone(),
        });
    }

    fn count(&mut self) {
        self.summary.imported = if self.dry_run { 0 } else { self.imported.len() };
        self.summary.skipped = self.skipped.len();
        self.summary.failed = self.failed.len();
    }
}

fn lines(report: &Report, style: Style) -> String {
    let mut text = String::new();
    let mut line = |mark: Mark, name: &str, words: &str| {
        text.push_str(&format!("{} {}: {}\n", style.mark(mark), escaped(name), escaped(words)));
    };
    for server in &report.imported {
        let approve = format!("mcpproxy upstream approve {}", shell_word(&server.name));
        match (report.dry_run, server.approved) {
            (true, _) => line(Mark::Motion, &server.name, "would be imported"),
            (false, true) => line(Mark::Well, &server.name, "imported and approved"),
            (false, false) => {
                line(Mark::Attention, &server.name, &format!("imported; held until you approve it: {approve}"))
            }
        }
    }
    for server in &report.skipped {
        let why = match server.reason {
            "already_exists" => "left out: there is a server of this name already",
            "filtered_out" => "left out: it was not asked for",
            _ => &format!("left out: {}", server.details),
        };
        line(Mark::Off, &server.name, why);
    }
    for server in &report.failed {
        let details = if server.details.is_empty() { String::new() } else { format!(" ({})", server.details) };
        line(Mark::Broken, &server.name, &format!("not imported: {}{details}", server.error));
    }
    if text.is_empty() { format!("{} has no servers\n", report.format_name) } else { text }
}
