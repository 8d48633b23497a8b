//! Reading what an HTTP server answers, within a cap.

use bytes::{Bytes, BytesMut};
use reqwest::{Response, header::CONTENT_TYPE};

use crate::LinkError;

/// What the body of an answer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Json,
    Events,
    Other,
}

/// The kind that the answer declares.
pub(super) fn kind(response: &Response) -> Kind {
    let declared = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = declared.split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case("application/json") {
        Kind::Json
    } else if essence.eq_ignore_ascii_case("text/event-stream") {
        Kind::Events
    } else {
        Kind::Other
    }
}

/// The next piece of the body; `None` at its end.
pub(super) async fn chunk(response: &mut Response) -> Result<Option<Bytes>, LinkError> {
    response.chunk().await.map_err(|error| failed(&error))
}

/// The whole body, if it is not larger than the cap.
pub(super) async fn whole(response: &mut Response, cap: usize) -> Result<Bytes, LinkError> {
    if response.content_length().is_some_and(|length| length > cap as u64) {
        return Err(LinkError::TooLarge(cap));
    }
    let Some(first) = chunk(response).await? else { return Ok(Bytes::new()) };
    let Some(second) = chunk(response).await? else { return Ok(first) };
    let mut body = BytesMut::from(first);
    body.extend_from_slice(&second);
    while let Some(next) = chunk(response).await? {
        if body.len() + next.len() > cap {
            return Err(LinkError::TooLarge(cap));
        }
        body.extend_from_slice(&next);
    }
    Ok(body.freeze())
}

/// A failure of the connection, without the URL: it may hold a secret.
pub(super) fn failed(error: &reqwest::Error) -> LinkError {
    let mut reason = String::new();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        reason = cause.to_string();
        source = cause.source();
    }
    if reason.is_empty() {
        reason = if error.is_timeout() { "timed out".to_owned() } else { "the connection broke".to_owned() };
    }
    let kind = if error.is_connect() { std::io::ErrorKind::ConnectionRefused } else { std::io::ErrorKind::Other };
    LinkError::io(std::io::Error::new(kind, reason))
}
