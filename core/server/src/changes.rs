//! When clients are told that the list of tools is another: at once, but then not again for a while. Whatever happened
//! in between is one change, and the last state is always told.
//!
//! Not here: what is sent, and on which stream.

use std::time::Duration;

use mcpproxy_management::direct;
use tokio::time::Instant;

/// The least time between two notifications on one stream.
const PAUSE: Duration = Duration::from_millis(250);

/// The changes of an endpoint's list of tools, for one stream.
pub(crate) struct Changes {
    /// `None` = the list never changes.
    list: Option<direct::Changes>,
    /// Which version the client was told of last.
    told: u64,
    not_before: Instant,
}

impl Changes {
    /// The changes after a version; `None` = after whatever is now.
    pub(crate) fn after(list: Option<&direct::Changes>, version: Option<u64>) -> Self {
        let told = version.or_else(|| list.map(direct::Changes::version)).unwrap_or_default();
        Self { list: list.cloned(), told, not_before: Instant::now() }
    }

    /// Waits for a change that is due, and gives the version of the list. May be dropped while it waits.
    pub(crate) async fn next(&mut self) -> u64 {
        let Some(list) = &mut self.list else { return std::future::pending().await };
        list.since(self.told).await;
        tokio::time::sleep_until(self.not_before).await;
        self.told = list.version();
        self.not_before = Instant::now() + PAUSE;
        self.told
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::Arc, time::Duration};

    use mcpproxy_runtime::Catalog;
    use tokio::sync::watch;

    use super::*;

    fn catalog(version: u64) -> Arc<Catalog> {
        let mut catalog = Catalog::default();
        catalog.version = version;
        Arc::new(catalog)
    }

    #[tokio::test(start_paused = true)]
    async fn many_changes_are_told_as_few_and_the_last_one_always() {
        let (sender, receiver) = watch::channel(catalog(0));
        let list = direct::Changes::from(receiver);
        let mut changes = Changes::after(Some(&list), None);
        let changing = tokio::time::timeout(Duration::from_secs(60), async {
            for version in 1..=10 {
                sender.send_replace(catalog(version));
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            std::future::pending::<()>().await;
        });
        let mut told = Vec::new();
        let telling = async {
            loop {
                // whoever waits also does other things, and begins to wait anew
                if let Ok(version) = tokio::time::timeout(Duration::from_millis(7), changes.next()).await {
                    told.push(version);
                }
            }
        };
        tokio::select! {
            _ = changing => {}
            () = telling => {}
        }
        assert_eq!(told, [1, 10]);
    }

    #[tokio::test(start_paused = true)]
    async fn what_changed_before_anybody_listened_is_told() {
        let (sender, receiver) = watch::channel(catalog(4));
        let list = direct::Changes::from(receiver);
        let waits = |seen| {
            let mut changes = Changes::after(Some(&list), seen);
            async move { tokio::time::timeout(Duration::from_secs(60), changes.next()).await.ok() }
        };
        for (seen, told) in [(Some(3), Some(4)), (Some(4), None), (None, None), (Some(u64::MAX), Some(4))] {
            assert_eq!(waits(seen).await, told, "{seen:?}");
        }
        drop(sender);
        assert_eq!(waits(Some(4)).await, None, "a core that stops has no news");
        assert_eq!(
            tokio::time::timeout(Duration::from_secs(60), Changes::after(None, Some(1)).next()).await.ok(),
            None
        );
    }
}
