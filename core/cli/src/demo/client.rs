//! A client as small as it can be: opens a session, calls tools, closes it.

use std::{sync::Arc, time::Duration};

use mcpproxy_domain::{Code, identity};
use mcpproxy_wire::{
    Exchange, Limits, LinkError, Listener, Message, Object, Timing,
    handshake::{INITIALIZED, ServerHello, initialize},
    http::Link,
};
use serde_json::{Value, json};

use crate::exit::Failure;

const TIMING: Timing = Timing { silence: Duration::from_secs(20), total: Duration::from_secs(20) };

pub(super) struct Client {
    link: Link,
}

/// Nothing that the core tells unasked is of interest here.
struct Deaf;

impl Listener for Deaf {
    fn notified(&self, _: Message) {}
    fn noise(&self, _: &[u8]) {}
}

impl Client {
    pub(super) async fn connect(url: &str) -> Result<Self, Failure> {
        let link = Link::new(url, [], Limits::default(), Arc::new(Deaf)).map_err(|error| failed(&error))?;
        let opening = initialize(identity::COMMAND, identity::VERSION);
        let answer = link.request(&opening, &Exchange::default(), TIMING).await.map_err(|error| failed(&error))?;
        let result = answer.map_err(|error| Failure::internal(error.message()))?;
        let hello = ServerHello::read(&result).map_err(|error| Failure::internal(error.to_string()))?;
        link.negotiated(hello.era);
        link.notify(&Message::bare(INITIALIZED)).await.map_err(|error| failed(&error))?;
        Ok(Self { link })
    }

    /// Calls a tool and gives the text of its answer.
    pub(super) async fn call(&self, tool: &str, arguments: &Value) -> Result<String, Failure> {
        let message = Message::new("tools/call", &json!({ "name": tool, "arguments": arguments }));
        let answer = self.link.request(&message, &Exchange::default(), TIMING).await.map_err(|error| failed(&error))?;
        let result = answer.map_err(|error| Failure::internal(error.message()))?;
        let content: Option<Vec<Value>> =
            Object::open(&result).and_then(|result| serde_json::from_str(result.get("content")?.get()).ok());
        let text = content.as_deref().and_then(<[Value]>::first).and_then(|block| block.get("text")?.as_str());
        text.map(str::to_owned).ok_or_else(|| Failure::internal(format!("{tool} answered without a text")))
    }

    pub(super) async fn close(self) {
        self.link.close().await;
    }
}

fn failed(error: &LinkError) -> Failure {
    Failure::new(Code::UpstreamFailed, format!("the demo's own call failed: {error}"), "")
}
