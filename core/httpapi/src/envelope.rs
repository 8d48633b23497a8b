//! The envelope of answers, and which code is which status: in this one place.

use bytes::Bytes;
use http::{HeaderValue, StatusCode, header};
use mcpproxy_domain::Code;
use mcpproxy_edge::{Body, BodyError, Response};
use mcpproxy_ipc_proto::view::{ConnectAction, ConnectResult, FieldError};
use mcpproxy_management::{Refusal, clients::Declined};
use serde::Serialize;

/// What a handler comes to.
pub(crate) type Reply = Result<Response, Fault>;

/// An answer with data.
#[derive(Serialize)]
struct Success<'a, T> {
    success: bool,
    data: &'a T,
    /// What a tool answered says of itself that it is an error.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    is_error: bool,
}

/// An answer that says why there is no data.
#[derive(Serialize)]
struct Failure<'a> {
    success: bool,
    /// What stands in the way of connecting a client.
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<&'a ConnectResult>,
    #[serde(skip_serializing_if = "Option::is_none")]
    action: Option<ConnectAction>,
    error: &'a str,
    code: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    hint: &'a str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    nearest: &'a [String],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    validation_errors: &'a [FieldError],
    request_id: &'a str,
}

/// Why a request was not carried out, and the status where the contract wants another than the code's.
#[derive(Debug)]
pub(crate) struct Fault {
    refusal: Box<Refusal>,
    status: Option<StatusCode>,
    result: Option<Box<ConnectResult>>,
}

/// An answer with data.
pub(crate) fn data<T: Serialize>(data: &T) -> Reply {
    written(&Success { success: true, data, is_error: false })
}

/// The answer of a tool.
pub(crate) fn tool_answer<T: Serialize>(data: &T, is_error: bool) -> Reply {
    written(&Success { success: true, data, is_error })
}

/// An answer with data, or why there is none.
pub(crate) fn tried<T: Serialize>(answer: Result<T, Refusal>) -> Reply {
    data(&answer?)
}

/// An answer of JSON.
pub(crate) fn json(status: StatusCode, body: impl Into<Bytes>) -> Response {
    let mut response = Response::new(Body::full(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn written<T: Serialize>(envelope: &T) -> Reply {
    match serde_json::to_vec(envelope) {
        Ok(body) => Ok(json(StatusCode::OK, body)),
        Err(_) => Err(Refusal::new(Code::Internal, "the answer cannot be written", "").into()),
    }
}

impl Fault {
    /// A request that cannot be understood.
    pub(crate) fn input(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Refusal::new(Code::InvalidInput, message, hint).into()
    }

    /// The same with a status of the contract's.
    pub(crate) fn with_status(self, status: StatusCode) -> Self {
        Self { status: Some(status), ..self }
    }

    /// What kind it is.
    pub(crate) fn code(&self) -> Code {
        self.refusal.code
    }

    /// The answer that says so.
    pub(crate) fn response(&self, request_id: &str) -> Response {
        let Refusal { code, message, hint, nearest, faults, .. } = &*self.refusal;
        let failure = Failure {
            success: false,
            data: self.result.as_deref(),
            action: self.result.as_ref().map(|result| result.action),
            error: message,
            code: code.as_str(),
            hint,
            nearest,
            validation_errors: faults,
            request_id,
        };
        let body = serde_json::to_vec(&failure).unwrap_or_default();
        let mut response = json(self.status.unwrap_or(status(*code)), body);
        if let Some(seconds) = retry_after(*code) {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static(seconds));
        }
        response
    }
}

impl From<Refusal> for Fault {
    fn from(refusal: Refusal) -> Self {
        Self { refusal: Box::new(refusal), status: None, result: None }
    }
}

impl From<Declined> for Fault {
    fn from(declined: Declined) -> Self {
        Self { refusal: declined.refusal, status: None, result: declined.result }
    }
}

impl From<BodyError> for Fault {
    fn from(error: BodyError) -> Self {
        let code = match error {
            BodyError::TooLarge { .. } => Code::TooLarge,
            BodyError::Slow => Code::Timeout,
            BodyError::Broken => Code::InvalidRequest,
        };
        Self::from(Refusal::new(code, error.to_string(), "")).with_status(error.status())
    }
}

/// The status of a code.
pub(crate) const fn status(code: Code) -> StatusCode {
    match code {
        Code::Malformed | Code::InvalidRequest | Code::InvalidInput | Code::InvalidArguments | Code::ConfigInvalid => {
            StatusCode::BAD_REQUEST
        }
        Code::Unauthorized => StatusCode::UNAUTHORIZED,
        Code::Forbidden | Code::ServerQuarantined | Code::ToolDenied | Code::WrongVariant => StatusCode::FORBIDDEN,
        Code::UnknownMethod | Code::ServerNotFound | Code::ToolNotFound | Code::NotFound => StatusCode::NOT_FOUND,
        Code::AlreadyExists | Code::Conflict | Code::ServerDisabled | Code::MissingSecret | Code::SignInNeeded => {
            StatusCode::CONFLICT
        }
        Code::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Code::Busy => StatusCode::TOO_MANY_REQUESTS,
        Code::Internal | Code::PortInUse | Code::FolderLocked | Code::FolderDenied => StatusCode::INTERNAL_SERVER_ERROR,
        Code::Unsupported => StatusCode::NOT_IMPLEMENTED,
        Code::UpstreamFailed => StatusCode::BAD_GATEWAY,
        Code::ServerStarting | Code::ServerUnavailable | Code::Draining | Code::Cancelled => {
            StatusCode::SERVICE_UNAVAILABLE
        }
        Code::Timeout => StatusCode::GATEWAY_TIMEOUT,
    }
}

/// After how many seconds it is worth another try.
const fn retry_after(code: Code) -> Option<&'static str> {
    match code {
        Code::Busy | Code::ServerStarting => Some("1"),
        Code::Draining | Code::ServerUnavailable => Some("5"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_a_status_that_says_failure() {
        for code in Code::ALL {
            let status = status(code);
            assert!(status.is_client_error() || status.is_server_error(), "{code}");
            let response = Fault::from(Refusal::new(code, "m", "h")).response("r");
            assert_eq!(response.status(), status);
            assert_eq!(
                response.headers().contains_key(header::RETRY_AFTER),
                matches!(code, Code::Busy | Code::ServerStarting | Code::Draining | Code::ServerUnavailable)
            );
        }
        assert_eq!(status(Code::Busy), 429);
    }
}
