//! Every answer that the edge gives on its own account: status, text and headers, in one place.
//!
//! Not here: refusals in the shape of a face (JSON-RPC errors, REST envelopes).

use http::{HeaderValue, StatusCode, header};

use mcpproxy_domain::Code;
use serde_json::json;

use crate::{body::Body, inbound::BodyError, request_id::RequestId, route::Response};

/// Why a request does not reach a face, or comes back from one without an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// No face has this path.
    NoSuchPath,
    /// The path answers `GET` and `HEAD` only.
    ReadOnlyPath,
    /// HTTP/1.1 without exactly one `Host`.
    NoHost,
    /// Refused by the guard; the host that was named.
    HostNotTrusted(String),
    /// Refused by the guard; the origin that was named.
    OriginNotTrusted(String),
    /// A credential is required and none came.
    CredentialMissing,
    /// A credential came that is not known.
    CredentialUnknown,
    /// A key came, and there is none that it could be.
    NoKeyConfigured,
    /// The body could not be read.
    Body(BodyError),
    /// A face broke down.
    Internal,
}

impl Refusal {
    pub(crate) const fn status(&self) -> StatusCode {
        match self {
            Self::NoSuchPath => StatusCode::NOT_FOUND,
            Self::ReadOnlyPath => StatusCode::METHOD_NOT_ALLOWED,
            Self::NoHost | Self::Body(BodyError::Broken) => StatusCode::BAD_REQUEST,
            Self::HostNotTrusted(_) | Self::OriginNotTrusted(_) => StatusCode::FORBIDDEN,
            Self::CredentialMissing | Self::CredentialUnknown | Self::NoKeyConfigured => StatusCode::UNAUTHORIZED,
            Self::Body(BodyError::TooLarge { .. }) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Body(BodyError::Slow) => StatusCode::REQUEST_TIMEOUT,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    pub(crate) fn response(&self) -> Response {
        let mut response = match self {
            Self::CredentialMissing
            | Self::CredentialUnknown
            | Self::NoKeyConfigured
            | Self::Body(_)
            | Self::Internal => {
                // the texts of these hold nothing that JSON would escape
                with_type(format!(r#"{{"error":"{}"}}"#, self.text()), "application/json")
            }
            Self::NoSuchPath
            | Self::ReadOnlyPath
            | Self::NoHost
            | Self::HostNotTrusted(_)
            | Self::OriginNotTrusted(_) => with_type(self.text() + "\n", "text/plain; charset=utf-8"),
        };
        self.finish(&mut response);
        response
    }

    /// The answer in the envelope of REST.
    pub(crate) fn envelope(&self, request_id: &RequestId) -> Response {
        let told = match self {
            Self::CredentialMissing | Self::CredentialUnknown => format!("Invalid or missing API key: {}", self.text()),
            _ => self.text(),
        };
        let body = json!({
            "success": false, "error": told, "code": self.code().as_str(), "request_id": request_id.as_str()
        });
        let mut response = with_type(body.to_string(), "application/json");
        self.finish(&mut response);
        response
    }

    const fn code(&self) -> Code {
        match self {
            Self::NoSuchPath | Self::ReadOnlyPath => Code::UnknownMethod,
            Self::NoHost | Self::Body(BodyError::Broken) => Code::InvalidRequest,
            Self::HostNotTrusted(_) | Self::OriginNotTrusted(_) => Code::Forbidden,
            Self::CredentialMissing | Self::CredentialUnknown | Self::NoKeyConfigured => Code::Unauthorized,
            Self::Body(BodyError::TooLarge { .. }) => Code::TooLarge,
            Self::Body(BodyError::Slow) => Code::Timeout,
            Self::Internal => Code::Internal,
        }
    }

    fn finish(&self, response: &mut Response) {
        *response.status_mut() = self.status();
        let headers = response.headers_mut();
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        match self {
            Self::CredentialMissing | Self::CredentialUnknown | Self::NoKeyConfigured => {
                headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            Self::ReadOnlyPath => {
                headers.insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
            }
            Self::Body(BodyError::Slow | BodyError::Broken) => {
                // where the next request would begin is not known any more
                headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
            }
            _ => {}
        }
    }

    fn text(&self) -> String {
        match self {
            Self::NoSuchPath => "404 page not found".to_owned(),
            Self::ReadOnlyPath => "405 this path answers GET and HEAD only".to_owned(),
            Self::NoHost => "400 the request needs exactly one Host header".to_owned(),
            Self::HostNotTrusted(host) => format!(
                "403 the Host '{host}' does not name this machine. If the proxy is meant to be reached under that \
                 name, add it to trusted_hosts in the settings."
            ),
            Self::OriginNotTrusted(origin) => format!(
                "403 the Origin '{origin}' is not allowed. If pages from there may use the proxy, add their host to \
                 trusted_hosts in the settings."
            ),
            Self::CredentialMissing => {
                "a credential is required: send the API key as X-API-Key or as Authorization: Bearer".to_owned()
            }
            Self::CredentialUnknown => {
                "the credential is not known here: check it against api_key in the settings".to_owned()
            }
            Self::NoKeyConfigured => {
                "API key authentication required but not configured: set api_key in the settings, \
                or use the command line, which needs no key"
                    .to_owned()
            }
            Self::Body(error) => error.to_string(),
            Self::Internal => "the proxy failed on this request: its log tells more under the request id".to_owned(),
        }
    }
}

fn with_type(text: String, content_type: &'static str) -> Response {
    let mut response = Response::new(Body::full(text));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_inside_json_need_no_escaping() {
        for refusal in [
            Refusal::CredentialMissing,
            Refusal::CredentialUnknown,
            Refusal::NoKeyConfigured,
            Refusal::Internal,
            Refusal::Body(BodyError::TooLarge { cap: 1 }),
            Refusal::Body(BodyError::Slow),
            Refusal::Body(BodyError::Broken),
        ] {
            let text = refusal.text();
            assert!(!text.contains(['"', '\\']) && !text.contains(char::is_control), "{text}");
        }
    }
}
