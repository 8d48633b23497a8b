//! The real core as a process: started, asked whether it listens, stopped or killed by its own id.

use std::{
    fs::File,
    io::Write,
    net::SocketAddr,
    path::PathBuf,
    process::{Child, Command, ExitStatus, Stdio},
    sync::Arc,
};

use serde_json::Value;

use crate::{
    Result, Scratch, Session, Trouble,
    http::{Connection, Request},
    processes,
    scratch::read,
    until,
};

/// A core that runs. Dropped, it is killed with all that it started.
#[derive(Debug)]
pub struct Core {
    child: Child,
    /// Where it listens.
    pub address: SocketAddr,
    /// Where it lives.
    pub scratch: Arc<Scratch>,
}

/// What a command left that ran to its end.
#[derive(Debug)]
pub struct Ran {
    /// Its exit code; `None` if a signal ended it.
    pub code: Option<i32>,
    /// What it printed.
    pub stdout: String,
    /// What it told.
    pub stderr: String,
}

impl Core {
    /// Starts a core in the data folder and waits until it serves. It chooses a free port.
    ///
    /// # Errors
    /// It does not come to listen; what it wrote is told.
    pub fn start(scratch: &Arc<Scratch>) -> Result<Self> {
        Self::start_with(scratch, &["--listen", "127.0.0.1:0"])
    }

    /// Starts a core with these flags after `serve --data-dir ..`.
    ///
    /// # Errors
    /// It does not come to listen; what it wrote is told.
    pub fn start_with(scratch: &Arc<Scratch>, flags: &[&str]) -> Result<Self> {
        let mut command = scratch.command()?;
        command.arg("serve").arg("--data-dir").arg(scratch.data()).args(flags);
        Self::launch(scratch, command)
    }

    /// Starts a core by a command that was made ready.
    ///
    /// # Errors
    /// It does not come to listen; what it wrote is told.
    pub fn launch(scratch: &Arc<Scratch>, mut command: Command) -> Result<Self> {
        let pipe = |name: &str| {
            let path = scratch.file(name);
            File::create(&path).map_err(Trouble::with(path.display()))
        };
        command.stdin(Stdio::null()).stdout(pipe("stdout")?).stderr(pipe("stderr")?);
        let child = command.spawn().map_err(Trouble::with("the core could not be started"))?;
        let nowhere = SocketAddr::from(([127, 0, 0, 1], 0));
        let mut core = Self { child, address: nowhere, scratch: Arc::clone(scratch) };
        core.address = until("a core that listens", || core.listening())?;
        Ok(core)
    }

    /// The endpoint for clients.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}/mcp", self.address)
    }

    /// Opens a session of the newest revision that has sessions.
    ///
    /// # Errors
    /// The core refuses it.
    pub fn session(&self) -> Result<Session> {
        Session::open(self.address)
    }

    /// The API key that it was started with, or that it made.
    ///
    /// # Errors
    /// The settings cannot be read.
    pub fn key(&self) -> Result<String> {
        let path = self.scratch.settings();
        let settings: Value = serde_json::from_str(&read(&path)).map_err(Trouble::with(path.display()))?;
        let key = settings.get("api_key").and_then(Value::as_str);
        key.map(str::to_owned).ok_or_else(|| Trouble::new(format!("{} has no api_key", path.display())))
    }

    /// Asks the REST API as the administrator: the status and the document.
    ///
    /// # Errors
    /// There is no answer.
    pub fn api(&self, method: &str, path: &str, body: &str) -> Result<(u16, Value)> {
        let request = Request::new(method, self.address, &format!("/api/v1{path}")).with("X-API-Key", &self.key()?);
        let request = if body.is_empty() { request } else { request.with_body(body) };
        let reply = Connection::open(self.address)?.ask(&request)?;
        Ok((reply.status, serde_json::from_str(&reply.body).unwrap_or(Value::Null)))
    }

    /// Its process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The processes that it started and that run still (Linux).
    #[must_use]
    pub fn children(&self) -> Vec<u32> {
        let mark = self.scratch.mark();
        mark.map(|mark| processes::with_variable(&mark)).unwrap_or_default()
    }

    /// Asks it to stop in order, and returns at once.
    ///
    /// # Errors
    /// It is gone already.
    pub fn ask_to_stop(&self) -> Result<()> {
        processes::signal(self.pid(), processes::Signal::Terminate)
    }

    /// Asks it to read its settings again.
    ///
    /// # Errors
    /// It is gone already.
    pub fn ask_to_reload(&self) -> Result<()> {
        processes::signal(self.pid(), processes::Signal::HangUp)
    }

    /// Waits for its end.
    ///
    /// # Errors
    /// It does not end.
    pub fn wait(&mut self) -> Result<ExitStatus> {
        until("the end of the core", || self.child.try_wait().map_err(Trouble::with("waiting for the core")))
    }

    /// Stops it in order, and waits for its end.
    ///
    /// # Errors
    /// It does not end.
    pub fn stop(&mut self) -> Result<ExitStatus> {
        self.ask_to_stop()?;
        self.wait()
    }

    /// Kills it as `kill -9` does.
    ///
    /// # Errors
    /// The system refuses.
    pub fn kill(&mut self) -> Result<()> {
        self.child.kill().and_then(|()| self.child.wait()).map_err(Trouble::with("killing the core"))?;
        Ok(())
    }

    /// What it wrote to stdout so far.
    #[must_use]
    pub fn stdout(&self) -> String {
        read(&self.output("stdout"))
    }

    /// What it wrote to stderr so far.
    #[must_use]
    pub fn stderr(&self) -> String {
        read(&self.output("stderr"))
    }

    fn output(&self, name: &str) -> PathBuf {
        self.scratch.file(name)
    }

    /// Where it listens, once its lock file says so and it calls itself ready.
    fn listening(&mut self) -> Result<Option<SocketAddr>> {
        if let Some(status) = self.child.try_wait().map_err(Trouble::with("looking at the core"))? {
            return Err(Trouble::new(format!("the core ended with {status}:\n{}", self.stderr())));
        }
        let Ok(lock) = serde_json::from_str::<Value>(&read(&self.scratch.lock())) else { return Ok(None) };
        // the file may still be that of a core before this one
        let is_own = lock.get("pid").and_then(Value::as_u64) == Some(u64::from(self.pid()));
        let address = lock.get("address").and_then(Value::as_str).and_then(|address| address.parse().ok());
        Ok(address.filter(|address| is_own && is_ready(*address)))
    }
}

impl Drop for Core {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let _ = writeln!(std::io::stderr(), "what the core told:\n{}", self.stderr());
        }
        // killed before its children, or it would start them anew
        let _ = self.kill();
        for pid in self.children() {
            let _ = processes::signal(pid, processes::Signal::Kill);
        }
    }
}

/// Runs a command to its end.
///
/// # Errors
/// It cannot be started, or does not end.
pub fn run(command: &mut Command) -> Result<Ran> {
    let file = || tempfile::NamedTempFile::new().map_err(Trouble::with("no scratch file"));
    let (stdout, stderr) = (file()?, file()?);
    let handle = |file: &tempfile::NamedTempFile| file.reopen().map_err(Trouble::with("no scratch file"));
    command.stdin(Stdio::null()).stdout(handle(&stdout)?).stderr(handle(&stderr)?);
    let mut child = command.spawn().map_err(Trouble::with("a command could not be started"))?;
    let ended = until("the end of a command", || child.try_wait().map_err(Trouble::with("waiting")));
    if ended.is_err() {
        let _ = child.kill();
        let _ = child.wait();
    }
    let (stdout, stderr) = (read(stdout.path()), read(stderr.path()));
    match ended {
        Ok(status) => Ok(Ran { code: status.code(), stdout, stderr }),
        Err(trouble) => Err(Trouble::new(format!("{trouble}\nstdout:\n{stdout}\nstderr:\n{stderr}"))),
    }
}

fn is_ready(address: SocketAddr) -> bool {
    let ask = || Connection::open(address)?.ask(&Request::get(address, "/readyz"));
    ask().is_ok_and(|reply| reply.status == 200)
}
