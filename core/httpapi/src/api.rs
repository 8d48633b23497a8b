//! `/api/v1`: from the path to the handler, and from what it says to the answer.

use std::{sync::Arc, time::Instant};

use http::{HeaderValue, StatusCode, header};
use mcpproxy_domain::Code;
use mcpproxy_edge::{Answer, Body, Context, Face, Request, Response, read_body};
use mcpproxy_management::{Management, Refusal};
use tokio::time::timeout;

use crate::{
    envelope::{Fault, Reply},
    faces::Settings,
    metrics::Counts,
    query::Query,
    request::Asked,
    route::{Lasts, Route, Takes, admits, parts},
    routes::ROUTES,
};

/// Where the routes stand.
pub(crate) const PREFIX: &str = "/api/v1";

/// The REST API. Clones are the same face.
#[derive(Clone)]
pub(crate) struct ApiFace {
    management: Management,
    settings: Settings,
    counts: Arc<Counts>,
}

/// What a path and a method stand for.
enum Found {
    Route(&'static Route, Vec<String>),
    /// The path is known, for these methods.
    Methods(Vec<&'static str>),
    Nothing,
}

impl ApiFace {
    pub(crate) fn new(management: Management, settings: Settings) -> Self {
        Self { management, settings, counts: Arc::default() }
    }

    pub(crate) fn counts(&self) -> Arc<Counts> {
        Arc::clone(&self.counts)
    }

    async fn answer(&self, request: Request, context: Context) -> Response {
        let request_id = context.request_id.clone();
        if !admits(context.principal) {
            let refusal = Refusal::new(Code::Unauthorized, "Invalid or missing API key", "send it as X-API-Key");
            return Fault::from(refusal).response(request_id.as_str());
        }
        match find(&request) {
            Found::Nothing => plain(StatusCode::NOT_FOUND, "404 page not found\n"),
            Found::Methods(allowed) => not_allowed(&allowed.join(", ")),
            Found::Route(route, path) => {
                let begun = Instant::now();
                let reply = self.carry_out(route, path, request, context).await;
                let response = reply.unwrap_or_else(|fault| fault.response(request_id.as_str()));
                self.counts.add(route, response.status(), begun.elapsed());
                response
            }
        }
    }

    async fn carry_out(&self, route: &Route, path: Vec<String>, request: Request, context: Context) -> Reply {
        let (head, body) = request.into_parts();
        let cap = match route.takes {
            Takes::Nothing => None,
            Takes::Body => Some(self.settings.body_cap),
            Takes::File => Some(self.settings.import_cap),
        };
        let body = match cap {
            Some(cap) => read_body(body, cap, self.settings.body_silence).await?,
            None => bytes::Bytes::new(),
        };
        let query = Query::read(head.uri.query());
        let asked = Asked { path, query, body, headers: head.headers, context };
        let work = (route.handler)(&self.management, asked);
        match route.lasts {
            Lasts::Call => work.await,
            Lasts::Usual => timeout(self.settings.patience, work).await.unwrap_or_else(|_| {
                let told = format!("this was not done within {} s", self.settings.patience.as_secs());
                Err(Refusal::new(Code::Timeout, told, "try again").into())
            }),
        }
    }
}

impl Face for ApiFace {
    fn handle(&self, request: Request, context: Context) -> Answer<'_> {
        Box::pin(self.answer(request, context))
    }
}

fn find(request: &Request) -> Found {
    let below = request.uri().path().strip_prefix(PREFIX);
    let Some(parts) = below.and_then(parts) else { return Found::Nothing };
    let mut methods = Vec::new();
    for route in ROUTES {
        let Some(open) = route.matches(&parts) else { continue };
        if route.method == *request.method() {
            return Found::Route(route, open);
        }
        methods.push(route.method.as_str());
    }
    if methods.is_empty() { Found::Nothing } else { Found::Methods(methods) }
}

/// A text for people.
pub(crate) fn plain(status: StatusCode, text: &'static str) -> Response {
    let mut response = Response::new(Body::full(text));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

/// The path answers other methods only.
pub(crate) fn not_allowed(methods: &str) -> Response {
    let mut response = Response::default();
    *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
    if let Ok(methods) = HeaderValue::from_str(methods) {
        response.headers_mut().insert(header::ALLOW, methods);
    }
    response
}
