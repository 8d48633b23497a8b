//! Reading what an HTTP server answers, within a cap.

use bytes::{Bytes, BytesMut};
use reqwest::{Response, header::CONTENT_TYPE};

use crate::LinkError;

/// What the body of an answer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Json,
    Events,
    Other,
}

/// The kind that the answer declares.
pub(crate) fn kind(response: &Response) -> Kind {
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
pub(crate) async fn chunk(response: &mut Response) -> Result<Option<Bytes>, LinkError> {
    response.chunk().await.map_err(|error| failed(&error))
}

/// The whole body, if it is not larger than the cap.
pub(crate) async fn whole(response: &mut Response, cap: usize) -> Result<Bytes, LinkError> {
    let announced = response.content_length().unwrap_or_default();
    let Some(announced) = usize::try_from(announced).ok().filter(|announced| *announced <= cap) else {
        return Err(LinkError::TooLarge(cap));
    };
    let Some(first) = within(cap, 0, chunk(response).await?)? else { return Ok(Bytes::new()) };
    let Some(second) = within(cap, first.len(), chunk(response).await?)? else { return Ok(first) };
    // Room for all of it at once: a body that grows is copied again and again. It is the room to which it would have
    // grown, which allocators keep for the next; room of the exact size goes back and is paid for page by page.
    let room = announced.max(first.len() + second.len());
    let mut body = BytesMut::with_capacity(room.next_power_of_two());
    body.extend_from_slice(&first);
    body.extend_from_slice(&second);
    while let Some(next) = within(cap, body.len(), chunk(response).await?)? {
        body.extend_from_slice(&next);
    }
    Ok(body.freeze())
}

/// The next piece, if it fits behind what is held.
fn within(cap: usize, held: usize, next: Option<Bytes>) -> Result<Option<Bytes>, LinkError> {
    match next {
        Some(bytes) if bytes.len() > cap.saturating_sub(held) => Err(LinkError::TooLarge(cap)),
        next => Ok(next),
    }
}

/// A failure of the connection, without the URL: it may hold a secret.
pub(crate) fn failed(error: &reqwest::Error) -> LinkError {
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
