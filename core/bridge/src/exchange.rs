//! One request of the client on its way: sent once, answered in any case, withdrawn when the client says so.

use std::{
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderMap, StatusCode, header::CONTENT_TYPE};
use mcpproxy_wire::{Envelope, ErrorObject, Id, envelope, error_code, sse::Decoder};
use tokio::{sync::oneshot, time::sleep};

use crate::{
    bridge::Bridge,
    client::{Awaited, LARGEST, Reply, SendError},
    message::{Kind, Said},
};

/// A withdrawal goes another way than its request and may overtake it, so it is told again as long as the request is
/// not answered.
const TOLD_AGAIN: [Duration; 3] = [Duration::from_millis(200), Duration::from_secs(2), Duration::from_secs(10)];
/// How much of a page is told that is no message.
const TOLD: usize = 300;

/// A request under way.
pub(crate) struct Asked {
    pub(crate) bridge: Arc<Bridge>,
    pub(crate) id: Id,
    pub(crate) said: Said,
    /// Whether it may have reached the core.
    pub(crate) sent: AtomicBool,
    /// Whether the client wants to hear no more of it.
    pub(crate) withdrawn: AtomicBool,
}

impl Asked {
    /// Carries the request and its answer. `withdrawal` brings the notification by which the client takes it back.
    pub(crate) async fn carry(&self, withdrawal: oneshot::Receiver<Said>) {
        let mut exchange = pin!(self.exchange());
        let taken_back = tokio::select! {
            biased;
            () = &mut exchange => return,
            Ok(notice) = withdrawal => notice,
        };
        self.withdrawn.store(true, Ordering::Release);
        // in the stateless era the closed connection says it
        if self.said.stateless.is_some() || !self.sent.load(Ordering::Acquire) {
            return;
        }
        let telling = async {
            for pause in TOLD_AGAIN {
                self.bridge.tell(&taken_back).await;
                sleep(pause).await;
            }
            std::future::pending().await
        };
        tokio::select! {
            () = exchange => {}
            () = telling => {}
        }
    }

    async fn exchange(&self) {
        let Ok(_place) = self.bridge.places.acquire().await else { return };
        let Bridge { client, session: sessions, .. } = &*self.bridge;
        let mut may_reopen = true;
        loop {
            let stands_alone = self.said.stateless.is_some() || self.opens();
            let session = if stands_alone { None } else { sessions.current().await };
            let headers = match &session {
                Some(session) => session.headers(),
                None => self.said.stateless.clone().unwrap_or_default(),
            };
            let request = client.post(headers, self.said.line.clone());
            let mut reply = match client.send(request, Awaited::Yes, &self.sent).await {
                Ok(reply) => reply,
                Err(error) => return self.fail(&error).await,
            };
            let lost = session.filter(|session| reply.status == StatusCode::NOT_FOUND && session.has_id());
            if let Some(lost) = lost.filter(|_| std::mem::take(&mut may_reopen))
                && sessions.reopen(client, &lost).await
            {
                continue;
            }
            if let Err(error) = self.relay(&mut reply).await {
                self.fail(&error).await;
            }
            return;
        }
    }

    async fn relay(&self, reply: &mut Reply<'_>) -> Result<(), SendError> {
        let kind = Form::of(&reply.headers);
        if reply.status.is_success() && kind == Form::Events {
            return self.relay_events(reply).await;
        }
        let body = reply.whole().await?;
        if reply.status.is_success() && kind == Form::Json && !body.is_empty() {
            if self.opens() {
                self.bridge.session.opened(self.said.line.clone(), &reply.headers, &body.concat());
            }
            self.say(body).await;
        } else {
            self.say([refused(&self.id, reply.status, &body.concat())]).await;
        }
        Ok(())
    }

    async fn relay_events(&self, reply: &mut Reply<'_>) -> Result<(), SendError> {
        let mut decoder = Decoder::new(LARGEST);
        let mut is_answered = false;
        loop {
            match reply.chunk().await {
                Ok(Some(bytes)) => decoder.push(&bytes),
                // what comes behind the answer is missed by nobody
                Ok(None) | Err(_) if is_answered => return Ok(()),
                Ok(None) => return Err(SendError::Broken),
                Err(error) => return Err(error),
            }
            while let Some(event) = decoder.next_event().map_err(|_| SendError::TooLarge(LARGEST))? {
                if event.data.is_empty() || !matches!(event.kind.as_str(), "" | "message") {
                    continue;
                }
                let answers = matches!(
                    envelope::decode(&event.data),
                    Ok(Envelope::Response { id: Some(id), .. }) if id == self.id
                );
                if answers && self.opens() {
                    self.bridge.session.opened(self.said.line.clone(), &reply.headers, &event.data);
                }
                is_answered |= answers;
                self.say([event.data]).await;
            }
        }
    }

    fn opens(&self) -> bool {
        matches!(self.said.kind, Kind::Initialize(_))
    }

    async fn say(&self, message: impl IntoIterator<Item = Bytes>) {
        if !self.withdrawn.load(Ordering::Acquire) {
            self.bridge.output.line(message).await;
        }
    }

    async fn fail(&self, error: &SendError) {
        let told = match error {
            SendError::Away(why) => format!("the core cannot be reached, so this was not carried out: {why}"),
            SendError::Broken => {
                "the core ended or restarted while this request was under way. Whether it was carried out is not known; \
                send it again only if doing it twice does no harm"
                    .to_owned()
            }
            SendError::TooLarge(_) => format!("{error}; ask for less at once"),
        };
        tracing::warn!(id = %self.id, "{told}");
        self.say([failure(&self.id, told)]).await;
    }
}

impl Drop for Asked {
    fn drop(&mut self) {
        self.bridge.done(self);
    }
}

/// An error of the bridge itself.
pub(crate) fn failure(id: &Id, told: impl AsRef<str>) -> Bytes {
    envelope::response(id, &Err(ErrorObject::new(error_code::SERVER_ERROR, told))).into()
}

/// What the body of an answer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Json,
    Events,
    Other,
}

impl Form {
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let declared = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        match declared.split(';').next().unwrap_or_default().trim() {
            "application/json" => Self::Json,
            "text/event-stream" => Self::Events,
            _ => Self::Other,
        }
    }
}

/// The answer to a request that was refused over HTTP: under its id, whatever the body says.
fn refused(id: &Id, status: StatusCode, body: &[u8]) -> Bytes {
    match envelope::decode(body) {
        Ok(Envelope::Response { id: None, outcome: Err(error) }) => envelope::response(id, &Err(error)).into(),
        Ok(Envelope::Response { id: Some(_), .. }) => Bytes::copy_from_slice(body),
        _ => {
            let page = String::from_utf8_lossy(body);
            let page: String = page.trim().chars().filter(|c| !c.is_control()).take(TOLD).collect();
            failure(id, format!("the core answered with HTTP status {}: {page}", status.as_u16()))
        }
    }
}
