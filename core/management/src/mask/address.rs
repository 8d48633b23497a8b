//! Secrets in URLs: passwords, and parameters that hold credentials. All else stays as it was typed, so nothing here is
//! parsed and written again.

use url::Url;

use super::{DOTS, hidden, is_a_reference};

/// Parameters of a URL that hold a credential, without `-` and `_`.
const PARAMETERS: [&str; 17] = [
    "token",
    "secret",
    "key",
    "apikey",
    "password",
    "code",
    "clientsecret",
    "accesstoken",
    "refreshtoken",
    "idtoken",
    "assertion",
    "sig",
    "signature",
    "credential",
    "authtoken",
    "securitytoken",
    "sessiontoken",
];

/// Where in a URL a secret stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place<'a> {
    /// Between user and host.
    Password,
    /// In the query, under this name.
    Parameter(&'a str),
}

impl Place<'_> {
    /// A secret of this place as it is shown. Of a password nothing is.
    pub(super) fn shown(self, secret: &str) -> String {
        match self {
            Self::Password if !is_a_reference(secret) => DOTS.to_owned(),
            _ => hidden(secret),
        }
    }
}

/// A URL as it is shown: its password and the parameters that hold credentials are hidden.
#[must_use]
pub fn url(text: &str) -> String {
    rewritten(text, |place, secret| Some(place.shown(secret))).unwrap_or_else(|| text.to_owned())
}

/// The text with what `change` makes of each secret in it; `None` = `change` gave up.
pub(super) fn rewritten<'a>(
    text: &'a str,
    mut change: impl FnMut(Place<'a>, &'a str) -> Option<String>,
) -> Option<String> {
    let (text, fragment) = text.split_at(text.find('#').unwrap_or(text.len()));
    let (address, query) = text.split_at(text.find('?').unwrap_or(text.len()));
    let mut parts = address.split("://");
    let mut done = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        done.push_str("://");
        match password(part) {
            Some((user, password, host)) => {
                done.push_str(&format!("{user}:{}{host}", change(Place::Password, password)?));
            }
            None => done.push_str(part),
        }
    }
    for (index, pair) in query.split(['?', '&']).enumerate().skip(1) {
        done.push(if index == 1 { '?' } else { '&' });
        match pair.split_once('=') {
            Some((name, value)) if is_a_secret_parameter(name) => {
                done.push_str(&format!("{name}={}", change(Place::Parameter(name), value)?));
            }
            _ => done.push_str(pair),
        }
    }
    Some(done + fragment)
}

/// What follows `://` as user, password, and the rest from the `@`.
fn password(part: &str) -> Option<(&str, &str, &str)> {
    let authority = part.split(['/', '\\']).next()?;
    let (userinfo, _) = authority.rsplit_once('@')?;
    let (user, password) = userinfo.split_once(':')?;
    let (_, rest) = part.split_at(userinfo.len());
    (!password.is_empty()).then_some((user, password, rest))
}

fn is_a_secret_parameter(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let plain: String = name.chars().filter(|c| !matches!(c, '-' | '_')).collect();
    PARAMETERS.contains(&plain.as_str()) || name.starts_with("x-amz-")
}

/// A URL with each hidden part that also stands in the stored one uncovered; `None` where they are no URLs of one scheme
/// and host: the secrets of one are never put into another's.
pub(super) fn uncovered(incoming: &str, stored: &str) -> Option<String> {
    let origin =
        |text: &str| Url::parse(text).ok().map(|url| (url.scheme().to_owned(), url.host_str().map(str::to_owned)));
    if origin(incoming)? != origin(stored)? {
        return None;
    }
    let mut secrets = Vec::new();
    rewritten(stored, |place, secret| {
        secrets.push((place, secret));
        Some(String::new())
    })?;
    rewritten(incoming, |place, text| {
        let known = secrets.iter().find(|(at, secret)| *at == place && at.shown(secret) == text);
        Some(known.map_or(text, |(_, secret)| secret).to_owned())
    })
}
