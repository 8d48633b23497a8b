//! What the core holds and burns when nobody asks anything: resident memory some time after start with 0, 5 and 20 servers
//! of 50 tools each, and the processor time of the same cores in the last part of this rest.

use std::{path::Path, time::Duration};

use serde::Serialize;
use serde_json::Value;

use crate::{
    field::{server, start_product},
    process,
    subject::{Subject, echo_stdio, free_port},
    trouble::Result,
};

/// How many servers, each with so many tools.
const FLEETS: [usize; 3] = [0, 5, 20];
const TOOLS: usize = 50;

/// What one core holds.
#[derive(Clone, Debug, Serialize)]
pub struct Held {
    /// How many servers.
    pub servers: usize,
    /// How many tools in all.
    pub tools: usize,
    /// Resident memory.
    pub rss_mib: Option<f64>,
    /// How much of one processor it used while idle.
    pub idle_cpu_share: Option<f64>,
}

/// All fleets at once: they do not disturb each other, because nothing happens in them.
pub async fn measure(after: Duration, idle: Duration, out: &Path, tell: &mut dyn FnMut(&str)) -> Result<Vec<Held>> {
    tell(&format!("   memory: {} s after start, the last {} s of them watched", after.as_secs(), idle.as_secs()));
    let mut cores = Vec::new();
    for servers in FLEETS {
        let echo = echo_stdio(TOOLS)?;
        let fleet: Vec<Value> = (0..servers).map(|number| server(&named(number), &echo)).collect();
        let port = free_port()?;
        let process = start_product(&fleet, port, out)?;
        let pid = process.pid();
        // a core that has answered a call, as one that somebody uses; without servers there is nothing to call
        let (asked, bare) = match servers {
            0 => (None, Some(process)),
            _ => (Some(Subject::http("mcpproxy", port, process).await?), None),
        };
        cores.push((servers, pid, asked, bare));
    }
    tokio::time::sleep(after.saturating_sub(idle)).await;
    let before: Vec<_> = cores.iter().map(|(_, pid, ..)| process::cpu(*pid)).collect();
    tokio::time::sleep(idle).await;
    Ok(cores
        .iter()
        .zip(before)
        .map(|((servers, pid, ..), before)| {
            let rss_mib = process::rss(*pid);
            let used = process::cpu(*pid).zip(before).map(|(now, then)| now.saturating_sub(then));
            let idle_cpu_share = used.map(|used| used.as_secs_f64() / idle.as_secs_f64());
            Held { servers: *servers, tools: servers * TOOLS, rss_mib, idle_cpu_share }
        })
        .collect())
}

/// The first is the one that calls go to.
fn named(number: usize) -> String {
    if number == 0 { "echo".to_owned() } else { format!("server-{number}") }
}
