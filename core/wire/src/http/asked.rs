//! One request on its way: its answer as JSON or out of a stream, which is resumed when it breaks.

use std::time::Duration;

use reqwest::{Response, StatusCode};

use super::{
    SESSION_HEADER,
    body::{self, Kind},
    link::{Link, Session},
};
use crate::{
    Envelope, Exchange, LinkError, Message, Object, Outcome, Timing,
    deadline::Deadline,
    envelope,
    handshake::INITIALIZE,
    sse::{Decoder, Event, TooLarge},
};

/// How much of an error page is read.
pub(crate) const ERROR_BODY: usize = 64 << 10;
/// How much of it is told, in characters.
const ERROR_TOLD: usize = 300;
/// How often in a row an answer stream may break without bringing anything.
const RESUMPTIONS: u32 = 5;
/// The pause before a stream is resumed, unless the server asks for another.
const PAUSE: Duration = Duration::from_secs(1);
const SHORTEST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

pub(super) struct Asked<'a> {
    link: &'a Link,
    number: u64,
    /// The session that the request is sent with, whatever becomes of the link's meanwhile.
    session: Session,
    exchange: &'a Exchange,
    deadline: Deadline<'a>,
}

impl<'a> Asked<'a> {
    pub(super) fn new(link: &'a Link, number: u64, session: Session, exchange: &'a Exchange, timing: Timing) -> Self {
        Self { link, number, session, exchange, deadline: Deadline::new(timing, &exchange.cancel) }
    }

    /// Sends the request. The answer to `initialize` brings a new session.
    pub(super) async fn answer(mut self, message: &Message, bytes: Vec<u8>) -> Result<Outcome, LinkError> {
        let said = (message, &self.exchange.param_headers);
        let mut response = self.deadline.within(self.link.post(bytes, &self.session, Some(said))).await??;
        if !response.status().is_success() {
            return self.refused(response).await;
        }
        if message.method == INITIALIZE {
            let id = response.headers().get(SESSION_HEADER).cloned();
            self.session = Session { id, era: None };
            self.link.set_session(self.session.clone());
        }
        match body::kind(&response) {
            Kind::Json => {
                let body = self.deadline.within(body::whole(&mut response, self.link.message_cap())).await??;
                self.alone(&body).ok_or(LinkError::Protocol("the answer does not belong to the request"))
            }
            Kind::Events => self.streamed(response).await,
            Kind::Other => Err(LinkError::Protocol("the answer is neither JSON nor an event stream")),
        }
    }

    /// Reads the stream that answers the request. Servers may end it at any time to be polled instead; it goes on
    /// behind the last event that came whole.
    async fn streamed(&mut self, response: Response) -> Result<Outcome, LinkError> {
        let mut stream = Some(response);
        let mut last_id: Option<String> = None;
        let mut pause = PAUSE;
        let mut in_vain = 0;
        loop {
            if let Some(response) = stream.take() {
                let mut decoder = Decoder::new(self.link.message_cap());
                let (outcome, brought) = self.read(response, &mut decoder).await?;
                if let Some(outcome) = outcome {
                    return Ok(outcome);
                }
                in_vain = if brought { 0 } else { in_vain };
                last_id = decoder.last_id().map(str::to_owned).or(last_id);
                pause = decoder.retry().map_or(pause, Duration::from_millis);
            }
            let Some(id) = &last_id else { return Err(LinkError::Closed) };
            in_vain += 1;
            if in_vain > RESUMPTIONS {
                return Err(LinkError::Closed);
            }
            let pause = pause.clamp(SHORTEST_PAUSE, LONGEST_PAUSE);
            self.deadline.within(tokio::time::sleep(pause)).await?;
            stream = match self.deadline.within(self.link.get(Some(id), &self.session)).await? {
                Ok(response) if response.status().is_success() && body::kind(&response) == Kind::Events => {
                    Some(response)
                }
                // the server is on its way up again, or the way to it is
                Err(_) => None,
                Ok(response) if response.status().is_server_error() => None,
                Ok(response) => return Err(refusal(response.status(), &[], self.session.id.is_some())),
            };
        }
    }

    /// Reads one stream to its end, or to the answer; also tells whether it brought anything.
    async fn read(
        &mut self,
        mut response: Response,
        decoder: &mut Decoder,
    ) -> Result<(Option<Outcome>, bool), LinkError> {
        let too_large = |TooLarge(cap)| LinkError::TooLarge(cap);
        let mut brought = false;
        loop {
            let ended = match self.deadline.within(body::chunk(&mut response)).await? {
                Ok(Some(bytes)) => {
                    brought = true;
                    decoder.push(&bytes);
                    false
                }
                Ok(None) | Err(_) => true,
            };
            while let Some(event) = decoder.next_event().map_err(too_large)? {
                if let Some(outcome) = self.event(&event).await {
                    return Ok((Some(outcome), brought));
                }
            }
            if ended {
                // without its closing blank line; half an answer is none
                let rest = decoder.finish().and_then(|event| self.mine(&event.data));
                return Ok((rest, brought));
            }
        }
    }

    async fn event(&mut self, event: &Event) -> Option<Outcome> {
        if let Some(outcome) = self.mine(&event.data) {
            return Some(outcome);
        }
        if let Ok(Envelope::Notification { method, params: Some(params) }) = envelope::decode(&event.data)
            && method == "notifications/progress"
        {
            self.deadline.alive();
            let params = Object::open(params)?;
            let token = params.get("progressToken").and_then(|token| token.get().parse::<u64>().ok());
            if let Some(progress) = self.exchange.progress.as_ref().filter(|_| token == Some(self.number)) {
                progress.report(params);
            }
            return None;
        }
        self.link.hear(event).await;
        None
    }

    fn mine(&self, data: &[u8]) -> Option<Outcome> {
        match envelope::decode(data) {
            Ok(Envelope::Response { id: Some(id), outcome }) if id.as_u64() == Some(self.number) => {
                Some(outcome.map(ToOwned::to_owned))
            }
            _ => None,
        }
    }

    /// The answer in a body of its own: an error that names no request can only mean this one.
    fn alone(&self, data: &[u8]) -> Option<Outcome> {
        self.mine(data).or_else(|| match envelope::decode(data) {
            Ok(Envelope::Response { id: None, outcome: Err(error) }) => Some(Err(error)),
            _ => None,
        })
    }

    /// Any answer that is no success is the answer to this request: waiting for another would wait for ever.
    async fn refused(&self, mut response: Response) -> Result<Outcome, LinkError> {
        let status = response.status();
        let body = self.deadline.within(body::whole(&mut response, ERROR_BODY)).await?.unwrap_or_default();
        let in_session = self.session.id.is_some();
        let about_the_session = status == StatusCode::UNAUTHORIZED || (status == StatusCode::NOT_FOUND && in_session);
        match self.mine(&body).filter(|_| !about_the_session) {
            Some(outcome) => Ok(outcome),
            None => Err(refusal(status, &body, in_session)),
        }
    }
}

/// What a status means that is no success.
pub(crate) fn refusal(status: StatusCode, body: &[u8], in_session: bool) -> LinkError {
    let text = String::from_utf8_lossy(body);
    let body = text.chars().filter(|c| !c.is_control()).take(ERROR_TOLD).collect();
    match status {
        StatusCode::UNAUTHORIZED => LinkError::Unauthorized,
        StatusCode::NOT_FOUND | StatusCode::BAD_REQUEST if in_session => {
            LinkError::SessionLost { status: status.as_u16(), body }
        }
        _ => LinkError::Status { status: status.as_u16(), body },
    }
}
