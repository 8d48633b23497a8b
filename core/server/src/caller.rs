//! Who calls: the principal that the edge found, and the client as it named itself.

use std::sync::Arc;

use mcpproxy_domain::Principal;
use mcpproxy_management::{
    history::{Origin, Source},
    sessions::{Client, SessionMark},
};
use mcpproxy_wire::Object;

/// The longest name of a client that is kept, in characters.
const LONGEST: usize = 100;

/// The one in whose name a call is made.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    pub(crate) principal: Principal,
    pub(crate) mark: Arc<SessionMark>,
    /// Whether it speaks the stateless era.
    pub(crate) is_stateless: bool,
}

impl Caller {
    /// Where a call of it comes from; it counts as one.
    pub(crate) fn calls(&self) -> Origin {
        self.mark.called();
        self.origin()
    }

    /// Where a question to our own tools comes from.
    pub(crate) fn origin(&self) -> Origin {
        Origin { source: Source::Mcp, client: self.mark.client().name.clone(), request: None }
    }
}

/// What a client says of itself in `clientInfo`.
pub(crate) fn named(info: Option<&Object<'_>>, revision: &'static str) -> Client {
    let text = |member| {
        let text = info?.text(member)?;
        Some(Arc::from(text.chars().take(LONGEST).collect::<String>())).filter(|text: &Arc<str>| !text.is_empty())
    };
    Client { name: text("name"), version: text("version"), revision: Some(revision) }
}
