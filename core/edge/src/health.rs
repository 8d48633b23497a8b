//! The two probes of monitors: does the process answer, and is it ready for work.
//!
//! Not here: what ready means; the composition root hands in the question.

use std::sync::Arc;

use http::{HeaderValue, Method, StatusCode, header};

use crate::{
    body::Body,
    refusal::Refusal,
    route::{Context, Face, Request, Response},
};

/// Answers that the process is alive.
pub(crate) fn alive() -> Arc<dyn Face> {
    probe(|| (StatusCode::OK, r#"{"status":"ok"}"#))
}

/// Answers whether the process is ready.
pub(crate) fn ready(is_ready: impl Fn() -> bool + Send + Sync + 'static) -> Arc<dyn Face> {
    probe(move || match is_ready() {
        true => (StatusCode::OK, r#"{"ready":true}"#),
        false => (StatusCode::SERVICE_UNAVAILABLE, r#"{"ready":false}"#),
    })
}

fn probe(ask: impl Fn() -> (StatusCode, &'static str) + Send + Sync + 'static) -> Arc<dyn Face> {
    Arc::new(move |request: Request, _: Context| {
        let response = match *request.method() {
            Method::GET | Method::HEAD => {
                let (status, text) = ask();
                let mut response = Response::new(Body::full(text));
                *response.status_mut() = status;
                response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
                response
            }
            _ => Refusal::ReadOnlyPath.response(),
        };
        std::future::ready(response)
    })
}
