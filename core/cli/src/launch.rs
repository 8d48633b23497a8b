//! Starting the core from a command: beside us, in a group of its own, so that it outlives the command and its
//! terminal. Not here: asking it ([`crate::client`]).

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use mcpproxy_config::{Location, load, locate};
use mcpproxy_domain::Code;
use serde::Deserialize;
use tokio::{
    io::AsyncReadExt as _,
    process::{Child, Command as Launch},
    time::Instant,
};

use crate::{
    client::{Core, not_running},
    context::{Context, MayStart},
    exit::Failure,
    output::note,
    progress::Progress,
    prompt,
};

/// How long a core may take to answer: the machine may be busy, and what an earlier core left may have to be ended.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long a core may take that somebody else started.
const OTHERS: Duration = Duration::from_secs(10);
/// The pause between two looks at the socket.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// The last line of the stderr of a core that does not start.
#[derive(Deserialize)]
struct LastLine {
    code: String,
    message: String,
    #[serde(default)]
    path: Option<PathBuf>,
    #[serde(default)]
    hint: String,
}

/// The core that runs; where none does, one is started if that is allowed. A person is asked where one looks on.
///
/// # Errors
/// None runs and none may be started, or it does not start.
pub(crate) async fn ensure_running(context: &Context) -> Result<Core, Failure> {
    if let Some(core) = Core::find(context).await? {
        return Ok(core);
    }
    let may_start = match context.may_start {
        MayStart::Yes => true,
        MayStart::No => false,
        MayStart::Ask => prompt::is_possible() && prompt::confirm("No core is running. Start it?", true)?,
    };
    if may_start { start(context).await } else { Err(not_running()) }
}

/// The core that runs, for a command that can do without one; started only where that was asked for.
///
/// # Errors
/// Something is there that is no core of ours, or the one that was asked for does not start.
pub(crate) async fn find(context: &Context) -> Result<Option<Core>, Failure> {
    match context.may_start {
        MayStart::Yes => ensure_running(context).await.map(Some),
        MayStart::No | MayStart::Ask => Core::find(context).await,
    }
}

/// Starts a core and waits until it answers. It stays when this command ends.
///
/// # Errors
/// It cannot be started or does not come to answer; its own reason is told.
pub(crate) async fn start(context: &Context) -> Result<Core, Failure> {
    let endpoint = context.endpoint()?;
    let failed = |error: std::io::Error| Failure::internal(format!("the core cannot be started: {error}"));
    let mut child = command(context).and_then(|command| Launch::from(command).spawn()).map_err(failed)?;
    let pid = child.id().unwrap_or_default();
    let mut progress = Progress::new("starting the core");
    let answers = async {
        let mut locked: Option<(Failure, Instant)> = None;
        loop {
            // a socket that is just being made may refuse in its own way
            if let Ok(Some(core)) = Core::at(context, &endpoint).await {
                return Ok(core);
            }
            if let Some((reason, since)) = locked.take() {
                if since.elapsed() >= OTHERS {
                    return Err(reason);
                }
                locked = Some((reason, since));
            } else if child.try_wait().map_err(failed)?.is_some() {
                let reason = reason(&mut child).await;
                if !reason.is(Code::FolderLocked) {
                    return Err(reason);
                }
                // somebody else may be starting one at this moment, which will answer soon
                locked = Some((reason, Instant::now()));
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    };
    let found = progress.during(tokio::time::timeout(PATIENCE, answers)).await;
    // nobody reads its words any more; but a bridge may outlive it, and the system keeps it until its end is taken note of
    drop(child.stderr.take());
    context.scope.spawn_until_cancelled("core", async move {
        let _ = child.wait().await;
    });
    match found {
        Ok(Ok(mut core)) => {
            core.is_fresh = true;
            note(&format!("the core runs now, as process {}", core.hello.pid));
            Ok(core)
        }
        Ok(Err(failure)) => Err(failure),
        Err(_) => {
            let message = format!("the core was started as process {pid} and does not answer at {endpoint}");
            let hint = "it may still be starting; look at its log, or see what is wrong";
            Err(Failure::new(Code::Timeout, message, hint).with_command("mcpproxy doctor"))
        }
    }
}

/// The command that serves what this command asks for, from a folder where nobody's files are: an AI client runs us in
/// projects of strangers, and neither the core nor its servers have anything to look for there.
fn command(context: &Context) -> std::io::Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("serve").arg("--detached").current_dir("/");
    let flags = &context.flags;
    // what is meant as seen from here is named in full
    let Location { config_path, data_dir_hint, .. } = locate(flags, &context.env);
    let data_dir = load(&config_path, &context.env, flags).map(|resolved| resolved.config.data_dir).ok();
    let paths = [
        ("--config", Some(config_path).filter(|path| !path.as_os_str().is_empty())),
        ("--data-dir", data_dir.or(data_dir_hint)),
        ("--log-dir", flags.log_dir.as_deref().map(absolute)),
    ];
    for (name, path) in paths {
        if let Some(path) = path {
            command.arg(name).arg(path);
        }
    }
    for (name, text) in [("--log-level", &flags.log_level), ("--tray-endpoint", &context.tray_endpoint)] {
        if let Some(text) = text {
            command.arg(name).arg(text);
        }
    }
    // stderr is read for the reason of a failure; afterwards nobody reads it, and nothing is written there any more
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    detach(&mut command);
    Ok(command)
}

/// The path as it is seen from here; one below `~` is seen the same from anywhere.
fn absolute(path: &Path) -> PathBuf {
    let is_home = path.starts_with("~");
    std::path::absolute(path).ok().filter(|_| !is_home).unwrap_or_else(|| path.to_owned())
}

/// A group of its own: Ctrl-C in this terminal is not meant for the core.
#[cfg(unix)]
fn detach(command: &mut Command) {
    std::os::unix::process::CommandExt::process_group(command, 0);
}

/// Without a console, and not ended with ours.
#[cfg(windows)]
fn detach(command: &mut Command) {
    const DETACHED_PROCESS: u32 = 0x0000_0008;
    const CREATE_NEW_PROCESS_GROUP: u32 = 0x0000_0200;
    std::os::windows::process::CommandExt::creation_flags(command, DETACHED_PROCESS | CREATE_NEW_PROCESS_GROUP);
}

/// Why a core ended that was just started, in its own words.
async fn reason(child: &mut Child) -> Failure {
    let mut told = Vec::new();
    if let Some(stderr) = &mut child.stderr {
        let _ = stderr.take(64 * 1024).read_to_end(&mut told).await;
    }
    read_reason(&String::from_utf8_lossy(&told))
}

fn read_reason(told: &str) -> Failure {
    let last = told.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default();
    match serde_json::from_str::<LastLine>(last) {
        Ok(line) => {
            let mut failure = Failure::named(line.code, line.message, line.hint);
            failure.path = line.path.map(Into::into);
            failure
        }
        Err(_) => {
            let words = if last.is_empty() { "it said nothing" } else { last };
            let hint = "start it where its words can be read";
            Failure::new(Code::Internal, format!("the core ended while it was starting: {words}"), hint)
                .with_command("mcpproxy serve")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_of_a_core_that_does_not_start_is_its_last_line() {
        let told = "error: x\nhint: y\n{\"code\":\"PORT_IN_USE\",\"message\":\"m\",\"path\":\"/p\",\"hint\":\"h\"}\n\n";
        let failure = read_reason(told);
        assert_eq!((failure.code.as_ref(), failure.message.as_str(), failure.status()), ("PORT_IN_USE", "m", 2));
        assert_eq!((failure.hint.as_str(), failure.path), ("h", Some(Path::new("/p").into())));
        assert!(read_reason("thread panicked\n").message.ends_with("thread panicked"));
        assert!(read_reason("").message.ends_with("it said nothing"));
    }
}
