//! Clients of the stateless era (2026-07-28): each request stands alone and says in `_meta` and headers who asks.
//!
//! Not here: what the methods do (`methods`); the era's names and forms (`wire::stateless`).

use std::{borrow::Cow, sync::Arc};

use bytes::Bytes;
use http::{HeaderMap, Response, StatusCode};
use mcpproxy_edge::{Body, Context};
use mcpproxy_management::sessions::Client;
use mcpproxy_wire::{
    ErrorObject, Id, Message, Object, Outcome, Revision, envelope, error_code,
    http::VERSION_HEADER,
    sse,
    stateless::{
        ACKNOWLEDGED, DISCOVER, LISTEN, METHOD_HEADER, NAME_HEADER, VERSION, code, header_text, key, named_by,
        unsupported_version,
    },
};
use serde_json::{json, value::RawValue};
use tokio::sync::mpsc;

use crate::{
    accept::Accept,
    answer::{self, Running},
    caller::{self, Caller},
    changes::Changes,
    errors::json as json_response,
    face::Shared,
    methods::{self, raw},
    stream::{LIST_CHANGED, event_stream},
};

/// Whether a request is of this era: it names a revision in its `_meta`, or this one in the header.
pub(crate) fn is_meant(headers: &HeaderMap, params: Option<&RawValue>) -> bool {
    header(headers, VERSION_HEADER).is_some_and(|version| version == VERSION)
        || params
            .and_then(Object::open)
            .and_then(|params| Some(Object::open(params.get("_meta")?)?.get(key::VERSION).is_some()))
            .unwrap_or(false)
}

/// Whether a request without a body speaks for this era.
pub(crate) fn is_named(headers: &HeaderMap) -> bool {
    header(headers, VERSION_HEADER).is_some_and(|version| version == VERSION)
}

/// Answers a request.
pub(crate) async fn request(
    shared: &Arc<Shared>,
    headers: &HeaderMap,
    id: Id,
    message: Message,
    context: &Context,
) -> Response<Body> {
    if let Err(refusal) = check(headers, &message) {
        return refused(&id, &refusal, StatusCode::BAD_REQUEST);
    }
    let accept = Accept::of(headers);
    match message.method.as_ref() {
        DISCOVER => answer::whole(&id, &discovered(shared).await, accept),
        LISTEN => listen(shared, &id, message.params.as_deref()),
        "tools/call" => {
            let cancel = shared.streams.token().child_token();
            let call = Running { shared: Arc::clone(shared), id, message, cancel, session: None };
            let client = client_of(call.message.params.as_deref());
            let caller = Caller {
                principal: context.principal,
                mark: shared.management.sessions.heard(client),
                is_stateless: true,
            };
            call.answer(accept, caller).await
        }
        "tools/list" => {
            methods::settle(shared, &message).await;
            match methods::at_once(shared, None, &message) {
                Some(Ok(list)) => answer::whole(&id, &Ok(cacheable(&list)), accept),
                Some(Err(error)) => refused(&id, &error, StatusCode::OK),
                None => refused(&id, &methods::lost(), StatusCode::OK),
            }
        }
        other => {
            let told =
                format!("Method not found: {other}. Offered are {DISCOVER}, tools/list, tools/call and {LISTEN}");
            refused(&id, &ErrorObject::new(error_code::METHOD_NOT_FOUND, told), StatusCode::NOT_FOUND)
        }
    }
}

/// Who asks, as each request says anew.
fn client_of(params: Option<&RawValue>) -> Client {
    let params = params.and_then(Object::open).unwrap_or_default();
    let meta = params.get("_meta").and_then(Object::open).unwrap_or_default();
    let info = meta.get(key::CLIENT_INFO).and_then(Object::open);
    caller::named(info.as_ref(), VERSION)
}

/// What a request has to say, and where headers and body have to agree. The body decides; the headers are for those on
/// the way, so that they may trust them.
fn check(headers: &HeaderMap, message: &Message) -> Result<(), ErrorObject> {
    let mismatch = |told: String| ErrorObject::new(code::HEADER_MISMATCH, told);
    let malformed = |told: &str| ErrorObject::new(error_code::INVALID_PARAMS, told);
    let params = message.params.as_deref().and_then(Object::open).unwrap_or_default();
    let meta = params.get("_meta").and_then(Object::open).ok_or_else(|| malformed("params._meta is missing"))?;
    let version = meta.text(key::VERSION).ok_or_else(|| malformed("params._meta names no protocolVersion"))?;
    match header(headers, VERSION_HEADER) {
        Some(said) if said == version => {}
        Some(said) => return Err(mismatch(format!("the header MCP-Protocol-Version says {said}, the body {version}"))),
        None => return Err(mismatch("the header MCP-Protocol-Version is missing".to_owned())),
    }
    if version != VERSION {
        return Err(unsupported_version(&version, &supported()));
    }
    if !meta.get(key::CLIENT_CAPABILITIES).is_some_and(|raw| raw.get().starts_with('{')) {
        return Err(malformed("params._meta names no clientCapabilities"));
    }
    match header(headers, METHOD_HEADER) {
        Some(said) if said == message.method => {}
        Some(said) => return Err(mismatch(format!("the header Mcp-Method says {said}, the body {}", message.method))),
        None => return Err(mismatch("the header Mcp-Method is missing".to_owned())),
    }
    let Some(name) = named_by(&message.method).and_then(|member| params.text(member)) else { return Ok(()) };
    match header(headers, NAME_HEADER).and_then(header_text) {
        Some(said) if said == name => Ok(()),
        Some(said) => Err(mismatch(format!("the header Mcp-Name says {said}, the body {name}"))),
        None => Err(mismatch("the header Mcp-Name is missing or cannot be read".to_owned())),
    }
}

/// What `server/discover` answers.
async fn discovered(shared: &Shared) -> Outcome {
    let hello = methods::hello(shared, Revision::LATEST).await?;
    let hello = Object::open(&hello).unwrap_or_default();
    let mut result = Object::default();
    let supported = raw(&json!(supported()));
    result.set("supportedVersions", Cow::Borrowed(&*supported));
    for member in ["capabilities", "instructions"] {
        if let Some(value) = hello.get(member) {
            result.set(member, Cow::Owned(value.to_owned()));
        }
    }
    Ok(cacheable(&result.to_raw()))
}

/// A result that may be kept, with what says for how long and by whom: it depends on what is configured, so nobody may
/// keep it for others, and nobody for long.
fn cacheable(result: &RawValue) -> Box<RawValue> {
    let (kind, ttl, scope) = (raw(&json!("complete")), raw(&json!(0)), raw(&json!("private")));
    let meta = raw(&json!({ key::SERVER_INFO: methods::server_info() }));
    let mut result = Object::open(result).unwrap_or_default();
    result.set("resultType", Cow::Borrowed(&*kind));
    result.set("ttlMs", Cow::Borrowed(&*ttl));
    result.set("cacheScope", Cow::Borrowed(&*scope));
    result.set("_meta", Cow::Borrowed(&*meta));
    result.to_raw()
}

/// Opens the stream on which changes are told; closing it ends the subscription.
fn listen(shared: &Arc<Shared>, id: &Id, params: Option<&RawValue>) -> Response<Body> {
    let wanted = params.and_then(Object::open);
    let wanted = wanted.as_ref().and_then(|params| params.get("notifications")).and_then(Object::open);
    let Some(wanted) = wanted else {
        let told = format!("{LISTEN} needs params.notifications, an object");
        return refused(id, &ErrorObject::new(error_code::INVALID_PARAMS, told), StatusCode::BAD_REQUEST);
    };
    let tools = wanted.flag("toolsListChanged") == Some(true);
    let accepted = if tools { json!({ "toolsListChanged": true }) } else { json!({}) };
    let subscription = json!({ key::SUBSCRIPTION: id.raw() });
    let acknowledged = raw(&json!({ "notifications": accepted, "_meta": subscription }));
    let changed = raw(&json!({ "_meta": subscription }));
    let changed = Bytes::from(sse::encode(&envelope::notification(LIST_CHANGED, Some(&changed))));
    let ended = raw(&json!({ "resultType": "complete", "_meta": subscription }));
    let mut changes = Changes::after(shared.list.as_ref().filter(|_| tools), None);
    let (sender, receiver) = mpsc::channel(4);
    let (id, keep_alive, closing) = (id.clone(), shared.settings.keep_alive, shared.streams.token());
    shared.streams.spawn("subscription", async move {
        let first = sse::encode(&envelope::notification(ACKNOWLEDGED, Some(&acknowledged)));
        if sender.send(Bytes::from(first)).await.is_err() {
            return;
        }
        loop {
            tokio::select! {
                () = tokio::time::sleep(keep_alive) => {
                    if sender.send(Bytes::from_static(sse::KEEP_ALIVE)).await.is_err() {
                        return;
                    }
                }
                _ = changes.next() => {
                    if sender.send(changed.clone()).await.is_err() {
                        return;
                    }
                }
                () = sender.closed() => return,
                () = closing.cancelled() => {
                    // a graceful end is an answer; without one the client would take it for a broken connection
                    let _ = sender.try_send(Bytes::from(sse::encode(&envelope::response(&id, &Ok(ended)))));
                    return;
                }
            }
        }
    });
    event_stream(receiver)
}

fn refused(id: &Id, error: &ErrorObject, status: StatusCode) -> Response<Body> {
    json_response(status, envelope::response(id, &Err(error.clone())))
}

fn supported() -> Vec<&'static str> {
    std::iter::once(VERSION).chain(Revision::ALL.iter().rev().map(|revision| revision.as_str())).collect()
}

fn header<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim)
}
