//! The servers: how they are, and what can be done to them.

use http::StatusCode;
use mcpproxy_domain::Code;
use mcpproxy_ipc_proto::{
    call::{GetServerLogs, Selection, ServerAction as Action},
    view::{Added, Level},
};
use mcpproxy_management::{Management, Refusal};

use super::shapes::{Approval, Patched, ProbeRequest, ServerAction, ServerDiagnostics};
use crate::{
    envelope::{Fault, Reply, data, tried},
    request::Asked,
};

/// How many lines of a log are told when nobody says.
const LINES: usize = 100;

pub(crate) async fn list(management: &Management, _: Asked) -> Reply {
    data(&management.servers.list())
}

pub(crate) async fn get(management: &Management, asked: Asked) -> Reply {
    tried(management.servers.get(asked.name()))
}

pub(crate) async fn add(management: &Management, asked: Asked) -> Reply {
    tried(management.servers.add(asked.object()?).await)
}

pub(crate) async fn probe(management: &Management, asked: Asked) -> Reply {
    let ProbeRequest { entry } = asked.read()?;
    tried(management.servers.probe(entry).await)
}

pub(crate) async fn patch(management: &Management, asked: Asked) -> Reply {
    management.servers.patch(asked.name(), asked.object()?).await?;
    data(&Patched { message: format!("the server {} is changed", asked.name()), restart_required: false })
}

pub(crate) async fn remove(management: &Management, asked: Asked) -> Reply {
    tried(management.servers.remove(asked.name()).await)
}

pub(crate) async fn enable(management: &Management, asked: Asked) -> Reply {
    act(management, &asked, Action::Enable, "enable").await
}

pub(crate) async fn disable(management: &Management, asked: Asked) -> Reply {
    act(management, &asked, Action::Disable, "disable").await
}

pub(crate) async fn restart(management: &Management, asked: Asked) -> Reply {
    act(management, &asked, Action::Restart, "restart").await
}

pub(crate) async fn quarantine(management: &Management, asked: Asked) -> Reply {
    act(management, &asked, Action::Quarantine, "quarantine").await
}

/// Without a mark, what the server is now is approved.
pub(crate) async fn unquarantine(management: &Management, asked: Asked) -> Reply {
    let approval: Approval = asked.read_or_empty()?;
    let seen = match approval.fingerprint {
        Some(seen) => seen,
        None => management.servers.mark(asked.name()).map_err(unknown_is_500)?,
    };
    let added = management.servers.approve(asked.name(), &seen).await.map_err(unknown_is_500)?;
    told(added, false)
}

pub(crate) async fn discover(management: &Management, asked: Asked) -> Reply {
    told(management.servers.discover(asked.name()).await?, true)
}

pub(crate) async fn refresh(management: &Management, asked: Asked) -> Reply {
    let added = management.servers.discover(asked.name()).await?;
    told(Added { action: "refresh".to_owned(), ..added }, true)
}

pub(crate) async fn reconnect(management: &Management, _: Asked) -> Reply {
    management.servers.restart_running().await?;
    told(Added { server: "*".to_owned(), action: "reconnect_all".to_owned(), success: true }, true)
}

pub(crate) async fn restart_all(management: &Management, _: Asked) -> Reply {
    tried(management.servers.restart_running().await)
}

pub(crate) async fn enable_all(management: &Management, _: Asked) -> Reply {
    tried(management.servers.act(Selection::All, Action::Enable).await)
}

pub(crate) async fn disable_all(management: &Management, _: Asked) -> Reply {
    tried(management.servers.act(Selection::All, Action::Disable).await)
}

pub(crate) async fn tools(management: &Management, asked: Asked) -> Reply {
    tried(management.servers.tools(asked.name()))
}

pub(crate) async fn logs(management: &Management, asked: Asked) -> Reply {
    let tail = asked.query.count("tail").filter(|tail| *tail > 0).unwrap_or(LINES);
    let ask = GetServerLogs { name: asked.name().to_owned(), tail, cursor: None, wait_ms: 0 };
    tried(management.servers.logs(&ask).await)
}

pub(crate) async fn diagnostics(management: &Management, asked: Asked) -> Reply {
    let server = management.servers.get(asked.name())?;
    let code = management.diagnostics().upstream_errors.into_iter().find(|error| error.server_name == server.name);
    let is_well = server.health.level == Level::Healthy;
    data(&ServerDiagnostics {
        server: server.name,
        connected: server.connected,
        status: server.status,
        diagnostic: server.last_error.filter(|_| !is_well),
        health: server.health,
        error_code: code.map(|error| error.code),
        catalog_size: server.tool_count,
    })
}

/// Does something to one server.
async fn act(management: &Management, asked: &Asked, action: Action, name: &str) -> Reply {
    let selection = Selection::Named(vec![asked.name().to_owned()]);
    // an unknown name is told with the names like it
    management.servers.get(asked.name()).map_err(unknown_is_500)?;
    let result = management.servers.act(selection, action).await?;
    if let Some(item) = result.items.into_iter().find(|item| !item.success) {
        let code = item.code.and_then(|told| Code::ALL.into_iter().find(|code| code.as_str() == told));
        let refusal = Refusal::new(code.unwrap_or(Code::Internal), item.error.unwrap_or_default(), "");
        return Err(unknown_is_500(refusal));
    }
    let done = Added { server: asked.name().to_owned(), action: name.to_owned(), success: true };
    told(done, action == Action::Restart)
}

/// The contract wants this status of an action on a server that does not exist; checks of others rely on it.
fn unknown_is_500(refusal: Refusal) -> Fault {
    let fault = Fault::from(refusal);
    if fault.code() == Code::ServerNotFound { fault.with_status(StatusCode::INTERNAL_SERVER_ERROR) } else { fault }
}

fn told(added: Added, goes_on: bool) -> Reply {
    let Added { server, action, success } = added;
    data(&ServerAction { server, action, success, goes_on })
}
