//! The one thread that starts every child.
//!
//! Linux kills a child when the *thread* that forked it ends, so no worker of the runtime may fork: this thread lives
//! as long as the process. It also collects the orphans that fall to us. Not here: what happens to a child afterwards
//! ([`crate::Process`]).

use std::{panic::AssertUnwindSafe, process::Stdio, sync::Arc};

use mcpproxy_domain::identity::INSTANCE_VARIABLE;
use tokio::{
    process::Command,
    runtime::Handle,
    sync::{mpsc, oneshot},
};

use crate::{Launch, Process, SpawnError, platform, resolve::resolve};

/// Starts children. Clones share the thread.
#[derive(Clone, Debug)]
pub struct Spawner {
    requests: mpsc::Sender<Request>,
}

#[derive(Debug)]
struct Request {
    launch: Launch,
    answer: oneshot::Sender<Result<Process, SpawnError>>,
}

/// How many requests may wait; whoever asks beyond that waits for its turn.
const QUEUE: usize = 64;
/// How often orphans that ended are collected; one small file is read each time.
#[cfg(target_os = "linux")]
const COLLECT_EVERY: std::time::Duration = std::time::Duration::from_secs(5);

impl Spawner {
    /// Starts the thread. The pipes of the children belong to the runtime of `handle`; every child carries `instance`
    /// in its environment, so that [`crate::leftovers::sweep`] knows it again.
    ///
    /// The thread ends with the process and not before, whatever becomes of the spawner. On Linux the process becomes
    /// the parent of the orphans of its children; it collects those that fall to its main thread, so nothing else may
    /// fork there and expect to learn an exit status.
    ///
    /// # Errors
    /// The system refuses another thread.
    pub fn start(handle: Handle, instance: &str) -> Result<Self, SpawnError> {
        let own = tokio::runtime::Builder::new_current_thread().enable_time().build().map_err(SpawnError::Thread)?;
        let (requests, inbox) = mpsc::channel(QUEUE);
        let (instance, keep): (Arc<str>, _) = (instance.into(), requests.clone());
        std::thread::Builder::new()
            .name("spawner".to_owned())
            .spawn(move || {
                own.block_on(serve(inbox, &handle, &instance));
                drop(keep);
            })
            .map_err(SpawnError::Thread)?;
        Ok(Self { requests })
    }

    /// Starts a child, with all three standard streams piped to us and in a process group of its own.
    ///
    /// Dropping the future before it is done leaves nothing behind.
    ///
    /// # Errors
    /// Says what is missing, or what the system refused.
    pub async fn spawn(&self, launch: Launch) -> Result<Process, SpawnError> {
        let (answer, answered) = oneshot::channel();
        self.requests.send(Request { launch, answer }).await.map_err(|_| SpawnError::Gone)?;
        answered.await.map_err(|_| SpawnError::Gone)?
    }
}

/// Never ends: the thread itself holds a sender of its inbox.
async fn serve(mut inbox: mpsc::Receiver<Request>, handle: &Handle, instance: &str) {
    #[cfg(target_os = "linux")]
    let adopts = crate::orphans::adopt();
    loop {
        #[cfg(target_os = "linux")]
        let request = match tokio::time::timeout(COLLECT_EVERY, inbox.recv()).await {
            Ok(request) => request,
            Err(_) => {
                if adopts {
                    crate::orphans::collect();
                }
                continue;
            }
        };
        #[cfg(not(target_os = "linux"))]
        let request = inbox.recv().await;
        let Some(Request { launch, answer }) = request else { return };
        // A panic here would end the thread, and with it every child.
        let result = std::panic::catch_unwind(AssertUnwindSafe(|| start(&launch, handle, instance)));
        // Nobody waits any more: the process is dropped, and killed by that.
        let _ = answer.send(result.unwrap_or(Err(SpawnError::Gone)));
    }
}

fn start(launch: &Launch, handle: &Handle, instance: &str) -> Result<Process, SpawnError> {
    let program = resolve(launch)?;
    let mut command = Command::new(&program);
    command
        .args(&launch.args)
        .env_clear()
        .envs(launch.env.iter().map(|(name, value)| (name, value)))
        .env(INSTANCE_VARIABLE, instance)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    if let Some(dir) = &launch.working_dir {
        command.current_dir(dir);
    }
    platform::prepare(&mut command);
    let inside = handle.enter();
    let process = command.spawn().and_then(Process::new);
    drop(inside);
    let process = process.map_err(|source| SpawnError::from_system(program.clone(), source))?;
    tracing::debug!(pid = process.pid(), program = %program.display(), "child started");
    Ok(process)
}
