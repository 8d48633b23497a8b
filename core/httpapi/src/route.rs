//! One route: a method, a path with open parts, and what answers. The table of all routes is read by the router, by the
//! document and by the tests.

use std::{future::Future, pin::Pin};

use http::Method;
use mcpproxy_domain::Principal;
use mcpproxy_management::Management;
use percent_encoding::percent_decode_str;

use crate::{envelope::Reply, request::Asked};

/// An answer while it is being made.
pub(crate) type Promise<'a> = Pin<Box<dyn Future<Output = Reply> + Send + 'a>>;

/// What answers a route.
pub(crate) type Handler = for<'a> fn(&'a Management, Asked) -> Promise<'a>;

/// A route.
pub(crate) struct Route {
    pub(crate) method: Method,
    /// Below `/api/v1`; `{..}` stands for one part of the path, percent-decoded.
    pub(crate) path: &'static str,
    /// What it does, in a few words.
    #[cfg_attr(not(test), expect(dead_code, reason = "read by the test that writes the document"))]
    pub(crate) about: &'static str,
    pub(crate) takes: Takes,
    /// How long it may take.
    pub(crate) lasts: Lasts,
    pub(crate) handler: Handler,
}

/// The body that a route takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Takes {
    /// None; one that is sent is not read.
    Nothing,
    /// One of the usual size.
    Body,
    /// A large one.
    File,
}

/// How long a route may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lasts {
    /// As long as every request.
    Usual,
    /// As long as the tool or the program that is called, which has a limit of its own.
    Call,
}

impl Route {
    pub(crate) const fn get(path: &'static str, about: &'static str, handler: Handler) -> Self {
        Self::new(Method::GET, path, about, Takes::Nothing, handler)
    }

    /// A `POST` without a body.
    pub(crate) const fn act(path: &'static str, about: &'static str, handler: Handler) -> Self {
        Self::new(Method::POST, path, about, Takes::Nothing, handler)
    }

    pub(crate) const fn post(path: &'static str, about: &'static str, handler: Handler) -> Self {
        Self::new(Method::POST, path, about, Takes::Body, handler)
    }

    pub(crate) const fn patch(path: &'static str, about: &'static str, handler: Handler) -> Self {
        Self::new(Method::PATCH, path, about, Takes::Body, handler)
    }

    pub(crate) const fn delete(path: &'static str, about: &'static str, handler: Handler) -> Self {
        Self::new(Method::DELETE, path, about, Takes::Nothing, handler)
    }

    pub(crate) const fn with_body(mut self) -> Self {
        self.takes = Takes::Body;
        self
    }

    pub(crate) const fn with_file(mut self) -> Self {
        self.takes = Takes::File;
        self
    }

    pub(crate) const fn calling(mut self) -> Self {
        self.lasts = Lasts::Call;
        self
    }

    const fn new(method: Method, path: &'static str, about: &'static str, takes: Takes, handler: Handler) -> Self {
        Self { method, path, about, takes, lasts: Lasts::Usual, handler }
    }

    /// The open parts of a path that is this route's.
    pub(crate) fn matches(&self, parts: &[String]) -> Option<Vec<String>> {
        let mut open = Vec::new();
        let mut wanted = self.path.split('/').skip(1);
        for part in parts {
            let wanted = wanted.next()?;
            if wanted.starts_with('{') {
                if part.is_empty() {
                    return None;
                }
                open.push(part.clone());
            } else if wanted != part {
                return None;
            }
        }
        wanted.next().is_none().then_some(open)
    }
}

/// Who may use the routes: the administrator, by whatever proof. Nobody else, whoever else there will be.
pub(crate) const fn admits(principal: Principal) -> bool {
    match principal {
        Principal::KeyHolder | Principal::Person | Principal::Owner => true,
        Principal::Local => false,
    }
}

/// The parts of a path below `/api/v1`, decoded after they are parted: a name may hold a slash. `None` = not UTF-8.
pub(crate) fn parts(path: &str) -> Option<Vec<String>> {
    let decoded = path.split('/').skip(1).map(|part| percent_decode_str(part).decode_utf8().ok().map(Into::into));
    decoded.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn open_parts_are_decoded_once_and_after_parting() {
        fn handler(_: &Management, _: Asked) -> Promise<'_> {
            unreachable!()
        }
        let route = Route::get("/servers/{id}/tools", "", handler);
        for (path, expected) in [
            ("/servers/a/tools", Some("a")),
            ("/servers/io.github.x%2Fy/tools", Some("io.github.x/y")),
            ("/servers/%252F/tools", Some("%2F")),
            ("/servers/a%20b/tools", Some("a b")),
            ("/servers//tools", None),
            ("/servers/a/tools/", None),
            ("/servers/a", None),
            ("/servers/a/b/tools", None),
            ("/servers/%ff/tools", None),
        ] {
            let open = parts(path).and_then(|parts| route.matches(&parts));
            assert_eq!(
                open.as_deref(),
                expected.map(|name| [name.to_owned()]).as_ref().map(<[_; 1]>::as_slice),
                "{path}"
            );
        }
    }
}
