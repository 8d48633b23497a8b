//! A link over the pipes of a child process.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use mcpproxy_domain::{Code, Secret, secret, server::CommandLine};
use mcpproxy_isolation::{Launch, Process, StopPolicy, Stopped};
use mcpproxy_logs::{LineKind, ServerLog};
use mcpproxy_task::Scope;
use mcpproxy_wire::{
    LinkError,
    stdio::{Line, Lines, Link, connect},
};
use tokio::io::AsyncRead;

use super::Ears;
use crate::{Failure, Surroundings};

/// A longer line of stderr is cut; the pipe is read on all the same, so that the child is never blocked.
const STDERR_LINE: usize = 16 << 10;
/// How long the end of a child is waited for once its output has ended.
const LAST_BREATH: Duration = Duration::from_secs(1);
/// How long the rest of its stderr is waited for after that.
const LAST_WORDS: Duration = Duration::from_millis(200);

pub(crate) struct Connection {
    process: Process,
    link: Link,
    log: ServerLog,
    stop: StopPolicy,
    /// Reads stderr until its end; the last words are complete when it is empty.
    drains: Scope,
}

impl Connection {
    pub(super) async fn start(
        command: &CommandLine,
        surroundings: &Surroundings,
        ears: Arc<Ears>,
        scope: &Scope,
    ) -> Result<Self, Failure> {
        let launch = launch(command, surroundings)?;
        let log = ears.log().clone();
        log.forget_tail();
        log.line(LineKind::Event, &format!("start: {} ({} arguments)", command.program, command.args.len()));
        let mut process = surroundings.spawner.spawn(launch).await?;
        let (Some(stdin), Some(stdout), Some(stderr)) =
            (process.stdin.take(), process.stdout.take(), process.stderr.take())
        else {
            return Err(Failure::new(Code::Internal, "the child has no pipes"));
        };
        let (link, work) = connect(stdout, stdin, surroundings.limits, ears);
        let drains = scope.child();
        drains.spawn_until_cancelled("stdio link", work);
        drains.spawn_until_cancelled("stderr", drain(stderr, log.clone()));
        Ok(Self { process, link, log, stop: surroundings.stop, drains })
    }

    pub(super) fn link(&self) -> Link {
        self.link.clone()
    }

    /// Completes when the process has ended. Somebody else may hold its pipes, so their end cannot be waited for.
    pub(super) async fn ended(&mut self) {
        self.process.wait().await;
        // what it wrote last is heard first
        let _ = tokio::time::timeout(LAST_WORDS, self.link.closed()).await;
    }

    pub(super) async fn post_mortem(&mut self, failure: Failure) -> Failure {
        if failure.code != Code::UpstreamFailed && failure.code != Code::Timeout {
            return failure;
        }
        let ended = match failure.code {
            Code::Timeout => None,
            _ => tokio::time::timeout(LAST_BREATH, self.process.wait()).await.ok(),
        };
        let mut detail = match ended {
            Some(exit) => format!("the server's process {exit}"),
            None => failure.detail,
        };
        if ended.is_some() {
            // its stderr ends with it: wait for its last words. A descendant may hold the pipe; then they must do
            let _ = self.drains.drain(LAST_WORDS).await;
        }
        let tail = self.log.tail();
        if !tail.is_empty() {
            detail.push_str("; its last lines: ");
            detail.push_str(&tail.join(" | "));
        }
        Failure::new(failure.code, detail)
    }

    pub(super) async fn close(self) {
        self.link.hang_up();
        let stopped = self.process.stop(self.stop).await;
        let Stopped { exit, phase, .. } = stopped;
        self.log.line(LineKind::Event, &format!("stopped: {exit} ({phase:?})"));
        // a descendant that escaped with our pipe must not hold up the rest
        if self.drains.drain(LAST_BREATH).await.is_err() {
            tracing::warn!("a pipe of a stopped server is still held open by somebody; it is let go");
            self.drains.cancel();
        }
    }
}

fn launch(command: &CommandLine, surroundings: &Surroundings) -> Result<Launch, Failure> {
    let expand = |text: &str| surroundings.expand(text);
    let mut variables = BTreeMap::new();
    for (name, value) in &command.env {
        let value = Secret::new(expand(value.reveal())?);
        if secret::names_a_secret(name) {
            surroundings.redactor.add(&value);
        }
        variables.insert(name.clone(), value);
    }
    Ok(Launch {
        program: expand(&command.program)?.into(),
        args: command.args.iter().map(|arg| expand(arg).map(Into::into)).collect::<Result<_, _>>()?,
        env: (surroundings.environment)(&variables),
        working_dir: command.working_dir.clone(),
    })
}

async fn drain(stderr: impl AsyncRead + Unpin, log: ServerLog) {
    let mut lines = Lines::new(stderr, STDERR_LINE);
    loop {
        match lines.next().await {
            Ok(Some(Line::Whole(line))) => log.line(LineKind::Stderr, &String::from_utf8_lossy(&line)),
            Ok(Some(Line::Oversize { head, .. })) => {
                log.line(
                    LineKind::Stderr,
                    &format!("{} .. (a line of more than {STDERR_LINE} bytes)", String::from_utf8_lossy(&head)),
                );
            }
            Ok(None) => return,
            Err(error) => {
                let error = LinkError::io(error);
                log.line(LineKind::Stderr, &format!("cannot be read any more: {error}"));
                return;
            }
        }
    }
}
