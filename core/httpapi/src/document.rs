//! The document of the API and the page that shows it; neither needs a network or a key.
//!
//! The document is made from the table of routes by a test, which keeps it current.

use http::{HeaderValue, Method, StatusCode, header};
use mcpproxy_edge::{Body, Context, Request, Response};

use crate::api::{not_allowed, plain};

/// The document.
pub(crate) const OPENAPI: &str = include_str!("../openapi.json");
const PAGE: &str = include_str!("viewer/index.html");
const SCRIPT: &str = include_str!("viewer/viewer.js");
const STYLE: &str = include_str!("viewer/viewer.css");
/// Nothing but what is served here.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; \
    form-action 'none'; frame-ancestors 'none'";

/// Answers below `/swagger`.
pub(crate) async fn answer(request: Request, _: Context) -> Response {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return not_allowed("GET, HEAD");
    }
    let (content_type, text) = match request.uri().path() {
        "/swagger" => return to("/swagger/"),
        "/swagger/" | "/swagger/index.html" => ("text/html; charset=utf-8", PAGE),
        "/swagger/viewer.js" => ("application/javascript", SCRIPT),
        "/swagger/viewer.css" => ("text/css", STYLE),
        "/swagger/doc.json" => ("application/json", OPENAPI),
        _ => return plain(StatusCode::NOT_FOUND, "404 page not found\n"),
    };
    let mut response = Response::new(Body::full(text));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

/// Sends a browser elsewhere here.
pub(crate) fn to(place: &str) -> Response {
    let mut response = Response::default();
    *response.status_mut() = StatusCode::FOUND;
    if let Ok(place) = HeaderValue::from_str(place) {
        response.headers_mut().insert(header::LOCATION, place);
    }
    response
}
