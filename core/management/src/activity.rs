//! What happened, as far as it is still known, and how often. Counted from the history; not here: keeping it.

use std::{
    collections::BTreeMap,
    time::{Duration, SystemTime},
};

use mcpproxy_domain::{Code, ToolId};
use mcpproxy_ipc_proto::view::{
    Activity, ActivityList, ActivitySummary, ActivityUsage, Bucket, CallStatus, OtherUsage, ServerCount, ToolCount,
    ToolUsage,
};
use serde_json::{Map, Value};

use crate::{
    Management, Refusal, clock,
    history::{Ended, Known},
};

/// The most in one answer.
pub const MOST: usize = 100;
/// How many servers and tools a summary names.
const TOP: usize = 5;
const HOUR: Duration = Duration::from_secs(3600);

/// Which of it.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Of these types; nothing = of all.
    pub kinds: Vec<String>,
    /// Of this server.
    pub server: Option<String>,
    /// Of this tool.
    pub tool: Option<String>,
    /// That ended like this.
    pub status: Option<String>,
    /// That came with this request.
    pub request_id: Option<String>,
    /// That began no earlier, in RFC 3339.
    pub start: Option<String>,
    /// That began no later, in RFC 3339.
    pub end: Option<String>,
    /// That has something which nothing has: a work session, a parent, a secret that was found.
    pub of_unknown: bool,
}

/// By what the tools of a usage are sorted, the largest first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// How often they were called.
    #[default]
    Calls,
    /// Size of their answers.
    Bytes,
    /// Share of failures.
    Errors,
    /// How long the slowest calls took.
    Slowness,
}

impl Management {
    /// What fits the filter, the newest first.
    #[must_use]
    pub fn activities(&self, filter: &Filter, limit: usize, offset: usize) -> ActivityList {
        let fitting = self.fitting(filter);
        let activities = fitting.iter().skip(offset).take(limit).map(|known| activity(known)).collect();
        ActivityList { activities, total: fitting.len(), limit, offset }
    }

    /// One of it.
    ///
    /// # Errors
    /// It never was, or is known no more.
    pub fn activity(&self, id: &str) -> Result<Activity, Refusal> {
        let all = self.history.all();
        let known = all.iter().find(|known| known.number.to_string() == id);
        known.map(|known| activity(known)).ok_or_else(|| {
            Refusal::new(Code::NotFound, format!("no activity {id} is known"), "list them: GET /api/v1/activity")
        })
    }

    /// How much happened in the last `1h`, `24h`, `7d` or `30d`.
    ///
    /// # Errors
    /// [`Code::InvalidInput`] for another period.
    pub fn activity_summary(&self, period: &str) -> Result<ActivitySummary, Refusal> {
        let length = match period {
            "1h" => HOUR,
            "24h" => HOUR * 24,
            "7d" => HOUR * 24 * 7,
            "30d" => HOUR * 24 * 30,
            _ => return Err(unknown("period", period, "1h, 24h, 7d or 30d")),
        };
        let now = SystemTime::now();
        let since = now.checked_sub(length).unwrap_or(SystemTime::UNIX_EPOCH);
        let mut told = ActivitySummary {
            period: period.to_owned(),
            start_time: clock::rfc3339(since),
            end_time: clock::rfc3339(now),
            ..ActivitySummary::default()
        };
        let (mut servers, mut tools) = (BTreeMap::<String, u64>::new(), BTreeMap::<ToolId, u64>::new());
        for known in self.history.all().iter().filter(|known| known.begun >= since) {
            told.total_count += 1;
            match known.status() {
                CallStatus::Success => told.success_count += 1,
                CallStatus::Blocked => told.blocked_count += 1,
                CallStatus::Error | CallStatus::Other => told.error_count += 1,
            }
            *servers.entry(known.tool.server.to_string()).or_default() += 1;
            *tools.entry(known.tool.clone()).or_default() += 1;
        }
        told.top_servers = top(servers).map(|(name, count)| ServerCount { name, count }).collect();
        let of = |(tool, count): (ToolId, u64)| ToolCount {
            server: tool.server.to_string(),
            tool: tool.tool.to_string(),
            count,
        };
        told.top_tools = top(tools).map(of).collect();
        Ok(told)
    }

    /// What tools were used for in the last `24h` or `7d`, or in `all` that is known.
    ///
    /// # Errors
    /// [`Code::InvalidInput`] for another window.
    pub fn activity_usage(
        &self,
        window: &str,
        filter: &Filter,
        most: usize,
        order: Order,
    ) -> Result<ActivityUsage, Refusal> {
        let length = match window {
            "24h" => Some(HOUR * 24),
            "7d" => Some(HOUR * 24 * 7),
            "all" => None,
            _ => return Err(unknown("window", window, "24h, 7d or all")),
        };
        let since = length.and_then(|length| SystemTime::now().checked_sub(length)).unwrap_or(SystemTime::UNIX_EPOCH);
        let mut by_tool: BTreeMap<ToolId, Vec<Known>> = BTreeMap::new();
        let mut hours: BTreeMap<u64, Bucket> = BTreeMap::new();
        for known in self.fitting(filter).into_iter().filter(|known| known.begun >= since) {
            let hour = known.begun.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs() / 3600;
            let bucket = hours.entry(hour).or_default();
            bucket.calls += 1;
            bucket.errors += u64::from(known.status() == CallStatus::Error);
            bucket.total_resp_bytes += known.response as u64;
            by_tool.entry(known.tool.clone()).or_default().push(known);
        }
        let mut tools: Vec<_> = by_tool.iter().map(|(tool, calls)| usage(tool, calls)).collect();
        tools.sort_by(|one, other| key(other, order).total_cmp(&key(one, order)));
        let rest = tools.split_off(most.min(tools.len()));
        let spared = self.token_stats();
        let start = |hour: u64| SystemTime::UNIX_EPOCH + Duration::from_secs(hour * 3600);
        let timeline = hours.into_iter().map(|(hour, it)| Bucket { start: clock::rfc3339(start(hour)), ..it });
        Ok(ActivityUsage {
            window: window.to_owned(),
            generated_at: clock::now(),
            freshness_ms: 0,
            token_source: "bytes".to_owned(),
            tokens_saved: spared.saved_tokens,
            tokens_saved_percentage: spared.saved_tokens_percentage,
            tools,
            other: (!rest.is_empty()).then(|| OtherUsage {
                tools_folded: rest.len(),
                calls: rest.iter().map(|tool| tool.calls).sum(),
                total_resp_bytes: rest.iter().map(|tool| tool.total_resp_bytes).sum(),
            }),
            timeline: timeline.collect(),
        })
    }

    fn fitting(&self, filter: &Filter) -> Vec<Known> {
        let mut all = self.history.all();
        all.retain(|known| filter.takes(known));
        all
    }
}

impl Filter {
    fn takes(&self, known: &Ended) -> bool {
        let is = |wanted: &Option<String>, found: &str| wanted.as_deref().is_none_or(|wanted| wanted == found);
        let time = |wanted: &Option<String>| wanted.as_deref().and_then(clock::read);
        !self.of_unknown
            && (self.kinds.is_empty() || self.kinds.iter().any(|kind| kind == known.kind()))
            && is(&self.server, known.tool.server.as_str())
            && is(&self.tool, &known.tool.tool)
            && is(&self.status, word(known.status()))
            && is(&self.request_id, known.origin.request.as_deref().unwrap_or_default())
            && time(&self.start).is_none_or(|start| known.begun >= start)
            && time(&self.end).is_none_or(|end| known.begun <= end)
    }
}

fn activity(known: &Ended) -> Activity {
    let record = known.view();
    let mut metadata = Map::new();
    let texts =
        [("code", record.code), ("tool_variant", Some(record.tool_variant)), ("client_name", record.client_name)];
    for (name, value) in texts {
        metadata.extend(value.map(|value| (name.to_owned(), Value::from(value))));
    }
    metadata.insert("request_bytes".to_owned(), record.request_bytes.into());
    metadata.insert("response_bytes".to_owned(), record.response_bytes.into());
    Activity {
        id: record.id,
        kind: known.kind().to_owned(),
        source: record.source,
        server_name: record.server_name,
        tool_name: record.tool_name,
        status: word(record.status).to_owned(),
        error_message: record.error_message,
        duration_ms: u64::try_from(known.took.as_millis()).unwrap_or(u64::MAX),
        timestamp: record.timestamp,
        request_id: record.request_id,
        metadata,
        has_sensitive_data: false,
    }
}

fn usage(tool: &ToolId, calls: &[Known]) -> ToolUsage {
    let count = |status| calls.iter().filter(|known| known.status() == status).count() as u64;
    let mut took: Vec<_> = calls.iter().map(|known| known.took).collect();
    took.sort_unstable();
    let rank = |percent: usize| {
        let place = (took.len() * percent).div_ceil(100).saturating_sub(1);
        took.get(place).map_or(0.0, |took| took.as_secs_f64() * 1e3)
    };
    let sum = |size: fn(&Ended) -> usize| calls.iter().map(|known| size(known) as u64).sum::<u64>();
    let (sent, came, all) = (sum(|known| known.request), sum(|known| known.response), calls.len() as u64);
    let mean = |sum: u64| (all > 0).then(|| sum as f64 / all as f64);
    let errors = count(CallStatus::Error);
    ToolUsage {
        server: tool.server.to_string(),
        tool: tool.tool.to_string(),
        calls: all,
        errors,
        error_rate: mean(errors).unwrap_or_default(),
        blocked: count(CallStatus::Blocked),
        rejected: 0,
        total_resp_bytes: came,
        avg_resp_bytes: mean(came),
        total_req_bytes: sent,
        avg_req_bytes: mean(sent),
        sized_calls: all,
        p50_ms: rank(50),
        p95_ms: rank(95),
        last_used: calls.iter().map(|known| known.begun).max().map(clock::rfc3339).unwrap_or_default(),
    }
}

fn key(tool: &ToolUsage, order: Order) -> f64 {
    match order {
        Order::Calls => tool.calls as f64,
        Order::Bytes => tool.total_resp_bytes as f64,
        Order::Errors => tool.error_rate,
        Order::Slowness => tool.p95_ms,
    }
}

fn top<K: Ord>(counts: BTreeMap<K, u64>) -> impl Iterator<Item = (K, u64)> {
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    counts.into_iter().take(TOP)
}

const fn word(status: CallStatus) -> &'static str {
    match status {
        CallStatus::Success => "success",
        CallStatus::Error => "error",
        CallStatus::Blocked => "blocked",
        CallStatus::Other => "other",
    }
}

fn unknown(what: &str, given: &str, known: &str) -> Refusal {
    Refusal::new(Code::InvalidInput, format!("{given:?} is no {what}"), format!("use {known}"))
}
