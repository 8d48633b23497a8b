//! What is to be reached, held against what was measured in the same run. A target whose rows were left out has no line.

use serde::Serialize;

use crate::{
    report::Report,
    rows::{calls::CLIENTS, ipc, memory::Held},
    stats::Figures,
};

/// What the product is called in the tables.
pub const PRODUCT: &str = "mcpproxy";
const PEER: &str = "mcp-proxy-rs";

/// One target.
#[derive(Clone, Debug, Serialize)]
pub struct Target {
    /// What is compared.
    pub what: String,
    /// The bound.
    pub wanted: f64,
    /// Whether the bound is the most, or the least.
    pub at_most: bool,
    /// What was measured.
    pub reached: f64,
    /// Whether that is enough.
    pub met: bool,
}

/// All targets that this report can tell about.
pub fn hold(report: &Report) -> Vec<Target> {
    let find = |row: &str, clients: usize, bytes: usize, subject: &str| {
        let mut lines = report.calls.iter();
        let line = lines
            .find(|line| line.row == row && line.clients == clients && line.bytes == bytes && line.subject == subject);
        line.map(|line| &line.figures)
    };
    let ratio = |row: &str, clients, bytes, other: &str, of: fn(&Figures) -> f64| {
        Some(of(find(row, clients, bytes, PRODUCT)?) / of(find(row, clients, bytes, other)?))
    };
    let rate: fn(&Figures) -> f64 = |figures| figures.per_second;
    let mut targets = vec![
        at_most("p50 beside the floor's, 1 client (times)", 1.3, ratio("stdio", 1, 64, "floor", |f| f.p50_ms)),
        at_most("p99 beside the floor's, 1 client (times)", 1.5, ratio("stdio", 1, 64, "floor", |f| f.p99_ms)),
    ];
    for clients in CLIENTS {
        let wanted = if clients == 1 { 1.4 } else { 2.0 };
        let what = format!("calls/s beside {PEER}'s, {clients} client(s) (times)");
        targets.push(at_least(&what, wanted, ratio("stdio", clients, 64, PEER, rate)));
        let what = format!("calls/s beside the floor's, {clients} client(s) (times; aim)");
        targets.push(at_least(&what, 0.6, ratio("stdio", clients, 64, "floor", rate)));
    }
    for row in ["stdio", "http"] {
        let what = format!("10 MiB result over {row}, throughput beside direct (times)");
        targets.push(at_least(&what, 0.6, ratio(row, 1, 10 << 20, "direct", rate)));
    }
    for refused in &report.refused {
        targets.push(at_most(&format!("{} (ms)", refused.what), 1000.0, Some(refused.worst_ms)));
    }
    for start in report.starts.iter().filter(|start| start.subject == PRODUCT) {
        let what = format!("exec to listening with {} servers (ms)", start.servers);
        targets.push(at_most(&what, 10.0, Some(start.median_ms)));
    }
    for Held { servers, tools, rss_mib, idle_cpu_share } in &report.memory {
        let most = if *servers > 5 { 40.0 } else { 20.0 };
        targets.push(at_most(&format!("RSS with {servers} servers, {tools} tools (MiB)"), most, *rss_mib));
        let idle = idle_cpu_share.map(|share| share * 100.0);
        targets.push(at_most(&format!("idle CPU with {servers} servers (%)"), 0.5, idle));
    }
    for searched in report.search.iter().filter(|searched| searched.tools == 10_000) {
        targets.push(at_most("search p99 at 10,000 tools (ms)", 2.0, Some(searched.p99_ms)));
    }
    let exchanged = |what: &str| report.ipc.iter().find(|row| row.what == what);
    targets.push(at_most("ping over the socket, p50 (ms)", 0.05, exchanged(ipc::ROUND_TRIP).map(|row| row.p50_ms)));
    targets.push(at_most("change to a watcher, p99 (ms)", 5.0, exchanged(ipc::CHANGE).map(|row| row.p99_ms)));
    let missed = report.events.as_ref().map(|events| events.missed as f64);
    targets.push(at_most("events that 20 readers missed", 0.0, missed));
    targets.into_iter().flatten().collect()
}

fn at_most(what: &str, wanted: f64, reached: Option<f64>) -> Option<Target> {
    let reached = reached?;
    Some(Target { what: what.to_owned(), wanted, at_most: true, reached, met: reached <= wanted })
}

fn at_least(what: &str, wanted: f64, reached: Option<f64>) -> Option<Target> {
    let reached = reached?;
    Some(Target { what: what.to_owned(), wanted, at_most: false, reached, met: reached >= wanted })
}
