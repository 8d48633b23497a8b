//! Hears what a server says unasked: that its tools changed, log messages, noise.

use mcpproxy_logs::{LineKind, ServerLog};
use mcpproxy_wire::{Listener, Message};
use serde_json::value::RawValue;
use tokio::sync::Notify;

/// How much of a line of noise is kept.
const NOISE: usize = 512;

/// The listener of one link. A change of the tools is remembered until somebody looks, however often it is told.
#[derive(Debug)]
pub(crate) struct Ears {
    list_changed: Notify,
    log: ServerLog,
}

impl Ears {
    pub(crate) fn new(log: ServerLog) -> Self {
        Self { list_changed: Notify::new(), log }
    }

    /// Completes when the server has told that its tools changed.
    pub(crate) async fn list_changed(&self) {
        self.list_changed.notified().await;
    }

    /// The tools may have changed without a word.
    pub(crate) fn announce_change(&self) {
        self.list_changed.notify_one();
    }

    pub(crate) fn log(&self) -> &ServerLog {
        &self.log
    }
}

impl Listener for Ears {
    fn notified(&self, message: Message) {
        match message.method.as_ref() {
            "notifications/tools/list_changed" => self.list_changed.notify_one(),
            "notifications/message" => {
                let told = message.params.as_deref().map_or("", RawValue::get);
                self.log.line(LineKind::Received, told);
            }
            _ => {}
        }
    }

    fn noise(&self, line: &[u8]) {
        let kept = line.get(..NOISE).unwrap_or(line);
        self.log.line(LineKind::Received, &String::from_utf8_lossy(kept));
    }
}
