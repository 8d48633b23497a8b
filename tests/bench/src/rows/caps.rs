//! Messages over the cap: how long it takes until the client reads a refusal that says so, and whether the core goes on.
//!
//! The product only: other proxies have other caps, or none.

use std::time::{Duration, Instant};

use mcpproxy_domain::Code;
use mcpproxy_wire::DEFAULT_MESSAGE_CAP;
use serde::Serialize;

use crate::{
    client::Client,
    stats::median,
    subject::{Reach, Subject},
    trouble::{Result, trouble},
};

const CHUNK: usize = 1 << 20;
/// An upstream result of so much text is over the cap.
const OVER: usize = DEFAULT_MESSAGE_CAP + CHUNK;
const SMALL: &str = r#"{"text":"still there"}"#;
/// Nobody has to wait longer.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long a refusal took.
#[derive(Clone, Debug, Serialize)]
pub struct Refused {
    /// What was too large, and from when the time counts.
    pub what: String,
    /// The middle one of all times.
    pub median_ms: f64,
    /// The slowest.
    pub worst_ms: f64,
    /// How many were refused.
    pub times: usize,
}

/// What a client sends that is too large; each on a connection of its own.
pub async fn of_clients(subject: &Subject, times: usize) -> Result<Vec<Refused>> {
    let mut announced = Vec::new();
    let mut chunked = Vec::new();
    for _ in 0..times {
        announced.push(within(announced_body(subject)).await?);
        chunked.push(within(chunked_body(subject)).await?);
    }
    Ok(vec![
        told("client body, announced: from the end of its head".to_owned(), announced),
        told("client body, chunked: from the byte that passes the cap".to_owned(), chunked),
    ])
}

/// What an upstream answers that is too large: from the request, what the upstream takes to make it included.
pub async fn of_upstream(way: &str, subject: &Subject, times: usize) -> Result<Refused> {
    let mut took = Vec::new();
    for _ in 0..times {
        took.push(within(upstream_result(subject)).await?);
    }
    Ok(told(format!("upstream result over {way}: from the request"), took))
}

async fn within(refused: impl Future<Output = Result<Duration>>) -> Result<f64> {
    let took = tokio::time::timeout(PATIENCE, refused).await.map_err(|_| trouble("no refusal came"))??;
    Ok(took.as_secs_f64() * 1e3)
}

fn told(what: String, mut times_ms: Vec<f64>) -> Refused {
    let median_ms = median(&mut times_ms);
    let worst_ms = times_ms.last().copied().unwrap_or(f64::NAN);
    Refused { what, median_ms, worst_ms, times: times_ms.len() }
}

async fn announced_body(subject: &Subject) -> Result<Duration> {
    let mut client = open(subject).await?;
    client.send(&client.head(&format!("Content-Length: {}", DEFAULT_MESSAGE_CAP + 1))).await?;
    refused(&mut client).await
}

async fn chunked_body(subject: &Subject) -> Result<Duration> {
    let mut client = open(subject).await?;
    client.send(&client.head("Transfer-Encoding: chunked")).await?;
    let mut chunk = format!("{CHUNK:x}\r\n").into_bytes();
    chunk.resize(chunk.len() + CHUNK, b' ');
    chunk.extend_from_slice(b"\r\n");
    for _ in 0..DEFAULT_MESSAGE_CAP / CHUNK {
        client.send(&chunk).await?;
    }
    client.send(b"1\r\n \r\n").await?;
    refused(&mut client).await
}

/// The time until a refusal of what was just sent has been read.
async fn refused(client: &mut Client) -> Result<Duration> {
    let begun = Instant::now();
    let status = client.receive().await?;
    let took = begun.elapsed();
    if status == 413 && client.holds(b"\"error\"") { Ok(took) } else { Err(trouble(format!("refused with {status}"))) }
}

async fn upstream_result(subject: &Subject) -> Result<Duration> {
    let mut client = open(subject).await?;
    let request = client.request(&subject.call(&format!(r#"{{"bytes":{OVER}}}"#)));
    let begun = Instant::now();
    let status = client.exchange(&request).await?;
    let took = begun.elapsed();
    if status != 200 || !client.holds(Code::TooLarge.as_str().as_bytes()) {
        return Err(trouble(format!("not refused as too large: {status} {}", client.message().unwrap_or_default())));
    }
    // the same client, session and upstream go on
    let request = client.request(&subject.call(SMALL));
    let status = client.exchange(&request).await?;
    if status == 200 && client.holds(b"still there") { Ok(took) } else { Err(trouble("the call after it failed")) }
}

async fn open(subject: &Subject) -> Result<Client> {
    let Reach::Http { address, path } = &subject.reach else { return Err(trouble("there is no connection")) };
    Client::open(*address, path).await
}
