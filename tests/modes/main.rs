//! `make modes`: what agents pay for the two ways to show tools, on 20 servers with 500 tools.
//!
//! Each agent takes one turn with each way against the model that needs no account, and what its first request holds is
//! counted. Tokens are estimated: bytes / 4. Not here: whether the turns are right in every detail (`agents`), and how
//! well a real model chooses.

mod turn;

use std::{
    io::{self, Write},
    sync::Arc,
};

use mcpproxy_tests::{Core, Peer, Result, Scratch, Trouble, clients::Clients, peers::Program, until};
use serde_json::Value;

use turn::{Agent, Mode, Turn};

/// What the servers are about; each has 25 tools.
const TOPICS: [&str; 20] = [
    "billing",
    "calendar",
    "chat",
    "contacts",
    "deploy",
    "documents",
    "email",
    "files",
    "forum",
    "hosting",
    "inventory",
    "invoices",
    "logs",
    "metrics",
    "orders",
    "payroll",
    "projects",
    "support",
    "tickets",
    "wiki",
];
const TOOLS: usize = 500;

fn main() -> Result<()> {
    let Some(clients) = Clients::installed()? else { return Ok(()) };
    let core = core()?;
    let mut turns = Vec::new();
    for agent in [Agent::Claude, Agent::Codex, Agent::CodexShown] {
        for mode in [Mode::Without, Mode::Search, Mode::Direct] {
            turns.push(Turn::take(&clients, agent, mode, &core)?);
        }
    }
    print(&turns).map_err(Trouble::with("the table could not be printed"))
}

/// A core before all servers, once it lists all of their tools.
fn core() -> Result<Core> {
    let own = std::env::current_exe().map_err(Trouble::with("no path of this program"))?;
    let server = own.with_file_name(format!("fake-mcp{}", std::env::consts::EXE_SUFFIX));
    let entries = TOPICS.map(|topic| Program::new(&server, &["--catalogue", topic]).entry(topic));
    let core = Core::start(&Arc::new(Scratch::with_servers(&entries)?))?;
    let listed = || {
        let mut session = mcpproxy_tests::Session::open_path(core.address, "/mcp/all", mcpproxy_tests::mcp::REVISION)?;
        let list = session.ask("tools/list", "{}")?.result()?;
        let tools = list.get("tools").and_then(Value::as_array).map_or(0, Vec::len);
        Ok((tools == TOOLS).then_some(()))
    };
    until("a list of all tools", listed)?;
    Ok(core)
}

fn print(turns: &[Turn]) -> io::Result<()> {
    let columns = [
        "client",
        "mode",
        "requests to the result",
        "our tools in the first",
        "their bytes (tokens)",
        "all tools in the first",
        "the whole first",
        "all requests",
    ];
    let mut out = io::stdout().lock();
    writeln!(out, "{} servers, {TOOLS} tools; tokens are estimated as bytes / 4", TOPICS.len())?;
    writeln!(out, "| {} |\n{}|", columns.join(" | "), "|---".repeat(columns.len()))?;
    for turn in turns {
        let requests = turn.requests.map_or_else(|| "-".to_owned(), |requests| requests.to_string());
        let sizes = [turn.our_bytes, turn.tool_bytes, turn.bytes, turn.all_bytes];
        let [ours, tools, first, all] = sizes.map(|bytes| format!("{bytes} ({})", bytes / 4));
        let (agent, mode) = (turn.agent, turn.mode);
        writeln!(out, "| {agent} | {mode} | {requests} | {} | {ours} | {tools} | {first} | {all} |", turn.ours)?;
    }
    Ok(())
}
