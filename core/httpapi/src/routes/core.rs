//! The core itself: how it is, what it is, what is wrong, and who is there.

use mcpproxy_domain::Code;
use mcpproxy_ipc_proto::view::{PhaseView, ServerView, SessionView};
use mcpproxy_management::{Management, Refusal};

use super::shapes::{InnerStatus, OneSession, Sessions, ShortServer, StatusBody, UpstreamStats};
use crate::{
    envelope::{Fault, Reply, data},
    request::Asked,
};

pub(crate) async fn status(management: &Management, _: Asked) -> Reply {
    data(&status_body(management))
}

/// How the core is, as it is told here and to those who watch.
pub(crate) fn status_body(management: &Management) -> StatusBody {
    let (status, servers) = (management.status(), management.servers.list());
    let (phase, message) = match status.phase {
        PhaseView::Starting => ("Starting", "the core starts"),
        PhaseView::Ready => ("Ready", "the core serves"),
        PhaseView::Draining => ("Stopping", "the core finishes what is under way"),
        PhaseView::Stopped | PhaseView::Other => ("Stopped", "the core has stopped"),
    };
    let inner = InnerStatus {
        running: status.running,
        listen_addr: status.listen_addr.clone(),
        phase,
        message,
        upstream_stats: UpstreamStats {
            stats: status.upstream_stats.clone(),
            servers: servers.servers.into_iter().map(|server| (server.name.clone(), short(server))).collect(),
        },
        tools_indexed: status.upstream_stats.servers.total_tools,
        last_updated: status.timestamp,
        process_pid: status.pid,
    };
    StatusBody { status, default_instructions: management.instructions().unwrap_or_default(), inner }
}

fn short(server: ServerView) -> ShortServer {
    ShortServer {
        name: server.name,
        state: server.status,
        connected: server.connected,
        connecting: server.connecting,
        retry_count: server.retry_count,
        should_retry: server.should_retry,
        tool_count: server.tool_count,
        protocol: server.protocol,
        url: server.url,
        last_error: server.last_error,
    }
}

pub(crate) async fn info(management: &Management, _: Asked) -> Reply {
    data(&management.info())
}

pub(crate) async fn routing(management: &Management, _: Asked) -> Reply {
    data(&management.routing())
}

pub(crate) async fn diagnostics(management: &Management, _: Asked) -> Reply {
    data(&management.diagnostics())
}

pub(crate) async fn tokens(management: &Management, _: Asked) -> Reply {
    data(&management.token_stats())
}

pub(crate) async fn telemetry(_: &Management, _: Asked) -> Reply {
    let told = "nothing about the use is sent, so there is nothing to show";
    Err(Fault::from(Refusal::new(Code::Unsupported, told, "")).with_status(http::StatusCode::SERVICE_UNAVAILABLE))
}

pub(crate) async fn sessions(management: &Management, asked: Asked) -> Reply {
    let status = asked.query.text("status");
    if let Some(status) = status.filter(|status| !matches!(*status, "active" | "closed")) {
        return Err(Fault::input(format!("{status:?} is no status of a session"), "use active or closed"));
    }
    let (limit, offset) = asked.query.page(10, 100);
    let mut all = management.sessions.list().sessions;
    all.retain(|session| status.is_none_or(|status| session.status == status));
    let total = all.len();
    data(&Sessions { sessions: all.into_iter().skip(offset).take(limit).collect(), total, limit, offset })
}

pub(crate) async fn session(management: &Management, asked: Asked) -> Reply {
    let all: Vec<SessionView> = management.sessions.list().sessions;
    let session = all.into_iter().find(|session| session.id == asked.name());
    let session = session.ok_or_else(|| {
        Refusal::new(Code::NotFound, format!("there is no session {}", asked.name()), "GET /api/v1/sessions lists them")
    })?;
    data(&OneSession { session })
}
