//! The core of the desktop's person, asked over its socket: what the tray did has to be seen here too.

use std::time::Duration;

use mcpproxy_ipc_proto::{
    Connection, ConnectionError, Incoming,
    call::{Call, ListServers},
    endpoint::Endpoint,
    hello::Hello,
    view::{ServerState, ServerView},
};
use mcpproxy_tests::{Scratch, until};

const ANSWER: Duration = Duration::from_secs(20);

/// The address that the tray finds by its rule too.
pub fn endpoint(scratch: &Scratch) -> Endpoint {
    Endpoint::Socket(scratch.data().join(mcpproxy_domain::identity::SOCKET_FILE))
}

/// Who answers; `None` = nobody of ours.
pub fn hello(scratch: &Scratch) -> Option<Hello> {
    block_on(async { Connection::open(&endpoint(scratch), Hello::of("test")).await.ok().map(|(_, _, hello, _)| hello) })
}

/// Waits until somebody answers for whom this holds.
pub fn until_hello(scratch: &Scratch, what: &str, is_it: impl Fn(&Hello) -> bool) -> Hello {
    until(what, || Ok(hello(scratch).filter(&is_it))).unwrap()
}

/// Waits until nobody answers.
pub fn until_nobody(scratch: &Scratch) {
    until("a core that is gone", || Ok(hello(scratch).is_none().then_some(()))).unwrap();
}

/// Asks.
pub fn ask<C: Call + Sync>(scratch: &Scratch, call: &C) -> Result<C::Answer, ConnectionError> {
    block_on(async {
        let (connection, incoming, _, driver) = Connection::open(&endpoint(scratch), Hello::of("test")).await?;
        let answer = tokio::select! {
            answer = connection.call(call, ANSWER) => answer,
            () = driver => Err(ConnectionError::Closed),
        };
        drop::<Incoming>(incoming);
        answer
    })
}

/// A server as the core tells it.
pub fn server(scratch: &Scratch, name: &str) -> Option<ServerView> {
    ask(scratch, &ListServers {}).ok()?.servers.into_iter().find(|server| server.name == name)
}

/// Waits until this holds for a server.
pub fn until_server(scratch: &Scratch, name: &str, what: &str, is_it: impl Fn(&ServerView) -> bool) -> ServerView {
    until(what, || Ok(server(scratch, name).filter(&is_it))).unwrap()
}

/// Waits until a server serves calls.
pub fn until_ready(scratch: &Scratch, name: &str) -> ServerView {
    until_server(scratch, name, "a server that is ready", |server| server.status == ServerState::Ready)
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}
