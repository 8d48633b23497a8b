//! What happened, as far as it is still known.

use std::fmt::Write as _;

use http::{HeaderValue, StatusCode, header};
use mcpproxy_edge::{Body, Response};
use mcpproxy_ipc_proto::view::Activity;
use mcpproxy_management::{
    Management,
    activity::{Filter, MOST, Order},
};

use super::shapes::OneActivity;
use crate::{
    envelope::{Fault, Reply, data, tried},
    query::Query,
    request::Asked,
};

const USUAL: usize = 50;
const EXPORTED: usize = 10_000;
const MOST_EXPORTED: usize = 50_000;
const HEAD: &str = "id,type,source,server_name,tool_name,status,error_message,duration_ms,timestamp,session_id,\
    request_id,response_truncated,parent_id\n";

pub(crate) async fn list(management: &Management, asked: Asked) -> Reply {
    let (limit, offset) = asked.query.page(USUAL, MOST);
    data(&management.activities(&filter(&asked.query), limit, offset))
}

pub(crate) async fn get(management: &Management, asked: Asked) -> Reply {
    data(&OneActivity { activity: management.activity(asked.name())? })
}

pub(crate) async fn summary(management: &Management, asked: Asked) -> Reply {
    tried(management.activity_summary(asked.query.text("period").unwrap_or("24h")))
}

pub(crate) async fn usage(management: &Management, asked: Asked) -> Reply {
    let order = match asked.query.text("sort") {
        None | Some("calls") => Order::Calls,
        Some("resp_bytes") => Order::Bytes,
        Some("error_rate") => Order::Errors,
        Some("p95") => Order::Slowness,
        Some(other) => {
            let hint = "use calls, resp_bytes, error_rate or p95";
            return Err(Fault::input(format!("{other:?} is no order"), hint));
        }
    };
    let most = asked.query.count("top").filter(|top| *top > 0).unwrap_or(20);
    let window = asked.query.text("window").unwrap_or("24h");
    tried(management.activity_usage(window, &filter(&asked.query), most, order))
}

/// A file of lines: JSON, or comma-separated.
pub(crate) async fn export(management: &Management, asked: Asked) -> Reply {
    let (content_type, file) = match asked.query.text("format").unwrap_or("json") {
        "json" => ("application/x-ndjson", "activity-export.jsonl"),
        "csv" => ("text/csv", "activity-export.csv"),
        other => return Err(Fault::input(format!("{other:?} is no format"), "use json or csv")),
    };
    let (limit, offset) = asked.query.page(EXPORTED, MOST_EXPORTED);
    let found = management.activities(&filter(&asked.query), limit, offset).activities;
    let mut text = String::new();
    if content_type == "text/csv" {
        text.push_str(HEAD);
        found.iter().for_each(|activity| line(&mut text, activity));
    } else {
        for activity in &found {
            text.push_str(&serde_json::to_string(activity).unwrap_or_default());
            text.push('\n');
        }
    }
    let mut response = Response::new(Body::full(text));
    *response.status_mut() = StatusCode::OK;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Ok(disposition) = HeaderValue::try_from(format!("attachment; filename=\"{file}\"")) {
        headers.insert(header::CONTENT_DISPOSITION, disposition);
    }
    Ok(response)
}

fn filter(query: &Query) -> Filter {
    Filter {
        kinds: query.list("type"),
        server: query.owned("server"),
        tool: query.owned("tool"),
        status: query.owned("status"),
        request_id: query.owned("request_id"),
        start: query.owned("start_time"),
        end: query.owned("end_time"),
        of_unknown: query.flag("sensitive_data")
            || ["session_id", "work_session_id", "parent_id", "detection_type", "severity", "agent", "intent_type"]
                .iter()
                .any(|name| query.text(name).is_some()),
    }
}

fn line(text: &mut String, activity: &Activity) {
    let duration = activity.duration_ms.to_string();
    let cells = [
        activity.id.as_str(),
        &activity.kind,
        &activity.source,
        &activity.server_name,
        &activity.tool_name,
        &activity.status,
        activity.error_message.as_deref().unwrap_or_default(),
        &duration,
        &activity.timestamp,
        "",
        activity.request_id.as_deref().unwrap_or_default(),
        "false",
        "",
    ];
    for (place, cell) in cells.iter().enumerate() {
        let comma = if place == 0 { "" } else { "," };
        let _ = write!(text, "{comma}{}", quoted(cell));
    }
    text.push('\n');
}

/// A cell of a table. One that a spreadsheet would take for a formula is made a text.
fn quoted(cell: &str) -> String {
    let guard = if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) { "'" } else { "" };
    if guard.is_empty() && !cell.contains([',', '"', '\n', '\r']) {
        return cell.to_owned();
    }
    format!("\"{guard}{}\"", cell.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_where_they_would_be_read_as_something_else() {
        for (cell, expected) in [
            ("plain", "plain"),
            ("a,b", "\"a,b\""),
            ("say \"x\"", "\"say \"\"x\"\"\""),
            ("=HYPERLINK(1)", "\"'=HYPERLINK(1)\""),
            ("two\nlines", "\"two\nlines\""),
            ("", ""),
        ] {
            assert_eq!(quoted(cell), expected);
        }
    }
}
