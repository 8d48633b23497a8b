//! Takes the core down in order, within one deadline.

use std::{
    future::Future,
    time::{Duration, Instant},
};

use mcpproxy_domain::phase::{Effect, Event};
use mcpproxy_task::Scope;

use crate::{
    Signal,
    start::{Running, sweep},
};

/// The announced limit for everything.
const GRACE: Duration = Duration::from_secs(45);
/// How long calls under way may take to finish before they are cancelled.
const CALLS: Duration = Duration::from_secs(5);
/// How long connections may take to deliver what was answered.
const CONNECTIONS: Duration = Duration::from_secs(3);
/// How long the programs beside the core may take: their calls finish, and they are told.
const SOCKET: Duration = Duration::from_secs(8);
/// How long all servers may take, side by side: stdin closed, asked to end, killed.
const SERVERS: Duration = Duration::from_secs(32);
/// How long a write of the settings file may take to finish.
const SETTINGS: Duration = Duration::from_secs(2);

/// How the core ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Everything was released.
    InOrder,
    /// A second signal, or the deadline, cut it short.
    Forced,
}

impl Running {
    /// Serves until a signal asks to stop, then stops.
    pub async fn serve(mut self) -> End {
        self.asked_to_stop().await;
        self.stop().await
    }

    /// Waits for the request to stop, by a signal or by a program beside the core, without carrying it out.
    pub async fn asked_to_stop(&mut self) {
        loop {
            tokio::select! {
                () = self.stop.notified() => {
                    tracing::info!("a program beside the core asks it to stop");
                    return;
                }
                signal = self.signals.next() => match signal {
                    Signal::Reload => self.settings.reload_soon(),
                    Signal::Stop => return,
                },
            }
        }
    }

    /// Stops in order. Another signal meanwhile forces the end.
    pub async fn stop(mut self) -> End {
        let (draining, effect) = self.phase.borrow().step(Event::Stop, GRACE);
        self.phase.send_replace(draining);
        let Some(Effect::Drain(limit)) = effect else { return End::Forced };
        tracing::info!(deadline = ?limit, "draining");
        let Self { signals, edge, beside, fleet, owner, face, instance, .. } = &mut self;
        let house = House { edge, beside, fleet, owner, face, instance };
        let end = tokio::select! {
            () = house.release() => End::InOrder,
            () = forced(signals) => End::Forced,
            () = tokio::time::sleep(limit) => End::Forced,
        };
        match end {
            End::InOrder => tracing::info!("stopped"),
            End::Forced => tracing::warn!("stopped before everything was released"),
        }
        self.phase.send_modify(|phase| *phase = phase.step(Event::Released, GRACE).0);
        self.logs.flush();
        drop(self.lock);
        end
    }
}

async fn forced(signals: &mut crate::signals::Signals) {
    while signals.next().await != Signal::Stop {}
}

/// What is released, in the order of [`House::release`].
struct House<'a> {
    edge: &'a Scope,
    beside: &'a Scope,
    face: &'a mcpproxy_server::McpFace,
    fleet: &'a Scope,
    owner: &'a Scope,
    instance: &'a str,
}

impl House<'_> {
    async fn release(&self) {
        self.edge.cancel();
        self.beside.cancel();
        let clients = async {
            timed("calls", self.face.drain(CALLS)).await;
            timed("connections", drained(self.edge, CONNECTIONS, "connections were cut")).await;
        };
        // calls of programs beside the core have their own patience
        tokio::join!(clients, timed("socket", drained(self.beside, SOCKET, "connections at the socket were cut")));
        self.fleet.cancel();
        timed("servers", drained(self.fleet, SERVERS, "servers did not stop in time")).await;
        self.owner.cancel();
        timed("settings", drained(self.owner, SETTINGS, "the settings file is still at work")).await;
        // whatever left its server's process group is still marked as ours
        timed("leftovers", sweep(self.instance.to_owned())).await;
    }
}

async fn drained(scope: &Scope, patience: Duration, otherwise: &'static str) {
    if let Err(left) = scope.drain(patience).await {
        tracing::warn!(left, "{otherwise}");
    }
}

async fn timed(what: &'static str, step: impl Future<Output = ()>) {
    let begun = Instant::now();
    step.await;
    tracing::info!(step = what, took = ?begun.elapsed(), "released");
}
