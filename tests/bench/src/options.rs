//! The command line: which rows, how long, and which other proxies take part.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use crate::{
    rows::Plan,
    trouble::{Result, trouble},
};

/// How it is called.
pub const USAGE: &str = "\
mcpproxy-bench [--quick] [--only ROWS] [--peer NAME=COMMAND].. [--no-peers] [--out FOLDER]
  --quick         short rounds, for development
  --only ROWS     some of: calls,http,sizes,beside,caps,start,memory,search,ipc
  --peer N=C      another proxy; in its command {port}, {server}, {server-line}, {config} and {folder} are filled in
  --no-peers      not even those that are installed
  --out FOLDER    where results.json and the plots go [default: target/bench]";

/// Another proxy.
#[derive(Clone, Debug)]
pub struct Peer {
    /// What it is called in the tables.
    pub name: String,
    /// How it is started.
    pub command: String,
}

/// What is to be done.
#[derive(Clone, Debug)]
pub struct Options {
    /// Short rounds.
    pub quick: bool,
    /// Only these rows; empty = all.
    pub only: Vec<String>,
    /// Other proxies.
    pub peers: Vec<Peer>,
    /// Those that are known and not installed.
    pub missing: Vec<String>,
    /// Where files go.
    pub out: PathBuf,
}

impl Peer {
    /// How it is started, without where it lies.
    pub fn shown(&self) -> String {
        let (program, arguments) = self.command.split_once(' ').unwrap_or((&self.command, ""));
        let program = Path::new(program).file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
        format!("{program} {arguments}")
    }
}

/// The proxies that are known, where each lies once it is installed, and its arguments.
const KNOWN: [(&str, &str, &str); 3] = [
    ("mcp-proxy-rs", "target/tools/bin/mcp-proxy", "--config {config}"),
    ("mcp-proxy-py", "target/bench/peers/venv/bin/mcp-proxy", "--port {port} -- {server}"),
    (
        "supergateway",
        "target/bench/peers/node_modules/.bin/supergateway",
        "--stdio {server-line} --outputTransport streamableHttp --stateful --logLevel none --port {port}",
    ),
];

impl Options {
    /// Reads the words behind the program's name.
    pub fn read(mut words: impl Iterator<Item = String>) -> Result<Self> {
        let out = std::path::absolute("target/bench")?;
        let mut options = Self { quick: false, only: Vec::new(), peers: Vec::new(), missing: Vec::new(), out };
        let mut known = true;
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or_else(|| trouble(format!("{word} needs a value\n{USAGE}")));
            match word.as_str() {
                "--quick" => options.quick = true,
                "--no-peers" => known = false,
                "--only" => options.only = value()?.split(',').map(str::to_owned).collect(),
                "--out" => options.out = std::path::absolute(value()?)?,
                "--peer" => {
                    let value = value()?;
                    let (name, command) = value.split_once('=').ok_or_else(|| trouble("--peer wants NAME=COMMAND"))?;
                    options.peers.push(Peer { name: name.to_owned(), command: command.to_owned() });
                }
                _ => return Err(trouble(format!("{word} is not understood\n{USAGE}"))),
            }
        }
        for (name, path, arguments) in KNOWN.iter().filter(|_| known) {
            let path = std::path::absolute(Path::new(path))?;
            if path.exists() {
                let command = format!("{} {arguments}", path.display());
                options.peers.push(Peer { name: (*name).to_owned(), command });
            } else {
                options.missing.push((*name).to_owned());
            }
        }
        std::fs::create_dir_all(&options.out)?;
        Ok(options)
    }

    /// So many seconds for each subject of a line, in rounds.
    pub fn plan(&self, each: u64) -> Plan {
        let each = Duration::from_secs(each);
        if self.quick { Plan { rounds: 3, each: each / 3 } } else { Plan { rounds: 5, each } }
    }

    /// Whether these rows are wanted.
    pub fn wants(&self, rows: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|only| only == rows)
    }
}
