//! How a server is met: asked in the newer way first, then opened with a handshake; straight in the way that worked the
//! last time.

use std::time::Duration;

use mcpproxy_domain::{Code, identity};
use mcpproxy_wire::{
    Era, ErrorObject, Exchange, LinkError, Message, Timing,
    handshake::{HelloError, INITIALIZED, ServerHello, discover, initialize},
};

use super::Way;
use crate::Failure;

/// How long the answer to the newer question is waited for alone. A server that is slow to start answers late and in
/// order, so both questions may be under way; one that ignores the first must not cost a timeout.
const ALONE: Duration = Duration::from_secs(2);

/// Why a server was not met.
pub(super) enum Unmet {
    /// It gave no answer of the protocol.
    Link(LinkError),
    /// Its answer is of no use.
    Answer(Failure),
}

impl From<LinkError> for Unmet {
    fn from(error: LinkError) -> Self {
        Self::Link(error)
    }
}

impl From<Failure> for Unmet {
    fn from(failure: Failure) -> Self {
        Self::Answer(failure)
    }
}

impl From<HelloError> for Unmet {
    fn from(error: HelloError) -> Self {
        Self::Answer(error.into())
    }
}

impl From<Unmet> for Failure {
    fn from(unmet: Unmet) -> Self {
        match unmet {
            Unmet::Link(error) => error.into(),
            Unmet::Answer(failure) => failure,
        }
    }
}

/// Meets the server within the limit.
pub(super) async fn meet(way: &Way, known: Option<Era>, limit: Duration) -> Result<ServerHello, Unmet> {
    let meeting = async {
        match known {
            Some(Era::Sessions(_)) => shake(way, limit).await,
            Some(Era::Stateless) => asked(way, limit).await?.map_err(|error| refused(&error)),
            None => either(way, limit).await,
        }
    };
    tokio::time::timeout(limit, meeting).await.unwrap_or_else(|_| Err(LinkError::Timeout(limit).into()))
}

/// Opens a session: `initialize` and its acknowledgement, within one limit.
pub(super) async fn open_session(way: &Way, limit: Duration) -> Result<ServerHello, Failure> {
    let shaken = tokio::time::timeout(limit, shake(way, limit)).await;
    shaken.unwrap_or_else(|_| Err(LinkError::Timeout(limit).into())).map_err(Failure::from)
}

async fn either(way: &Way, limit: Duration) -> Result<ServerHello, Unmet> {
    let question = asked(way, limit);
    tokio::pin!(question);
    match tokio::time::timeout(ALONE, &mut question).await {
        Ok(Ok(Ok(hello))) => Ok(hello),
        // it must sign in, or is not there: the older way would say the same
        Ok(Err(failure)) => Err(failure),
        Ok(Ok(Err(_))) => shake(way, limit).await,
        Err(_) => tokio::select! {
            biased;
            Ok(Ok(hello)) = &mut question => Ok(hello),
            shaken = shake(way, limit) => shaken,
        },
    }
}

/// Asks in the newer way. An error of the server (`Ok(Err)`) means that it is of the older era, whatever it says:
/// servers answer a method that they do not know in many ways.
async fn asked(way: &Way, limit: Duration) -> Result<Result<ServerHello, ErrorObject>, Unmet> {
    let question = discover(identity::COMMAND, identity::VERSION);
    let no = |told: &str| Ok(Err(ErrorObject::new(0, told)));
    match way.once(&question, &Exchange::default(), Timing::within(limit)).await {
        Ok(Ok(result)) => {
            let hello = ServerHello::read_discovered(&result).map_err(|error| ErrorObject::new(0, error.to_string()));
            if let (Ok(hello), Way::Http(http)) = (&hello, way) {
                http.negotiated(hello.era);
            }
            Ok(hello)
        }
        Ok(Err(error)) => Ok(Err(error)),
        Err(LinkError::Status { status, .. }) if status < 500 => no("the server refused the question"),
        Err(LinkError::Protocol(told)) => no(told),
        Err(error) => Err(error.into()),
    }
}

async fn shake(way: &Way, limit: Duration) -> Result<ServerHello, Unmet> {
    let opening = initialize(identity::COMMAND, identity::VERSION);
    let answer = way.once(&opening, &Exchange::default(), Timing::within(limit)).await?;
    let hello = ServerHello::read(&answer.map_err(|error| refused(&error))?)?;
    if let Way::Http(http) = way {
        http.negotiated(hello.era);
    }
    way.notify(&Message::bare(INITIALIZED)).await?;
    Ok(hello)
}

fn refused(error: &ErrorObject) -> Unmet {
    Failure::new(Code::UpstreamFailed, format!("the server refused the handshake: {}", error.message())).into()
}
