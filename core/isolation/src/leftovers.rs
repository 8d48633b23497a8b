//! What an earlier run of the same instance left behind after a crash, found by the mark in its environment.
//!
//! Linux only: elsewhere another process's environment cannot be read dependably. On Windows the job objects have
//! already killed everything; on macOS what outlives a crash stays. Not here: containers.

use std::time::Duration;

/// How long leftovers may take to end by themselves once they are asked.
pub const PATIENCE: Duration = Duration::from_secs(3);

/// Ends all processes of this user that carry the mark of `instance`, and returns their ids. They are asked first and
/// killed after `patience`. Never touches this process, its ancestors, or another instance.
///
/// Blocks, at most for `patience` and a second: call it at start before the first child is started, or at the end after
/// the last one was stopped (it also finds what left the group of its child).
#[must_use]
pub fn sweep(instance: &str, patience: Duration) -> Vec<u32> {
    #[cfg(target_os = "linux")]
    return linux::sweep(instance, patience);
    #[cfg(not(target_os = "linux"))]
    {
        let _ = (instance, patience);
        Vec::new()
    }
}

#[cfg(target_os = "linux")]
mod linux {
    use std::{
        fs,
        os::{fd::OwnedFd, unix::fs::MetadataExt},
        time::{Duration, Instant},
    };

    use mcpproxy_domain::identity::INSTANCE_VARIABLE;
    use rustix::process::{Pid, PidfdFlags, Signal, geteuid, pidfd_open, pidfd_send_signal};

    const LOOK_EVERY: Duration = Duration::from_millis(20);

    pub(super) fn sweep(instance: &str, patience: Duration) -> Vec<u32> {
        let mark = format!("{INSTANCE_VARIABLE}={instance}").into_bytes();
        let spared = own_line();
        let ids = fs::read_dir("/proc").into_iter().flatten().flatten();
        let ids = ids.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
        let mut running: Vec<Leftover> =
            ids.filter(|id| !spared.contains(id)).filter_map(|id| Leftover::open(id, &mark)).collect();
        let found: Vec<u32> = running.iter().map(|leftover| leftover.id).collect();
        for (signal, wait) in [(Signal::TERM, patience), (Signal::KILL, patience.min(Duration::from_secs(1)))] {
            for leftover in &running {
                let _ = pidfd_send_signal(&leftover.handle, signal);
            }
            let until = Instant::now() + wait;
            loop {
                running.retain(|leftover| carries(leftover.id, &mark));
                if running.is_empty() || Instant::now() >= until {
                    break;
                }
                std::thread::sleep(LOOK_EVERY);
            }
        }
        if !found.is_empty() {
            tracing::info!(found = found.len(), left = running.len(), "ended processes of an earlier run");
        }
        found
    }

    struct Leftover {
        id: u32,
        handle: OwnedFd,
    }

    impl Leftover {
        /// The handle is taken before the mark is read: so what is signalled is what was looked at, even if the id is
        /// given away in between.
        fn open(id: u32, mark: &[u8]) -> Option<Self> {
            let own = fs::metadata(format!("/proc/{id}")).ok()?.uid() == geteuid().as_raw();
            if !own {
                return None;
            }
            let handle = pidfd_open(Pid::from_raw(i32::try_from(id).ok()?)?, PidfdFlags::empty()).ok()?;
            carries(id, mark).then_some(Self { id, handle })
        }
    }

    /// Whether a process runs (a zombie has no environment) and one of its variables is exactly the mark.
    fn carries(id: u32, mark: &[u8]) -> bool {
        fs::read(format!("/proc/{id}/environ")).is_ok_and(|vars| vars.split(|byte| *byte == 0).any(|var| var == mark))
    }

    /// This process and all its ancestors.
    fn own_line() -> Vec<u32> {
        let mut line = vec![std::process::id()];
        while let Some(parent) = line.last().and_then(|id| parent(*id)).filter(|id| *id != 0 && !line.contains(id)) {
            line.push(parent);
        }
        line
    }

    fn parent(id: u32) -> Option<u32> {
        let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
        // The name stands in parentheses and may hold any character; state and parent follow.
        stat.rsplit_once(')')?.1.split_ascii_whitespace().nth(1)?.parse().ok()
    }
}
