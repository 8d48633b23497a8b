//! Which face answers which path, and what it is handed.

use std::{future::Future, pin::Pin, sync::Arc};

use mcpproxy_domain::Principal;

use crate::{Body, Inbound, Origin, RequestId, health};

/// A request as a face sees it.
pub type Request = http::Request<Inbound>;

/// What a face answers. The edge adds `X-Request-Id`.
pub type Response = http::Response<Body>;

/// The answer of a face while it is being made. It is dropped when the client goes away.
pub type Answer<'a> = Pin<Box<dyn Future<Output = Response> + Send + 'a>>;

/// What the edge knows of a request besides the request.
#[derive(Clone, Debug)]
pub struct Context {
    /// The id under which the request is found again.
    pub request_id: RequestId,
    /// Who is asking.
    pub principal: Principal,
    /// Where it came in.
    pub origin: Origin,
}

/// Something that answers requests. A plain async function of request and context is one.
pub trait Face: Send + Sync + 'static {
    /// Answers one request. A panic becomes a 500 and ends only this request.
    fn handle(&self, request: Request, context: Context) -> Answer<'_>;
}

impl<F, A> Face for F
where
    F: Fn(Request, Context) -> A + Send + Sync + 'static,
    A: Future<Output = Response> + Send + 'static,
{
    fn handle(&self, request: Request, context: Context) -> Answer<'_> {
        Box::pin(self(request, context))
    }
}

/// Who may ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Anybody: neither `Host` and `Origin` nor a credential are looked at, and the principal is always
    /// [`Principal::Local`]. For answers that tell nothing and change nothing.
    Open,
    /// `Host` and `Origin` must be trusted, and the credential must satisfy the settings. Over a socket the system has
    /// vouched for the peer: nothing more is asked, and the principal is [`Principal::Owner`].
    Checked,
    /// `Host` and `Origin` must be trusted; no credential is looked at, and the principal is [`Principal::Local`]. For what
    /// lets people in.
    Guarded,
    /// As [`Access::Checked`], and a credential is needed whatever the settings say: the API key, or the cookie of a
    /// person. Pages of trusted origins may read the answers, and refusals are told in the envelope of REST.
    Keyed,
}

/// Whether a cookie is that of a person who came in.
pub type Recognise = dyn Fn(&str) -> bool + Send + Sync;

/// The paths that are answered, in the order in which they are tried.
#[derive(Clone, Default)]
pub struct Routes {
    paths: Vec<(Match, Route)>,
    pub(crate) people: Option<Arc<Recognise>>,
}

#[derive(Clone)]
enum Match {
    Exact(&'static str),
    Below(&'static str),
}

#[derive(Clone)]
pub(crate) struct Route {
    pub(crate) access: Access,
    pub(crate) face: Arc<dyn Face>,
}

impl Routes {
    /// No path at all: every request is answered with 404.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one path.
    #[must_use]
    pub fn exact(mut self, path: &'static str, access: Access, face: Arc<dyn Face>) -> Self {
        self.paths.push((Match::Exact(path), Route { access, face }));
        self
    }

    /// Adds a path and every path below it: `/mcp` stands for `/mcp`, `/mcp/` and `/mcp/x`, and not for `/mcpx`.
    #[must_use]
    pub fn prefix(mut self, path: &'static str, access: Access, face: Arc<dyn Face>) -> Self {
        self.paths.push((Match::Below(path), Route { access, face }));
        self
    }

    /// Lets people in whose cookies are recognised, where a credential is needed.
    #[must_use]
    pub fn people(mut self, recognise: Arc<Recognise>) -> Self {
        self.people = Some(recognise);
        self
    }

    /// Adds the probes of monitors: `/healthz`, `/livez`, `/health` say that the process answers; `/readyz`, `/ready`
    /// say whether `is_ready`, asked anew for each request.
    #[must_use]
    pub fn health(mut self, is_ready: impl Fn() -> bool + Send + Sync + 'static) -> Self {
        let (alive, ready) = (health::alive(), health::ready(is_ready));
        for path in ["/healthz", "/livez", "/health"] {
            self = self.exact(path, Access::Open, Arc::clone(&alive));
        }
        for path in ["/readyz", "/ready"] {
            self = self.exact(path, Access::Open, Arc::clone(&ready));
        }
        self
    }

    pub(crate) fn find(&self, path: &str) -> Option<&Route> {
        self.paths.iter().find(|(matching, _)| matching.takes(path)).map(|(_, route)| route)
    }
}

impl Match {
    fn takes(&self, path: &str) -> bool {
        match self {
            Self::Exact(wanted) => path == *wanted,
            Self::Below(wanted) => {
                path.strip_prefix(wanted).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_match_in_order_answers() {
        let face = |_: Request, _: Context| async { Response::default() };
        let routes = Routes::new().exact("/mcp/special", Access::Open, Arc::new(face)).prefix(
            "/mcp",
            Access::Checked,
            Arc::new(face),
        );
        for (path, expected) in [
            ("/mcp", Some(Access::Checked)),
            ("/mcp/", Some(Access::Checked)),
            ("/mcp/p/x", Some(Access::Checked)),
            ("/mcp/special", Some(Access::Open)),
            ("/mcp/special/", Some(Access::Checked)),
            ("/mcpx", None),
            ("/", None),
            ("*", None),
        ] {
            assert_eq!(routes.find(path).map(|route| route.access), expected, "{path}");
        }
    }
}
