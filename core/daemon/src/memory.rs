//! Gives memory back that the work of an hour ago needed: the allocator of GNU/Linux keeps what indexing tools and large
//! results have freed, which is several times what a resting core holds.
//!
//! Asked for at rest and never in a call, because calls with large results are fastest with the pages at hand. Not here:
//! systems whose allocator does this by itself.

use std::time::Duration;

use mcpproxy_task::Scope;
use tokio::sync::watch;

/// Servers come up one after the other; what their lists need is given back once, behind the last of them.
const SETTLED: Duration = Duration::from_secs(2);
/// How often what calls have left behind is given back.
const ROUND: Duration = Duration::from_secs(60);

/// Follows what is indexed, and the time.
pub(crate) fn give_back(indexed: watch::Receiver<u64>, scope: &Scope) {
    if cfg!(all(target_os = "linux", target_env = "gnu")) {
        scope.spawn_until_cancelled("memory", follow(indexed));
    }
}

async fn follow(mut indexed: watch::Receiver<u64>) {
    loop {
        tokio::select! {
            changed = indexed.changed() => match changed {
                Ok(()) => tokio::time::sleep(SETTLED).await,
                // the core is going down
                Err(_) => return,
            },
            () = tokio::time::sleep(ROUND) => {}
        }
        indexed.mark_unchanged();
        let _ = tokio::task::spawn_blocking(crate::platform::trim_heap).await;
    }
}
