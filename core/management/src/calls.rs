//! The door of `tools/call`: every call of an upstream's tool, from whatever face, comes through here.
//!
//! Gate -> arguments -> upstream -> answer. The arguments go on as the bytes that came, the answer is what the upstream
//! said.

use std::{borrow::Cow, sync::Arc, time::Duration};

use mcpproxy_domain::{
    Code, Principal, ToolId,
    tool::{
        Variant,
        gate::{self, Standing},
    },
};
use mcpproxy_ipc_proto::call::CallTool;
use mcpproxy_runtime::{Catalog, Fleet, Runtime};
use mcpproxy_upstream::{Snapshot, code_of};
use mcpproxy_wire::{Exchange, LinkError, Message, Object, Outcome, Timing, stateless::without_marks};
use serde_json::value::{RawValue, to_raw_value};
use tokio::sync::watch;

use crate::{
    Refusal,
    arguments::Arguments,
    history::{Begun, End, History, Origin, Source},
    nearest::nearest,
};

/// No call lives longer, however often it reports progress.
const LONGEST_CALL: Duration = Duration::from_secs(3600);

/// Calls of tools.
#[derive(Clone)]
pub struct Calls {
    fleet: watch::Receiver<Arc<Fleet>>,
    catalog: watch::Receiver<Arc<Catalog>>,
    arguments: Arguments,
    history: History,
}

/// One call.
#[derive(Debug)]
pub struct Call {
    /// Which tool.
    pub tool: ToolId,
    /// Through which door.
    pub variant: Variant,
    /// The arguments, an object; `None` = none.
    pub arguments: Option<Box<RawValue>>,
    /// The caller's `_meta`, to go along; without a progress token.
    pub meta: Option<Box<RawValue>>,
    /// In whose name.
    pub principal: Principal,
    /// Whether the caller knows the marks that only results of the stateless era carry.
    pub knows_marks: bool,
    /// Where it comes from.
    pub origin: Origin,
}

/// Reads the name of a tool, `server:tool`, as callers write it.
///
/// # Errors
/// [`Code::InvalidInput`], with what is wrong with it.
pub fn tool_named(name: &str) -> Result<ToolId, Refusal> {
    ToolId::parse(name).map_err(|error| {
        Refusal::new(
            Code::InvalidInput,
            format!("{name:?} is not the name of a tool: {error}"),
            "use the name exactly as retrieve_tools gives it, for example github:create_issue",
        )
    })
}

impl Calls {
    pub(crate) fn new(runtime: &Runtime, history: History) -> Self {
        let (fleet, catalog) = (runtime.fleet.clone(), runtime.catalog.clone());
        Self { fleet, catalog, arguments: Arguments::default(), history }
    }

    /// Calls a tool. What the upstream answers, an error too, is the outcome, unchanged.
    ///
    /// # Errors
    /// When the upstream was not asked, or gave no answer.
    pub async fn call(&self, mut call: Call, exchange: &Exchange) -> Result<Outcome, Refusal> {
        let request = call.arguments.as_deref().map_or(0, |arguments| arguments.get().len());
        let origin = std::mem::take(&mut call.origin);
        let under_way = self.history.began(Begun { tool: call.tool.clone(), variant: call.variant, origin, request });
        let answer = self.pass(call, exchange).await;
        let (end, response) = match &answer {
            Ok(Ok(result)) if is_error(result) => (End::ServerError, result.get().len()),
            Ok(Ok(result)) => (End::Result, result.get().len()),
            Ok(Err(_)) => (End::ServerError, 0),
            Err(refusal) => (End::Refused(refusal.code, refusal.message.clone()), 0),
        };
        under_way.ended(end, response);
        answer
    }

    /// A call of a person: the answer is the server's result, and its error is an error.
    ///
    /// # Errors
    /// As [`Calls::call`], and what the server answered instead of a result.
    pub async fn run(&self, ask: &CallTool) -> Result<Box<RawValue>, Refusal> {
        let variant = Variant::ALL.into_iter().find(|variant| variant.as_str() == ask.variant).ok_or_else(|| {
            Refusal::new(Code::InvalidInput, format!("{:?} is no door", ask.variant), "use read, write or destructive")
        })?;
        let call = Call {
            tool: tool_named(&ask.tool)?,
            variant,
            arguments: ask.args.clone(),
            meta: None,
            principal: Principal::Local,
            knows_marks: false,
            origin: Origin { source: Source::Cli, ..Origin::default() },
        };
        let answer = self.call(call, &Exchange::default()).await?;
        answer.map_err(|error| {
            let told = format!("the server answered with an error: {}", error.message());
            Refusal::new(Code::UpstreamFailed, told, "")
        })
    }

    async fn pass(&self, call: Call, exchange: &Exchange) -> Result<Outcome, Refusal> {
        let id = &call.tool;
        let server = self.fleet.borrow().servers.get(&id.server).cloned();
        let (tool, version) = {
            let catalog = self.catalog.borrow();
            (catalog.get(id).cloned(), catalog.version)
        };
        let standing = server.as_deref().map_or(Standing::Down, standing);
        let hints = tool.as_deref().map(|tool| &tool.annotations);
        let spec = server.as_deref().map(|server| server.spec.as_ref());
        gate::admit(id, call.variant, spec, standing, hints)
            .map_err(|code| self.refused(code, id, call.variant, server.as_deref()))?;
        // the gate lets nobody through to a tool that is not listed, or to a server that is not there or has no link
        let handle = server.as_ref().and_then(|server| server.handle.clone());
        let (Some(server), Some(tool), Some(handle)) = (&server, &tool, handle) else {
            return Err(self.refused(Code::ServerUnavailable, id, call.variant, server.as_deref()));
        };
        self.arguments.check(tool, version, call.arguments.as_deref()).await?;
        let message = Message { method: "tools/call".into(), params: Some(params(&call)) };
        let timing = Timing { silence: server.spec.call_timeout, total: LONGEST_CALL.max(server.spec.call_timeout) };
        let answer = handle.call(tool, &message, exchange, timing).await.map_err(|error| failed(id, &error))?;
        // a result is looked through only where there can be something to find
        let has_marks = handle.is_stateless() && !call.knows_marks;
        Ok(if has_marks { answer.map(without_marks) } else { answer })
    }

    fn refused(&self, code: Code, id: &ToolId, variant: Variant, server: Option<&Snapshot>) -> Refusal {
        let name = &id.server;
        let refuse = |message: String, hint: &str| Refusal::new(code, message, hint);
        match code {
            Code::ServerNotFound => Refusal {
                nearest: nearest(
                    name.as_str(),
                    self.fleet.borrow().servers.keys().map(mcpproxy_domain::ServerName::as_str),
                ),
                ..refuse(format!("no server named {name} is configured"), "ask retrieve_tools for the tool's name")
            },
            Code::ServerQuarantined => refuse(
                format!("the server {name} waits for approval, so it was not started and its tools cannot be called"),
                "a person has to review the server's command and set \"quarantined\": false for it; approving runs its code",
            ),
            Code::ServerDisabled => {
                refuse(format!("the server {name} is switched off"), "a person can set \"enabled\": true for it")
            }
            Code::ToolDenied => refuse(
                format!("the settings of {name} hold the tool {} back", id.tool),
                "a person can change enabled_tools or disabled_tools of the server",
            ),
            Code::ToolNotFound => {
                let catalog = Arc::clone(&self.catalog.borrow());
                let names = catalog.iter().filter(|tool| tool.id.server == *name).map(|tool| tool.id.tool.as_ref());
                Refusal {
                    nearest: nearest(&id.tool, names).into_iter().map(|tool| format!("{name}:{tool}")).collect(),
                    ..refuse(
                        format!("the server {name} has no tool named {}", id.tool),
                        "ask retrieve_tools for the tool's name",
                    )
                }
            }
            Code::WrongVariant => refuse(
                format!("{id} says of itself that it may destroy data, so {} does not call it", variant.tool_name()),
                "if that is what you want, call it with call_tool_destructive",
            ),
            Code::ServerStarting => {
                refuse(format!("the server {name} is still starting"), "try again in a few seconds")
            }
            _ => {
                let why = server.and_then(|server| server.failure.as_ref()).map(|failure| failure.detail.as_str());
                let message = match why {
                    Some(why) => format!("the server {name} is not running: {why}"),
                    None => format!("the server {name} is not running"),
                };
                refuse(message, "it is tried again by itself; a person can look into its log")
            }
        }
    }
}

/// Results up to this size are opened to see whether they are errors.
const OPENED: usize = 64 * 1024;

/// Whether a result says of itself that it is an error. Of a large one only its two ends are looked at: that it is one
/// stands beside its content, before or behind it.
fn is_error(result: &RawValue) -> bool {
    let text = result.get();
    if text.len() <= OPENED {
        return text.contains("\"isError\"") && Object::open(result).is_some_and(|it| it.flag("isError") == Some(true));
    }
    let (head, tail) = (text.floor_char_boundary(256), text.ceil_char_boundary(text.len() - 256));
    [text.get(..head), text.get(tail..)].into_iter().flatten().any(|end| end.contains("\"isError\":true"))
}

fn standing(server: &Snapshot) -> Standing {
    use mcpproxy_domain::server::lifecycle::{After, State};
    match server.state {
        State::Ready { .. } => Standing::Ready,
        State::Connecting(_) | State::Discovering(_) | State::Stopping { then: After::Reopen, .. } => {
            Standing::Starting
        }
        State::Disconnected
        | State::PendingAuth
        | State::Asleep
        | State::Backoff
        | State::GaveUp
        | State::Stopping { .. } => Standing::Down,
    }
}

/// What goes to the upstream: its own name of the tool, the arguments as they came, `{}` for none.
fn params(call: &Call) -> Box<RawValue> {
    let name = to_raw_value(&*call.tool.tool).unwrap_or_default();
    let nothing = RawValue::from_string("{}".to_owned()).unwrap_or_default();
    let mut params = Object::default();
    params.set("name", Cow::Borrowed(&*name));
    params.set("arguments", Cow::Borrowed(call.arguments.as_deref().unwrap_or(&nothing)));
    if let Some(meta) = call.meta.as_deref() {
        params.set("_meta", Cow::Borrowed(meta));
    }
    params.to_raw()
}

fn failed(id: &ToolId, error: &LinkError) -> Refusal {
    let code = code_of(error);
    let hint = match code {
        Code::Timeout => "the server may still be at work; a person can raise call_tool_timeout",
        Code::TooLarge => "ask for less at once, for example with a limit or a narrower question",
        Code::Cancelled => "",
        Code::SignInNeeded => "a person has to give the server a credential in its headers",
        _ => "try again; if it stays so, a person should look into the server's log",
    };
    Refusal::new(code, format!("the call of {id} failed: {error}"), hint)
}
