//! A one-shot look at a server: open, shake hands, list, close. For people who try out a configuration.

use std::sync::Arc;

use mcpproxy_domain::{Code, ServerSpec};
use mcpproxy_task::Scope;
use mcpproxy_wire::handshake::ServerHello;
use tokio::sync::oneshot;

use crate::{
    Failure, Surroundings, Tool,
    connection::{Connection, Ears, list_tools},
};

/// What a server told.
#[derive(Debug)]
pub struct Report {
    /// What it said of itself.
    pub hello: ServerHello,
    /// Its tools.
    pub tools: Vec<Tool>,
}

/// Opens a link to the server, whatever its settings say about running, and closes it in order. This runs the
/// server's code. Dropped, or when the scope ends, it gives up asking and still closes the link, as a task of the scope.
///
/// # Errors
/// What went wrong, with the server's last words.
pub async fn look(spec: &ServerSpec, surroundings: &Surroundings, scope: &Scope) -> Result<Report, Failure> {
    let (caller, answer) = oneshot::channel();
    let look = Look { spec: spec.clone(), surroundings: surroundings.clone(), scope: scope.clone() };
    scope.spawn("look", look.live(caller));
    answer.await.unwrap_or_else(|_| Err(Failure::new(Code::Cancelled, "the look was given up, since the core stops")))
}

/// One look, as a task that owns the connection from its start to its close.
struct Look {
    spec: ServerSpec,
    surroundings: Surroundings,
    scope: Scope,
}

impl Look {
    async fn live(self, mut caller: oneshot::Sender<Result<Report, Failure>>) {
        let Self { spec, surroundings, scope } = self;
        if scope.is_cancelled() {
            return;
        }
        let shown = |failure| surroundings.shown(&failure);
        let ears = Arc::new(Ears::new(surroundings.logs.open(&spec.name)));
        let mut connection = match Connection::start(&spec, &surroundings, ears, &scope).await {
            Ok(connection) => connection,
            Err(failure) => {
                let _ = caller.send(Err(shown(failure)));
                return;
            }
        };
        let report = tokio::select! {
            report = ask(&spec, &mut connection, &scope) => Some(report),
            () = caller.closed() => None,
            () = scope.cancelled() => None,
        };
        // whoever hears the answer may count on it that nothing of the server runs any more
        connection.close().await;
        if let Some(report) = report {
            let _ = caller.send(report.map_err(shown));
        }
    }
}

async fn ask(spec: &ServerSpec, connection: &mut Connection, scope: &Scope) -> Result<Report, Failure> {
    let (handle, hello) = connection.handshake(None, spec.init_timeout, scope).await?;
    match list_tools(&handle, &spec.name, hello.offers_tools).await {
        Ok(tools) => Ok(Report { hello, tools }),
        Err(failure) => Err(connection.post_mortem(failure).await),
    }
}
