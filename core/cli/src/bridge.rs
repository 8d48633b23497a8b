//! `mcpproxy stdio`: one client's standard streams, carried to the core over its socket. Not here: how messages are
//! carried (`bridge`), how a core is started ([`crate::launch`]).

use std::{
    process::ExitCode,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use clap::Args as ClapArgs;
use mcpproxy_bridge::{Dial, DialError, Dialing, Stream};
use mcpproxy_domain::Code;
use mcpproxy_ipc_proto::{
    endpoint::Endpoint,
    transport::{TransportError, connect},
};
use mcpproxy_logs::{LogSettings, Redactor};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::{
    context::{Context, MayStart},
    exit::Failure,
    launch,
    output::{Format, Output},
};

/// How long a core that was there and went is left to come back by itself: somebody may be restarting it.
const COMES_BACK: Duration = Duration::from_secs(3);

/// What `stdio` takes.
#[derive(Debug, Default, ClapArgs)]
pub(crate) struct StdioArgs {
    /// Only the tools of this server, under its own names
    #[arg(short, long, value_name = "NAME")]
    server: Option<String>,
}

/// Carries messages until the client closes our stdin. stdout holds messages and nothing else.
///
/// # Errors
/// There is no address of a core to speak of.
pub(crate) async fn stdio(context: &Context, args: &StdioArgs) -> Result<ExitCode, Failure> {
    let level = context.flags.log_level.as_deref().and_then(|text| text.parse().ok()).unwrap_or(tracing::Level::WARN);
    let settings = LogSettings { level, ..LogSettings::default() };
    let logs = mcpproxy_logs::init(&settings, &Redactor::new());
    let logs = logs.map_err(|error| Failure::internal(format!("no log on stderr: {error}")))?;
    let path = match &args.server {
        Some(server) => format!("/mcp/s/{}", utf8_percent_encode(server, NON_ALPHANUMERIC)),
        None => "/mcp".to_owned(),
    };
    let path = path.parse().map_err(|error| {
        let message = format!("the name of the server cannot be used: {error}");
        Failure::new(Code::InvalidInput, message, "mcpproxy upstream list names the servers")
    })?;
    let dial = Box::new(Socket { endpoint: context.endpoint()?, context: own(context), seen: Mutex::default() });
    let scope = context.scope.child();
    let asked = scope.clone();
    scope.spawn_until_cancelled("signals", async move {
        asked_to_stop().await;
        asked.cancel();
    });
    mcpproxy_bridge::run(tokio::io::stdin(), tokio::io::stdout(), dial, path, &scope).await;
    scope.cancel();
    logs.flush();
    Ok(ExitCode::SUCCESS)
}

/// The socket of the core.
struct Socket {
    endpoint: Endpoint,
    context: Context,
    seen: Mutex<Seen>,
}

/// What is known of the core.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Seen {
    /// Nothing yet.
    #[default]
    Never,
    /// It was there when it was last looked for.
    There,
    /// It was there once, and has not been since then.
    GoneSince(Instant),
}

impl Seen {
    /// It is not there now. Gives whether it should be started.
    fn is_missed(&mut self, now: Instant) -> bool {
        match *self {
            Self::Never => true,
            Self::There => {
                *self = Self::GoneSince(now);
                false
            }
            Self::GoneSince(since) => now.saturating_duration_since(since) >= COMES_BACK,
        }
    }
}

impl Dial for Socket {
    fn dial(&self, is_awaited: bool) -> Dialing<'_> {
        Box::pin(self.open(is_awaited))
    }
}

impl Socket {
    async fn open(&self, is_awaited: bool) -> Result<Box<dyn Stream>, DialError> {
        let absent = match connect(&self.endpoint).await {
            Ok(stream) => return Ok(self.found(stream)),
            Err(error @ TransportError::Absent { .. }) => error,
            Err(error) => return Err(DialError::Hopeless(error.to_string())),
        };
        let may_start = self.context.may_start == MayStart::Yes && is_awaited;
        let is_missed = self.seen.lock().unwrap_or_else(PoisonError::into_inner).is_missed(Instant::now());
        if !may_start {
            return Err(DialError::Absent(format!("{absent}; start the core: mcpproxy serve")));
        }
        if !is_missed {
            return Err(DialError::Absent(absent.to_string()));
        }
        match launch::start(&self.context).await {
            Ok(_) => {}
            // somebody else starts it at this moment
            Err(failure) if failure.is(Code::FolderLocked) => return Err(DialError::Absent(failure.message)),
            Err(failure) => return Err(DialError::Hopeless(format!("{}; {}", failure.message, failure.hint))),
        }
        match connect(&self.endpoint).await {
            Ok(stream) => Ok(self.found(stream)),
            Err(error) => Err(DialError::Absent(error.to_string())),
        }
    }

    fn found(&self, stream: impl Stream) -> Box<dyn Stream> {
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = Seen::There;
        Box::new(stream)
    }
}

/// The context that a bridge works with. Nobody can be asked: our stdin and stdout belong to the client.
fn own(context: &Context) -> Context {
    Context {
        flags: context.flags.clone(),
        env: context.env.clone(),
        output: Output::to_stdout(Format::Table),
        verbose: context.verbose,
        may_start: if context.may_start == MayStart::No { MayStart::No } else { MayStart::Yes },
        tray_endpoint: context.tray_endpoint.clone(),
        scope: context.scope.clone(),
    }
}

/// Waits until the system or a person asks us to end.
async fn asked_to_stop() {
    #[cfg(unix)]
    if let Ok(mut terminate) = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        tokio::select! {
            _ = terminate.recv() => return,
            _ = tokio::signal::ctrl_c() => return,
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_core_that_was_there_is_left_a_while_to_come_back() {
        let now = Instant::now();
        let mut seen = Seen::Never;
        assert!(seen.is_missed(now), "nobody has seen it: it is started at once");
        seen = Seen::There;
        assert!(!seen.is_missed(now) && !seen.is_missed(now + COMES_BACK / 2));
        assert!(seen.is_missed(now + COMES_BACK));
    }
}
