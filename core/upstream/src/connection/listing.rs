//! All pages of a server's tools, without those that cannot be called as they want it.

use std::{collections::HashSet, time::Duration};

use mcpproxy_domain::{Code, ServerName};
use mcpproxy_wire::{
    Exchange, Message, Timing, error_code,
    stateless::ParamHeaders,
    tools::{Definition, Page},
};
use serde_json::json;

use super::Handle;
use crate::{Failure, Tool};

/// Longest time for one page.
const PAGE_LIMIT: Duration = Duration::from_secs(30);
/// A server that never ends its list must not fill the memory.
const MOST_PAGES: usize = 1000;
const MOST_TOOLS: usize = 50_000;

/// Asks for every page of the list. `offers_tools` = the server said that it has tools; one that did not may refuse.
///
/// # Errors
/// When a page cannot be had, or the list does not end.
pub async fn list_tools(handle: &Handle, server: &ServerName, offers_tools: bool) -> Result<Vec<Tool>, Failure> {
    let mut tools = Vec::new();
    let mut names = HashSet::new();
    let mut cursors = HashSet::new();
    let mut message = Message::bare("tools/list");
    for _ in 0..MOST_PAGES {
        let answer = handle.request(&message, &Exchange::default(), Timing::within(PAGE_LIMIT)).await?;
        let result = match answer {
            Ok(result) => result,
            // a server without tools need not know the method
            Err(error) if tools.is_empty() && (!offers_tools || error.code() == Some(error_code::METHOD_NOT_FOUND)) => {
                return Ok(tools);
            }
            Err(error) => {
                let told = format!("the server refused to list its tools: {}", error.message());
                return Err(Failure::new(Code::UpstreamFailed, told));
            }
        };
        let page = Page::read(&result)
            .ok_or_else(|| Failure::new(Code::UpstreamFailed, "the server's answer to tools/list holds no list"))?;
        if page.unreadable > 0 {
            tracing::warn!(%server, unreadable = page.unreadable, "tools without a name are left out");
        }
        let listed = page.tools.into_iter().filter(|tool| names.insert(tool.name.clone()));
        tools.extend(listed.filter_map(|definition| tool(handle, server, definition)));
        let Some(cursor) = page.next else { return Ok(tools) };
        if !cursors.insert(cursor.clone()) {
            // some servers write an empty cursor where the protocol wants none
            if cursor.is_empty() {
                return Ok(tools);
            }
            break;
        }
        if tools.len() > MOST_TOOLS {
            break;
        }
        message = Message::new("tools/list", &json!({ "cursor": cursor }));
    }
    Err(Failure::new(Code::UpstreamFailed, "the server's list of tools does not end"))
}

/// The tool of a definition. One whose annotations for headers break the rule must not be offered where headers are sent.
fn tool(handle: &Handle, server: &ServerName, definition: Definition) -> Option<Tool> {
    let headers = match definition.input_schema.as_deref().filter(|_| handle.repeats_arguments()) {
        Some(schema) => ParamHeaders::read(schema),
        None => Ok(ParamHeaders::default()),
    };
    match headers {
        Ok(param_headers) => Some(Tool { param_headers, ..Tool::new(server, definition) }),
        Err(why) => {
            tracing::warn!(%server, tool = definition.name, "the tool is left out: {why}");
            None
        }
    }
}
