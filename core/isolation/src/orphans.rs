//! Linux: grandchildren whose parent died fall to us instead of to init, so that they stay findable; here they are
//! collected once they end.
//!
//! Orphans fall to the main thread, while our own children belong to the spawner's thread: so only the list of the
//! main thread is looked at, and nobody's exit status is taken away. Not here: killing them ([`crate::Process`]).

use std::fs;

use rustix::process::{Pid, WaitOptions, getpid, set_child_subreaper, waitpid};

/// Makes this process the parent of orphans. `false` = the kernel has no list of children; then orphans go to init as
/// ever, since they could not be collected here.
pub(crate) fn adopt() -> bool {
    let able = children_of_main_thread().is_some() && set_child_subreaper(Some(getpid())).is_ok();
    if !able {
        tracing::info!("orphaned grandchildren are left to init: this kernel does not list children");
    }
    able
}

/// Collects orphans that have ended. Those that run are left alone.
pub(crate) fn collect() {
    for orphan in children_of_main_thread().unwrap_or_default() {
        let _ = waitpid(Some(orphan), WaitOptions::NOHANG);
    }
}

fn children_of_main_thread() -> Option<Vec<Pid>> {
    let main = getpid().as_raw_nonzero();
    let list = fs::read_to_string(format!("/proc/self/task/{main}/children")).ok()?;
    Some(list.split_ascii_whitespace().filter_map(|id| Pid::from_raw(id.parse().ok()?)).collect())
}
