//! What goes along with one request besides its message: progress on the way back, a cancel on the way there.

use std::{borrow::Cow, time::Duration};

use serde_json::value::RawValue;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::{Id, Limits, LinkError, Message, Object, envelope, stateless::ParamHeaders};

/// The company of one request. Dropping its owner does not cancel; [`Exchange::cancel`] does.
#[derive(Clone, Debug, Default)]
pub struct Exchange {
    /// Where progress goes; `None` = the caller sent no token and must get none.
    pub progress: Option<Progress>,
    /// Fires when the caller withdraws the request.
    pub cancel: CancellationToken,
    /// Which arguments of a call headers repeat; only HTTP to a server of the stateless era has such headers.
    pub param_headers: ParamHeaders,
}

/// The way back for the progress of one request.
#[derive(Clone, Debug)]
pub struct Progress {
    token: Box<RawValue>,
    sink: mpsc::Sender<Box<RawValue>>,
}

impl Progress {
    /// Progress for the caller that sent `token`; `sink` receives the parameters of its notifications.
    #[must_use]
    pub fn new(token: Box<RawValue>, sink: mpsc::Sender<Box<RawValue>>) -> Self {
        Self { token, sink }
    }

    /// Passes on what the one that works reported, under the caller's own token. Progress is dropped when the caller
    /// does not keep up: it is superseded by the next, and nobody else may wait for a slow reader.
    pub fn report<'a>(&'a self, mut params: Object<'a>) {
        params.set("progressToken", Cow::Borrowed(&*self.token));
        let _ = self.sink.try_send(params.to_raw());
    }
}

/// A request under our own number, as it goes out: with our progress token where the caller wants to hear of progress.
pub(crate) fn numbered(
    message: &Message,
    exchange: &Exchange,
    number: u64,
    limits: Limits,
) -> Result<Vec<u8>, LinkError> {
    let params = match &exchange.progress {
        Some(_) => Some(Cow::Owned(with_progress_token(message.params.as_deref(), number))),
        None => message.params.as_deref().map(Cow::Borrowed),
    };
    let bytes = envelope::request(&Id::from(number), &message.method, params.as_deref());
    if bytes.len() > limits.message_cap {
        return Err(LinkError::TooLarge(limits.message_cap));
    }
    Ok(bytes)
}

/// The parameters with our own progress token in the place of the caller's.
fn with_progress_token(params: Option<&RawValue>, number: u64) -> Box<RawValue> {
    let mut params = params.and_then(Object::open).unwrap_or_default();
    let token = Id::from(number);
    let held = params.get("_meta").map(ToOwned::to_owned);
    let mut meta = held.as_deref().and_then(Object::open).unwrap_or_default();
    meta.set("progressToken", Cow::Borrowed(token.raw()));
    let meta = meta.to_raw();
    params.set("_meta", Cow::Owned(meta));
    params.to_raw()
}

/// How long a request may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// Longest time without a sign of life: progress starts it anew.
    pub silence: Duration,
    /// Longest time in all.
    pub total: Duration,
}

impl Timing {
    /// One limit for both.
    #[must_use]
    pub fn within(limit: Duration) -> Self {
        Self { silence: limit, total: limit }
    }
}
