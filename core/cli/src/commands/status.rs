//! `mcpproxy status`: how the core is, where it is reached, and the API key.

use std::fmt::Write as _;

use mcpproxy_config::{Config, ConfigPatch, RoutingMode};
use mcpproxy_domain::{Secret, identity};
use mcpproxy_ipc_proto::{
    call::{GetInfo, GetStatus, ListCalls, OpenUi, PatchConfig},
    view::{CallRecord, CallStatus, Info, PhaseView, Status as StatusView},
};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::{
    args::Status,
    client::Core,
    context::Context,
    exit::Failure,
    offline,
    output::{
        self,
        escape::escaped,
        note,
        style::{Mark, Style},
    },
    prompt,
};

/// How the core is (contract: status of the command line).
#[derive(Serialize)]
struct Shown {
    state: &'static str,
    edition: &'static str,
    listen_addr: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    uptime: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    uptime_seconds: Option<u64>,
    api_key: String,
    web_ui_url: String,
    routing_mode: String,
    endpoints: Endpoints,
    servers: Servers,
    socket_path: String,
    config_path: String,
    version: String,
    launched_by: String,
    mcp_url: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pid: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_call: Option<CallRecord>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    settings_problems: Vec<String>,
}

#[derive(Serialize)]
struct Endpoints {
    default: &'static str,
    retrieve_tools: &'static str,
    direct: &'static str,
}

#[derive(Serialize)]
struct Servers {
    connected: usize,
    quarantined: usize,
    total: usize,
}

/// Shows how the core is, or makes a new key.
pub(super) async fn show(context: &Context, status: &Status) -> Result<(), Failure> {
    let core = Core::find(context).await?;
    // with a core that runs, settings with faults are worth telling, and no reason to tell nothing
    let config = match (context.config(), &core) {
        (Ok(config), _) => Some(config),
        (Err(failure), None) => return Err(failure),
        (Err(_), Some(_)) => None,
    };
    let mut key = config.as_ref().and_then(|config| config.api_key.clone());
    if status.reset_key {
        key = Some(reset_key(context, core.as_ref(), status.yes).await?);
    }
    let shown = match &core {
        Some(core) => {
            let mut shown = running(&core.ask(&GetStatus {}).await?, &core.ask(&GetInfo {}).await?);
            shown.last_call = core.ask(&ListCalls { limit: 1 }).await?.into_iter().next();
            shown
        }
        None => stopped(context, config.as_ref())?,
    };
    let shown = with_key(shown, key.as_ref(), status.show_key || status.reset_key);
    if status.web_url {
        // the address of a core that does not run lets nobody in yet
        let url = match &core {
            Some(core) => core.ask(&OpenUi {}).await?.url,
            None => shown.web_ui_url,
        };
        return output::print(&format!("{url}\n"));
    }
    context.output.show(&shown, |style| table(&shown, style))
}

/// Replaces the key after a person agreed.
async fn reset_key(context: &Context, core: Option<&Core>, is_confirmed: bool) -> Result<Secret, Failure> {
    if !is_confirmed {
        prompt::require("Make a new API key? Programs that use the old one over HTTP are shut out.", "--yes")?;
    }
    let mut random = [0_u8; 32];
    getrandom::fill(&mut random).map_err(|error| Failure::internal(format!("no random numbers: {error}")))?;
    let key = random.iter().fold(String::with_capacity(64), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    });
    match core {
        Some(core) => {
            let patch = Map::from_iter([("api_key".to_owned(), Value::from(key.as_str()))]);
            core.ask(&PatchConfig { patch }).await?;
        }
        None => offline::write(context, &ConfigPatch::new().set("api_key", key.as_str()))?,
    }
    if context.env.variable("MCPPROXY_API_KEY").is_some() {
        note("warning: MCPPROXY_API_KEY is set here; where the core has it too, that key counts and not the new one");
    }
    Ok(Secret::from(key))
}

fn running(status: &StatusView, info: &Info) -> Shown {
    let counts = &status.upstream_stats.servers;
    Shown {
        state: match status.phase {
            PhaseView::Starting => "Starting",
            PhaseView::Ready => "Running",
            PhaseView::Draining => "Stopping",
            PhaseView::Stopped => "Stopped",
            PhaseView::Other => "Unknown",
        },
        edition: "personal",
        listen_addr: info.listen_addr.clone(),
        uptime: Some(uptime(status.uptime_seconds)),
        uptime_seconds: Some(status.uptime_seconds),
        api_key: String::new(),
        web_ui_url: info.web_ui_url.clone(),
        routing_mode: status.routing_mode.clone(),
        endpoints: ENDPOINTS,
        servers: Servers {
            connected: counts.connected_servers,
            quarantined: counts.quarantined_servers,
            total: counts.total_servers,
        },
        socket_path: info.endpoints.socket.clone(),
        config_path: info.config_path.clone(),
        version: info.version.clone(),
        launched_by: info.launched_by.clone(),
        mcp_url: match info.endpoints.mcp.as_str() {
            "" => format!("http://{}{}", info.listen_addr, ENDPOINTS.default),
            url => url.to_owned(),
        },
        pid: Some(info.pid),
        last_call: None,
        settings_problems: status.settings_problems.clone(),
    }
}

fn stopped(context: &Context, config: Option<&Config>) -> Result<Shown, Failure> {
    let config = config.cloned().map_or_else(|| context.config(), Ok)?;
    let listen = config.listen.to_string();
    let host = if config.listen.is_loopback() { listen.clone() } else { format!("127.0.0.1:{}", config.listen.port) };
    Ok(Shown {
        state: "Not running",
        edition: "personal",
        web_ui_url: format!("http://{host}/ui/"),
        mcp_url: format!("http://{host}{}", ENDPOINTS.default),
        listen_addr: listen,
        uptime: None,
        uptime_seconds: None,
        api_key: String::new(),
        routing_mode: match config.routing_mode {
            RoutingMode::RetrieveTools => "retrieve_tools",
            RoutingMode::Direct => "direct",
        }
        .to_owned(),
        endpoints: ENDPOINTS,
        servers: Servers {
            connected: 0,
            quarantined: config.servers.iter().filter(|spec| spec.quarantined).count(),
            total: config.servers.len(),
        },
        socket_path: context.endpoint().map(|endpoint| endpoint.to_string()).unwrap_or_default(),
        config_path: config.config_path.display().to_string(),
        version: identity::VERSION.to_owned(),
        launched_by: String::new(),
        pid: None,
        last_call: None,
        settings_problems: Vec::new(),
    })
}

const ENDPOINTS: Endpoints = Endpoints { default: "/mcp", retrieve_tools: "/mcp/call", direct: "/mcp/all" };

fn with_key(mut shown: Shown, key: Option<&Secret>, whole: bool) -> Shown {
    let key = key.map(Secret::reveal).unwrap_or_default();
    shown.api_key = if whole { key.to_owned() } else { masked(key) };
    shown
}

/// The first and the last four letters; of a short key nothing.
fn masked(key: &str) -> String {
    let letters: Vec<char> = key.chars().collect();
    match (letters.first_chunk::<4>(), letters.last_chunk::<4>()) {
        _ if letters.is_empty() => String::new(),
        (Some(first), Some(last)) if letters.len() >= 16 => {
            format!("{}****{}", String::from_iter(first), String::from_iter(last))
        }
        _ => "****".to_owned(),
    }
}

/// A time as people say it: the two largest units.
fn uptime(seconds: u64) -> String {
    let units = [("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)];
    let mut rest = seconds;
    let mut parts = Vec::new();
    for (name, length) in units {
        if rest >= length {
            parts.push(format!("{} {name}", rest / length));
        }
        rest %= length;
    }
    parts.truncate(2);
    if parts.is_empty() { "0 s".to_owned() } else { parts.join(" ") }
}

/// What was called, for whom, and how it ended.
fn last_call(call: &CallRecord) -> String {
    let end = match call.status {
        CallStatus::Success => "answered",
        CallStatus::Error => "failed",
        CallStatus::Blocked => "held back",
        CallStatus::Other => "ended",
    };
    let client = call.client_name.as_ref().map_or_else(String::new, |name| format!(" for {name}"));
    let (server, tool) = (&call.server_name, &call.tool_name);
    format!("{server}:{tool}{client}, {end} in {:.0} ms, {}", call.duration_ms, call.timestamp)
}

fn table(shown: &Shown, style: Style) -> String {
    let mark = match shown.state {
        "Running" if shown.settings_problems.is_empty() => Mark::Well,
        "Running" => Mark::Attention,
        "Starting" | "Stopping" => Mark::Motion,
        _ => Mark::Off,
    };
    let since = shown.uptime.as_ref().map_or_else(String::new, |uptime| format!(" for {uptime}"));
    let process = shown.pid.map_or_else(String::new, |pid| format!(", process {pid}"));
    let mut text = format!("{} {}{since}{process}\n", style.mark(mark), shown.state);
    let mut line = |key: &str, value: &str| {
        if !value.is_empty() {
            text.push_str(&format!("  {key:9} {}\n", escaped(value)));
        }
    };
    let servers = &shown.servers;
    let mut counts = format!("{} of {} ready", servers.connected, servers.total);
    if servers.quarantined > 0 {
        counts.push_str(&format!(", {} held until approved", servers.quarantined));
    }
    line("servers", &counts);
    line("last call", &shown.last_call.as_ref().map(last_call).unwrap_or_default());
    line("mcp", &shown.mcp_url);
    line("tools by", &shown.routing_mode);
    line("page", &shown.web_ui_url);
    line("api key", &shown.api_key);
    line("socket", &shown.socket_path);
    line("settings", &shown.config_path);
    line("version", &format!("{} ({})", shown.version, shown.edition));
    line("started", &shown.launched_by);
    for problem in &shown.settings_problems {
        line("problem", problem);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::golden;

    #[test]
    fn the_core_in_each_form() {
        let (status, info): (StatusView, Info) = (golden::sample("status"), golden::sample("info"));
        let key = Secret::new("0123456789abcdef0123456789abcdef");
        let shown = with_key(running(&status, &info), Some(&key), false);
        golden::check_forms("status", &shown, |style| table(&shown, style));
    }

    #[test]
    fn the_last_call_in_a_line() {
        let call = serde_json::json!({
            "id": "1", "server_name": "tracker", "tool_name": "find", "status": "error", "duration_ms": 3.4,
            "timestamp": "2026-11-20T14:00:00Z", "source": "mcp", "tool_variant": "read", "client_name": "claude-code",
            "request_bytes": 2, "response_bytes": 3,
        });
        let shown = last_call(&serde_json::from_value(call).unwrap());
        assert_eq!(shown, "tracker:find for claude-code, failed in 3 ms, 2026-11-20T14:00:00Z");
    }

    #[test]
    fn keys_and_times_as_they_are_shown() {
        for (key, shown) in [("", ""), ("short", "****"), ("0123456789abcdef", "0123****cdef")] {
            assert_eq!(masked(key), shown);
        }
        for (seconds, shown) in [(0, "0 s"), (61, "1 min 1 s"), (7_200, "2 h"), (90_061, "1 d 1 h")] {
            assert_eq!(uptime(seconds), shown);
        }
    }
}
