//! What the tray costs and how fast it follows, measured for `make bench` with release binaries; no test, so it is left out
//! unless it is asked for. Prints one line a figure, with its aim.

use std::{
    fmt::Display,
    fs, thread,
    time::{Duration, Instant},
};

use mcpproxy_ipc_proto::call::{ActOnServers, Selection, ServerAction};
use mcpproxy_tests::{Core, peers::Program, processes};
use serde_json::json;

use crate::stage::{Desktop, Menu, Tray, core};

/// How often a start is measured.
const STARTS: usize = 7;
/// How many changes are.
const CHANGES: usize = 20;
/// How long the tray is left alone before its memory is read, and while its processor time is.
const REST: Duration = Duration::from_secs(20);
/// The servers of the desktop's person.
const SERVERS: usize = 5;

#[test]
#[ignore = "figures of make bench, not a test"]
fn figures_of_the_tray() {
    let mut starts = [Vec::new(), Vec::new()];
    for (times, running) in starts.iter_mut().zip([true, false]) {
        for _ in 0..STARTS {
            let Some(desktop) = person() else { return };
            let _core = running.then(|| Core::start(&desktop.scratch).unwrap());
            let begin = Instant::now();
            let _tray = Tray::start(&desktop);
            Menu::of(&desktop).until_can(&["Servers"]);
            times.push(begin.elapsed());
        }
    }
    let [attached, cold] = starts;
    told("menu of a running core usable after the start, median", seconds(median(attached)), "1 s");
    told("linked with a core that it had to start, median", seconds(median(cold)), "2 s");

    let Some(back) = repaired() else { return };
    told("a killed core back with its servers", seconds(back), "5 s");

    let Some(desktop) = person() else { return };
    let _core = Core::start(&desktop.scratch).unwrap();
    // the first GTK program on a screen chooses visuals with the help of Mesa, which stays in its memory; it leaves its
    // choice to those that follow, as the tray does on any desktop
    let mut first = Tray::start(&desktop);
    let first_pss = pss_after_rest(&first);
    let its_icon = desktop.icon();
    Menu::of(&desktop).click(&["Quit MCPProxy"]);
    first.wait();
    let tray = Tray::start(&desktop);
    desktop.until_icon_other_than(&its_icon);
    let mut menu = Menu::of(&desktop);
    menu.until_says(&format!("All {SERVERS} servers are ready"));
    let mut changes = Vec::new();
    for change in 0..CHANGES {
        let (action, shown) =
            if change % 2 == 0 { (ServerAction::Disable, "Enable") } else { (ServerAction::Enable, "Disable") };
        let servers = Selection::Named(vec!["server-0".to_owned()]);
        let begin = Instant::now();
        core::ask(&desktop.scratch, &ActOnServers { servers, action }).unwrap();
        menu.until("the change", |menu| {
            menu.all().find(|line| line.label.contains("server-0")).and_then(|line| line.at(&[shown]).map(drop))
        });
        changes.push(begin.elapsed());
    }
    told("a change in the core shown in the menu, worst of 20", seconds(*changes.iter().max().unwrap()), "0.3 s");
    let later = pss_after_rest(&tray);
    told("memory without a window (PSS)", format_args!("{later} MiB"), "76 MiB (80 MB)");
    told("the same as the first GTK program on a screen", format_args!("{first_pss} MiB"), "-");
    let before = processor(tray.pid());
    thread::sleep(REST);
    let idle = (processor(tray.pid()) - before) / REST.as_secs_f64() * 100.0;
    told("processor at rest", format_args!("{idle:.2} %"), "0.2 %");
}

/// From the kill of a core that the tray started until it is back, its servers included.
fn repaired() -> Option<Duration> {
    let desktop = person()?;
    let _tray = Tray::start(&desktop);
    let ready = format!("All {SERVERS} servers are ready");
    Menu::of(&desktop).until_says(&ready);
    let killed = desktop.core_in_lock().unwrap();
    let begin = Instant::now();
    processes::signal(killed, processes::Signal::Kill).unwrap();
    core::until_hello(&desktop.scratch, "another core", |hello| hello.pid != killed);
    for number in 0..SERVERS {
        core::until_ready(&desktop.scratch, &format!("server-{number}"));
    }
    Menu::of(&desktop).until_says(&ready);
    Some(begin.elapsed())
}

fn person() -> Option<Desktop> {
    let desktop = Desktop::found()?;
    let fake = |number| Program::new(env!("CARGO_BIN_EXE_fake-mcp"), &[]).entry(&format!("server-{number}"));
    let entries: Vec<_> = (0..SERVERS).map(fake).collect();
    desktop.settings(&json!({ "mcpServers": entries }));
    Some(desktop)
}

fn told(what: &str, figure: impl Display, aim: &str) {
    println!("FIGURE | {what} | {figure} | {aim} |");
}

fn seconds(time: Duration) -> String {
    format!("{:.2} s", time.as_secs_f64())
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

/// The memory of a tray that was left alone for a while, in MiB.
fn pss_after_rest(tray: &Tray) -> u64 {
    thread::sleep(REST);
    pss(tray.pid()) / 1024
}

/// The memory of a process, what it shares divided among those who share it, in KiB.
fn pss(pid: u32) -> u64 {
    let rollup = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap();
    let line = rollup.lines().find_map(|line| line.strip_prefix("Pss:")).unwrap();
    line.trim().trim_end_matches("kB").trim().parse().unwrap()
}

/// The processor time that a process has used, in seconds.
fn processor(pid: u32) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    // the name in the second field may hold anything
    let fields: Vec<_> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    let ticks: u64 = fields[11..13].iter().map(|field| field.parse::<u64>().unwrap()).sum();
    // the tick of all Linux systems that we know: a hundredth of a second
    ticks as f64 / 100.0
}
