//! The search inside the process: how long it takes to index so many tools, and to find one among them.

use std::time::{Duration, Instant};

use mcpproxy_domain::{ServerName, ToolId};
use mcpproxy_index::{Document, open};
use serde::Serialize;

use crate::{corpus, process, stats::Times, trouble::Result};

/// How many tools.
const SIZES: [usize; 4] = [50, 1_000, 10_000, 50_000];
/// How many of them a server has.
const EACH: usize = 50;
/// How many are asked for.
const LIMIT: usize = 20;

/// What one size costs.
#[derive(Clone, Debug, Serialize)]
pub struct Searched {
    /// How many tools.
    pub tools: usize,
    /// Until all of them can be found.
    pub indexing_ms: f64,
    /// Half of the searches took at most so long.
    pub p50_ms: f64,
    /// All but one of a hundred.
    pub p99_ms: f64,
    /// All but one of a hundred, in processor time: what others on the machine cannot add to.
    pub cpu_p99_ms: f64,
    /// How many searches.
    pub searches: usize,
}

/// Every size, from empty.
pub async fn measure(searches: usize, tell: &mut dyn FnMut(&str)) -> Result<Vec<Searched>> {
    let mut measured = Vec::new();
    for tools in SIZES {
        tell(&format!("   search: {tools} tools"));
        let (writer, searcher) = open()?;
        let mut servers = Vec::new();
        for first in (0..tools).step_by(EACH) {
            let name = ServerName::new(&format!("server-{}", first / EACH))?;
            let documents = (first..tools.min(first + EACH)).map(|number| document(&name, number)).collect::<Vec<_>>();
            servers.push((name, documents));
        }
        let begun = Instant::now();
        let receipts: Vec<_> =
            servers.into_iter().map(|(server, documents)| writer.replace(server, documents)).collect();
        for receipt in receipts {
            receipt.committed().await?;
        }
        let indexing = begun.elapsed();
        let mut times = Times::default();
        times.measured(Duration::from_secs(1));
        let mut cpu_times = times.clone();
        for number in 0..searches {
            let question = corpus::question(number);
            let (begun, cpu) = (Instant::now(), process::thread_cpu());
            searcher.search(&question, LIMIT, |_| true)?;
            cpu_times.add(process::thread_cpu().saturating_sub(cpu));
            times.add(begun.elapsed());
        }
        let figures = times.figures();
        measured.push(Searched {
            tools,
            indexing_ms: indexing.as_secs_f64() * 1e3,
            p50_ms: figures.p50_ms,
            p99_ms: figures.p99_ms,
            cpu_p99_ms: cpu_times.figures().p99_ms,
            searches,
        });
    }
    Ok(measured)
}

fn document(server: &ServerName, number: usize) -> Document {
    let schema = r#"{"type":"object","properties":{"owner":{"type":"string","description":"Whose it is"},
        "limit":{"type":"integer","description":"At most so many"}},"required":["owner"]}"#;
    Document {
        id: ToolId::new(server.clone(), corpus::name(number)),
        description: corpus::sentence(number).into(),
        input_schema: Some(schema.into()),
    }
}
