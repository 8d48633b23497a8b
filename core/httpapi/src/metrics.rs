//! `/metrics`: counts in the text form of Prometheus, where the settings ask for them. Names are those of the contract.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use http::{HeaderValue, Method, StatusCode, header};
use mcpproxy_edge::{Body, Context, Request, Response};
use mcpproxy_management::{Management, durations::Durations};

use crate::{
    api::{PREFIX, not_allowed, plain},
    route::Route,
};

/// How each route was answered.
#[derive(Debug, Default)]
pub(crate) struct Counts(Mutex<BTreeMap<Labels, Answers>>);

/// Method and path of a route.
type Labels = (&'static str, &'static str);

/// The answers of one route.
#[derive(Clone, Debug, Default)]
struct Answers {
    statuses: BTreeMap<u16, u64>,
    took: Durations,
}

impl Counts {
    pub(crate) fn add(&self, route: &'static Route, status: StatusCode, took: Duration) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let answers = counts.entry((route.method.as_str(), route.path)).or_default();
        *answers.statuses.entry(status.as_u16()).or_default() += 1;
        answers.took.add(took);
    }

    fn all(&self) -> BTreeMap<Labels, Answers> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Answers with the counts; as if it were not there unless the settings want it.
pub(crate) fn face(
    management: Management,
    counts: Arc<Counts>,
) -> impl Fn(Request, Context) -> std::future::Ready<Response> + Send + Sync + 'static {
    move |request, _| {
        let response = if !management.settings.wants_metrics() {
            plain(StatusCode::NOT_FOUND, "404 page not found\n")
        } else if !matches!(*request.method(), Method::GET | Method::HEAD) {
            not_allowed("GET, HEAD")
        } else {
            let mut response = Response::new(Body::full(text(&management, &counts)));
            let content_type = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
            response.headers_mut().insert(header::CONTENT_TYPE, content_type);
            response
        };
        std::future::ready(response)
    }
}

fn text(management: &Management, counts: &Counts) -> String {
    let (status, mut text) = (management.status(), String::new());
    let servers = &status.upstream_stats.servers;
    for (name, kind, value) in [
        ("uptime_seconds", "gauge", status.uptime_seconds),
        ("servers_total", "gauge", servers.total_servers as u64),
        ("servers_connected", "gauge", servers.connected_servers as u64),
        ("servers_quarantined", "gauge", servers.quarantined_servers as u64),
        ("tools_total", "gauge", servers.total_tools as u64),
        ("index_documents_total", "gauge", servers.total_tools as u64),
        ("docker_containers_active", "gauge", servers.docker_containers as u64),
    ] {
        let _ = write!(text, "# TYPE mcpproxy_{name} {kind}\nmcpproxy_{name} {value}\n");
    }
    let answered = management.history.answered();
    text.push_str("# TYPE mcpproxy_tool_calls_total counter\n");
    for (tool, count) in &answered {
        let (server, name) = (label(tool.server.as_str()), label(&tool.tool));
        for (status, count) in [("success", count.results), ("error", count.errors)] {
            if count > 0 {
                let labels = format!("server=\"{server}\",tool=\"{name}\",status=\"{status}\"");
                let _ = writeln!(text, "mcpproxy_tool_calls_total{{{labels}}} {count}");
            }
        }
    }
    text.push_str("# TYPE mcpproxy_tool_call_duration_seconds histogram\n");
    for (tool, count) in &answered {
        let labels = format!("server=\"{}\",tool=\"{}\"", label(tool.server.as_str()), label(&tool.tool));
        histogram(&mut text, "tool_call_duration_seconds", &labels, &count.took);
    }
    requests(&mut text, &counts.all());
    text.push_str("# TYPE mcpproxy_supervisor_state_changes_total counter\n");
    for ((server, from, to), count) in management.moves() {
        let labels = format!("server=\"{}\",from_state=\"{from}\",to_state=\"{to}\"", label(server.as_str()));
        let _ = writeln!(text, "mcpproxy_supervisor_state_changes_total{{{labels}}} {count}");
    }
    text
}

fn requests(text: &mut String, counts: &BTreeMap<Labels, Answers>) {
    text.push_str("# TYPE mcpproxy_http_requests_total counter\n");
    for ((method, path), answers) in counts {
        for (status, count) in &answers.statuses {
            let labels = format!("method=\"{method}\",path=\"{PREFIX}{path}\",status=\"{status}\"");
            let _ = writeln!(text, "mcpproxy_http_requests_total{{{labels}}} {count}");
        }
    }
    text.push_str("# TYPE mcpproxy_http_request_duration_seconds histogram\n");
    for ((method, path), answers) in counts {
        let labels = format!("method=\"{method}\",path=\"{PREFIX}{path}\"");
        histogram(text, "http_request_duration_seconds", &labels, &answers.took);
    }
}

fn histogram(text: &mut String, name: &str, labels: &str, durations: &Durations) {
    for (bound, count) in durations.within() {
        let _ = writeln!(text, "mcpproxy_{name}_bucket{{{labels},le=\"{bound}\"}} {count}");
    }
    let count = durations.count();
    let _ = writeln!(text, "mcpproxy_{name}_bucket{{{labels},le=\"+Inf\"}} {count}");
    let _ = writeln!(text, "mcpproxy_{name}_sum{{{labels}}} {}", durations.sum().as_secs_f64());
    let _ = writeln!(text, "mcpproxy_{name}_count{{{labels}}} {count}");
}

fn label(value: &str) -> String {
    value.replace('\\', r"\\").replace('"', "\\\"").replace('\n', r"\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_cannot_end_itself() {
        assert_eq!(label("a\"} 1\nb\\"), r#"a\"} 1\nb\\"#);
    }
}
