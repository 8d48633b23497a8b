//! Calls of tools. Over HTTP to a server of the stateless era headers repeat what the tool's schema annotates; one that
//! misses a header says so before it does anything, so its list is taken anew and the call sent once more.
//!
//! Not here: what is repeated and how (`wire::stateless`), when a list is taken (`managed`).

use std::{sync::Arc, time::Duration};

use mcpproxy_wire::{
    Exchange, LinkError, Message, Outcome, Timing,
    stateless::{ParamHeaders, code},
};
use tokio::{sync::watch, time::Instant};

use super::{Ears, Handle, Way};
use crate::Tool;

/// The list of a link's tools as it was taken last, and the way to have it taken anew.
#[derive(Debug)]
pub(super) struct Lists {
    ears: Arc<Ears>,
    last: watch::Sender<Taken>,
}

#[derive(Clone, Debug, Default)]
struct Taken {
    times: u64,
    tools: Arc<[Arc<Tool>]>,
}

impl Handle {
    /// Calls a tool with this `tools/call`.
    ///
    /// # Errors
    /// When no answer of the server can be had.
    pub async fn call(
        &self,
        tool: &Tool,
        message: &Message,
        exchange: &Exchange,
        timing: Timing,
    ) -> Result<Outcome, LinkError> {
        let Way::Http(http) = &self.way else { return self.request(message, exchange, timing).await };
        if !self.repeats_arguments() {
            return self.request(message, exchange, timing).await;
        }
        let begun = Instant::now();
        let answer = self.repeating(&tool.param_headers, message, exchange, timing).await?;
        if !misses_a_header(&answer) {
            return Ok(answer);
        }
        tracing::info!(tool = %tool.id, "the server misses a header, so its tools are listed anew");
        let limit = timing.silence.min(timing.total.saturating_sub(begun.elapsed()));
        let fresh = tokio::select! {
            fresh = http.lists.anew(tool, limit) => fresh,
            () = exchange.cancel.cancelled() => return Err(LinkError::Cancelled),
            () = self.closed() => None,
        };
        let Some(fresh) = fresh else { return Ok(answer) };
        let left = timing.total.saturating_sub(begun.elapsed());
        let timing = Timing { silence: timing.silence.min(left), total: left };
        self.repeating(&fresh.param_headers, message, exchange, timing).await
    }

    /// Whether arguments are repeated in headers where a tool asks for it.
    pub(super) fn repeats_arguments(&self) -> bool {
        self.is_stateless && matches!(self.way, Way::Http(_))
    }

    /// The list was taken; `None` = it could not be, and the last one stays.
    pub(crate) fn listed(&self, tools: Option<&Arc<[Arc<Tool>]>>) {
        if let Way::Http(http) = &self.way {
            http.lists.taken(tools);
        }
    }

    async fn repeating(
        &self,
        param_headers: &ParamHeaders,
        message: &Message,
        exchange: &Exchange,
        timing: Timing,
    ) -> Result<Outcome, LinkError> {
        if param_headers.is_empty() {
            return self.request(message, exchange, timing).await;
        }
        let exchange = Exchange { param_headers: param_headers.clone(), ..exchange.clone() };
        self.request(message, &exchange, timing).await
    }
}

impl Lists {
    pub(super) fn new(ears: Arc<Ears>) -> Self {
        Self { ears, last: watch::Sender::default() }
    }

    fn taken(&self, tools: Option<&Arc<[Arc<Tool>]>>) {
        self.last.send_modify(|last| {
            last.times += 1;
            if let Some(tools) = tools {
                last.tools = Arc::clone(tools);
            }
        });
    }

    /// Has the list taken anew, together with all others who want it, and gives the tool out of it, if another try makes
    /// sense: its headers are others, and what it says of its effects is what its caller was told.
    async fn anew(&self, tool: &Tool, limit: Duration) -> Option<Arc<Tool>> {
        let mut last = self.last.subscribe();
        let times = last.borrow().times;
        self.ears.announce_change();
        let taken = tokio::time::timeout(limit, last.wait_for(|last| last.times > times)).await.ok()?.ok()?;
        let fresh = taken.tools.iter().find(|fresh| fresh.id == tool.id)?;
        let makes_sense = fresh.param_headers != tool.param_headers && fresh.annotations == tool.annotations;
        makes_sense.then(|| Arc::clone(fresh))
    }
}

/// The protocol gives this number to nothing else, and a server to no call that it has begun.
fn misses_a_header(answer: &Outcome) -> bool {
    answer.as_ref().is_err_and(|error| error.code() == Some(code::HEADER_MISMATCH))
}
