//! `mcpproxy demo`: the whole way of a call, with a server that is built in. A question goes to `retrieve_tools`, the
//! tool it finds is called, both through `/mcp` as a client would do it.

mod client;
mod stage;

use std::{
    io::{self, IsTerminal},
    path::Path,
    process::ExitCode,
    time::Duration,
};

use mcpproxy_config::{Env, Flags};
use mcpproxy_daemon::{Options, Running, start};
use mcpproxy_domain::Code;
use serde_json::{Value, json};

use self::{client::Client, stage::Stage};
use crate::exit::{Failure, of_end};

const QUESTION: &str = "convert a temperature from Fahrenheit to Celsius";
const PATIENCE: Duration = Duration::from_secs(20);

/// Shows the demo; serves on until Ctrl-C where a person looks on.
pub(crate) async fn run() -> Result<ExitCode, Failure> {
    let mut stage = Stage::open();
    let folder = tempfile::Builder::new()
        .prefix("mcpproxy-demo-")
        .tempdir()
        .map_err(|error| Failure::internal(format!("no scratch folder: {error}")))?;
    write_settings(folder.path())?;
    let mut running = Box::pin(start(options(folder.path()))).await?;
    let url = running.management.info().endpoints.mcp;
    stage.done(&format!("the core listens on {url}"))?;

    let shown = show(&mut stage, &running, &url).await;
    let stays = io::stdout().is_terminal() && std::env::var_os("DEMO_ONCE").is_none_or(|value| value.is_empty());
    if shown.is_ok() && stays {
        stage.say(&format!(
            "\nConnect a client to it, for example:\n  claude mcp add --transport http mcpproxy {url}\n\
             It serves until Ctrl-C."
        ))?;
        running.asked_to_stop().await;
    }
    let end = running.stop().await;
    shown.map(|()| of_end(end))
}

async fn show(stage: &mut Stage, running: &Running, url: &str) -> Result<(), Failure> {
    let mut indexed = running.runtime.indexed.clone();
    let ready = tokio::time::timeout(PATIENCE, indexed.wait_for(|version| *version > 0)).await;
    if !matches!(ready, Ok(Ok(_))) {
        let why: Vec<_> =
            running.management.servers.list().servers.into_iter().map(|server| server.health.detail).collect();
        return Err(Failure::new(Code::ServerUnavailable, "the demo server did not start", why.join("; ")));
    }
    stage.done("its server is up and its tools can be found")?;

    let client = Client::connect(url).await?;
    let found = client.call("retrieve_tools", &json!({ "query": QUESTION, "limit": 3 })).await?;
    let found: Value = serde_json::from_str(&found)
        .map_err(|error| Failure::internal(format!("retrieve_tools did not answer with JSON: {error}")))?;
    stage.done(&format!("retrieve_tools {QUESTION:?} found:"))?;
    let tools = found.get("tools").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    for (rank, tool) in tools.iter().enumerate() {
        stage.say(&format!("    {}. {:28} {}", rank + 1, text(tool, "name"), text(tool, "description")))?;
    }
    let best = tools.first().ok_or_else(|| Failure::internal("no tool fits the question of the demo"))?;
    let arguments = json!({ "value": 100, "from": "fahrenheit", "to": "celsius" });
    let call = json!({ "name": text(best, "name"), "args": arguments });
    let answer = client.call(text(best, "call_with"), &call).await?;
    stage.done(&format!("{} {} {arguments} answered:", text(best, "call_with"), text(best, "name")))?;
    stage.say(&format!("    {answer}"))?;
    client.close().await;
    Ok(())
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn options(folder: &Path) -> Options {
    Options {
        flags: Flags {
            config: Some(folder.join("mcp_config.json")),
            data_dir: Some(folder.to_owned()),
            listen: Some("127.0.0.1:0".to_owned()),
            ..Flags::default()
        },
        env: Env::from_process(),
        console: false,
    }
}

fn write_settings(folder: &Path) -> Result<(), Failure> {
    let failed = |error: io::Error| Failure::internal(format!("the demo's settings could not be written: {error}"));
    let program = std::env::current_exe().map_err(failed)?;
    let settings = json!({
        "mcpServers": [{
            "name": "demo",
            "command": program,
            "args": ["demo-server"],
            "enabled": true,
            "quarantined": false,
        }],
    });
    std::fs::write(folder.join("mcp_config.json"), settings.to_string()).map_err(failed)
}
