//! Takes the core down in order, within one deadline.

use std::{
    future::Future,
    time::{Duration, Instant},
};

use mcpproxy_domain::phase::{Effect, Event};

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
/// How long all servers may take, side by side: stdin closed, asked to end, killed.
const SERVERS: Duration = Duration::from_secs(32);

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
        loop {
            match self.signals.next().await {
                Signal::Reload => self.reload.again(),
                Signal::Stop => return self.stop().await,
            }
        }
    }

    /// Waits for the request to stop, without carrying it out.
    pub async fn asked_to_stop(&mut self) {
        while self.signals.next().await != Signal::Stop {
            self.reload.again();
        }
    }

    /// Stops in order. Another signal meanwhile forces the end.
    pub async fn stop(mut self) -> End {
        let (draining, effect) = self.phase.borrow().step(Event::Stop, GRACE);
        self.phase.send_replace(draining);
        let Some(Effect::Drain(limit)) = effect else { return End::Forced };
        tracing::info!(deadline = ?limit, "draining");
        let end = tokio::select! {
            () = release(&self.edge, &self.face, &self.fleet, &self.instance) => End::InOrder,
            () = forced(&mut self.signals) => End::Forced,
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

async fn release(
    edge: &mcpproxy_task::Scope,
    face: &mcpproxy_server::McpFace,
    fleet: &mcpproxy_task::Scope,
    instance: &str,
) {
    edge.cancel();
    timed("calls", face.drain(CALLS)).await;
    timed("connections", async {
        if let Err(left) = edge.drain(CONNECTIONS).await {
            tracing::warn!(left, "connections were cut");
        }
    })
    .await;
    fleet.cancel();
    timed("servers", async {
        if let Err(left) = fleet.drain(SERVERS).await {
            tracing::warn!(left, "servers did not stop in time");
        }
    })
    .await;
    // whatever left its server's process group is still marked as ours
    timed("leftovers", sweep(instance.to_owned())).await;
}

async fn timed(what: &'static str, step: impl Future<Output = ()>) {
    let begun = Instant::now();
    step.await;
    tracing::info!(step = what, took = ?begun.elapsed(), "released");
}
