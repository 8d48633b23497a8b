//! Where a server is reached over HTTP, with everything filled in, and what may be told of its refusals.
//!
//! Not here: how it is spoken to.

use mcpproxy_domain::{Secret, secret::MissingSecret, server::Endpoint};
use mcpproxy_logs::Redactor;
use mcpproxy_wire::LinkError;

use crate::Surroundings;

/// An endpoint without references.
pub(super) struct Address {
    pub(super) url: String,
    pub(super) headers: Vec<(String, String)>,
}

impl Address {
    /// Fills in what an endpoint refers to. Whatever in it may be a credential is shown nowhere from now on.
    pub(super) fn of(endpoint: &Endpoint, surroundings: &Surroundings) -> Result<Self, MissingSecret> {
        let hide = |secret: &str| surroundings.redactor.add(&Secret::new(secret));
        let url = surroundings.expand(&endpoint.url)?;
        let query = url.split_once('?').map_or("", |(_, query)| query);
        query.split('&').filter_map(|it| it.split_once('=')).for_each(|(_, value)| hide(value));
        let mut headers = Vec::with_capacity(endpoint.headers.len());
        for (name, value) in &endpoint.headers {
            let value = surroundings.expand(value.reveal())?;
            // the whole value, and the credential alone behind its scheme
            hide(&value);
            if let Some((_, secret)) = value.split_once(' ') {
                hide(secret);
            }
            headers.push((name.clone(), value));
        }
        Ok(Self { url, headers })
    }
}

/// An error as it may be shown: an error page may repeat the credential that it refuses.
pub(super) fn shown(error: LinkError, redactor: &Redactor) -> LinkError {
    let redacted = |body: String| redactor.redact(&body).into_owned();
    match error {
        LinkError::Status { status, body } => LinkError::Status { status, body: redacted(body) },
        LinkError::SessionLost { status, body } => LinkError::SessionLost { status, body: redacted(body) },
        other => other,
    }
}
