//! `mcpproxy doctor`: what is wrong, each with the command that helps. With a core its own diagnostics; without one the
//! files, the port, and what the servers need.

pub(super) mod files;
mod programs;
mod rights;
mod running;

use std::process::ExitCode;

use mcpproxy_ipc_proto::{
    call::{GetDiagnostics, GetInfo},
    view::{Diagnostics, Info},
};
use serde::Serialize;

use crate::{
    args::Doctor,
    client::Core,
    context::Context,
    exit::Failure,
    output::{
        escape::{escaped, escaped_lines},
        style::{Mark, Style},
    },
};

/// Something that was looked at.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct Finding {
    level: Severity,
    /// What was looked at: `settings`, `data folder`, `server github`.
    about: String,
    /// What was found.
    message: String,
    /// The command that helps, or what to do.
    #[serde(skip_serializing_if = "String::is_empty")]
    help: String,
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Severity {
    /// Something does not work.
    Error,
    /// Something should be looked at.
    Warning,
    /// As it should be.
    Ok,
}

/// Everything that was found.
#[derive(Serialize)]
struct Report {
    findings: Vec<Finding>,
    diagnostics: Option<Diagnostics>,
    info: Option<Info>,
    quarantine: Vec<String>,
}

/// Looks at everything and tells what is wrong; an error among it is exit code 1.
pub(super) async fn examine(context: &Context, doctor: &Doctor) -> Result<ExitCode, Failure> {
    let mut report = Report { findings: Vec::new(), diagnostics: None, info: None, quarantine: Vec::new() };
    let found = Core::find(context).await;
    let config = files::settings(context, &mut report.findings);
    match found {
        Ok(Some(core)) => {
            let diagnostics = core.ask(&GetDiagnostics {}).await?;
            let info = core.ask(&GetInfo {}).await?;
            running::core(&core.hello, &info, &mut report.findings);
            running::diagnostics(&diagnostics, &mut report.findings);
            report.quarantine.clone_from(&diagnostics.quarantined);
            (report.diagnostics, report.info) = (Some(diagnostics), Some(info));
        }
        other => {
            if let Err(failure) = other {
                report.findings.push(Finding::of_failure("core", &failure));
            }
            if let Some(config) = &config {
                report.quarantine =
                    config.servers.iter().filter(|s| s.quarantined).map(|s| s.name.to_string()).collect();
                rights::data_folder(&config.data_dir, &mut report.findings);
                files::lock(&config.data_dir, &mut report.findings);
                files::port(config, &mut report.findings).await;
                programs::servers(context, config, &mut report.findings);
            }
            files::socket(context, &mut report.findings);
        }
    }
    programs::ourselves(context, &mut report.findings);
    if let Some(server) = &doctor.server {
        let about = about_server(server);
        report.findings.retain(|finding| finding.about == about);
        report.quarantine.retain(|name| name == server);
    }
    report.findings.sort_by_key(|finding| finding.level);
    context.output.show(&report, |style| table(&report.findings, style))?;
    let has_errors = report.findings.iter().any(|finding| finding.level == Severity::Error);
    Ok(if has_errors { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// How findings about a server are marked.
fn about_server(name: &str) -> String {
    format!("server {name}")
}

impl Finding {
    pub(super) fn new(level: Severity, about: &str, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { level, about: about.to_owned(), message: message.into(), help: help.into() }
    }

    pub(super) fn ok(about: &str, message: impl Into<String>) -> Self {
        Self::new(Severity::Ok, about, message, "")
    }

    pub(super) fn of_failure(about: &str, failure: &Failure) -> Self {
        Self::new(Severity::Error, about, failure.message.clone(), failure.hint.clone())
    }
}

fn table(findings: &[Finding], style: Style) -> String {
    let count = |level| findings.iter().filter(|finding| finding.level == level).count();
    let mut text = String::new();
    for finding in findings {
        let mark = match finding.level {
            Severity::Error => Mark::Broken,
            Severity::Warning => Mark::Attention,
            Severity::Ok => Mark::Well,
        };
        let message = escaped_lines(&finding.message).replace('\n', "\n    ");
        text.push_str(&format!("{} {}: {message}\n", style.mark(mark), escaped(&finding.about)));
        if !finding.help.is_empty() {
            text.push_str(&format!("    {}\n", escaped(&finding.help)));
        }
    }
    let sum = match (count(Severity::Error), count(Severity::Warning)) {
        (0, 0) => "Nothing is wrong.".to_owned(),
        (errors, warnings) => {
            format!("{errors} {}, {warnings} {}.", plural(errors, "error"), plural(warnings, "warning"))
        }
    };
    format!("{text}\n{sum}\n")
}

fn plural(count: usize, word: &str) -> String {
    if count == 1 { word.to_owned() } else { format!("{word}s") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::golden;

    #[test]
    fn findings_in_each_form() {
        let diagnostics: Diagnostics = golden::sample("diagnostics");
        let mut report = Report {
            findings: vec![Finding::ok("settings", "/d/mcp_config.json is valid")],
            quarantine: diagnostics.quarantined.clone(),
            info: Some(golden::sample("info")),
            diagnostics: None,
        };
        running::diagnostics(&diagnostics, &mut report.findings);
        report.diagnostics = Some(diagnostics);
        report.findings.sort_by_key(|finding| finding.level);
        golden::check_forms("doctor", &report, |style| table(&report.findings, style));
    }
}
