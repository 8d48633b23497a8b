//! One turn of one agent: set up as a user does, run to its end, counted by what the model noted.

use std::{
    fmt, fs,
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

use mcpproxy_tests::{Core, Ran, Result, Scratch, Trouble, clients::Clients, peers, run, scratch::read};
use serde_json::Value;

/// What somebody wants: the words of the tool's name, so that each way finds the same tool.
const QUESTION: &str = "search invoices report";
const TOOL: &str = "invoices__search_invoices_report";
const ARGUMENTS: &str = r#"{"query":"late"}"#;
/// What stands in the answer.
const ANSWER: &str = r#""called":"search_invoices_report""#;
const PROMPT: &str = "Find the reports about late invoices.";
/// Shows the tools of our server in the first request of Codex.
const SHOWN: &str = "[features.code_mode]\ndirect_only_tool_namespaces = [\"mcp__mcpproxy\"]\n";

/// Who takes the turn.
#[derive(Clone, Copy)]
pub(crate) enum Agent {
    Claude,
    Codex,
    /// Codex with the setting that makes it show tools.
    CodexShown,
}

/// What the agent is connected to.
#[derive(Clone, Copy)]
pub(crate) enum Mode {
    /// Nothing, which tells what the agent itself sends.
    Without,
    Search,
    Direct,
}

/// What was counted.
pub(crate) struct Turn {
    pub(crate) agent: Agent,
    pub(crate) mode: Mode,
    /// Our tools whose definitions the first request holds, and their bytes.
    pub(crate) ours: usize,
    pub(crate) our_bytes: u64,
    /// The bytes of the definitions of all tools in the first request.
    pub(crate) tool_bytes: u64,
    /// The bytes of the first request.
    pub(crate) bytes: u64,
    /// The bytes of all requests until the result was told.
    pub(crate) all_bytes: u64,
    /// Requests to the model until the result was told; none where nothing was to be found.
    pub(crate) requests: Option<usize>,
}

impl Turn {
    /// Lets an agent take its turn.
    ///
    /// # Errors
    /// It cannot be run, or does not come to the result.
    pub(crate) fn take(clients: &Clients, agent: Agent, mode: Mode, core: &Core) -> Result<Self> {
        let home = Scratch::new()?;
        let model = Model::start(&home, mode)?;
        let url = match mode {
            Mode::Without => None,
            Mode::Search => Some(core.url()),
            Mode::Direct => Some(format!("{}/all", core.url())),
        };
        let ran = match agent {
            Agent::Claude => claude(clients, &home, &model.url, url.as_deref())?,
            Agent::Codex => codex(clients, &home, &model.url, url.as_deref(), "")?,
            Agent::CodexShown => codex(clients, &home, &model.url, url.as_deref(), SHOWN)?,
        };
        let steps = steps(&home.file("model.log"))?;
        if url.is_some() && !(ran.stdout.contains(ANSWER) && ran.stdout.trim_end().ends_with("DONE")) {
            return Err(Trouble::new(format!(
                "{agent}, {mode}: no result\n{}\n{}\n{steps:#?}",
                ran.stdout, ran.stderr
            )));
        }
        let first = steps.first().ok_or_else(|| Trouble::new(format!("{agent}, {mode}: the model was not asked")))?;
        let all_bytes = steps.iter().map(bytes).sum();
        Ok(Self { all_bytes, requests: url.map(|_| steps.len()), ..Self::count(agent, mode, first) })
    }

    /// What the first request holds.
    fn count(agent: Agent, mode: Mode, first: &Value) -> Self {
        let sizes: Vec<u64> = list(first, "sizes").iter().filter_map(Value::as_u64).collect();
        let names = list(first, "tools").iter().zip(list(first, "namespaces"));
        let is_ours = names.map(|pair| [pair.0, pair.1].iter().any(|name| name.as_str().is_some_and(is_our_name)));
        let ours: Vec<u64> = is_ours.zip(&sizes).filter(|(is_ours, _)| *is_ours).map(|(_, size)| *size).collect();
        Self {
            agent,
            mode,
            ours: ours.len(),
            our_bytes: ours.iter().sum(),
            tool_bytes: sizes.iter().sum(),
            bytes: bytes(first),
            all_bytes: 0,
            requests: None,
        }
    }
}

impl fmt::Display for Agent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Claude => "Claude Code",
            Self::Codex => "Codex",
            Self::CodexShown => "Codex, set to show ours",
        })
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Without => "without us",
            Self::Search => "search",
            Self::Direct => "direct",
        })
    }
}

/// The model as a process. Dropped, it is killed.
struct Model {
    child: Child,
    url: String,
}

impl Model {
    fn start(home: &Scratch, mode: Mode) -> Result<Self> {
        let log = home.file("model.log");
        let log = log.to_string_lossy();
        let mut args = vec![QUESTION, ARGUMENTS, &*log];
        if matches!(mode, Mode::Direct) {
            args.push(TOOL);
        }
        let mut command = peers::python_client("model.py", &args)?.command();
        let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut model = Self { child: child.map_err(Trouble::with("the model"))?, url: String::new() };
        let stdout = model.child.stdout.take().ok_or_else(|| Trouble::new("the model has no stdout"))?;
        BufReader::new(stdout).read_line(&mut model.url).map_err(Trouble::with("the model"))?;
        model.url.truncate(model.url.trim_end().len());
        Ok(model)
    }
}

impl Drop for Model {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn claude(clients: &Clients, home: &Scratch, model: &str, url: Option<&str>) -> Result<Ran> {
    let at_home = || clients.at_home(&clients.claude(), home);
    if let Some(url) = url {
        ran(at_home().args(["mcp", "add", "--scope", "user", "--transport", "http", "mcpproxy", url]))?;
    }
    let mut command = at_home();
    command.env("ANTHROPIC_BASE_URL", model).env("ANTHROPIC_API_KEY", "none");
    // nobody is there to be asked for permission
    ran(command.args(["-p", PROMPT, "--allowedTools", "mcp__mcpproxy"]))
}

fn codex(clients: &Clients, home: &Scratch, model: &str, url: Option<&str>, settings: &str) -> Result<Ran> {
    let at_home = || clients.at_home(&clients.codex(), home);
    let path = home.home().join(".codex/config.toml");
    fs::create_dir(home.home().join(".codex")).map_err(Trouble::with(path.display()))?;
    if let Some(url) = url {
        ran(at_home().args(["mcp", "add", "mcpproxy", "--url", url]))?;
    }
    let provider = format!("name = \"mock\"\nbase_url = \"{model}/v1\"\nwire_api = \"responses\"\n");
    let added = read(&path);
    let settings = format!("model_provider = \"mock\"\n{added}\n[model_providers.mock]\n{provider}\n{settings}");
    fs::write(&path, settings).map_err(Trouble::with(path.display()))?;
    ran(at_home().args(["exec", "--skip-git-repo-check", PROMPT]))
}

fn ran(command: &mut Command) -> Result<Ran> {
    let ran = run(command)?;
    if ran.code == Some(0) {
        return Ok(ran);
    }
    Err(Trouble::new(format!("{command:?} ended with {:?}\n{}\n{}", ran.code, ran.stdout, ran.stderr)))
}

/// The requests that offered tools, in their order; side questions are left out.
fn steps(log: &Path) -> Result<Vec<Value>> {
    let lines = read(log);
    let requests: Result<Vec<Value>, _> = lines.lines().map(serde_json::from_str).collect();
    let requests = requests.map_err(Trouble::with(log.display()))?;
    Ok(requests.into_iter().filter(|request| !list(request, "tools").is_empty()).collect())
}

fn bytes(request: &Value) -> u64 {
    request.get("bytes").and_then(Value::as_u64).unwrap_or_default()
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn is_our_name(name: &str) -> bool {
    name.starts_with("mcp__mcpproxy")
}
