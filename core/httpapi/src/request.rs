//! A request as a handler sees it.

use bytes::Bytes;
use http::HeaderMap;
use mcpproxy_edge::Context;
use mcpproxy_management::history::{Origin, Source};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::{envelope::Fault, query::Query};

const CLIENT_HEADER: &str = "x-mcpproxy-client";

/// A request. It has no `Debug`: its headers and its body hold keys.
pub(crate) struct Asked {
    /// The parts of the path that the route leaves open, in order.
    pub(crate) path: Vec<String>,
    /// The query.
    pub(crate) query: Query,
    /// The body; empty where the route takes none.
    pub(crate) body: Bytes,
    /// The headers.
    pub(crate) headers: HeaderMap,
    /// Who asks, and under which id.
    pub(crate) context: Context,
}

impl Asked {
    /// The first open part of the path: the name of what the request is about.
    pub(crate) fn name(&self) -> &str {
        self.path.first().map(String::as_str).unwrap_or_default()
    }

    /// The second open part of the path: the name of what it is about within the first.
    pub(crate) fn part(&self) -> &str {
        self.path.get(1).map(String::as_str).unwrap_or_default()
    }

    /// The body as this.
    pub(crate) fn read<T: DeserializeOwned>(&self) -> Result<T, Fault> {
        serde_json::from_slice(&self.body)
            .map_err(|error| Fault::input(format!("the body is not what is needed here: {error}"), "see /swagger/"))
    }

    /// The body as an object, whatever is in it.
    pub(crate) fn object(&self) -> Result<Map<String, Value>, Fault> {
        self.read()
    }

    /// The body as this; nothing at all counts as `{}`.
    pub(crate) fn read_or_empty<T: DeserializeOwned + Default>(&self) -> Result<T, Fault> {
        if self.body.trim_ascii().is_empty() { Ok(T::default()) } else { self.read() }
    }

    /// Where a call comes from that this request makes.
    pub(crate) fn origin(&self) -> Origin {
        let client = self.headers.get(CLIENT_HEADER).and_then(|client| client.to_str().ok());
        let is_cli = client.is_some_and(|client| client.starts_with("cli/"));
        Origin {
            source: if is_cli { Source::Cli } else { Source::Api },
            client: client.map(|client| client.chars().take(100).collect::<String>().into()),
            request: Some(self.context.request_id.as_str().into()),
        }
    }
}
