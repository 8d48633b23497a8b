//! The load generator: closed loops, one a client, on one thread. Each client sends its next call when it has the answer
//! to its last one.

use std::{sync::Arc, time::Duration};

use tokio::{sync::Barrier, task::JoinSet, time::Instant};

use crate::{
    client::Client,
    pipes, process,
    stats::Times,
    subject::{Reach, Subject},
    trouble::Result,
};

/// The id of the first call; all have as many digits, so that each is written into a request that is made once.
pub const FIRST_ID: u64 = 1_000_000_000;
/// The digits of an id.
pub const DIGITS: usize = 10;

/// What is asked of a subject.
#[derive(Clone, Debug)]
pub struct Load {
    /// How many clients call at once.
    pub clients: usize,
    /// The arguments of each call, as JSON.
    pub arguments: String,
    /// How long calls are made before they count.
    pub warm: Duration,
    /// How long calls are made that count.
    pub time: Duration,
    /// How many calls a client makes at least, however long they take.
    pub least: usize,
    /// The time from one call of a client to its next; zero = at once. A call that is late counts from when it was due.
    pub pace: Duration,
}

impl Load {
    /// One client that calls without arguments and without a pause, as long as its turn lasts.
    pub fn of(turn: Duration) -> Self {
        let warm = turn / 5;
        let arguments = "{}".to_owned();
        Self { clients: 1, arguments, warm, time: turn.saturating_sub(warm), least: 1, pace: Duration::ZERO }
    }
}

/// One round of one pair.
pub async fn drive(subject: &Subject, load: &Load) -> Result<Times> {
    let cpu = || subject.pid.and_then(process::cpu);
    let Reach::Http { address, path } = &subject.reach else {
        return pipes::drive(load).await;
    };
    let ready = Arc::new(Barrier::new(load.clients + 1));
    let mut clients = JoinSet::new();
    for _ in 0..load.clients {
        let client = Client::open(*address, path).await?;
        let caller = Caller::new(client, &subject.call(&load.arguments));
        clients.spawn(caller.run(load.clone(), Arc::clone(&ready)));
    }
    ready.wait().await;
    tokio::select! {
        _ = ready.wait() => {}
        // one that fails while it warms up would be waited for in vain
        Some(done) = clients.join_next() => return done?,
    }
    let (begun, own, its) = (Instant::now(), process::own_cpu(), cpu());
    let mut times = Times::default();
    while let Some(done) = clients.join_next().await {
        times.join(done??);
    }
    times.measured(begun.elapsed());
    times.own_cpu = process::own_cpu().saturating_sub(own);
    times.its_cpu = cpu().zip(its).map(|(now, then)| now.saturating_sub(then));
    Ok(times)
}

/// One client and the call that it makes again and again.
pub struct Caller {
    client: Client,
    request: Vec<u8>,
    /// Where the id stands in the request.
    id_at: usize,
    next: u64,
}

impl Caller {
    /// A client that sends this message; its id is [`FIRST_ID`] and is counted up.
    pub fn new(client: Client, message: &str) -> Self {
        let request = client.request(message);
        let id_at = memchr::memmem::rfind(&request, FIRST_ID.to_string().as_bytes()).unwrap_or_default();
        Self { client, request, id_at, next: FIRST_ID }
    }

    /// One call; how long it took, and whether its answer was good.
    pub async fn call(&mut self) -> Result<(Duration, bool)> {
        self.next += 1;
        let id = self.next.to_string();
        if let Some(room) = self.request.get_mut(self.id_at..self.id_at + DIGITS) {
            room.copy_from_slice(id.as_bytes());
        }
        let begun = Instant::now();
        let status = self.client.exchange(&self.request).await?;
        Ok((begun.elapsed(), status == 200 && self.client.is_result(id.as_bytes())))
    }

    async fn run(mut self, load: Load, ready: Arc<Barrier>) -> Result<Times> {
        ready.wait().await;
        let warm = Instant::now() + load.warm;
        while Instant::now() < warm {
            self.call().await?;
        }
        // all begin to count together, when the last of them is warm
        ready.wait().await;
        let mut times = Times::default();
        let end = Instant::now() + load.time;
        let mut due = Instant::now();
        loop {
            // a timer is no finer than a millisecond, so that only who has to wait may touch one
            if Instant::now() < due {
                tokio::time::sleep_until(due).await;
                due = Instant::now();
            }
            let begun = if load.pace.is_zero() { Instant::now() } else { due };
            if begun >= end && times.count() >= load.least {
                return Ok(times);
            }
            let (took, good) = self.call().await?;
            due += load.pace;
            times.add(if load.pace.is_zero() { took } else { begun.elapsed() });
            times.failed += usize::from(!good);
        }
    }
}
