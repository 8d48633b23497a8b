//! Finding tools by a question, and describing those whose names are known.

use std::{sync::Arc, time::Instant};

use mcpproxy_config::{Config, ResponseDetail};
use mcpproxy_domain::{Code, ToolId, tool::Annotations};
use mcpproxy_index::{Part, Reason, Searcher, explain};
use mcpproxy_ipc_proto::view;
use mcpproxy_runtime::{Catalog, Fleet, Runtime, document};
use mcpproxy_upstream::Tool;
use serde::Serialize;
use tokio::sync::watch;

pub use crate::entry::{CompactEntry, Entries, FullEntry};
use crate::{
    Refusal,
    history::{History, Origin, Usage},
    nearest::nearest,
    servers::{annotations, hint},
};

/// The most tools in one answer.
pub const MOST_RESULTS: usize = 100;
/// The most tools described at once.
pub const MOST_DESCRIBED: usize = 5;

const INSTRUCTIONS: &str = "Call a tool with the tool named in its call_with (call_tool_read, call_tool_write or \
    call_tool_destructive): name = the tool's name as given here, args = an object that fits its inputSchema.";
const COMPACT_HINT: &str = "One line a tool. sig: * = required, ~ = the schema says more. Before a call with a ~ \
    parameter, ask describe_tool for the schema. Call with call_tool_read, call_tool_write or call_tool_destructive.";

/// Questions about tools.
#[derive(Clone)]
pub struct Tools {
    fleet: watch::Receiver<Arc<Fleet>>,
    catalog: watch::Receiver<Arc<Catalog>>,
    searcher: Searcher,
    settings: watch::Receiver<Arc<Config>>,
    history: History,
}

/// How an answer shows its tools.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// With schemas.
    Full,
    /// In one line each.
    Compact,
}

/// Which tools may be in the answer; a missing hint counts as the worse.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Filters {
    /// Only tools that say they change nothing.
    pub read_only_only: bool,
    /// No tool that does not say it is harmless.
    pub exclude_destructive: bool,
    /// No tool that does not say it stays in a closed world.
    pub exclude_open_world: bool,
}

/// A question.
#[derive(Clone, Debug)]
pub struct Retrieve {
    /// What is wanted, in the asker's own words.
    pub query: String,
    /// How many tools at most; `None` = as the settings say.
    pub limit: Option<usize>,
    /// In which form; `None` = as the settings say.
    pub detail: Option<Detail>,
    /// What to leave out.
    pub filters: Filters,
}

/// The answer, best tool first.
#[derive(Debug, Serialize)]
pub struct Found {
    /// The tools.
    pub tools: Entries,
    /// The question.
    pub query: String,
    /// How many tools there are in the answer.
    pub total: usize,
    /// How to go on.
    pub usage_instructions: &'static str,
    /// How to read the one-line form.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<&'static str>,
    /// Why the answer may be incomplete.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notice: Option<String>,
}

/// Definitions of tools whose names are known.
#[derive(Debug, Serialize)]
pub struct Described {
    /// Those that were found.
    pub definitions: Vec<FullEntry>,
    /// Those that were not.
    pub errors: Vec<Undescribed>,
}

/// A tool that cannot be described.
#[derive(Debug, Serialize)]
pub struct Undescribed {
    /// The name that was asked for.
    pub id: String,
    /// Why not.
    pub error: &'static str,
    /// What to do.
    pub remediation: String,
}

impl Filters {
    fn let_through(self, hints: &Annotations) -> bool {
        (!self.read_only_only || hints.read_only == Some(true))
            && (!self.exclude_destructive || hints.destructive == Some(false))
            && (!self.exclude_open_world || hints.open_world == Some(false))
    }
}

impl Tools {
    pub(crate) fn new(runtime: &Runtime, settings: watch::Receiver<Arc<Config>>, history: History) -> Self {
        Self {
            fleet: runtime.fleet.clone(),
            catalog: runtime.catalog.clone(),
            searcher: runtime.searcher.clone(),
            settings,
            history,
        }
    }

    /// Every tool that is known, server by server; those that the settings hold back too.
    #[must_use]
    pub fn all(&self) -> view::ToolList {
        let fleet = Arc::clone(&self.fleet.borrow());
        let usage = self.history.usage_of(None);
        let mut tools = Vec::new();
        let mut stats = view::ToolStats::default();
        for server in fleet.servers.values().filter(|server| server.spec.may_run()) {
            for tool in server.tools.iter() {
                let is_denied = !server.spec.tools.lets_through(&tool.id.tool);
                stats.disabled += usize::from(is_denied);
                tools.push(tool_view(tool, is_denied, &usage));
            }
        }
        stats.total = tools.len();
        stats.enabled = stats.total - stats.disabled;
        view::ToolList { tools, stats }
    }

    /// Finds tools as an agent would, for people.
    ///
    /// # Errors
    /// [`Code::InvalidInput`] for an empty question.
    pub fn search(&self, query: &str, limit: Option<usize>) -> Result<view::Found, Refusal> {
        let begun = Instant::now();
        let catalog = Arc::clone(&self.catalog.borrow());
        let limit = limit.unwrap_or_else(|| self.settings.borrow().tools_limit).clamp(1, MOST_RESULTS);
        let hits =
            self.searcher.search(query, limit, |id| catalog.get(id).is_some()).map_err(|error| unsearched(&error))?;
        let usage = self.history.usage_of(None);
        let found = hits.iter().filter_map(|hit| {
            let tool = catalog.get(&hit.id)?;
            let explained = explain(query, &document(tool));
            Some(view::FoundTool {
                tool: tool_view(tool, false, &usage),
                score: hit.score,
                matches: explained.matches,
                reasons: explained.reasons.into_iter().map(found_in).collect(),
                snippet: explained.snippet,
            })
        });
        let results: Vec<_> = found.collect();
        let took = format!("{:.1}ms", begun.elapsed().as_secs_f64() * 1e3);
        Ok(view::Found { query: query.to_owned(), total: results.len(), results, took })
    }

    /// Finds the tools that fit a question. What may not be seen is left out before the cut, so that `limit` tools
    /// are `limit` callable tools.
    ///
    /// # Errors
    /// [`Code::InvalidInput`] for an empty question.
    pub fn retrieve(&self, ask: Retrieve, origin: Origin) -> Result<Found, Refusal> {
        self.history.answering("retrieve_tools", origin, || self.retrieved(ask))
    }

    fn retrieved(&self, ask: Retrieve) -> Result<Found, Refusal> {
        let (limit, detail) = {
            let settings = self.settings.borrow();
            let configured = match settings.detail {
                ResponseDetail::Full => Detail::Full,
                ResponseDetail::Compact => Detail::Compact,
            };
            (ask.limit.unwrap_or(settings.tools_limit).clamp(1, MOST_RESULTS), ask.detail.unwrap_or(configured))
        };
        let catalog = Arc::clone(&self.catalog.borrow());
        let visible = |id: &ToolId| catalog.get(id).is_some_and(|tool| ask.filters.let_through(&tool.annotations));
        let hits = self.searcher.search(&ask.query, limit, visible).map_err(|error| unsearched(&error))?;
        let found = hits.iter().filter_map(|hit| Some((catalog.get(&hit.id)?, hit.score)));
        let tools = match detail {
            Detail::Full => Entries::Full(found.map(|(tool, score)| FullEntry::new(tool, Some(score))).collect()),
            Detail::Compact => Entries::Compact(found.map(|(tool, score)| CompactEntry::new(tool, score)).collect()),
        };
        let notice = self.notice(tools.is_empty());
        Ok(Found {
            query: ask.query,
            total: tools.len(),
            tools,
            usage_instructions: INSTRUCTIONS,
            hint: (detail == Detail::Compact).then_some(COMPACT_HINT),
            notice,
        })
    }

    /// Describes tools by name.
    ///
    /// # Errors
    /// [`Code::InvalidInput`] for no name, or more than [`MOST_DESCRIBED`].
    pub fn describe(&self, ids: &[String], origin: Origin) -> Result<Described, Refusal> {
        self.history.answering("describe_tool", origin, || self.described(ids))
    }

    fn described(&self, ids: &[String]) -> Result<Described, Refusal> {
        if ids.is_empty() || ids.len() > MOST_DESCRIBED {
            let told = format!("{} tool ids were given", ids.len());
            return Err(Refusal::new(Code::InvalidInput, told, format!("give 1 to {MOST_DESCRIBED} ids")));
        }
        let catalog = Arc::clone(&self.catalog.borrow());
        let mut described = Described { definitions: Vec::new(), errors: Vec::new() };
        for text in ids {
            match ToolId::parse(text).ok().and_then(|id| catalog.get(&id).cloned()) {
                Some(tool) => described.definitions.push(FullEntry::new(&tool, None)),
                None => described.errors.push(Undescribed {
                    id: text.clone(),
                    error: "not_found",
                    remediation: did_you_mean(text, &catalog),
                }),
            }
        }
        Ok(described)
    }

    /// Why tools may be missing from an answer. Says nothing of servers that are well.
    fn notice(&self, nothing_found: bool) -> Option<String> {
        let fleet = Arc::clone(&self.fleet.borrow());
        let starting: Vec<_> = fleet.starting().map(ToString::to_string).collect();
        if !starting.is_empty() {
            let names = starting.join(", ");
            return Some(format!(
                "Still starting: {names}. Their tools appear when they are ready; ask again in a few seconds."
            ));
        }
        let held = fleet.servers.values().filter(|server| server.spec.quarantined).count();
        (nothing_found && held > 0).then(|| {
            format!("{held} configured server(s) wait for a person's approval; their tools cannot be found before it.")
        })
    }
}

fn found_in(reason: Reason) -> view::FoundIn {
    let part = match reason.part {
        Part::Name => "name",
        Part::Server => "server",
        Part::Description => "description",
        Part::Parameters => "parameters",
    };
    view::FoundIn { part: part.to_owned(), words: reason.words }
}

fn unsearched(error: &mcpproxy_index::Error) -> Refusal {
    match error {
        mcpproxy_index::Error::EmptyQuery => Refusal::new(
            Code::InvalidInput,
            "the query is empty",
            "say in a few words what the tool should do, for example: convert a temperature",
        ),
        other => Refusal::new(Code::Internal, format!("the search failed: {other}"), "try again"),
    }
}

/// A tool as people see it. `is_denied` = the settings hold it back.
pub(crate) fn tool_view(tool: &Tool, is_denied: bool, usage: &Usage) -> view::ToolView {
    let (used, last_used) = usage.of(&tool.id);
    view::ToolView {
        name: tool.id.tool.to_string(),
        server_name: tool.id.server.to_string(),
        description: tool.definition.description.clone(),
        schema: tool.definition.input_schema.clone(),
        usage: used,
        last_used,
        annotations: Some(annotations(&tool.annotations)),
        call_with: hint(&tool.annotations),
        disabled: is_denied,
        config_denied: is_denied,
    }
}

fn did_you_mean(text: &str, catalog: &Catalog) -> String {
    let names: Vec<_> = catalog.iter().map(|tool| tool.id.to_string()).collect();
    let close = nearest(text, names.iter().map(String::as_str));
    if close.is_empty() {
        "ask retrieve_tools for the tool's name".to_owned()
    } else {
        format!("did you mean {}?", close.join(" or "))
    }
}
