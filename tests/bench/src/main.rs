//! `make bench`: the product beside a direct connection, a bare forwarder and other proxies, in one run on one machine.
//!
//! The program is all parts of it: the load generator, and under other names the echo servers and the forwarder that it
//! starts as processes of their own. Ratios within one run count; absolute figures belong to the machine.

mod client;
mod corpus;
mod driver;
mod echo;
mod field;
mod floor;
mod options;
mod pipes;
mod plot;
mod process;
mod report;
mod rows;
mod stats;
mod subject;
mod targets;
mod trouble;

use std::{
    io::{Read, Write},
    process::ExitCode,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use crate::{
    options::Options,
    report::Report,
    rows::{Line, calls::CLIENTS},
    stats::Figures,
    subject::Subject,
    trouble::{Result, trouble},
};

/// What is drawn of a line: the end of its name, and its figure.
type Drawn = (&'static str, fn(&Figures) -> f64);

/// What each subject has of one line of small calls, in seconds: with all known proxies, all rows take ten to twelve
/// minutes.
const CALLS: u64 = 8;
/// The same of one line of large results.
const LARGE: u64 = 6;
/// The same of small calls beside large results.
const BESIDE: u64 = 9;

const GENERATOR: &str =
    "own, closed loop, one thread, one keep-alive connection and session a client, on the same machine";

fn main() -> ExitCode {
    match play() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "mcpproxy-bench: {error}");
            ExitCode::FAILURE
        }
    }
}

fn play() -> Result<()> {
    let mut words = std::env::args().skip(1).peekable();
    let alone = || tokio::runtime::Builder::new_current_thread().enable_all().build();
    let role = words.peek().cloned().unwrap_or_default();
    let mut number = |or: usize| words.nth(1).map_or(Ok(or), |word| word.parse());
    match role.as_str() {
        "echo-stdio" => echo::stdio(number(1)?),
        "echo-http" => {
            let port = u16::try_from(number(0)?)?;
            alone()?.block_on(echo::http(port, 1))
        }
        "floor" => {
            let port = u16::try_from(number(0)?)?;
            let command: Vec<_> = words.collect();
            let threads = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
            threads.block_on(floor::serve(port, &command))
        }
        // reads whatever comes, and never says a word
        "silent" => {
            std::io::stdin().lock().read_to_end(&mut Vec::new())?;
            Ok(())
        }
        _ => {
            let options = Options::read(words)?;
            alone()?.block_on(bench(&options))
        }
    }
}

async fn bench(options: &Options) -> Result<()> {
    let mut tell = |words: &str| {
        let _ = writeln!(std::io::stderr(), "{words}");
    };
    for missing in &options.missing {
        tell(&format!("!! SKIPPED {missing}: not installed (scripts/bench --install-peers)"));
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_err(|_| trouble("the clock is before 1970"))?;
    let mut report = Report {
        machine: process::machine(),
        date: now.as_secs(),
        quick: options.quick,
        load: [process::load(), None],
        generator: GENERATOR,
        plan: plan(options),
        peers: options.peers.iter().map(|peer| (peer.name.clone(), peer.shown())).collect(),
        ..Report::default()
    };
    tell(&format!("{} · load generator: {GENERATOR}", report.machine));
    measure(options, &mut report, &mut tell).await?;
    report.load[1] = process::load();
    report.targets = targets::hold(&report);
    let stdout = report.tables();
    std::io::stdout().write_all(stdout.as_bytes())?;
    let files = [
        ("results.json", serde_json::to_string_pretty(&report)?),
        ("tables.txt", stdout),
        ("calls.svg", plot_calls(&report.calls)),
        ("latency.svg", plot_latency(&report.calls)),
    ];
    for (name, text) in files {
        std::fs::write(options.out.join(name), text)?;
    }
    tell(&format!("results.json, calls.svg and latency.svg are in {}", options.out.display()));
    Ok(())
}

async fn measure(options: &Options, report: &mut Report, tell: &mut dyn FnMut(&str)) -> Result<()> {
    if options.wants("start") {
        report.starts = rows::start::measure(if options.quick { 7 } else { 21 }, &options.out, tell)?;
    }
    for way in ["stdio", "http"] {
        over(way, options, report, tell).await?;
    }
    if options.wants("memory") {
        let (rest, idle) = if options.quick { (10, 5) } else { (60, 30) };
        let (rest, idle) = (Duration::from_secs(rest), Duration::from_secs(idle));
        report.memory = rows::memory::measure(rest, idle, &options.out, tell).await?;
    }
    if options.wants("search") {
        report.search = rows::search::measure(if options.quick { 500 } else { 5_000 }, tell).await?;
    }
    if options.wants("ipc") {
        report.ipc = rows::ipc::measure(if options.quick { 2_000 } else { 20_000 }, &options.out, tell).await?;
    }
    if options.wants("events") {
        let calls = if options.quick { 250 } else { 1_000 };
        report.events = Some(rows::events::measure(calls, &options.out, tell).await?);
    }
    Ok(())
}

fn plan(options: &Options) -> String {
    let each = |seconds| options.plan(seconds).each.as_secs_f64();
    format!(
        "each subject has {:.1} s of a line of small calls, {:.1} s of one of large results, {:.1} s beside 50 MiB, in {} rounds \
         that take turns;\nwho is slow makes fewer calls, and sits out what is left when its time is up",
        each(CALLS),
        each(LARGE),
        each(BESIDE),
        options.plan(CALLS).rounds
    )
}

/// All rows of calls over one kind of upstream.
async fn over(way: &str, options: &Options, report: &mut Report, tell: &mut dyn FnMut(&str)) -> Result<()> {
    let calls = options.wants(if way == "stdio" { "calls" } else { "http" });
    let [sizes, beside, caps] = ["sizes", "beside", "caps"].map(|rows| options.wants(rows));
    if !(calls || sizes || beside || caps) {
        return Ok(());
    }
    let mut field =
        if way == "stdio" { field::over_stdio(options, tell).await? } else { field::over_http(options).await? };
    if calls {
        report.calls.extend(rows::calls::measure(way, &field, options.plan(CALLS), tell).await);
    }
    if sizes {
        report.calls.extend(rows::sizes::measure(way, &field, options.plan(LARGE), tell).await);
    }
    report.after_load.extend(resident(way, &field));
    if beside {
        report.calls.extend(rows::beside::measure(way, &mut field, options.plan(BESIDE), tell).await);
    }
    if caps && let Some(product) = field.iter().find(|subject| subject.name == targets::PRODUCT) {
        tell(&format!("   {way}: messages over the cap"));
        let times = if options.quick { 2 } else { 5 };
        if way == "stdio" {
            report.refused.extend(rows::caps::of_clients(product, times).await?);
        }
        report.refused.push(rows::caps::of_upstream(way, product, times).await?);
    }
    Ok(())
}

fn resident(way: &str, field: &[Subject]) -> Vec<(String, f64)> {
    let resident = field.iter().filter_map(|subject| Some((subject, process::rss(subject.pid?)?)));
    resident.map(|(subject, rss)| (format!("{} ({way})", subject.name), rss)).collect()
}

fn plot_calls(lines: &[Line]) -> String {
    plot::chart(
        "Calls per second, HTTP to stdio, 64 bytes",
        "clients",
        &places(),
        &series(lines, &[("", |f| f.per_second)]),
    )
}

fn plot_latency(lines: &[Line]) -> String {
    let figures: &[Drawn] = &[(" p50", |f| f.p50_ms), (" p99", |f| f.p99_ms)];
    plot::chart("Time of a call in ms, HTTP to stdio, 64 bytes", "clients", &places(), &series(lines, figures))
}

fn places() -> Vec<String> {
    CLIENTS.iter().map(ToString::to_string).collect()
}

/// A line for every subject and figure; the second figure of a subject is dashed.
fn series(lines: &[Line], figures: &[Drawn]) -> Vec<plot::Series> {
    let small: Vec<_> = lines.iter().filter(|line| line.row == "stdio" && line.bytes == 64).collect();
    let mut names: Vec<&str> = Vec::new();
    for line in &small {
        if !names.contains(&line.subject.as_str()) {
            names.push(&line.subject);
        }
    }
    let mut series = Vec::new();
    for (colour, name) in names.iter().enumerate() {
        for (number, (suffix, of)) in figures.iter().enumerate() {
            let value = |clients: &usize| {
                let line = small.iter().find(|line| line.subject == *name && line.clients == *clients);
                line.map_or(f64::NAN, |line| of(&line.figures))
            };
            let values = CLIENTS.iter().map(value).collect();
            series.push(plot::Series { name: format!("{name}{suffix}"), values, dashed: number > 0, colour });
        }
    }
    series
}
