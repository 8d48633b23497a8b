//! The older HTTP+SSE transport (2024-11-05): one event stream brings everything, and says first where messages are
//! posted.
//!
//! Not here: who waits for which answer (`duplex`); a new stream after this one has ended, which is a new link.

use std::{future::Future, pin::Pin, sync::Arc, time::Duration};

use bytes::Bytes;
use futures_util::stream::{FuturesUnordered, StreamExt};
use reqwest::{
    Client, Response, StatusCode, Url,
    header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderValue},
};

pub use crate::duplex::Link;
use crate::{
    Ends, Id, Limits, LinkError, Listener,
    duplex::{Gone, Letter, Outbox, Sender, Shared},
    http::{
        ERROR_BODY,
        body::{self, Kind},
        client, configured, refusal,
    },
    sse::{Decoder, Event},
};

/// Messages that may be on their way at once: some servers answer a POST only when its work is done.
const MOST_POSTS: usize = 256;
/// How long a server may take to answer a POST.
const LONGEST_POST: Duration = Duration::from_secs(600);
/// How long messages that are on their way may still take once we hang up.
const COURTESY: Duration = Duration::from_secs(1);

/// The life of a link.
pub type Work = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Makes a link to the event stream at `url`, with `headers` on each request. The returned future does all reading and
/// posting: it must be spawned, and ends when the stream does. What is sent before the server has named its message
/// endpoint waits for that; a server that does not name it within `patience` is refused, as is one that names another
/// origin.
///
/// # Errors
/// [`LinkError::Endpoint`] when the URL or a header cannot be used.
pub fn connect<'h>(
    url: &str,
    headers: impl IntoIterator<Item = (&'h str, &'h str)>,
    patience: Duration,
    limits: Limits,
    listener: Arc<dyn Listener>,
) -> Result<(Link, Work), LinkError> {
    let url = Url::parse(url).map_err(|error| LinkError::Endpoint(format!("the url is not valid: {error}")))?;
    let headers = configured(headers)?;
    let client = client(&url).map_err(|error| LinkError::Endpoint(format!("no HTTP client: {error}")))?;
    let (link, shared, letters) = Link::new(limits);
    let server = Server { client, url, headers };
    Ok((link, Box::pin(live(server, patience, shared, letters, listener))))
}

/// Whom the requests go to.
struct Server {
    client: Client,
    url: Url,
    headers: HeaderMap,
}

/// The events of the server.
struct Events {
    response: Response,
    decoder: Decoder,
}

async fn live(server: Server, patience: Duration, shared: Gone, letters: Outbox, listener: Arc<dyn Listener>) {
    let opened = tokio::select! {
        opened = tokio::time::timeout(patience, server.open(shared.limits.message_cap)) => {
            opened.unwrap_or(Err(LinkError::Timeout(patience)))
        }
        () = shared.hang_up.cancelled() => Err(LinkError::Closed),
    };
    let reason = match opened {
        Ok((endpoint, events)) => tokio::select! {
            reason = read(&shared, events, listener.as_ref()) => reason,
            reason = server.post_all(&endpoint, &shared, letters) => reason,
        },
        Err(reason) => return shared.refuse(&reason),
    };
    shared.fail(&reason);
}

async fn read(shared: &Shared, mut events: Events, listener: &dyn Listener) -> LinkError {
    loop {
        match events.next(|head| shared.hear_beginning(head)).await {
            Ok(Some(Ok(event))) if matches!(event.kind.as_str(), "" | "message") => shared.hear(&event.data, listener),
            Ok(Some(Ok(_))) => {}
            Ok(Some(Err(ends))) => {
                if let Err(lost) = shared.hear_ends(&ends.head, &ends.tail) {
                    return lost;
                }
            }
            Ok(None) => return LinkError::Closed,
            Err(error) => return error,
        }
    }
}

impl Server {
    /// Opens the stream and learns where messages are posted.
    async fn open(&self, message_cap: usize) -> Result<(Url, Events), LinkError> {
        let request = self.client.get(self.url.clone()).headers(self.headers.clone());
        let request = request.header(ACCEPT, HeaderValue::from_static("text/event-stream"));
        let mut response = request.send().await.map_err(|error| body::failed(&error))?;
        if !response.status().is_success() {
            let body = body::whole(&mut response, ERROR_BODY).await.unwrap_or_default();
            return Err(refusal(response.status(), &body, false));
        }
        if body::kind(&response) != Kind::Events {
            return Err(LinkError::Protocol("the answer to GET is not an event stream"));
        }
        let mut events = Events { response, decoder: Decoder::new(message_cap) };
        match events.next(|_| {}).await? {
            Some(Ok(Event { kind, data, .. })) if kind == "endpoint" => {
                Ok((message_url(events.response.url(), &data)?, events))
            }
            Some(_) => Err(LinkError::Protocol("its event stream does not begin with the event `endpoint`")),
            None => Err(LinkError::Closed),
        }
    }

    /// Posts each letter, none behind another, until we hang up or the server turns out to know us no longer.
    async fn post_all(&self, endpoint: &Url, shared: &Shared, mut letters: Outbox) -> LinkError {
        let mut under_way = FuturesUnordered::new();
        loop {
            tokio::select! {
                biased;
                Some(lost) = under_way.next() => if let Some(lost) = lost {
                    return lost;
                },
                letter = letters.recv(), if under_way.len() < MOST_POSTS => match letter {
                    Some(letter) => under_way.push(self.post(endpoint, shared, letter)),
                    None => break,
                },
                () = shared.hang_up.cancelled() => break,
            }
        }
        let finish = async { while under_way.next().await.is_some() {} };
        let _ = tokio::time::timeout(COURTESY, finish).await;
        LinkError::Closed
    }

    /// Posts one letter and tells its sender; the result is why the whole link is lost, if it is.
    async fn post(&self, endpoint: &Url, shared: &Shared, letter: Letter) -> Option<LinkError> {
        let Letter { bytes, sender } = letter;
        let answer = tokio::time::timeout(LONGEST_POST, self.delivered(endpoint, bytes)).await;
        let (rest, told) = match answer.unwrap_or(Err(LinkError::Timeout(LONGEST_POST))) {
            Ok(response) => (Some(response), Ok(())),
            Err(error) => (None, Err(error)),
        };
        let lost = told.as_ref().err().filter(|error| matches!(error, LinkError::SessionLost { .. })).cloned();
        match (sender, told) {
            (Sender::Request(number), Err(error)) => shared.pending.answered(&Id::from(number), Err(error)),
            (Sender::Notifier(notifier), told) => drop(notifier.send(told)),
            // its answer comes on the stream; or nobody asks
            (Sender::Request(_), Ok(())) | (Sender::Nobody, _) => {}
        }
        if let Some(mut rest) = rest {
            // read to its end, so that the connection serves the next message too
            let _ = tokio::time::timeout(LONGEST_POST, body::whole(&mut rest, ERROR_BODY)).await;
        }
        lost
    }

    async fn delivered(&self, endpoint: &Url, bytes: Vec<u8>) -> Result<Response, LinkError> {
        let request = self.client.post(endpoint.clone()).headers(self.headers.clone());
        let request = request.header(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let mut response = request.body(Bytes::from(bytes)).send().await.map_err(|error| body::failed(&error))?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let body = body::whole(&mut response, ERROR_BODY).await.unwrap_or_default();
        // the endpoint is of this stream alone: where it is gone, nothing can be asked any more
        Err(refusal(status, &body, status == StatusCode::NOT_FOUND))
    }
}

impl Events {
    /// The next event, or what is left of one that was too large; `None` at the end of the stream. As long as one that
    /// is too large is still coming, `outgrown` hears how it begins.
    async fn next(&mut self, outgrown: impl Fn(&[u8])) -> Result<Option<Result<Event, Ends>>, LinkError> {
        loop {
            if let Some(event) = self.decoder.next_or_ends() {
                return Ok(Some(event));
            }
            if let Some(head) = self.decoder.outgrown() {
                outgrown(head);
            }
            // a server that always has something to say must leave room for what goes out
            tokio::task::coop::consume_budget().await;
            match body::chunk(&mut self.response).await? {
                Some(bytes) => self.decoder.push(&bytes),
                None => return Ok(self.decoder.finish().map(Ok)),
            }
        }
    }
}

/// Where the server wants messages: relative to its stream, and never at another origin, since our headers go along.
fn message_url(stream: &Url, said: &[u8]) -> Result<Url, LinkError> {
    let said = std::str::from_utf8(said).ok().and_then(|said| stream.join(said.trim()).ok());
    let mut url = said.ok_or(LinkError::Protocol("the message endpoint that it names is not a url"))?;
    if url.origin() != stream.origin() {
        let told = format!(
            "the server wants messages at another origin ({}), where its credentials must not go; \
             set `url` to an address whose message endpoint is at the same origin",
            url.origin().ascii_serialization()
        );
        return Err(LinkError::Endpoint(told));
    }
    // who we are stays what the settings say
    let _ = url.set_username(stream.username());
    let _ = url.set_password(stream.password());
    Ok(url)
}

#[cfg(test)]
mod tests;
