//! Refusals in the form of the protocol: below a session as HTTP with a JSON-RPC error, inside a call as its result.

use http::{Response, StatusCode, header};
use mcpproxy_domain::Code;
use mcpproxy_edge::Body;
use mcpproxy_wire::{ErrorObject, Id, envelope, error_code};

/// A message that is refused before any tool hears of it.
#[derive(Debug)]
pub(crate) struct Protest {
    pub(crate) status: StatusCode,
    pub(crate) code: Code,
    pub(crate) message: String,
    /// The request it is about, where that could be read.
    pub(crate) id: Option<Id>,
    /// Another number than that of the code, where clients look for one.
    pub(crate) number: Option<i64>,
}

impl Protest {
    pub(crate) fn new(status: StatusCode, code: Code, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), id: None, number: None }
    }

    pub(crate) fn about(self, id: Option<Id>) -> Self {
        Self { id, ..self }
    }

    /// The one answer on which clients open a new session.
    pub(crate) fn session_not_found() -> Self {
        let told = "Session not found: it has ended or was never opened here. Open a new one with initialize";
        let number = Some(error_code::SESSION_NOT_FOUND);
        Self { number, ..Self::new(StatusCode::NOT_FOUND, Code::Unsupported, told) }
    }

    pub(crate) fn response(&self) -> Response<Body> {
        let error = ErrorObject::new(self.number.unwrap_or_else(|| rpc_code(self.code)), &self.message);
        let bytes = match &self.id {
            Some(id) => envelope::response(id, &Err(error)),
            None => envelope::orphan_error(&error),
        };
        json(self.status, bytes)
    }
}

/// An answer in JSON.
pub(crate) fn json(status: StatusCode, bytes: Vec<u8>) -> Response<Body> {
    let mut response = Response::new(Body::full(bytes));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/json"));
    response
}

/// An answer without a body.
pub(crate) fn empty(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

/// The number of a code in JSON-RPC.
pub(crate) const fn rpc_code(code: Code) -> i64 {
    match code {
        Code::Malformed => error_code::PARSE_ERROR,
        Code::InvalidRequest => error_code::INVALID_REQUEST,
        Code::UnknownMethod => error_code::METHOD_NOT_FOUND,
        Code::InvalidInput
        | Code::InvalidArguments
        | Code::ServerNotFound
        | Code::ToolNotFound
        | Code::NotFound
        | Code::AlreadyExists
        | Code::Conflict
        | Code::WrongVariant => error_code::INVALID_PARAMS,
        Code::Internal => error_code::INTERNAL_ERROR,
        Code::Unauthorized
        | Code::Forbidden
        | Code::ServerDisabled
        | Code::ServerQuarantined
        | Code::ToolDenied
        | Code::ServerStarting
        | Code::ServerUnavailable
        | Code::MissingSecret
        | Code::SignInNeeded
        | Code::TooLarge
        | Code::Timeout
        | Code::Cancelled
        | Code::Busy
        | Code::Draining
        | Code::Unsupported
        | Code::UpstreamFailed
        | Code::PortInUse
        | Code::FolderLocked
        | Code::ConfigInvalid
        | Code::FolderDenied => error_code::SERVER_ERROR,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_a_number_that_json_rpc_leaves_to_servers_or_defines() {
        for code in Code::ALL {
            let number = rpc_code(code);
            assert!((-32099..=-32000).contains(&number) || (-32700..=-32600).contains(&number), "{code}: {number}");
        }
    }
}
