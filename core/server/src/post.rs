//! One message of a client: read, opened, taken to its session.

use std::sync::Arc;

use http::{HeaderMap, HeaderValue, Response, StatusCode, header::CONTENT_TYPE};
use mcpproxy_domain::{Code, Principal};
use mcpproxy_edge::{Body, BodyError, Context, Request, read_body};
use mcpproxy_wire::{
    Envelope, Id, Message, Object, Revision,
    envelope::{DecodeError, decode},
    handshake::INITIALIZE,
    http::SESSION_HEADER,
};
use serde_json::value::RawValue;

use crate::{
    accept::Accept,
    answer,
    caller::{self, Caller},
    errors::{Protest, empty, json},
    face::Shared,
    methods,
    sessions::Session,
    stateless,
};

/// Takes a POST.
pub(crate) async fn post(shared: &Arc<Shared>, request: Request, context: Context) -> Result<Response<Body>, Protest> {
    let (parts, body) = request.into_parts();
    declared_json(&parts.headers)?;
    let body = read_body(body, shared.settings.message_cap, shared.settings.body_silence).await.map_err(unread)?;
    match decode(&body).map_err(|error| undecoded(&error))? {
        Envelope::Request { id, method, params } if method == INITIALIZE => {
            initialize(shared, &id, params, context.principal).await
        }
        Envelope::Request { id, method, params } if stateless::is_meant(&parts.headers, params) => {
            let message = Message { method: method.into_owned().into(), params: params.map(ToOwned::to_owned) };
            Ok(stateless::request(shared, &parts.headers, id, message, &context).await)
        }
        Envelope::Request { id, method, params } => {
            // refused without an id, as other servers of these revisions do
            let (_, session) = shared.session(&parts.headers, context.principal)?;
            let message = Message { method: method.into_owned().into(), params: params.map(ToOwned::to_owned) };
            run(shared, session, id, message, Accept::of(&parts.headers), &context).await
        }
        Envelope::Notification { params, .. } if stateless::is_meant(&parts.headers, params) => {
            Ok(empty(StatusCode::ACCEPTED))
        }
        Envelope::Notification { method, params } => {
            let (_, session) = shared.session(&parts.headers, context.principal)?;
            if method == "notifications/cancelled" {
                let withdrawn = params.and_then(Object::open);
                if let Some(id) = withdrawn.as_ref().and_then(|it| it.get("requestId")).and_then(Id::from_raw) {
                    session.cancel(&id);
                }
            }
            Ok(empty(StatusCode::ACCEPTED))
        }
        // we ask clients nothing, so no answer is waited for
        Envelope::Response { .. } => {
            shared.session(&parts.headers, context.principal)?;
            Ok(empty(StatusCode::ACCEPTED))
        }
    }
}

async fn initialize(
    shared: &Shared,
    id: &Id,
    params: Option<&RawValue>,
    principal: Principal,
) -> Result<Response<Body>, Protest> {
    let params = params.and_then(Object::open).unwrap_or_default();
    // a client that does not say speaks the first revision of this transport
    let asked = params.text("protocolVersion").filter(|asked| !asked.is_empty());
    let revision = asked.map_or(Revision::V2025_03_26, |asked| Revision::negotiate(&asked));
    let outcome = methods::hello(shared, revision).await;
    if outcome.is_err() {
        return Ok(json(StatusCode::OK, mcpproxy_wire::envelope::response(id, &outcome)));
    }
    let info = params.get("clientInfo").and_then(Object::open);
    let client = caller::named(info.as_ref(), revision.as_str());
    tracing::info!(
        client = client.name.as_deref().unwrap_or_default(),
        version = client.version.as_deref().unwrap_or_default(),
        revision = revision.as_str(),
        "a client opens a session"
    );
    let session = shared.sessions.open(revision, principal, client).map_err(|error| {
        let told = format!("no session could be opened: {error}");
        Protest::new(StatusCode::INTERNAL_SERVER_ERROR, Code::Internal, told).about(Some(id.clone()))
    })?;
    let mut response = json(StatusCode::OK, mcpproxy_wire::envelope::response(id, &outcome));
    if let Ok(value) = HeaderValue::from_str(&session) {
        response.headers_mut().insert(SESSION_HEADER, value);
    }
    Ok(response)
}

async fn run(
    shared: &Arc<Shared>,
    session: Arc<Session>,
    id: Id,
    message: Message,
    accept: Accept,
    context: &Context,
) -> Result<Response<Body>, Protest> {
    methods::settle(shared, &message).await;
    if let Some(outcome) = methods::at_once(shared, Some(&session), &message) {
        return Ok(answer::whole(&id, &outcome, accept));
    }
    let Some(cancel) = session.begin(&id) else {
        let told = format!("a request with the id {id} is under way in this session; ids must be unique");
        return Err(Protest::new(StatusCode::BAD_REQUEST, Code::InvalidInput, told).about(Some(id)));
    };
    let caller = Caller { principal: context.principal, mark: Arc::clone(&session.mark), is_stateless: false };
    let call = answer::Running { shared: Arc::clone(shared), session: Some(session), id, message, cancel };
    Ok(call.answer(accept, caller).await)
}

fn declared_json(headers: &HeaderMap) -> Result<(), Protest> {
    let declared = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = declared.split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case("application/json") {
        return Ok(());
    }
    let told = "send the message as Content-Type: application/json";
    Err(Protest::new(StatusCode::BAD_REQUEST, Code::InvalidInput, told))
}

fn unread(error: BodyError) -> Protest {
    let code = match error {
        BodyError::TooLarge { .. } => Code::TooLarge,
        BodyError::Slow => Code::Timeout,
        BodyError::Broken => Code::Malformed,
    };
    Protest::new(error.status(), code, error.to_string())
}

fn undecoded(error: &DecodeError) -> Protest {
    let (code, id) = match error {
        DecodeError::Syntax(_) | DecodeError::Empty => (Code::Malformed, None),
        DecodeError::Batch => (Code::InvalidRequest, None),
        DecodeError::Shape { id, .. } => (Code::InvalidRequest, id.clone()),
    };
    Protest::new(StatusCode::BAD_REQUEST, code, error.to_string()).about(id)
}
