//! Which pages in a browser may read an answer: those of this machine and of trusted hosts, and never with a cookie.
//!
//! Not here: whether a request is carried out at all (`guard`, `credential`).

use http::{HeaderMap, HeaderValue, header};

use crate::{guard::origin_is_ours, route::Response, trusted::TrustedHosts};

const METHODS: &str = "GET, POST, PUT, PATCH, DELETE, OPTIONS";
const HEADERS: &str = "Content-Type, Authorization, X-API-Key, X-Request-Id, X-MCPProxy-Client, Last-Event-ID";
const EXPOSED: &str = "X-Request-Id, Retry-After";

/// The origin of the page that asks, if pages from there may read the answer.
pub(crate) fn origin(headers: &HeaderMap, trusted: &TrustedHosts) -> Option<HeaderValue> {
    let origin = headers.get(header::ORIGIN)?;
    let is_ours = trusted.admit_everything() || origin_is_ours(origin.to_str().ok()?, trusted);
    is_ours.then(|| origin.clone())
}

/// Lets pages of `origin` read the answer.
pub(crate) fn mark(response: &mut Response, origin: Option<HeaderValue>, is_preflight: bool) {
    let headers = response.headers_mut();
    headers.append(header::VARY, HeaderValue::from_static("Origin"));
    let Some(origin) = origin else { return };
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED));
    if is_preflight {
        headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static(METHODS));
        headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static(HEADERS));
    }
}
