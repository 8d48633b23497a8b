//! The way of one request: id, route, guard, credential, face.

use std::net::SocketAddr;

use http::{Method, Version, header};
use mcpproxy_domain::Principal;
use mcpproxy_task::catch_panic;

use crate::{
    cors, credential, guard,
    refusal::Refusal,
    request_id::{self, RequestId},
    route::{Access, Context, Request, Response, Route, Routes},
    settings::EdgeSettings,
};

/// Where a request came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Over TCP.
    Tcp {
        /// The client's end of the connection.
        peer: SocketAddr,
        /// Our end of the connection.
        local: SocketAddr,
    },
    /// Over a socket or a pipe whose other end belongs to the person who runs the core.
    Socket,
}

/// Answers one request, whatever becomes of it. Neither the query nor a header is logged: they may hold a key.
pub(crate) async fn dispatch(request: Request, origin: Origin, routes: &Routes, settings: &EdgeSettings) -> Response {
    let request_id = RequestId::of(request.headers());
    let asked =
        tracing::enabled!(tracing::Level::DEBUG).then(|| (request.method().clone(), request.uri().path().to_owned()));
    let route = find(&request, routes);
    let is_keyed = route.as_ref().is_ok_and(|route| route.access == Access::Keyed);
    let page = if is_keyed { cors::origin(request.headers(), &settings.trusted_hosts) } else { None };
    let is_preflight = is_keyed && request.method() == Method::OPTIONS;
    let answer = match route.and_then(|route| Ok((route, admit(&request, origin, route.access, routes, settings)?))) {
        Ok(_) if is_preflight => Ok(Response::default()),
        Ok((route, principal)) => {
            let context = Context { request_id: request_id.clone(), principal, origin };
            let answer = async move { route.face.handle(request, context).await };
            catch_panic(answer).await.map_err(|_| Refusal::Internal)
        }
        Err(refusal) => Err(refusal),
    };
    let mut response = answer.unwrap_or_else(|refusal| {
        if refusal == Refusal::Internal {
            tracing::error!(%request_id, "a request ended in a panic");
        }
        if is_keyed { refusal.envelope(&request_id) } else { refusal.response() }
    });
    if is_keyed {
        cors::mark(&mut response, page, is_preflight);
    }
    if let Some((method, path)) = asked {
        tracing::debug!(%request_id, %method, path, status = response.status().as_u16(), "answered");
    }
    response.headers_mut().insert(request_id::HEADER, request_id.into_header());
    response
}

fn find<'a>(request: &Request, routes: &'a Routes) -> Result<&'a Route, Refusal> {
    let hosts = request.headers().get_all(header::HOST).iter().count();
    if hosts > 1 || (hosts == 0 && request.version() == Version::HTTP_11) {
        return Err(Refusal::NoHost);
    }
    routes.find(request.uri().path()).ok_or(Refusal::NoSuchPath)
}

fn admit(
    request: &Request,
    origin: Origin,
    access: Access,
    routes: &Routes,
    settings: &EdgeSettings,
) -> Result<Principal, Refusal> {
    let Origin::Tcp { local, .. } = origin else {
        return Ok(match access {
            Access::Open | Access::Guarded => Principal::Local,
            Access::Checked | Access::Keyed => Principal::Owner,
        });
    };
    let (uri, headers) = (request.uri(), request.headers());
    if access != Access::Open && local.ip().to_canonical().is_loopback() {
        guard::check(uri, headers, &settings.trusted_hosts)?;
    }
    match access {
        Access::Open | Access::Guarded => Ok(Principal::Local),
        // a browser asks without a credential whether it may ask with one; nothing is told and nothing done
        Access::Keyed if request.method() == Method::OPTIONS => Ok(Principal::Local),
        Access::Checked => credential::principal(headers, uri.query(), settings),
        Access::Keyed => credential::keyed(request, origin, settings, routes.people.as_deref()),
    }
}
