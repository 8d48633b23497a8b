//! The stream of what the core says unasked, opened anew whenever it ends as long as there is a session.

use std::{
    sync::{Arc, atomic::AtomicBool},
    time::Duration,
};

use http::{Method, StatusCode};
use mcpproxy_wire::sse::Decoder;

use crate::{
    bridge::Bridge,
    client::{Awaited, LARGEST},
    exchange::Form,
    session::{Open, State},
};

const SHORTEST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// How a stream ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ended {
    /// It was open, and may be opened anew.
    Open,
    /// It could not be opened at the moment.
    Failed,
    /// The core knows no such session, or has no such stream.
    Refused,
}

/// Listens for ever.
pub(crate) async fn listen(bridge: Arc<Bridge>) {
    let mut state = bridge.session.watch();
    let mut connections = bridge.client.connections();
    let mut pause = SHORTEST_PAUSE;
    loop {
        let open = match state.wait_for(|state| matches!(state, State::Open(open) if open.has_id())).await.as_deref() {
            Ok(State::Open(open)) => Arc::clone(open),
            _ => return,
        };
        let another = |state: &State| !matches!(state, State::Open(now) if now.is(&open));
        connections.mark_unchanged();
        let ended = tokio::select! {
            ended = hear(&bridge, &open) => ended,
            _ = state.wait_for(another) => continue,
        };
        match ended {
            Ended::Open => pause = SHORTEST_PAUSE,
            Ended::Failed => pause = (pause * 2).min(LONGEST_PAUSE),
            Ended::Refused => {
                if state.wait_for(another).await.is_err() {
                    return;
                }
                continue;
            }
        }
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            // somebody reached the core: it is back
            _ = connections.changed() => {}
        }
    }
}

async fn hear(bridge: &Bridge, open: &Open) -> Ended {
    let request = bridge.client.bare(Method::GET, open.headers());
    let Ok(mut reply) = bridge.client.send(request, Awaited::No, &AtomicBool::new(false)).await else {
        return Ended::Failed;
    };
    match reply.status {
        StatusCode::OK if Form::of(&reply.headers) == Form::Events => {}
        StatusCode::NOT_FOUND if bridge.session.reopen(&bridge.client, open).await => return Ended::Open,
        status if status.is_server_error() => return Ended::Failed,
        _ => return Ended::Refused,
    }
    let mut decoder = Decoder::new(LARGEST);
    while let Ok(Some(bytes)) = reply.chunk().await {
        decoder.push(&bytes);
        loop {
            match decoder.next_event() {
                Ok(Some(event)) if event.data.is_empty() => {}
                Ok(Some(event)) if matches!(event.kind.as_str(), "" | "message") => {
                    bridge.output.line([event.data]).await;
                }
                Ok(Some(_)) => {}
                Ok(None) => break,
                Err(_) => return Ended::Open,
            }
        }
    }
    Ended::Open
}
