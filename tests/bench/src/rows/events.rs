//! The stream of events: twenty readers while a hundred events a second happen. What each misses, how late it hears, and
//! what that costs the core.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::Path,
    time::{Duration, Instant},
};

use serde::Serialize;
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    task::JoinSet,
    time::{MissedTickBehavior, interval, timeout},
};

use crate::{
    client::Client,
    driver::FIRST_ID,
    field::{folder, product_command, server, settings},
    process,
    stats::Times,
    subject::{Reach, Running, Subject, echo_stdio, free_port},
    targets::PRODUCT,
    trouble::{Result, trouble},
};

const READERS: usize = 20;
/// Each call is two events: that it begins, and that it has ended.
const CALLS_A_SECOND: u32 = 50;
/// What is looked for in a stream.
const ENDED: &[u8] = b"event: activity.tool_call.completed\n";
const SNAPSHOT: &[u8] = b"\"reason\":\"snapshot\"";
const PATIENCE: Duration = Duration::from_secs(20);

/// What the readers had.
#[derive(Clone, Debug, Serialize)]
pub struct Streamed {
    /// How many read.
    pub readers: usize,
    /// How many events happened in a second.
    pub events_per_second: f64,
    /// How many events all readers together should have had, of calls that ended.
    pub expected: usize,
    /// How many of them never came.
    pub missed: usize,
    /// From the answer of a call to the event of its end, half of them.
    pub p50_ms: f64,
    /// All but one of a hundred.
    pub p99_ms: f64,
    /// The processor time of the core, of one processor, for calls and readers together.
    pub core_cpu_share: Option<f64>,
}

/// Starts the product with one server, lets so many calls happen, and hears what readers have of it.
pub async fn measure(calls: usize, out: &Path, tell: &mut dyn FnMut(&str)) -> Result<Streamed> {
    tell("   events: 20 readers at 100 events a second");
    let folder = folder()?;
    settings(&folder, &[server("echo", &echo_stdio(20)?)])?;
    let file = folder.path().join(mcpproxy_domain::identity::CONFIG_FILE);
    let port = free_port()?;
    let running = Running::start(&product_command(&folder, port)?, Some(folder), &out.join("product.log"))?;
    let subject = Subject::http(PRODUCT, port, running).await?;
    let Reach::Http { path, .. } = &subject.reach else { return Err(trouble("it is reached over HTTP")) };
    let written: Value = serde_json::from_slice(&std::fs::read(file)?)?;
    let key = written.get("api_key").and_then(Value::as_str).ok_or_else(|| trouble("no API key was made"))?.to_owned();
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let mut readers = JoinSet::new();
    for _ in 0..READERS {
        let stream = open(address, &key).await?;
        readers.spawn(timeout(PATIENCE + Duration::from_secs(3600), heard(stream, calls)));
    }
    let mut client = Client::open(address, path).await?;
    let request = client.request(&subject.call(r#"{"text":"x"}"#));
    let (begun, before) = (Instant::now(), subject.pid.and_then(process::cpu));
    let mut pace = interval(Duration::from_secs(1) / CALLS_A_SECOND);
    pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut ended = Vec::with_capacity(calls);
    for _ in 0..calls {
        pace.tick().await;
        client.exchange(&request).await?;
        if !client.is_result(FIRST_ID.to_string().as_bytes()) {
            return Err(trouble("a call failed"));
        }
        ended.push(Instant::now());
    }
    let (took, after) = (begun.elapsed(), subject.pid.and_then(process::cpu));
    let (mut times, mut seen) = (Times::default(), 0);
    while let Some(heard) = timeout(PATIENCE, readers.join_next()).await.ok().flatten() {
        let heard =
            heard.map_err(|_| trouble("a reader broke off"))?.map_err(|_| trouble("a reader never ended"))??;
        seen += heard.len();
        // an event may come before the answer of its call
        heard.iter().zip(&ended).for_each(|(heard, ended)| times.add(heard.saturating_duration_since(*ended)));
    }
    times.measured(took);
    let figures = times.figures();
    let cpu = before.zip(after).map(|(before, after)| after.saturating_sub(before).as_secs_f64() / took.as_secs_f64());
    Ok(Streamed {
        readers: READERS,
        events_per_second: 2.0 * calls as f64 / took.as_secs_f64(),
        expected: READERS * calls,
        missed: (READERS * calls).saturating_sub(seen),
        p50_ms: figures.p50_ms,
        p99_ms: figures.p99_ms,
        core_cpu_share: cpu,
    })
}

/// Opens a stream, and reads what is true at first.
async fn open(address: SocketAddr, key: &str) -> Result<TcpStream> {
    let mut stream = TcpStream::connect(address).await?;
    let request = format!("GET /events HTTP/1.1\r\nHost: {address}\r\nX-API-Key: {key}\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut first = Vec::new();
    while memchr::memmem::find(&first, SNAPSHOT).is_none() {
        if timeout(PATIENCE, stream.read_buf(&mut first)).await?? == 0 {
            return Err(trouble("a stream ended before it told anything"));
        }
    }
    Ok(stream)
}

/// When the ends of so many calls were heard.
async fn heard(mut stream: TcpStream, calls: usize) -> Result<Vec<Instant>> {
    let (mut heard, mut text) = (Vec::with_capacity(calls), Vec::new());
    while heard.len() < calls {
        match timeout(PATIENCE, stream.read_buf(&mut text)).await {
            Ok(Ok(1..)) => {}
            _ => break,
        }
        let now = Instant::now();
        let mut behind = 0;
        for place in memchr::memmem::find_iter(&text, ENDED) {
            heard.push(now);
            behind = place + ENDED.len();
        }
        // what is left may hold the beginning of the next one
        let keep = behind.max(text.len().saturating_sub(ENDED.len() - 1));
        text.drain(..keep);
    }
    Ok(heard)
}
