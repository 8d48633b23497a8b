//! What `add` shows: what would run, which tools there are, what came of it. What people need for their answers goes to
//! stderr, where they are asked.

use mcpproxy_ipc_proto::view::{Hint, Probe, ProbedTool};
use serde::Serialize;

use super::candidate::{Candidate, Fate};
use crate::{
    commands::tools::door,
    exit::Failure,
    output::{
        escape::{description, escaped, shell_word},
        style::{Mark, Style},
        table::{Cell, Cut, Table},
    },
};

/// The answer, for programs.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    /// Server by server, as they were given.
    pub(super) servers: Vec<Told>,
}

/// What became of one server.
#[derive(Debug, Serialize)]
pub(super) struct Told {
    name: String,
    /// `added`, `exists`, `would_add` or `failed`.
    action: &'static str,
    approved: bool,
    held: bool,
    runs: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    server: Option<String>,
    tools: Vec<ProbedTool>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notes: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Fault>,
}

/// Why something was not done.
#[derive(Debug, Serialize)]
pub(super) struct Fault {
    code: String,
    message: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    hint: String,
}

impl From<&Failure> for Fault {
    fn from(failure: &Failure) -> Self {
        Self { code: failure.code.to_string(), message: failure.message.clone(), hint: failure.advice() }
    }
}

impl Told {
    /// What became of a candidate.
    pub(super) fn of(candidate: &Candidate) -> Self {
        let (action, approved, held, error) = match &candidate.fate {
            Fate::Open | Fate::Shown => ("would_add", false, true, None),
            Fate::Exists => ("exists", false, false, None),
            Fate::Failed(failure) => ("failed", false, false, Some(failure)),
            Fate::Added { approved, trouble } => ("added", *approved, !approved, trouble.as_ref()),
        };
        let (server, tools) = candidate.probe.clone().map(|probe| (probe.server, probe.tools)).unzip();
        Self {
            name: candidate.name().to_owned(),
            action,
            approved,
            held,
            runs: candidate.runs(),
            server,
            tools: tools.unwrap_or_default(),
            notes: candidate.notes.clone(),
            error: error.map(Fault::from),
        }
    }
}

/// What a server is: what it runs or where it is reached, and what has to be known about it.
pub(super) fn plan(candidate: &Candidate, style: Style) -> String {
    let key = if candidate.has_code() { "runs" } else { "at" };
    let mut text = format!("{}\n  {key:4}  {}\n", escaped(candidate.name()), escaped(&candidate.runs()));
    for note in &candidate.notes {
        text.push_str(&format!("  {}  {}\n", style.dim("note"), escaped(note)));
    }
    text
}

/// The tools of a server that was looked at.
pub(super) fn tools(name: &str, probe: &Probe, style: Style) -> String {
    let tokens: usize = probe.tools.iter().filter_map(|tool| tool.tokens).sum();
    let count = counted(probe.tools.len(), "tool");
    let mut text = format!("{} is {}: {count}", escaped(name), escaped(&probe.server));
    if tokens > 0 {
        text.push_str(&format!(", about {tokens} tokens where a client lists them all"));
    }
    text.push('\n');
    if probe.tools.is_empty() {
        return text;
    }
    let mut table =
        Table::new(&[("", Cut::Never), ("TOOL", Cut::Middle), ("MAY", Cut::Never), ("DESCRIPTION", Cut::End)]);
    for tool in &probe.tools {
        table.row([
            Cell::Mark(danger(tool.call_with)),
            tool.name.as_str().into(),
            door(tool.call_with).into(),
            description(&tool.description).into(),
        ]);
    }
    text + &table.render(style)
}

/// What came of it, a line a server.
pub(super) fn lines(candidates: &[Candidate], was_asked: bool, style: Style) -> String {
    let line = |candidate: &Candidate| {
        let (mark, words) = words(candidate, was_asked);
        format!("{} {}: {words}\n", style.mark(mark), escaped(candidate.name()))
    };
    candidates.iter().map(line).collect()
}

fn words(candidate: &Candidate, was_asked: bool) -> (Mark, String) {
    let tools = candidate.probe.as_ref().map(|probe| format!(", {}", counted(probe.tools.len(), "tool")));
    let tools = tools.unwrap_or_default();
    let approve = format!("mcpproxy upstream approve {}", shell_word(candidate.name()));
    match &candidate.fate {
        Fate::Open | Fate::Shown => (Mark::Motion, "would be added, and held until it is approved".to_owned()),
        Fate::Exists => (Mark::Off, "is there already, nothing was changed".to_owned()),
        Fate::Failed(failure) => (Mark::Broken, format!("not added: {}", told(failure))),
        Fate::Added { trouble: Some(failure), .. } => {
            (Mark::Attention, format!("added, but not approved: {}", told(failure)))
        }
        Fate::Added { approved: true, .. } => match candidate.spec.enabled {
            true => (Mark::Well, format!("added and approved{tools}")),
            false => {
                let enable = format!("mcpproxy upstream enable {}", shell_word(candidate.name()));
                (Mark::Off, format!("added and approved{tools}; it is switched off: {enable}"))
            }
        },
        Fate::Added { .. } if was_asked => {
            (Mark::Attention, format!("added{tools}; held until you approve it: {approve}"))
        }
        Fate::Added { .. } => {
            (Mark::Attention, format!("added{tools}; held, since nobody has approved it (--yes does not): {approve}"))
        }
    }
}

/// A failure in one line, with what helps.
pub(super) fn told(failure: &Failure) -> String {
    let advice = failure.advice();
    let advice = if advice.is_empty() { advice } else { format!(" ({advice})") };
    format!("{}{}", escaped(&failure.message), escaped(&advice))
}

/// `1 tool`, `2 tools`.
pub(super) fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

/// How dangerous a tool says it is.
const fn danger(hint: Hint) -> Mark {
    match hint {
        Hint::Read => Mark::Well,
        Hint::Write => Mark::Attention,
        Hint::Destructive | Hint::Other => Mark::Broken,
    }
}
