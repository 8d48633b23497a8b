//! The actor of one server: drives the lifecycle machine, owns its link, publishes what it sees.
//!
//! It holds no rule: what an input does is decided by `domain::server::lifecycle`. It performs the effects and feeds
//! back what comes of them. Callers take the [`crate::Handle`] out of the published [`Snapshot`]; no call passes through here.

mod attempt;
mod snapshot;

use std::sync::Arc;

use mcpproxy_domain::{
    ServerSpec,
    fleet::{Change, change},
    server::lifecycle::{Attempt, Effect, Input, Link, Policy, State},
};
use mcpproxy_task::Scope;
use mcpproxy_wire::{Era, Revision};
use tokio::{
    sync::{Notify, mpsc, watch},
    time::{Instant, sleep_until},
};
use tokio_util::sync::CancellationToken;

use self::attempt::{Event, News, Orders};
pub use self::snapshot::Snapshot;
use crate::Surroundings;

/// How long a link has to work before its earlier failures are forgotten.
const STEADY_AFTER: std::time::Duration = std::time::Duration::from_secs(60);
/// Events of attempts that may wait for the actor. It never waits for anybody, so they do not wait long.
const NEWS: usize = 16;

/// The handle of a server's actor, held by the supervisor.
#[derive(Debug)]
pub struct Actor {
    spec: watch::Sender<Arc<ServerSpec>>,
    snapshot: watch::Receiver<Arc<Snapshot>>,
    restart: Arc<Notify>,
    stop: CancellationToken,
}

impl Actor {
    /// Starts the actor of a server. `changed` is notified after each publication.
    #[must_use]
    pub fn start(
        spec: Arc<ServerSpec>,
        surroundings: Arc<Surroundings>,
        policy: Policy,
        scope: &Scope,
        changed: Arc<Notify>,
    ) -> Self {
        let (spec_sender, spec_receiver) = watch::channel(Arc::clone(&spec));
        let (publish, snapshot) = watch::channel(Arc::new(Snapshot::of(spec)));
        let stop = CancellationToken::new();
        let restart = Arc::<Notify>::default();
        let (news_sender, news) = mpsc::channel(NEWS);
        let driver = Driver {
            spec: spec_receiver,
            surroundings,
            policy,
            scope: scope.clone(),
            changed,
            publish,
            restart: Arc::clone(&restart),
            stop: stop.clone(),
            news_sender,
            news,
            link: Link::default(),
            attempt: None,
            era: None,
            retry_at: None,
            steady_at: None,
        };
        scope.spawn("server", driver.run());
        Self { spec: spec_sender, snapshot, restart, stop }
    }

    /// What the actor was told last.
    #[must_use]
    pub fn wanted(&self) -> Arc<ServerSpec> {
        Arc::clone(&self.spec.borrow())
    }

    /// Tells the actor what the server should now be.
    pub fn change(&self, spec: Arc<ServerSpec>) {
        self.spec.send_replace(spec);
    }

    /// Closes the link and opens it anew, at once, whatever it waits for. A server that should not run stays down.
    pub fn restart(&self) {
        self.restart.notify_one();
    }

    /// What the actor saw last.
    #[must_use]
    pub fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(&self.snapshot.borrow())
    }

    /// Asks the actor to release everything and end; the publication closes when it has.
    pub fn stop(&self) {
        self.stop.cancel();
    }

    /// Whether the actor has ended.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        self.snapshot.has_changed().is_err()
    }
}

struct Driver {
    spec: watch::Receiver<Arc<ServerSpec>>,
    surroundings: Arc<Surroundings>,
    policy: Policy,
    scope: Scope,
    changed: Arc<Notify>,
    publish: watch::Sender<Arc<Snapshot>>,
    restart: Arc<Notify>,
    stop: CancellationToken,
    news_sender: mpsc::Sender<News>,
    news: mpsc::Receiver<News>,
    link: Link,
    attempt: Option<Orders>,
    /// How the server is to be met: as it was the last time.
    era: Option<Era>,
    retry_at: Option<Instant>,
    steady_at: Option<(Attempt, Instant)>,
}

impl Driver {
    async fn run(mut self) {
        if self.wanted().may_run() {
            self.step(Input::Enable);
        }
        let mut stopping = false;
        loop {
            let retry_at = self.retry_at;
            let steady_at = self.steady_at;
            tokio::select! {
                () = self.stop.cancelled(), if !stopping => {
                    stopping = true;
                    self.step(Input::Disable);
                }
                changed = self.spec.changed(), if !stopping => match changed {
                    Ok(()) => self.respecified(),
                    Err(_) => self.stop.cancel(),
                },
                () = self.restart.notified(), if !stopping => self.restarted(),
                Some(news) = self.news.recv() => self.hear(news),
                () = at(retry_at) => {
                    self.retry_at = None;
                    self.step(Input::RetryDue);
                }
                () = at(steady_at.map(|(_, at)| at)) => {
                    self.steady_at = None;
                    if let Some((attempt, _)) = steady_at {
                        self.step(Input::Steady(attempt));
                    }
                }
            }
            if stopping && self.link.state == State::Disconnected {
                break;
            }
        }
        // whoever waits for the end looks once it is told: by then it must be there to be seen
        let changed = Arc::clone(&self.changed);
        drop(self);
        changed.notify_one();
    }

    /// What the server should be, as far as it was taken note of: a change that is still to be heard is compared with
    /// this, so nothing may be opened from anything newer.
    fn wanted(&self) -> Arc<ServerSpec> {
        Arc::clone(&self.publish.borrow().spec)
    }

    fn respecified(&mut self) {
        let (before, now) = (self.wanted(), Arc::clone(&self.spec.borrow_and_update()));
        let change = change(&before, &now);
        self.update(|snapshot| {
            snapshot.spec = now;
            if change == Some(Change::Reopen) {
                snapshot.forget();
            }
        });
        if change.is_some() {
            self.era = None;
        }
        match change {
            Some(Change::Start) => self.step(Input::Enable),
            Some(Change::Stop) => self.step(Input::Disable),
            Some(Change::Reopen) => self.step(Input::Reconfigure),
            None => {}
        }
    }

    /// A person wants it opened anew: what is open is closed first, what waits or sleeps is opened.
    fn restarted(&mut self) {
        self.era = None;
        self.step(Input::Reconfigure);
        self.step(Input::Retry);
    }

    fn hear(&mut self, News { attempt, event }: News) {
        if self.attempt.as_ref().is_none_or(|orders| orders.attempt != attempt) {
            return;
        }
        let is_closing = matches!(self.link.state, State::Stopping { .. });
        match event {
            Event::Closed => {
                self.attempt = None;
                self.step(Input::Closed(attempt));
            }
            // it was under way when the link was closed, and is no longer true
            _ if is_closing => {}
            Event::Handshaken(handle, hello) => {
                self.era = Some(hello.era);
                self.update(|snapshot| {
                    snapshot.handle = Some(handle);
                    snapshot.hello = Some(hello);
                });
                self.step(Input::Handshaken(attempt));
            }
            Event::Listed(tools) => {
                if let Some(tools) = tools {
                    self.update(|snapshot| snapshot.list(tools));
                }
                self.step(Input::Listed(attempt));
            }
            Event::ListChanged => self.step(Input::ListChanged(attempt)),
            Event::Failed(failure) => {
                let server = &self.wanted().name;
                tracing::warn!(%server, code = %failure.code, "{}", failure.detail);
                if matches!(self.link.state, State::Connecting(_)) {
                    self.era = otherwise(self.era);
                }
                self.update(|snapshot| snapshot.failure = Some(failure));
                // as long as nobody can sign in, a server that asks for it is tried again like any other
                self.step(Input::Failed(attempt));
            }
        }
    }

    fn step(&mut self, input: Input) {
        let before = self.link;
        let (after, effects) = before.step(input, &self.policy);
        self.link = after;
        if before.state != after.state {
            let server = &self.wanted().name;
            tracing::info!(%server, event = ?input, from = ?before.state, to = ?after.state, "link");
            self.steady_at = match after.state {
                State::Ready { attempt, .. } => self.steady_at.or(Some((attempt, Instant::now() + STEADY_AFTER))),
                _ => None,
            };
            if !matches!(after.state, State::Backoff) {
                self.retry_at = None;
            }
        }
        if before != after {
            self.update(|snapshot| snapshot.moved(after));
        }
        for effect in effects {
            self.perform(effect);
        }
    }

    fn perform(&mut self, effect: Effect) {
        match effect {
            Effect::Open(attempt) => {
                let (orders, work) = attempt::begin(
                    attempt,
                    self.wanted(),
                    self.era,
                    Arc::clone(&self.surroundings),
                    self.scope.clone(),
                    self.news_sender.clone(),
                );
                self.attempt = Some(orders);
                self.scope.spawn("attempt", work);
            }
            Effect::List(_) => {
                if let Some(orders) = &self.attempt {
                    orders.list.notify_one();
                }
            }
            Effect::Close(_) => {
                if let Some(orders) = &self.attempt {
                    orders.close.cancel();
                }
            }
            Effect::RetryAfter(delay) => self.retry_at = Some(Instant::now() + jittered(delay)),
        }
    }

    fn update(&self, change: impl FnOnce(&mut Snapshot)) {
        self.publish.send_modify(|snapshot| change(Arc::make_mut(snapshot)));
        self.changed.notify_one();
    }
}

/// How to meet a server the next time when it could not be met: the question of the newer era may have been what it
/// could not bear, and a known era may have passed.
const fn otherwise(era: Option<Era>) -> Option<Era> {
    match era {
        None => Some(Era::Sessions(Revision::LATEST)),
        Some(_) => None,
    }
}

async fn at(instant: Option<Instant>) {
    match instant {
        Some(instant) => sleep_until(instant).await,
        None => std::future::pending().await,
    }
}

/// Up to a fifth more, so that servers that failed together do not come back together.
fn jittered(delay: std::time::Duration) -> std::time::Duration {
    let mut random = [0; 1];
    // without randomness the delay is as good
    let _ = getrandom::fill(&mut random);
    delay + delay.mul_f64(f64::from(random[0]) / 255.0 / 5.0)
}

#[cfg(test)]
mod tests;
