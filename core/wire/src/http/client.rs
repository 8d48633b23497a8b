//! What asks a server: connections, redirections, and the headers that the settings add.
//!
//! Not here: what is asked.

use std::{sync::Once, time::Duration};

use reqwest::{
    StatusCode, Url,
    header::{HeaderMap, HeaderName, HeaderValue},
    redirect,
};

use super::{LAST_EVENT_ID, SESSION_HEADER, VERSION_HEADER};
use crate::{
    LinkError,
    stateless::{METHOD_HEADER, NAME_HEADER},
};

/// How long an idle connection is kept: less than the five seconds after which common servers close theirs, so that a
/// request does not meet a closing one.
const KEPT_IDLE: Duration = Duration::from_secs(4);

/// The headers of the settings as they go along with each request; none may be one of the protocol's own.
///
/// # Errors
/// [`LinkError::Endpoint`] names the header.
pub(crate) fn configured<'h>(headers: impl IntoIterator<Item = (&'h str, &'h str)>) -> Result<HeaderMap, LinkError> {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        let refuse = |what: &str| LinkError::Endpoint(format!("the header {name:?} {what}"));
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| refuse("has an invalid name"))?;
        if [
            SESSION_HEADER,
            VERSION_HEADER,
            METHOD_HEADER,
            NAME_HEADER,
            LAST_EVENT_ID,
            "accept",
            "content-type",
            "content-length",
        ]
        .contains(&name.as_str())
        {
            return Err(refuse("belongs to the protocol and cannot be set"));
        }
        let mut value = HeaderValue::from_str(value).map_err(|_| refuse("has a value that a header cannot hold"))?;
        value.set_sensitive(true);
        map.append(name, value);
    }
    Ok(map)
}

/// What asks a server at this URL.
pub(crate) fn client(url: &Url) -> Result<reqwest::Client, reqwest::Error> {
    static PROVIDER: Once = Once::new();
    PROVIDER.call_once(|| {
        // an error says that a provider is installed already, which is as good
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
    let builder = reqwest::Client::builder()
        .connect_timeout(Duration::from_secs(10))
        .tcp_nodelay(true)
        .pool_idle_timeout(KEPT_IDLE);
    let mut builder = builder.redirect(redirect::Policy::custom(|attempt| {
        // only what keeps method, body and origin: a credential must not follow elsewhere
        let keeps_method = matches!(attempt.status(), StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT);
        let same = attempt.previous().last().is_some_and(|from| from.origin() == attempt.url().origin());
        if keeps_method && same && attempt.previous().len() < 5 { attempt.follow() } else { attempt.stop() }
    }));
    if is_loopback(url) {
        builder = builder.no_proxy();
    }
    builder.build()
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}
