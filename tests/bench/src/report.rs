//! What is told at the end: the tables, the targets with what was reached, and all of it as JSON.

use std::fmt::Write;

use serde::Serialize;

use crate::{
    rows::{Line, memory::Held, search::Searched, start::Started},
    targets::Target,
};

/// Everything that one run measured.
#[derive(Debug, Default, Serialize)]
pub struct Report {
    /// On what.
    pub machine: String,
    /// When, in seconds since 1970.
    pub date: u64,
    /// Whether rounds were short.
    pub quick: bool,
    /// The load of the last minute before and after: what others did on the machine.
    pub load: [Option<f64>; 2],
    /// How the load was made.
    pub generator: &'static str,
    /// Small and large calls.
    pub calls: Vec<Line>,
    /// Exec to listening.
    pub starts: Vec<Started>,
    /// Memory and idleness.
    pub memory: Vec<Held>,
    /// Resident memory of all that forwarded, right after the load, by name.
    pub after_load: Vec<(String, f64)>,
    /// The search.
    pub search: Vec<Searched>,
    /// What is to be reached.
    pub targets: Vec<Target>,
}

impl Report {
    /// The tables for the screen.
    pub fn tables(&self) -> String {
        let mut out = String::new();
        self.calls_table(&mut out);
        self.other_tables(&mut out);
        if !self.targets.is_empty() {
            let _ = writeln!(out, "\n{:<66} {:>10} {:>10}", "target", "wanted", "reached");
        }
        for target in &self.targets {
            let mark = if target.met { "" } else { "  << missed" };
            let sign = if target.at_most { "<=" } else { ">=" };
            let wanted = format!("{sign} {}", target.wanted);
            let _ = writeln!(out, "{:<66} {wanted:>10} {:>10.2}{mark}", target.what, target.reached);
        }
        out
    }

    fn calls_table(&self, out: &mut String) {
        if self.calls.is_empty() {
            return;
        }
        let _ = writeln!(
            out,
            "\n{:<22} {:>9} {:>7} {:<14} {:>9} {:>9} {:>9} {:>9} {:>11} {:>8}",
            "row", "bytes", "clients", "subject", "p50 ms", "p99 ms", "calls/s", "MiB/s", "its us/call", "gen us"
        );
        let mut last = (String::new(), 0, 0);
        for line in &self.calls {
            let key = (line.row.clone(), line.clients, line.bytes);
            if key != last {
                let _ = writeln!(out);
                last = key;
            }
            let figures = &line.figures;
            let volume = figures.per_second * line.bytes as f64 / f64::from(1 << 20);
            let its = figures.its_cpu_us.map_or("-".to_owned(), |us| format!("{us:.1}"));
            let failed = if figures.failed > 0 { format!("  !! {} failed", figures.failed) } else { String::new() };
            let _ = writeln!(
                out,
                "{:<22} {:>9} {:>7} {:<14} {:>9.3} {:>9.3} {:>9.0} {:>9.1} {its:>11} {:>8.1}{failed}",
                line.row,
                line.bytes,
                line.clients,
                line.subject,
                figures.p50_ms,
                figures.p99_ms,
                figures.per_second,
                volume,
                figures.own_cpu_us
            );
        }
    }

    fn other_tables(&self, out: &mut String) {
        if !self.starts.is_empty() {
            let _ = writeln!(out, "\nexec to listening        servers  median ms   best ms  worst ms  starts");
        }
        for start in &self.starts {
            let Started { subject, servers, median_ms, best_ms, worst_ms, starts } = start;
            let _ = writeln!(
                out,
                "{subject:<24} {servers:>7} {median_ms:>10.1} {best_ms:>9.1} {worst_ms:>9.1} {starts:>7}"
            );
        }
        if !self.memory.is_empty() {
            let _ = writeln!(out, "\ncore at rest             servers    tools   RSS MiB  idle CPU %");
        }
        for Held { servers, tools, rss_mib, idle_cpu_share } in &self.memory {
            let (rss, idle) = (rss_mib.unwrap_or(f64::NAN), idle_cpu_share.unwrap_or(f64::NAN) * 100.0);
            let _ = writeln!(out, "{:<24} {servers:>7} {tools:>8} {rss:>9.1} {idle:>11.3}", "mcpproxy");
        }
        if !self.after_load.is_empty() {
            let _ = writeln!(out, "\nRSS right after the load   MiB");
        }
        for (name, rss) in &self.after_load {
            let _ = writeln!(out, "{name:<24} {rss:>5.1}");
        }
        if !self.search.is_empty() {
            let _ = writeln!(out, "\nsearch (in process)   tools  index ms    p50 ms    p99 ms");
        }
        for Searched { tools, indexing_ms, p50_ms, p99_ms, .. } in &self.search {
            let _ = writeln!(out, "{:<19} {tools:>7} {indexing_ms:>9.1} {p50_ms:>9.3} {p99_ms:>9.3}", "");
        }
    }
}
