//! The way of one request: id, route, guard, credential, face.

use std::{
    future::{Future, poll_fn},
    net::SocketAddr,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    task::Poll,
};

use http::{Version, header};
use mcpproxy_domain::Principal;

use crate::{
    credential, guard,
    refusal::Refusal,
    request_id::{self, RequestId},
    route::{Access, Context, Request, Response, Route, Routes},
    settings::EdgeSettings,
};

/// The two ends of the connection that a request came over.
#[derive(Clone, Copy)]
pub(crate) struct Origin {
    pub(crate) peer: SocketAddr,
    pub(crate) local: SocketAddr,
}

/// Answers one request, whatever becomes of it. Neither the query nor a header is logged: they may hold a key.
pub(crate) async fn dispatch(request: Request, origin: Origin, routes: &Routes, settings: &EdgeSettings) -> Response {
    let request_id = RequestId::of(request.headers());
    let asked =
        tracing::enabled!(tracing::Level::DEBUG).then(|| (request.method().clone(), request.uri().path().to_owned()));
    let answer = match admit(&request, origin, routes, settings) {
        Ok((route, principal)) => {
            let context = Context { request_id: request_id.clone(), principal, peer: origin.peer, local: origin.local };
            catch_panic(async move { route.face.handle(request, context).await }).await
        }
        Err(refusal) => Err(refusal),
    };
    let mut response = answer.unwrap_or_else(|refusal| {
        if refusal == Refusal::Internal {
            tracing::error!(%request_id, "a request ended in a panic");
        }
        refusal.response()
    });
    if let Some((method, path)) = asked {
        tracing::debug!(%request_id, %method, path, status = response.status().as_u16(), "answered");
    }
    response.headers_mut().insert(request_id::HEADER, request_id.into_header());
    response
}

fn admit<'a>(
    request: &Request,
    origin: Origin,
    routes: &'a Routes,
    settings: &EdgeSettings,
) -> Result<(&'a Route, Principal), Refusal> {
    let hosts = request.headers().get_all(header::HOST).iter().count();
    if hosts > 1 || (hosts == 0 && request.version() == Version::HTTP_11) {
        return Err(Refusal::NoHost);
    }
    let uri = request.uri();
    let route = routes.find(uri.path()).ok_or(Refusal::NoSuchPath)?;
    match route.access {
        Access::Open => Ok((route, Principal::Local)),
        Access::Checked => {
            if origin.local.ip().to_canonical().is_loopback() {
                guard::check(uri, request.headers(), &settings.trusted_hosts)?;
            }
            Ok((route, credential::principal(request.headers(), uri.query(), settings)?))
        }
    }
}

/// Runs a face; its panic ends nothing but the request. What it said went to the panic hook.
async fn catch_panic(answer: impl Future<Output = Response>) -> Result<Response, Refusal> {
    let mut answer = pin!(answer);
    poll_fn(|cx| match catch_unwind(AssertUnwindSafe(|| answer.as_mut().poll(cx))) {
        Ok(Poll::Pending) => Poll::Pending,
        Ok(Poll::Ready(response)) => Poll::Ready(Ok(response)),
        Err(_) => Poll::Ready(Err(Refusal::Internal)),
    })
    .await
}
