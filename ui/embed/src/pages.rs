//! The face below `/ui/`: files with what a browser may do with them.
//!
//! Not here: which bytes stand behind a path (`assets`).

use std::{future::ready, sync::Arc};

use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use mcpproxy_edge::{Body, Context, Face, Request, Response};

use crate::assets::{self, Asset, CONTENT_SECURITY_POLICY};

/// Where the page lives.
const BASE: &str = "/ui";
/// One year: the name of such a file changes with its content.
const FOR_GOOD: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const ASK_AGAIN: HeaderValue = HeaderValue::from_static("no-cache");

/// Answers every path below `/ui`; `/` and `/ui` lead there. `GET` and `HEAD` only.
#[must_use]
pub fn pages() -> Arc<dyn Face> {
    Arc::new(|request: Request, _: Context| ready(answer(request.method(), request.uri().path(), request.headers())))
}

fn answer(method: &Method, path: &str, asked: &HeaderMap) -> Response {
    if !matches!(*method, Method::GET | Method::HEAD) {
        let mut response = plain(StatusCode::METHOD_NOT_ALLOWED, "405 pages are only read\n");
        response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
        return response;
    }
    let Some(below) = path.strip_prefix(BASE).and_then(|rest| rest.strip_prefix('/')) else {
        let mut response = plain(StatusCode::FOUND, "");
        response.headers_mut().insert(header::LOCATION, HeaderValue::from_static("/ui/"));
        return response;
    };
    match assets::find(below) {
        Some(asset) => file(asset, asked),
        None => plain(StatusCode::NOT_FOUND, "404 this file is of another version: load the page again\n"),
    }
}

fn file(asset: Asset, asked: &HeaderMap) -> Response {
    let etag = format!("\"{}\"", asset.etag);
    let is_known = asked.get(header::IF_NONE_MATCH).and_then(|known| known.to_str().ok()).is_some_and(|known| {
        known.split(',').map(|one| one.trim().trim_start_matches("W/")).any(|one| one == "*" || one == etag)
    });
    let mut response = Response::new(if is_known { Body::full("") } else { Body::full(asset.bytes) });
    if is_known {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
    } else {
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(asset.content_type));
    }
    let headers = response.headers_mut();
    headers.extend(HeaderValue::try_from(etag).ok().map(|etag| (header::ETAG, etag)));
    headers.insert(header::CACHE_CONTROL, if asset.immutable { FOR_GOOD } else { ASK_AGAIN });
    headers.extend(common());
    response
}

fn plain(status: StatusCode, text: &'static str) -> Response {
    let mut response = Response::new(Body::full(text));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    headers.extend(common());
    response
}

/// What every answer says: nothing from elsewhere, no frames, no guesses at types, no address told to others.
fn common() -> impl Iterator<Item = (HeaderName, HeaderValue)> {
    [
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
    ]
    .into_iter()
    .map(|(name, value)| (name, HeaderValue::from_static(value)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn get(path: &str) -> Response {
        answer(&Method::GET, path, &HeaderMap::new())
    }

    #[test]
    fn pages_are_read_checked_again_and_never_framed() {
        let page = get("/ui/servers/demo");
        assert_eq!(page.status(), StatusCode::OK);
        assert_eq!(page.headers()[header::CACHE_CONTROL], "no-cache");
        assert!(page.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap().contains("frame-ancestors 'none'"));
        let etag = page.headers()[header::ETAG].clone();
        for known in [etag.clone(), HeaderValue::from_static("*")] {
            let again = answer(&Method::HEAD, "/ui/", &HeaderMap::from_iter([(header::IF_NONE_MATCH, known)]));
            assert_eq!((again.status(), &again.headers()[header::ETAG]), (StatusCode::NOT_MODIFIED, &etag));
        }
    }

    #[test]
    fn other_paths_and_methods_are_told() {
        for path in ["/", "/ui"] {
            assert_eq!(
                (get(path).status(), &get(path).headers()[header::LOCATION]),
                (StatusCode::FOUND, &HeaderValue::from_static("/ui/"))
            );
        }
        assert_eq!(get("/ui/assets/gone-1.js").status(), StatusCode::NOT_FOUND);
        assert_eq!(answer(&Method::POST, "/ui/", &HeaderMap::new()).status(), StatusCode::METHOD_NOT_ALLOWED);
    }
}
