//! One reader: what is true now, then its way through the log.

use std::{sync::Arc, time::Duration};

use bytes::{Bytes, BytesMut};
use tokio::{
    sync::{mpsc, watch},
    time::{Instant, sleep_until, timeout},
};

use super::{Shared, frame};

/// The pause between two signs of life.
const PING: Duration = Duration::from_secs(30);
/// How long a client may take nothing.
const SILENCE: Duration = Duration::from_secs(60);
/// How long a client may take for the last events of a core that stops.
const LAST: Duration = Duration::from_secs(1);

/// The reader is counted while this lives.
struct Present<'a>(&'a watch::Sender<usize>);

impl<'a> Present<'a> {
    fn new(readers: &'a watch::Sender<usize>) -> Self {
        readers.send_modify(|readers| *readers += 1);
        Self(readers)
    }
}

impl Drop for Present<'_> {
    fn drop(&mut self) {
        self.0.send_modify(|readers| *readers -= 1);
    }
}

/// Writes until the client goes away or the core ends. `place` = where the client was before its connection broke.
pub(super) async fn read(shared: Arc<Shared>, client: mpsc::Sender<Bytes>, place: Option<u64>) {
    let _present = Present::new(&shared.readers);
    let mut told = shared.log.follow();
    let mut place = place;
    let mut first = BytesMut::from(frame::OPENING);
    let mut ping_at = Instant::now() + PING;
    loop {
        // what was told before this is in the log or in what is true now
        told.mark_unchanged();
        let found = place.and_then(|place| shared.log.behind(place));
        let (batch, next) = match found {
            // a stream begins with how the core is, also for whoever comes back
            Some((events, next)) if !first.is_empty() => {
                let status = frame::status(&shared.management, &shared.log.id(place.unwrap_or(next)));
                (joined(&[&status, &events]), next)
            }
            Some((events, next)) => (events, next),
            None => match shared.what_is_true_now().await {
                Some(now) => now,
                None => return,
            },
        };
        let batch = if first.is_empty() { batch } else { joined(&[&first.split(), &batch]) };
        place = Some(next);
        if !batch.is_empty() {
            ping_at = Instant::now() + PING;
            if !matches!(timeout(SILENCE, client.send(batch)).await, Ok(Ok(()))) {
                return;
            }
            // there may be more than goes out at once
            if next < shared.log.end() {
                continue;
            }
        }
        tokio::select! {
            biased;
            () = client.closed() => return,
            changed = told.changed() => if changed.is_err() { return },
            () = shared.ended.cancelled() => {
                let last = shared.log.behind(next).map(|(events, _)| events).unwrap_or_default();
                let _ = timeout(LAST, client.send(last)).await;
                return;
            }
            () = sleep_until(ping_at) => {
                ping_at = Instant::now() + PING;
                if !matches!(timeout(SILENCE, client.send(frame::ping())).await, Ok(Ok(()))) {
                    return;
                }
            }
        }
    }
}

impl Shared {
    /// How the core and its servers are, and the place from which events go on. Nothing falls between the two: the place
    /// is taken first. `None` = the core ends.
    async fn what_is_true_now(&self) -> Option<(Bytes, u64)> {
        let mut is_awake = self.is_awake.subscribe();
        tokio::select! {
            biased;
            awake = is_awake.wait_for(|is_awake| *is_awake) => drop(awake.ok()?),
            () = self.ended.cancelled() => return None,
        }
        let place = self.log.end();
        let id = self.log.id(place);
        let list = self.management.servers.list();
        let status = frame::status(&self.management, &id);
        Some((joined(&[&status, &frame::servers(&id, "snapshot", &[], &[], &list)]), place))
    }
}

fn joined(parts: &[&[u8]]) -> Bytes {
    parts.concat().into()
}
