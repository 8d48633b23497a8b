//! The socket of the product: how long a call over it takes, and how long it takes until a watcher hears of a change.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use mcpproxy_ipc_proto::{
    Connection, Incoming,
    call::{Call, CallTool, GetStatus, ListServers, Ping, Watch},
    endpoint::Endpoint,
    hello::Hello,
    watch::{Event, Topic},
};
use serde::Serialize;
use tokio::task::JoinSet;

use crate::{
    field::{folder, product_command, server, settings},
    stats::Times,
    subject::{Running, Subject, echo_stdio, free_port},
    targets::PRODUCT,
    trouble::{Result, trouble},
};

const PATIENCE: Duration = Duration::from_secs(20);
/// How many watch at once: a tray, a page, and some terminals.
const WATCHERS: usize = 5;

/// The name of the row that has the target.
pub const ROUND_TRIP: &str = "ping over the socket";
/// The name of the other one.
pub const CHANGE: &str = "call to the last of 5 watchers, tool included";

/// What one kind of exchange takes.
#[derive(Clone, Debug, Serialize)]
pub struct Exchanged {
    /// What was done.
    pub what: String,
    /// Half of them took at most so long.
    pub p50_ms: f64,
    /// All but one of a hundred.
    pub p99_ms: f64,
    /// How many.
    pub count: usize,
}

/// Starts the product with one server, and makes so many exchanges of each kind.
pub async fn measure(count: usize, out: &Path, tell: &mut dyn FnMut(&str)) -> Result<Vec<Exchanged>> {
    tell("   ipc: calls and watches over the socket");
    let folder = folder()?;
    settings(&folder, &[server("echo", &echo_stdio(20)?)])?;
    let endpoint = Endpoint::Socket(folder.path().join(mcpproxy_domain::identity::SOCKET_FILE));
    let port = free_port()?;
    let command = product_command(&folder, port)?;
    let running = Running::start(&command, Some(folder), &out.join("product.log"))?;
    // its server is up once it has answered a call
    let _subject = Subject::http(PRODUCT, port, running).await?;
    // who asks moves its own bytes: what is measured is the way to the core and back, not the threads of the asker
    let (caller, _events, _, driver) = Connection::open(&endpoint, Hello::of("bench")).await?;
    let mut asking = JoinSet::new();
    asking.spawn(async move {
        tokio::select! {
            rows = ask(&caller, &endpoint, count) => rows,
            () = driver => Err(trouble("the connection to the core ended")),
        }
    });
    asking.join_next().await.ok_or_else(|| trouble("nothing was asked"))??
}

async fn ask(caller: &Connection, endpoint: &Endpoint, count: usize) -> Result<Vec<Exchanged>> {
    let mut drivers = JoinSet::new();
    let mut rows = vec![
        asked(ROUND_TRIP, caller, &Ping {}, count).await?,
        asked("status over the socket", caller, &GetStatus {}, count).await?,
        asked("servers.list over the socket", caller, &ListServers {}, count).await?,
    ];
    let mut watchers = Vec::new();
    for _ in 0..WATCHERS {
        let (connection, events) = open(endpoint, &mut drivers).await?;
        connection.call(&Watch { topics: vec![Topic::Calls] }, PATIENCE).await?;
        watchers.push((connection, events));
    }
    let mut times = Times::default();
    let tool = CallTool { tool: "echo:echo".to_owned(), variant: "read".to_owned(), args: None };
    for _ in 0..count / 10 {
        let begun = Instant::now();
        let heard = async {
            for (_, events) in &mut watchers {
                ended(events).await?;
            }
            Ok::<_, crate::trouble::Trouble>(begun.elapsed())
        };
        let (answer, heard) = tokio::join!(caller.call(&tool, PATIENCE), heard);
        answer?;
        times.add(heard?);
    }
    rows.push(told(CHANGE, &mut times));
    drivers.shutdown().await;
    Ok(rows)
}

async fn open(endpoint: &Endpoint, drivers: &mut JoinSet<()>) -> Result<(Connection, Incoming)> {
    let (connection, events, _, driver) = Connection::open(endpoint, Hello::of("bench")).await?;
    drivers.spawn(driver);
    Ok((connection, events))
}

async fn asked<C: Call>(what: &str, caller: &Connection, call: &C, count: usize) -> Result<Exchanged> {
    let mut times = Times::default();
    for number in 0..count + count / 10 {
        let begun = Instant::now();
        caller.call(call, PATIENCE).await?;
        if number >= count / 10 {
            times.add(begun.elapsed());
        }
    }
    Ok(told(what, &mut times))
}

/// Waits until the watcher hears that a call has ended.
async fn ended(events: &mut Incoming) -> Result<()> {
    loop {
        match events.next().await {
            Some((_, Event::CallEnded { .. })) => return Ok(()),
            Some((_, Event::Lagged {})) | None => return Err(trouble("a watcher lost its connection")),
            Some(_) => {}
        }
    }
}

fn told(what: &str, times: &mut Times) -> Exchanged {
    times.measured(Duration::from_secs(1));
    let figures = times.figures();
    Exchanged { what: what.to_owned(), p50_ms: figures.p50_ms, p99_ms: figures.p99_ms, count: figures.calls }
}
