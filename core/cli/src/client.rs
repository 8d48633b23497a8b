//! The running core, as commands ask it. Not here: starting one ([`crate::launch`]).

use std::time::Duration;

use mcpproxy_domain::Code;
use mcpproxy_ipc_proto::{
    Connection, ConnectionError, Incoming, call::Call, endpoint::Endpoint, hello::Hello, transport::TransportError,
};

use crate::{
    context::Context,
    exit::{Failure, NOT_RUNNING},
};

/// How long an answer may take that needs nothing but the core itself.
pub(crate) const SOON: Duration = Duration::from_secs(30);

/// A core that runs and answers.
pub(crate) struct Core {
    connection: Connection,
    /// What it tells without being asked, once it is asked to watch.
    pub(crate) incoming: Incoming,
    /// What it said of itself.
    pub(crate) hello: Hello,
    /// Whether it was started for this very command, so that its servers may still be on their way up.
    pub(crate) is_fresh: bool,
}

impl Core {
    /// Connects to the core of these settings; `None` = there is none.
    ///
    /// # Errors
    /// Something is there that does not answer as a core of ours does.
    pub(crate) async fn find(context: &Context) -> Result<Option<Self>, Failure> {
        let endpoint = context.endpoint()?;
        let found = Self::at(context, &endpoint).await?;
        context.verbosely(&match &found {
            Some(core) => format!("core: process {} ({}), reached over {endpoint}", core.hello.pid, core.hello.build),
            None => format!("core: not running, nobody answers at {endpoint}"),
        });
        Ok(found)
    }

    /// Connects to the core at this address; `None` = nobody answers, whatever an earlier core left there.
    ///
    /// # Errors
    /// As [`Core::find`].
    pub(crate) async fn at(context: &Context, endpoint: &Endpoint) -> Result<Option<Self>, Failure> {
        match Connection::open(endpoint, Hello::of("cli")).await {
            Ok((connection, incoming, hello, driver)) => {
                context.scope.spawn_until_cancelled("connection", driver);
                Ok(Some(Self { connection, incoming, hello, is_fresh: false }))
            }
            Err(ConnectionError::Transport(TransportError::Absent { .. })) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Asks the core something that needs nothing but itself.
    ///
    /// # Errors
    /// Its reason, or that it does not answer.
    pub(crate) async fn ask<C: Call>(&self, call: &C) -> Result<C::Answer, Failure> {
        self.ask_within(call, SOON).await
    }

    /// Asks the core, with this much patience.
    ///
    /// # Errors
    /// As [`Core::ask`].
    pub(crate) async fn ask_within<C: Call>(&self, call: &C, patience: Duration) -> Result<C::Answer, Failure> {
        self.connection.call(call, patience).await.map_err(|error| {
            let failure = Failure::from(error);
            if !failure.is(Code::UnknownMethod) {
                return failure;
            }
            let message = format!("the core that runs ({}) does not know {}", self.hello.build, C::NAME);
            Failure::new(Code::Unsupported, message, "stop it, and start the one of this command")
                .with_command("mcpproxy serve")
        })
    }
}

/// The failure of a command that needs a core where none runs.
pub(crate) fn not_running() -> Failure {
    Failure::named(NOT_RUNNING, "no core is running", "start it, or add --start to the command")
        .with_command("mcpproxy serve")
}
