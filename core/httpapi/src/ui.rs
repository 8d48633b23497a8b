//! `/ui/`: who comes with a ticket, or with the key, gets a cookie and a clean address; who has the cookie sees the page;
//! everybody else is told how to get in. Not here: the page.

use std::sync::Arc;

use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use mcpproxy_edge::{
    Answer, Body, Context, Face, Origin, Request, Response, cookie, cookie_name, read_body, same_origin,
};
use mcpproxy_management::{Management, Refusal};

use crate::{api::not_allowed, document::to, envelope::Fault, faces::Settings, query::Query};

const TICKET: &str = "ticket";
const KEY: &str = "apikey";
/// Where a key is sent that somebody typed.
const ENTER: &str = "/ui/enter";
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; \
    frame-ancestors 'none'";
const ADMITTED: &str = include_str!("viewer/admitted.html");
const STRANGER: &str = include_str!("viewer/stranger.html");
const NO_PAGE: &str = include_str!("viewer/no_page.html");

/// The way in.
#[derive(Clone)]
pub(crate) struct UiFace {
    management: Management,
    settings: Settings,
    pages: Option<Arc<dyn Face>>,
}

/// What somebody brings along.
enum Proof {
    Cookie,
    /// A new cookie, for a ticket or a key.
    Admitted(String),
    /// A ticket or a key that lets nobody in.
    Refused,
    Nothing,
}

impl UiFace {
    pub(crate) fn new(management: Management, settings: Settings, pages: Option<Arc<dyn Face>>) -> Self {
        Self { management, settings, pages }
    }

    async fn answer(&self, request: Request, context: Context) -> Response {
        if matches!(request.uri().path(), "/" | "/ui") {
            let query = request.uri().query().map(|query| format!("?{query}")).unwrap_or_default();
            return to(&format!("/ui/{query}"));
        }
        if request.uri().path() == ENTER && *request.method() == Method::POST {
            return self.enter(request, &context).await;
        }
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            return not_allowed("GET, HEAD");
        }
        match self.proof(request.uri(), request.headers(), context.origin) {
            Err(refusal) => Fault::from(refusal).response(context.request_id.as_str()),
            Ok(Proof::Admitted(cookie)) => admitted(&clean(request.uri()), &cookie, context.origin),
            Ok(Proof::Cookie) => match &self.pages {
                Some(pages) => pages.handle(request, context).await,
                None => html(StatusCode::OK, NO_PAGE.to_owned()),
            },
            Ok(Proof::Refused) => {
                stranger("That ticket or key does not let you in: a ticket works once, for 30 seconds.")
            }
            Ok(Proof::Nothing) => stranger(""),
        }
    }

    fn proof(&self, uri: &Uri, headers: &HeaderMap, origin: Origin) -> Result<Proof, Refusal> {
        let query = Query::read(uri.query());
        if let Some(ticket) = query.text(TICKET) {
            return Ok(self.management.people.redeem(ticket)?.map_or(Proof::Refused, Proof::Admitted));
        }
        if let Some(key) = query.text(KEY) {
            return self.admitted_by(key);
        }
        // the system vouches for whoever speaks over the socket
        let Some(name) = cookie_name(origin) else { return Ok(Proof::Cookie) };
        let is_known = cookie(headers, &name).is_some_and(|cookie| self.management.people.knows(cookie));
        Ok(if is_known { Proof::Cookie } else { Proof::Nothing })
    }

    fn admitted_by(&self, key: &str) -> Result<Proof, Refusal> {
        if !self.management.is_key(key) {
            return Ok(Proof::Refused);
        }
        self.management.people.admit().map(Proof::Admitted)
    }

    /// Somebody typed the key.
    async fn enter(&self, request: Request, context: &Context) -> Response {
        let is_own = same_origin(request.headers());
        let body = match read_body(request.into_body(), 4096, self.settings.body_silence).await {
            Ok(body) => body,
            Err(error) => return error.response(),
        };
        let form = Query::read(std::str::from_utf8(&body).ok());
        let proof = form.text(KEY).filter(|_| is_own).map_or(Ok(Proof::Refused), |key| self.admitted_by(key));
        match proof {
            Ok(Proof::Admitted(cookie)) => admitted("/ui/", &cookie, context.origin),
            Ok(_) => stranger("That key is not the one of this core."),
            Err(refusal) => Fault::from(refusal).response(context.request_id.as_str()),
        }
    }
}

impl Face for UiFace {
    fn handle(&self, request: Request, context: Context) -> Answer<'_> {
        Box::pin(self.answer(request, context))
    }
}

/// The same address without what let somebody in.
fn clean(uri: &Uri) -> String {
    let mut rest = form_urlencoded::Serializer::new(String::new());
    let pairs = form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
    rest.extend_pairs(pairs.filter(|(name, _)| name != TICKET && name != KEY));
    let rest = rest.finish();
    if rest.is_empty() { uri.path().to_owned() } else { format!("{}?{rest}", uri.path()) }
}

/// On to a clean address, with a cookie. By a page and not by a redirect: whoever comes by a link of another program would
/// be redirected without the cookie, which goes along with our own pages only.
fn admitted(place: &str, cookie: &str, origin: Origin) -> Response {
    let place = place.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;");
    let mut response = html(StatusCode::OK, ADMITTED.replace("{place}", &place));
    let name = cookie_name(origin).unwrap_or_default();
    if let Ok(cookie) = HeaderValue::try_from(format!("{name}={cookie}; Path=/; HttpOnly; SameSite=Strict")) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    response
}

fn stranger(why: &str) -> Response {
    html(StatusCode::UNAUTHORIZED, STRANGER.replace("{why}", why))
}

fn html(status: StatusCode, text: String) -> Response {
    let mut response = Response::new(Body::full(text));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    harden(&mut response);
    response
}

fn harden(response: &mut Response) {
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
}
