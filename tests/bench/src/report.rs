//! What is told at the end: the tables, the targets with what was reached, and all of it as JSON.

use std::fmt::Write;

use serde::Serialize;

use crate::{
    rows::{Line, caps::Refused, events::Streamed, ipc::Exchanged, memory::Held, search::Searched, start::Started},
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
    /// How the time is divided.
    pub plan: String,
    /// The other proxies, and how each was started.
    pub peers: Vec<(String, String)>,
    /// Small and large calls.
    pub calls: Vec<Line>,
    /// Messages over the cap.
    pub refused: Vec<Refused>,
    /// Exec to listening.
    pub starts: Vec<Started>,
    /// Memory and idleness.
    pub memory: Vec<Held>,
    /// Resident memory of all that forwarded, right after the load, by name.
    pub after_load: Vec<(String, f64)>,
    /// The search.
    pub search: Vec<Searched>,
    /// The socket for the programs beside it.
    pub ipc: Vec<Exchanged>,
    /// The stream of events.
    pub events: Option<Streamed>,
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
        let [before, after] = self.load.map(|load| load.unwrap_or(f64::NAN));
        let _ =
            writeln!(out, "\nload average before: {before:.2}, after: {after:.2} (the bench itself adds about two)");
        let _ = writeln!(out, "{}", self.plan);
        for (name, command) in &self.peers {
            let _ = writeln!(out, "{name}: {command}");
        }
        let _ = writeln!(
            out,
            "\n{:<20} {:>8} {:>7} {:<13} {:>9} {:>9} {:>8} {:>8} {:>11} {:>7} {:>7} {:>6}",
            "row",
            "bytes",
            "clients",
            "subject",
            "p50 ms",
            "p99 ms",
            "calls/s",
            "MiB/s",
            "its us/call",
            "gen us",
            "calls",
            "rounds"
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
                "{:<20} {:>8} {:>7} {:<13} {:>9.3} {:>9.3} {:>8.0} {:>8.1} {its:>11} {:>7.1} {:>7} {:>6}{failed}",
                line.row,
                line.bytes,
                line.clients,
                line.subject,
                figures.p50_ms,
                figures.p99_ms,
                figures.per_second,
                volume,
                figures.own_cpu_us,
                figures.calls,
                line.rounds
            );
        }
    }

    fn other_tables(&self, out: &mut String) {
        if !self.refused.is_empty() {
            let what = format!("over the cap of {} MiB, until refused", mcpproxy_wire::DEFAULT_MESSAGE_CAP >> 20);
            let _ = writeln!(out, "\n{what:<58} median ms  worst ms  times");
        }
        for Refused { what, median_ms, worst_ms, times } in &self.refused {
            let _ = writeln!(out, "{what:<58} {median_ms:>9.1} {worst_ms:>9.1} {times:>6}");
        }
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
            let _ = writeln!(out, "\nsearch (in process)   tools  index ms    p50 ms    p99 ms  CPU p99 ms");
        }
        for Searched { tools, indexing_ms, p50_ms, p99_ms, cpu_p99_ms, .. } in &self.search {
            let _ = writeln!(
                out,
                "{:<19} {tools:>7} {indexing_ms:>9.1} {p50_ms:>9.3} {p99_ms:>9.3} {cpu_p99_ms:>11.3}",
                ""
            );
        }
        if !self.ipc.is_empty() {
            let _ = writeln!(out, "\nsocket, one after the other                        p50 ms    p99 ms  times");
        }
        for Exchanged { what, p50_ms, p99_ms, count } in &self.ipc {
            let _ = writeln!(out, "{what:<47} {p50_ms:>9.3} {p99_ms:>9.3} {count:>6}");
        }
        if let Some(streamed) = &self.events {
            let Streamed { readers, events_per_second, expected, missed, p50_ms, p99_ms, core_cpu_share } = streamed;
            let cpu = core_cpu_share.unwrap_or(f64::NAN) * 100.0;
            let _ = writeln!(out, "\nevents  readers  events/s  expected   missed    p50 ms    p99 ms  core CPU %");
            let _ = writeln!(
                out,
                "{readers:>15} {events_per_second:>9.0} {expected:>9} {missed:>8} {p50_ms:>9.1} {p99_ms:>9.1} {cpu:>11.1}"
            );
        }
    }
}
