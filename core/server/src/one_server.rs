//! The endpoints of single servers, one below another path each: made when somebody first asks for it, as long as the
//! server is configured.
//!
//! Not here: what such an endpoint answers, which is what every endpoint does.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use http::{StatusCode, Uri};
use mcpproxy_domain::{Code, ServerName};
use mcpproxy_edge::{Answer, Context, Face, Request};
use percent_encoding::percent_decode_str;

use crate::{errors::Protest, face::McpFace, mode::Mode};

/// More are not kept: then those of servers that nobody asked for of late are made anew, and their sessions with them.
const MOST: usize = 1024;

/// The endpoints of all servers: the last segment of the path names the server, percent-encoded.
pub struct ServerFaces {
    /// Made like this one, and drained with it.
    template: McpFace,
    /// Held to look one up.
    faces: Mutex<HashMap<ServerName, McpFace>>,
}

impl ServerFaces {
    /// Endpoints beside this one, and drained with it.
    #[must_use]
    pub fn beside(template: &McpFace) -> Self {
        Self { template: template.clone(), faces: Mutex::default() }
    }

    async fn face(&self, uri: &Uri) -> Result<McpFace, Protest> {
        let name = named(uri).ok_or_else(|| {
            let told = "this path names no server; write its name behind /mcp/s/, percent-encoded";
            Protest::new(StatusCode::NOT_FOUND, Code::ServerNotFound, told)
        })?;
        let server = self.template.shared.management.direct.server(&name).await.map_err(|refusal| {
            let told = format!("{}; {}", refusal.message, refusal.hint);
            Protest::new(StatusCode::NOT_FOUND, refusal.code, told)
        })?;
        let mut faces = self.faces.lock().unwrap_or_else(PoisonError::into_inner);
        if faces.len() >= MOST && !faces.contains_key(&server) {
            faces.clear();
        }
        let make = || self.template.beside(Mode::Server(server.clone()));
        Ok(faces.entry(server.clone()).or_insert_with(make).clone())
    }
}

impl Face for ServerFaces {
    fn handle(&self, request: Request, context: Context) -> Answer<'_> {
        Box::pin(async move {
            match self.face(request.uri()).await {
                Ok(face) => face.answer(request, context).await,
                Err(protest) => protest.response(),
            }
        })
    }
}

/// The server that a path names.
fn named(uri: &Uri) -> Option<String> {
    let path = uri.path();
    let segment = path.strip_suffix('/').unwrap_or(path).strip_prefix("/mcp/s/")?;
    let is_one = !segment.is_empty() && !segment.contains('/');
    percent_decode_str(segment).decode_utf8().ok().filter(|_| is_one).map(Into::into)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_names_the_server() {
        for (path, name) in [
            ("/mcp/s/github", Some("github")),
            ("/mcp/s/github/", Some("github")),
            ("/mcp/s/a%2Fb%20gr%C3%B6%C3%9Fe", Some("a/b größe")),
            ("/mcp/s/a/b", None),
            ("/mcp/s/", None),
            ("/mcp/s", None),
            ("/mcp/s/%ff", None),
        ] {
            assert_eq!(named(&path.parse().unwrap()).as_deref(), name, "{path}");
        }
    }
}
