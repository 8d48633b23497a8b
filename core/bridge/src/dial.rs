//! How the core is reached: handed in by whoever knows its address and may start it.

use std::{future::Future, pin::Pin};

use tokio::io::{AsyncRead, AsyncWrite};

/// A connection to the core.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin + 'static {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin + 'static> Stream for S {}

/// A connection on its way.
pub type Dialing<'a> = Pin<Box<dyn Future<Output = Result<Box<dyn Stream>, DialError>> + Send + 'a>>;

/// Opens connections to the core, over which it answers HTTP/1.1.
pub trait Dial: Send + Sync + 'static {
    /// Opens a connection. `is_awaited` says that a client waits for it, so that a core that does not run may be started;
    /// otherwise nobody would miss it. Awaited ones are asked for one at a time.
    fn dial(&self, is_awaited: bool) -> Dialing<'_>;
}

/// Why there is no connection.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DialError {
    /// Nobody answers, which may change: it is tried again.
    #[error("{0}")]
    Absent(String),
    /// No further attempt would help; says what to do.
    #[error("{0}")]
    Hopeless(String),
}
