//! From exec to listening, with no server and with 50 of every kind: some that work, some that are silent, some that
//! cannot be started at all.

use std::{
    net::{Ipv4Addr, SocketAddr, TcpStream},
    path::Path,
    time::{Duration, Instant},
};

use serde::Serialize;
use serde_json::Value;

use crate::{
    field::{folder, product_command, server, settings},
    stats::median,
    subject::{Running, echo_stdio, free_port, own_binary},
    trouble::{Result, trouble},
};

const PATIENCE: Duration = Duration::from_secs(10);
/// Between two looks at the port.
const LOOK: Duration = Duration::from_micros(200);

/// How long it took.
#[derive(Clone, Debug, Serialize)]
pub struct Started {
    /// Who.
    pub subject: String,
    /// With how many servers in the settings.
    pub servers: usize,
    /// The middle one of all starts.
    pub median_ms: f64,
    /// The fastest.
    pub best_ms: f64,
    /// The slowest.
    pub worst_ms: f64,
    /// How many starts.
    pub starts: usize,
}

/// Starts each as often, in turns.
pub fn measure(starts: usize, out: &Path, tell: &mut dyn FnMut(&str)) -> Result<Vec<Started>> {
    tell("   start: exec to listening");
    let cases = [("floor", 0), ("mcpproxy", 0), ("mcpproxy", 50)];
    let mut times: Vec<Vec<f64>> = cases.iter().map(|_| Vec::new()).collect();
    for _ in 0..starts {
        for ((subject, servers), times) in cases.iter().zip(&mut times) {
            let took = if *subject == "floor" { start_floor(out)? } else { start_product(*servers, out)? };
            times.push(took.as_secs_f64() * 1e3);
        }
    }
    Ok(cases
        .iter()
        .zip(times)
        .map(|((subject, servers), mut times)| Started {
            subject: (*subject).to_owned(),
            servers: *servers,
            median_ms: median(&mut times),
            best_ms: times.first().copied().unwrap_or(f64::NAN),
            worst_ms: times.last().copied().unwrap_or(f64::NAN),
            starts,
        })
        .collect())
}

fn start_floor(out: &Path) -> Result<Duration> {
    let port = free_port()?;
    let mut command = vec![own_binary()?, "floor".to_owned(), port.to_string()];
    command.extend(echo_stdio(1)?);
    let begun = Instant::now();
    let _running = Running::start(&command, None, &out.join("floor.log"))?;
    listening(port, begun)
}

fn start_product(servers: usize, out: &Path) -> Result<Duration> {
    let folder = folder()?;
    let servers: Result<Vec<Value>> = (0..servers).map(one_of_every_kind).collect();
    settings(&folder, &servers?)?;
    let port = free_port()?;
    let command = product_command(&folder, port)?;
    let begun = Instant::now();
    let _running = Running::start(&command, Some(folder), &out.join("product.log"))?;
    listening(port, begun)
}

fn one_of_every_kind(number: usize) -> Result<Value> {
    let command = match number % 3 {
        0 => echo_stdio(20)?,
        1 => vec![own_binary()?, "silent".to_owned()],
        _ => vec!["/does/not/exist".to_owned()],
    };
    Ok(server(&format!("server-{number}"), &command))
}

fn listening(port: u16, begun: Instant) -> Result<Duration> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    while begun.elapsed() < PATIENCE {
        if TcpStream::connect(address).is_ok() {
            return Ok(begun.elapsed());
        }
        std::thread::sleep(LOOK);
    }
    Err(trouble("it does not come to listen"))
}
