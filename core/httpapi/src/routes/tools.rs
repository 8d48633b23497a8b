//! The tools: listed, found, and called by way of the built-in ones.

use std::collections::BTreeMap;

use mcpproxy_domain::{Code, tool::Variant};
use mcpproxy_ipc_proto::view::ToolView;
use mcpproxy_management::{
    Management, Refusal,
    calls::{Call, tool_named},
    nearest,
    tools::{Detail, Filters, Retrieve},
};
use mcpproxy_wire::{Exchange, Object};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{
    calls::principal,
    shapes::{Coverage, ServerCoverage, ToolCallRequest},
};
use crate::{
    envelope::{Fault, Reply, data, tool_answer, tried},
    request::Asked,
};

const RETRIEVE: &str = "retrieve_tools";
const DESCRIBE: &str = "describe_tool";

pub(crate) async fn list(management: &Management, _: Asked) -> Reply {
    data(&management.tools.all())
}

pub(crate) async fn search(management: &Management, asked: Asked) -> Reply {
    let query =
        asked.query.text("q").ok_or_else(|| Fault::input("the parameter q is missing", "say what is wanted"))?;
    let (limit, _) = asked.query.page(10, 100);
    tried(management.tools.search(query, Some(limit)))
}

pub(crate) async fn coverage(management: &Management, _: Asked) -> Reply {
    let mut servers: BTreeMap<String, ServerCoverage> = BTreeMap::new();
    let mut whole = Coverage::default();
    for tool in management.tools.all().tools {
        let is_annotated = usize::from(says_what_it_does(&tool));
        let server = servers.entry(tool.server_name.clone()).or_default();
        server.total_tools += 1;
        server.annotated_tools += is_annotated;
        whole.total_tools += 1;
        whole.annotated_tools += is_annotated;
    }
    whole.coverage_percent = percent(whole.annotated_tools, whole.total_tools);
    whole.servers = servers
        .into_iter()
        .map(|(name, server)| ServerCoverage {
            name,
            coverage_percent: percent(server.annotated_tools, server.total_tools),
            ..server
        })
        .collect();
    data(&whole)
}

fn says_what_it_does(tool: &ToolView) -> bool {
    tool.annotations.as_ref().is_some_and(|hints| {
        [hints.read_only_hint, hints.destructive_hint, hints.idempotent_hint, hints.open_world_hint]
            .iter()
            .any(Option::is_some)
    })
}

fn percent(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 * 100.0 / whole as f64 }
}

/// The data of the answer are the content of the tool's result, its bytes unchanged.
pub(crate) async fn call(management: &Management, asked: Asked) -> Reply {
    let ToolCallRequest { tool_name, arguments } = asked.read()?;
    let arguments = arguments.filter(|arguments| arguments.get() != "null");
    if let Some(variant) = Variant::ALL.into_iter().find(|variant| variant.tool_name() == tool_name) {
        return through(management, variant, arguments.as_deref(), &asked).await;
    }
    match tool_name.as_str() {
        RETRIEVE => retrieve(management, arguments.as_deref(), &asked),
        DESCRIBE => describe(management, arguments.as_deref(), &asked),
        _ => Err(unknown(&tool_name)),
    }
}

/// The arguments of a door.
#[derive(Deserialize)]
struct Door {
    name: String,
    #[serde(default)]
    args: Option<Box<RawValue>>,
    #[serde(default)]
    args_json: Option<String>,
}

async fn through(management: &Management, variant: Variant, arguments: Option<&RawValue>, asked: &Asked) -> Reply {
    let Door { name, args, args_json } = given(arguments)?;
    let text = args_json.filter(|text| !text.trim().is_empty());
    let args = match text {
        Some(text) => Some(RawValue::from_string(text).map_err(|_| not_an_object("args_json"))?),
        None => args.filter(|args| args.get() != "null"),
    };
    if args.as_ref().is_some_and(|args| !args.get().trim_start().starts_with('{')) {
        return Err(not_an_object("args"));
    }
    let call = Call {
        tool: tool_named(&name)?,
        variant,
        arguments: args,
        meta: None,
        knows_marks: false,
        principal: principal(asked),
        origin: asked.origin(),
    };
    let outcome = management.calls.call(call, &Exchange::default()).await.map_err(not_called)?;
    let result = outcome.map_err(|error| {
        not_called(Refusal::new(Code::UpstreamFailed, format!("the server answered: {}", error.message()), ""))
    })?;
    let result = Object::open(&result);
    let content = result.as_ref().and_then(|result| result.get("content"));
    let is_error = result.as_ref().and_then(|result| result.flag("isError")) == Some(true);
    match content {
        Some(content) => tool_answer(&content, is_error),
        None => tool_answer(&[(); 0], is_error),
    }
}

#[derive(Deserialize)]
struct Question {
    query: String,
    #[serde(default)]
    limit: Option<usize>,
    #[serde(default)]
    detail: Option<String>,
    #[serde(default)]
    read_only_only: bool,
    #[serde(default)]
    exclude_destructive: bool,
    #[serde(default)]
    exclude_open_world: bool,
}

fn retrieve(management: &Management, arguments: Option<&RawValue>, asked: &Asked) -> Reply {
    let question: Question = given(arguments)?;
    let detail = match question.detail.as_deref() {
        None => None,
        Some("full") => Some(Detail::Full),
        Some("compact") => Some(Detail::Compact),
        Some(other) => return Err(Fault::input(format!("{other:?} is no detail"), "use full or compact")),
    };
    let filters = Filters {
        read_only_only: question.read_only_only,
        exclude_destructive: question.exclude_destructive,
        exclude_open_world: question.exclude_open_world,
    };
    let ask = Retrieve { query: question.query, limit: question.limit, detail, filters };
    texts(&management.tools.retrieve(ask, asked.origin())?)
}

#[derive(Deserialize)]
struct Names {
    tool_ids: Vec<String>,
}

fn describe(management: &Management, arguments: Option<&RawValue>, asked: &Asked) -> Reply {
    let Names { tool_ids } = given(arguments)?;
    texts(&management.tools.describe(&tool_ids, asked.origin())?)
}

fn given<'a, T: Deserialize<'a>>(arguments: Option<&'a RawValue>) -> Result<T, Fault> {
    serde_json::from_str(arguments.map_or("{}", RawValue::get))
        .map_err(|error| Fault::input(format!("the arguments do not fit the tool: {error}"), "tools/list describes it"))
}

/// One block of text, as the tool answers over MCP.
#[derive(Serialize)]
struct Text {
    r#type: &'static str,
    text: String,
}

fn texts<T: Serialize>(answer: &T) -> Reply {
    let text = serde_json::to_string(answer).unwrap_or_default();
    tool_answer(&[Text { r#type: "text", text }], false)
}

fn not_an_object(what: &str) -> Fault {
    Fault::input(format!("{what} is not an object"), "give the arguments of the tool, for example {\"path\": \"/tmp\"}")
}

fn not_called(refusal: Refusal) -> Fault {
    let message = format!("Failed to call tool: {}", refusal.message);
    Refusal { message, ..refusal }.into()
}

fn unknown(name: &str) -> Fault {
    let own = [RETRIEVE, DESCRIBE].into_iter().chain(Variant::ALL.map(Variant::tool_name));
    let told = format!("{name:?} is none of the built-in tools");
    let hint = "tools of servers are called with call_tool_read, call_tool_write or call_tool_destructive";
    Refusal { nearest: nearest(name, own), ..Refusal::new(Code::InvalidInput, told, hint) }.into()
}
