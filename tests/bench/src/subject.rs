//! What is measured: a process that is started, found where it listens, asked how its tool is called, and ended.

use std::{
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    client::Client,
    driver::FIRST_ID,
    trouble::{Result, trouble},
};

const PATIENCE: Duration = Duration::from_secs(30);
#[cfg(unix)]
const LAST_WAIT: Duration = Duration::from_secs(20);

/// One of the things that are compared.
pub struct Subject {
    /// What it is called in the tables.
    pub name: String,
    /// How it is reached.
    pub reach: Reach,
    /// Whose processor time and memory are told.
    pub pid: Option<u32>,
    tool: Tool,
    _process: Option<Running>,
}

/// How a subject is reached.
pub enum Reach {
    /// By the pipes of a server that the driver starts itself.
    Pipes,
    /// By HTTP.
    Http {
        /// Where.
        address: SocketAddr,
        /// Under which path.
        path: String,
    },
}

enum Tool {
    /// It is called by its name, which may have got a prefix.
    Named(String),
    /// It is called through the product's own tool.
    Through(&'static str),
}

impl Subject {
    /// The echo server itself, by its pipes.
    pub fn pipes() -> Self {
        let tool = Tool::Named("echo".to_owned());
        Self { name: "direct".to_owned(), reach: Reach::Pipes, pid: None, tool, _process: None }
    }

    /// A process that will listen at the port.
    pub async fn http(name: &str, port: u16, process: Running) -> Result<Self> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let until = Instant::now() + PATIENCE;
        let mut last = trouble("it does not listen");
        while Instant::now() < until {
            for path in ["/mcp", "/"] {
                match tool(address, path).await {
                    Ok(tool) => {
                        let reach = Reach::Http { address, path: path.to_owned() };
                        let pid = Some(process.pid());
                        return Ok(Self { name: name.to_owned(), reach, pid, tool, _process: Some(process) });
                    }
                    Err(error) => last = error,
                }
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Err(trouble(format!("{name} does not answer within {} s: {last}", PATIENCE.as_secs())))
    }

    /// The message of a call with these arguments; its id is [`FIRST_ID`].
    pub fn call(&self, arguments: &str) -> String {
        match &self.tool {
            Tool::Named(tool) => message(tool, arguments),
            Tool::Through(door) => message(door, &format!(r#"{{"name":"echo:echo","args":{arguments}}}"#)),
        }
    }
}

/// The message of a call of a tool.
pub fn message(tool: &str, arguments: &str) -> String {
    format!(
        r#"{{"jsonrpc":"2.0","id":{FIRST_ID},"method":"tools/call","params":{{"name":"{tool}","arguments":{arguments}}}}}"#
    )
}

/// How the echo is called there; proved by one call.
async fn tool(address: SocketAddr, path: &str) -> Result<Tool> {
    let mut client = Client::open(address, path).await?;
    let list = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" }).to_string();
    client.exchange(&client.request(&list)).await?;
    let answer = client.message()?;
    let tools = answer.pointer("/result/tools").and_then(Value::as_array).ok_or_else(|| trouble("no list of tools"))?;
    let names: Vec<_> = tools.iter().filter_map(|tool| tool.get("name")?.as_str()).collect();
    let tool = if names.contains(&"call_tool_read") {
        Tool::Through("call_tool_read")
    } else {
        let named = names.iter().find(|name| name.ends_with("echo")).ok_or_else(|| trouble("no echo in its list"))?;
        Tool::Named((*named).to_owned())
    };
    let subject = Subject { name: String::new(), reach: Reach::Pipes, pid: None, tool, _process: None };
    let status = client.exchange(&client.request(&subject.call(r#"{"text":"x"}"#))).await?;
    if status == 200 && client.is_result(FIRST_ID.to_string().as_bytes()) {
        return Ok(subject.tool);
    }
    Err(trouble(format!("its echo does not work: {status} {}", client.message().unwrap_or_default())))
}

/// A process of ours. Dropped, it is asked to end, and killed if it does not.
pub struct Running {
    child: Child,
    _folder: Option<TempDir>,
}

impl Running {
    /// Starts a command; what it says goes into `log`.
    pub fn start(command: &[String], folder: Option<TempDir>, log: &Path) -> Result<Self> {
        let (program, args) = command.split_first().ok_or_else(|| trouble("an empty command"))?;
        let log = std::fs::File::create(log)?;
        let mut command = Command::new(program);
        command.args(args).stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        // other sessions of the tester's own must not be found
        if let Some(folder) = &folder {
            command.current_dir(folder.path()).env("HOME", folder.path());
        }
        let child = command.spawn().map_err(|error| trouble(format!("{program} cannot be started: {error}")))?;
        Ok(Self { child, _folder: folder })
    }

    /// Its id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        #[cfg(unix)]
        if let Some(pid) = i32::try_from(self.child.id()).ok().and_then(rustix::process::Pid::from_raw) {
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
            let until = Instant::now() + LAST_WAIT;
            while Instant::now() < until && matches!(self.child.try_wait(), Ok(None)) {
                std::thread::sleep(Duration::from_millis(10));
            }
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A port that is free now.
pub fn free_port() -> Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

/// The command of the echo server over stdio with so many tools.
pub fn echo_stdio(tools: usize) -> Result<Vec<String>> {
    Ok(vec![own_binary()?, "echo-stdio".to_owned(), tools.to_string()])
}

/// This program.
pub fn own_binary() -> Result<String> {
    Ok(std::env::current_exe()?.display().to_string())
}

/// The product: beside this program, unless `MCPPROXY_BINARY` names another.
pub fn product() -> Result<PathBuf> {
    if let Some(other) = std::env::var_os("MCPPROXY_BINARY").filter(|path| !path.is_empty()) {
        return Ok(other.into());
    }
    let path = std::env::current_exe()?.with_file_name(format!("mcpproxy{}", std::env::consts::EXE_SUFFIX));
    if path.exists() { Ok(path) } else { Err(trouble(format!("{} is missing; run scripts/bench", path.display()))) }
}
