//! A one-shot look at a server: open, shake hands, list, close. For people who try out a configuration.

use std::sync::Arc;

use mcpproxy_domain::ServerSpec;
use mcpproxy_task::Scope;
use mcpproxy_wire::handshake::ServerHello;

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
/// server's code.
///
/// # Errors
/// What went wrong, with the server's last words.
pub async fn look(spec: &ServerSpec, surroundings: &Surroundings, scope: &Scope) -> Result<Report, Failure> {
    let ears = Arc::new(Ears::new(surroundings.logs.open(&spec.name)));
    let mut connection = Connection::start(spec, surroundings, ears, scope).await?;
    let report = ask(spec, &mut connection, scope).await;
    connection.close().await;
    report.map_err(|failure| surroundings.shown(&failure))
}

async fn ask(spec: &ServerSpec, connection: &mut Connection, scope: &Scope) -> Result<Report, Failure> {
    let (handle, hello) = connection.handshake(None, spec.init_timeout, scope).await?;
    match list_tools(&handle, &spec.name, hello.offers_tools).await {
        Ok(tools) => Ok(Report { hello, tools }),
        Err(failure) => Err(connection.post_mortem(failure).await),
    }
}
