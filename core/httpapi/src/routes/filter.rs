//! Which tools of a server are let through, and what they are.

use std::fmt::Write as _;

use http::{HeaderValue, header};
use mcpproxy_edge::{Body, Response};
use mcpproxy_ipc_proto::view::ToolExport;
use mcpproxy_management::Management;

use super::shapes::{AllSwitched, Switch, Switched};
use crate::{
    envelope::{Fault, Reply, data},
    request::Asked,
};

pub(crate) async fn switch(management: &Management, asked: Asked) -> Reply {
    let Switch { enabled } = asked.read()?;
    let (server, tool) = (asked.name(), asked.part());
    management.servers.let_through(server, tool, enabled).await?;
    data(&Switched { server_name: server.to_owned(), tool_name: tool.to_owned(), enabled })
}

pub(crate) async fn enable_all(management: &Management, asked: Asked) -> Reply {
    all(management, &asked, true).await
}

pub(crate) async fn disable_all(management: &Management, asked: Asked) -> Reply {
    all(management, &asked, false).await
}

async fn all(management: &Management, asked: &Asked, enabled: bool) -> Reply {
    let changed = management.servers.let_all_through(asked.name(), enabled).await?;
    data(&AllSwitched { server_name: asked.name().to_owned(), enabled, changed })
}

pub(crate) async fn export(management: &Management, asked: Asked) -> Reply {
    let export = management.servers.export(asked.name())?;
    match asked.query.text("format") {
        None | Some("json") => data(&export),
        Some("text") => Ok(file(text(&export))),
        Some(other) => Err(Fault::input(format!("{other:?} is no format of an export"), "use json or text")),
    }
}

fn text(export: &ToolExport) -> String {
    let mut text = format!("{}: {} tools\n", export.server_name, export.count);
    for tool in &export.tools {
        let held = if tool.disabled { " (held back)" } else { "" };
        let _ = writeln!(text, "\n{}{held}\n  {}", tool.tool_name, tool.hash);
        for line in tool.description.lines() {
            let _ = writeln!(text, "  {line}");
        }
    }
    text
}

fn file(text: String) -> Response {
    let mut response = Response::new(Body::full(text));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
